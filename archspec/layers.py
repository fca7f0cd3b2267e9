"""One copy of a line → a layer of the graph: an op's node, a block's instance, or a group."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from archspec.bounds import Bounds
from archspec.choose import Chooser
from archspec.evaluate import Evaluator
from archspec.expression import UNKNOWN
from archspec.frame import Frame, Line, Made, unknown
from archspec.graph import Body, Call, Group, Node, Ref
from archspec.instantiate import Instantiator
from archspec.lines import Layer, Scope
from archspec.ops import Vocabulary
from archspec.ops.base import Op, Tensor, Value
from archspec.parameters import Parameters
from archspec.program import Program
from archspec.reading import outputs, single, wires, wrong_inputs
from archspec.report import Report
from archspec.scope import Entry, Names, Target, Wire
from archspec.spec import Block

__all__ = ["Layers"]


class Layers:
    """Makes layers out of lines; a block with equal arguments and equal inputs is walked through once."""

    def __init__(
        self,
        program: Program,
        vocabulary: Vocabulary,
        evaluator: Evaluator,
        bounds: Bounds,
        report: Report,
        scope: Callable[[Names, Frame], None],
    ) -> None:
        self.base = program.base
        self.input_where = program.input_where
        self.bounds = bounds
        self.report = report
        self.scope = scope  # expands the lines of a scope into its target
        self.constants = program.values
        self.used: set[str] = set()  # the blocks that were walked through
        self.chooser = Chooser(program, vocabulary, report)
        self._instantiator = Instantiator(evaluator, report)
        self._parameters = Parameters(self.chooser, evaluator, report)
        self._bodies: dict[tuple[int, tuple[Tensor, ...]], Body | None] = {}

    def copy_name(self, line: Line, index: int) -> str | None:
        """Return the name of a copy of a named repeat: its number, or what `name` makes of it; None after a message."""
        if line.layer.template is None:
            return str(index)
        known = {**line.known, "index": index}
        return self._instantiator.copy_name(line.layer.template, known, line.layer.where.at("name"))

    def make(self, line: Line, read: list[Entry] | None, name: str) -> Made | None:
        """Return what one copy of a line becomes; None for an inline block, whose layers enter the list themselves."""
        if line.layer.scope is not None:
            return self._group(line, line.layer.scope, read, name)
        chosen = self.chooser.choose(line.layer, line.known)
        if chosen is None:
            return unknown(line)
        if not isinstance(chosen, Block):
            return self._node(line, chosen, read, name)
        if line.layer.inline:
            self._inline(line, chosen, read)
            return None
        return self._call(line, chosen, read, name)

    def _node(self, line: Line, op: type[Op], read: list[Entry] | None, name: str) -> Made:
        layer, passive = line.layer, op.arity[1] == 0
        if passive and layer.reads is None:
            read = []
        arguments = self._instantiator.arguments(
            op, layer, line.known, partial(line.frame.given, program=self.chooser.program)
        )
        if read is not None and not self._instantiator.enough(op, layer, len(read)):
            return unknown(line, passive=passive)
        carried = wires(read)
        if arguments is None or read is None or carried is None:
            return unknown(line, passive=passive)
        if len(carried) > len(read) and not single(read, layer, self.report):
            return unknown(line, passive=passive)
        tensors = tuple([wire.tensor for wire in carried])
        found = self._instantiator.infer(arguments, layer, tensors, read, line.frame.note)
        found = found or self._instantiator.despite(arguments, tensors)
        if found is None:
            return unknown(line, passive=passive)
        self.bounds.add(layer.where, 1, len(carried), found.parameters)
        node = Node(
            name=name,
            op=arguments,
            inputs=tuple([wire.ref for wire in carried]),
            tensors=tensors,
            outputs=found.outputs,
            weights=found.weights,
            macs=found.macs,
            where=layer.where,
            expressions=self._instantiator.expressions(layer, op),
            when=line.when,
            training=line.training,
        )
        return Made(node, self._entry(line, name, node, carried), passive)

    def _entry(self, line: Line, name: str, node: Node, read: tuple[Wire, ...]) -> Entry:
        path = (*line.names.target.path, name)
        made = tuple([Wire(Ref(path, index), x, layer=node, before=read) for index, x in enumerate(node.outputs)])
        return Entry(line.layer.where, made, training=line.training)

    def _group(self, line: Line, scope: Scope, read: list[Entry] | None, name: str) -> Made:
        layer, source = line.layer, Entry(line.layer.where, None)
        if read is not None and len(read) > 1:
            self.report.say("AS120", layer.where.at("from"), f"a group reads one input; {len(read)} are given",
                            help="its layers can read what stands before the group by name")  # fmt: skip
        elif read is not None and single(read, layer, self.report):
            source = read[0]
        constants = {**line.names.constants, **({} if line.index is None else {"index": line.index})}
        target = Target((*line.names.target.path, name))
        inner = Names(scope, constants, source, target, line.names, line.training)
        self.scope(inner, line.frame)
        return self.gather(line, name, target, inner.previous, listed=scope.listed)

    def gather(self, line: Line, name: str, target: Target, last: Entry, *, listed: bool, repeat: bool = False) -> Made:
        """Return the group of the layers that a target holds; its output is its last layer's."""
        where = line.layer.where
        entry = Entry(where, last.wires, last.outputs, target.children, "group", training=line.training)
        if not last.wires:
            return Made(None, entry)
        children, output = tuple(target.layers), last.wires[0].ref
        return Made(Group(name, children, output, where, repeat, listed, line.when, line.training), entry)

    # Blocks

    def _call(self, line: Line, block: Block, read: list[Entry] | None, name: str) -> Made:
        prepared = self._prepare(line, block, read)
        if prepared is None:
            return unknown(line)
        arguments, carried = prepared
        tensors = tuple([wire.tensor for wire in carried])
        key = (id(arguments), tensors)  # equal ones are one
        if key not in self._bodies:
            frame = Frame(block, line.layer.where, (*line.frame.around, block.name), reads=carried)
            inputs = tuple(zip(block.inputs or ("",), tensors, strict=True))
            self._bodies[key] = self.body(block.scope, arguments, inputs, frame)
        elif (again := self._bodies[key]) is not None:
            self.bounds.add(line.layer.where, again.layers, 0, again.num_parameters)
        body = self._bodies[key]
        if body is None:
            return unknown(line)
        reads = tuple([wire.ref for wire in carried])
        expressions = self._instantiator.expressions(line.layer, None)
        call = Call(name, body, reads, line.layer.where, expressions, line.when, line.training)
        path, ends = (*line.names.target.path, name), zip(body.tensors, body.training, strict=True)
        made = tuple([Wire(Ref(path, index), *end, call, carried) for index, end in enumerate(ends)])
        return Made(call, Entry(line.layer.where, made, body.names, kind="block", training=line.training))

    def _prepare(
        self, line: Line, block: Block, read: list[Entry] | None
    ) -> tuple[dict[str, Value], tuple[Wire, ...]] | None:
        """Return a block's arguments and what it reads; None where one is unknown, or the block may not stand here."""
        layer, around = line.layer, line.frame.around
        if block.name in around:
            trail = " → ".join((*around[around.index(block.name) :], block.name))
            message = f"block {block.name} would contain itself: {trail}"
            self.report.say("AS117", layer.where, message, name=layer.name is not None)
            return None
        if block.broken:
            return None
        limit = self.bounds.limits.block_depth
        self.bounds.check(layer.where, "blocks inside blocks", len(around) + 1, limit, "block-depth")
        carried = self._carried(layer, block, read)
        arguments = self._parameters.arguments(block, layer, line.known, carried)
        if arguments is None or carried is None:
            return None
        self.used.add(block.name)
        return arguments, carried

    def _carried(self, layer: Layer, block: Block, read: list[Entry] | None) -> tuple[Wire, ...] | None:
        """Return the values that a block reads; None after a message, or where one is unknown."""
        if read is None:
            return None
        if len(read) != (len(block.inputs) or 1):
            if layer.reads is not None or wires(read) is not None:
                wrong_inputs(layer, block, len(read), self.report)
            return None
        carried = wires(read)
        return carried if carried is not None and single(read, layer, self.report) else None

    def _inline(self, line: Line, block: Block, read: list[Entry] | None) -> None:
        """Expand a block whose layers are a list into the list around it."""
        layer, names = line.layer, line.names
        names.previous = Entry(layer.where, None)
        if not block.scope.listed:
            self.report.say("AS104", layer.where.at("inline"),
                            f"{block.name} cannot be inline: its layers are not a list",
                            labels=[(block.where, "the block")])  # fmt: skip
        prepared = self._prepare(line, block, read)
        if prepared is None or not block.scope.listed:
            return
        arguments, carried = prepared
        source = Entry(block.where, carried, block.inputs, kind="input")
        frame = replace(line.frame, block=block, caller=layer.where, around=(*line.frame.around, block.name))
        constants = {**self.constants, **arguments}
        inner = Names(block.scope, constants, source, names.target, None, line.training)
        first = len(names.target.children)
        self.scope(inner, frame)
        for number in range(first, len(names.target.children)):
            frame.inlined.setdefault((*names.target.path, str(number)), []).append((block.name, first))
        found = outputs(block.output, inner, block.where.at("output"), self.report)
        if found is not None:
            names.previous = found[0][1]._replace(where=layer.where)

    def body(
        self,
        scope: Scope,
        arguments: Mapping[str, object],
        inputs: tuple[tuple[str, Tensor | None], ...],
        frame: Frame,
    ) -> Body | None:
        """Return what the scope of the model or of a block becomes; None where an output of it is unknown."""
        block = frame.block
        where, written = (block.where, block.output) if block else (self.base.where, self.base.output)
        known = tuple((name, tensor) for name, tensor in inputs if tensor is not None)
        carried = tuple(Wire(Ref((), i), x, before=frame.reads[i : i + 1]) for i, (_, x) in enumerate(known))
        begins, named = block.where if block else self.input_where, tuple(name for name, _ in inputs if name)
        kind = "set input" if block is None and "input" in self.chooser.program.overridden else "input"
        source = Entry(begins, carried if len(known) == len(inputs) else None, named, kind=kind)
        names = Names(scope, {**self.constants, **arguments}, source, Target(()))
        self.scope(names, frame)
        found = outputs(written, names, where.at("output"), self.report)
        if found is None or source.wires is None or any(entry.wires is None for _, entry in found):
            return None
        ends = [(name, wire) for name, entry in found for wire in entry.wires or ()]
        return Body(
            block="" if block is None else block.name,
            parameters=arguments,  # type: ignore[arg-type]  # known, since an output is
            inputs=known,
            children=tuple(names.target.layers),
            outputs=tuple((name, wire.ref) for name, wire in ends),
            tensors=tuple(wire.tensor for _, wire in ends),
            where=where,
            absent=frame.absent,
            inlined=frame.inlined,
        )

    def unused(self) -> None:
        """Look at the lines of the blocks that no layer used: nothing is known of their inputs and arguments."""
        for name, block in self.base.blocks.items():
            if name not in self.used and not block.broken:
                nothing = dict.fromkeys((*self.constants, *block.parameters), UNKNOWN)
                inputs = tuple((given, None) for given in block.inputs or ("",))
                self.body(block.scope, nothing, inputs, Frame(block, None, (name,)))
