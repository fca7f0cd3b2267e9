"""A program → its layer graph with every shape, in one walk down the written order.

A condition or an argument may read a shape, so expanding and inferring are one walk. A mistake makes what depends
on it unknown, and of what is unknown only names, keys and literals are judged.
"""

from dataclasses import replace
from functools import partial

from archspec.bounds import Bounds, TooMuchError
from archspec.evaluate import Evaluator, Given, Known
from archspec.expect import resized
from archspec.expression import UNKNOWN, Unknown
from archspec.frame import Frame, Line, Made
from archspec.graph import Body, Graph
from archspec.layers import Layers
from archspec.limits import Limits
from archspec.lines import Layer
from archspec.names import input_name_problem
from archspec.ops import Vocabulary
from archspec.ops.base import Tensor
from archspec.program import Program
from archspec.reading import may_be_absent, reads
from archspec.report import Report, Where
from archspec.scope import Entry, Names, Target
from archspec.source import Scalar, Tree

__all__ = ["expand"]


def expand(
    program: Program, vocabulary: Vocabulary, evaluator: Evaluator, limits: Limits, report: Report
) -> Graph | None:
    """Return the layer graph, or None where no whole graph can be made; every mistake goes to the report."""
    if program.base.scope is None:
        return None
    walk = _Walk(program, vocabulary, evaluator, Bounds(limits, report), report)
    walk.layers.chooser.shadowed()
    inputs = _inputs(program, evaluator, report)
    try:
        body = walk.layers.body(program.base.scope, walk.layers.constants, inputs, Frame())
        walk.layers.unused()
    except TooMuchError:
        return None
    if body is None or report.assumed or (not report.failed and not _batched(body, report)):
        return None
    return Graph(program.name, program.description, program.reference, body, {})


def _batched(body: Body, report: Report) -> bool:
    """Whether every output of the model follows from an input; says so if not."""
    layers = dict(body.paths())
    for (_, ref), tensor in zip(body.outputs, body.tensors, strict=True):
        if not tensor.batched:
            message = f"{'.'.join(ref.path)} is an output, and it has no batch: it follows from learned tensors alone"
            report.say("AS121", layers[ref.path].where, message, name=True)
            return False
    return True


class _Walk:
    """Goes down the lines of scopes; what a line becomes is made by `Layers`."""

    def __init__(
        self, program: Program, vocabulary: Vocabulary, evaluator: Evaluator, bounds: Bounds, report: Report
    ) -> None:
        self.program = program
        self.evaluator = evaluator
        self.bounds = bounds
        self.report = report
        self.layers = Layers(program, vocabulary, evaluator, bounds, report, self.scope)
        self.judging = not program.inherited and not program.overridden  # expectations are the file's own
        self.looked: set[int] = set()  # the lines that were looked at without being made

    def scope(self, names: Names, frame: Frame) -> None:
        """Expand the lines of a scope, one after the other, into its target."""
        self.bounds.enter(names.scope.where)
        for layer in names.scope.layers:
            self.line(layer, names, frame)
        self.bounds.leave()

    def line(self, layer: Layer, names: Names, frame: Frame) -> None:
        self.bounds.step(layer.where)
        known = names.known
        given = partial(frame.given, program=self.program)
        present, training = (True, False) if layer.when is None else self._present(layer, layer.when, known, given)
        when = layer.when.text if isinstance(layer.when, Scalar) else None
        line = Line(layer, names, frame, known, training or names.training, when)
        read = reads(layer, names, self.report, training=line.training)
        copies = 1 if layer.repeat is None or present is not True else self._repeat(layer, layer.repeat, known, given)
        clear = layer.when is None or training or may_be_absent(layer, names, read, self.report)
        if layer.broken or present is UNKNOWN or copies is UNKNOWN or not clear:
            self._look(line)
            _enter(names, layer, Entry(layer.where, None, training=line.training))
        elif present is False or copies == 0:
            self._leave_out(line, read)
        elif layer.repeat is None:
            self._make(line, read)
            if layer.expect is not None:
                self._expect(line, layer.expect, names.entries[layer.name] if layer.name else names.previous)
        elif layer.name is None:
            self._copies(line, read, copies)
        else:
            self._repeat_in_mapping(line, read, copies)

    def _present(self, layer: Layer, when: Tree, known: Known, given: Given) -> tuple[bool | Unknown, bool]:
        """Return whether `when` lets the layer be there, and whether it runs in training only."""
        where = layer.where.at("when")
        expression = self.evaluator.expression(when)
        if expression is None or all(name != "training" for name, _, _ in expression.names):
            return self.evaluator.condition(when, where, known, given), False
        there = self.evaluator.condition(when, where, {**known, "training": True})
        away = self.evaluator.condition(when, where, {**known, "training": False})
        if away is True or not expression.text.startswith("training"):
            self.report.say("AS118", where, "training does not stand at the head of this condition",
                            help="write when: training, or when: training and …")  # fmt: skip
            return UNKNOWN, True
        return there, True

    def _repeat(self, layer: Layer, repeat: Tree, known: Known, given: Given) -> int | Unknown:
        where = layer.where.at("repeat")
        copies = self.evaluator.integer(repeat, where, known, given)
        if isinstance(copies, int) and copies < 0:
            self.report.say("AS119", where, f"a layer cannot be repeated {copies} times")
            return UNKNOWN
        if isinstance(copies, int):
            self.bounds.check(where, "copies of one layer", copies, self.bounds.limits.repeat, "repeat")
        return copies

    def _leave_out(self, line: Line, read: list[Entry] | None) -> None:
        """Enter an absent layer: it stands for its input, or for the one that is the layer directly before it."""
        layer, names = line.layer, line.names
        self._look(line)
        if layer.name is not None:
            line.frame.absent[(*names.target.path, layer.name)] = line.when or "repeat: 0"
        source = read[0] if read and len(read) == 1 else names.previous
        learned = layer.op == "Parameter"
        wires = source.wires if read and not learned else None
        kind = "parameter" if learned else "layer"
        entry = Entry(layer.where, wires, source.outputs, kind=kind, absent=True, training=line.training)
        _enter(names, layer, entry, passive=learned)

    def _look(self, line: Line) -> None:
        """Check names, keys and literals of a line that is absent, or of which too little is known; once."""
        layer, names = line.layer, line.names
        if id(layer) in self.looked or layer.broken:
            return
        self.looked.add(id(layer))
        copies = () if layer.repeat is None else ("index",)
        nothing = dict.fromkeys((*names.constants, *copies), UNKNOWN)
        source = Entry(names.input.where, None, kind="input")
        blind = replace(names, constants=nothing, input=source, target=Target(names.target.path))
        blind.previous = source
        frame = replace(line.frame, absent={}, inlined={})
        self.layers.make(Line(layer, blind, frame, blind.known, line.training, line.when), None, "0")

    def _make(self, line: Line, read: list[Entry] | None) -> None:
        layer, names = line.layer, line.names
        name = layer.name or str(len(names.target.children))
        made = self.layers.make(line, read, name)
        if made is not None:
            _add(names, layer, name, made)

    def _copies(self, line: Line, read: list[Entry] | None, copies: int) -> None:
        """Make the copies of a layer of a list: each reads the copy before in place of its first input."""
        for index in range(copies):
            self._make(_numbered(line, index, line.names), read)
            read = read and [line.names.previous, *read[1:]]
        if line.layer.expect is not None:
            self._expect(line, line.layer.expect, line.names.previous)

    def _repeat_in_mapping(self, line: Line, read: list[Entry] | None, copies: int) -> None:
        """Make the group of a named repeat's copies."""
        layer, names = line.layer, line.names
        target = Target((*names.target.path, layer.name or ""))
        inner = replace(names, target=target)
        last = Entry(layer.where, None)
        for index in range(copies):
            copy = _numbered(line, index, inner)
            name = self.layers.copy_name(line, index)
            if name is None or name in target.children:
                if name is not None:
                    message = f"two copies would both be called {name}"
                    self.report.say("AS105", layer.where.at("name"), message)
                last = Entry(layer.where, None)
                break
            made = self.layers.make(copy, read, name)
            if made is None:  # inline, which a named layer cannot be
                break
            _add(inner, layer, name, made, listed=True)
            last = made.entry
            read = read and [last, *read[1:]]
        if layer.expect is not None:
            self._expect(line, layer.expect, last)
        listed = layer.template is None
        group = self.layers.gather(line, layer.name or "", target, last, listed=listed, repeat=True)
        _add(names, layer, layer.name or "", group)

    def _expect(self, line: Line, tree: Tree, entry: Entry) -> None:
        """Compare a layer's output with what the spec expects of it."""
        where = line.layer.where.at("expect")
        expected = self.evaluator.sizes(tree, where, line.known)
        if isinstance(expected, Unknown) or entry.wires is None or not self.judging:
            return
        if expected != entry.wires[0].tensor.shape:
            self.judging = False  # what follows from this mistake is no other mistake
            shown = "×".join(map(str, expected))
            message = f"the output is {entry.wires[0].tensor}, and {shown} is expected"
            fixes = () if line.frame.block else resized(tree, where, entry.wires[0].tensor)  # of one use of a block
            self.report.say("AS210", where, message, notes=line.frame.note(), fixes=fixes)


def _numbered(line: Line, index: int, names: Names) -> Line:
    known = {**line.known, "index": index}
    return Line(line.layer, names, line.frame, known, line.training, line.when, index)


def _add(names: Names, layer: Layer, name: str, made: Made, *, listed: bool = False) -> None:
    """Put what a line became into the scope's target, and make it readable."""
    if made.layer is not None:
        names.target.layers.append(made.layer)
    names.target.children[name] = made.entry
    if not listed:
        _enter(names, layer, made.entry, passive=made.passive)


def _enter(names: Names, layer: Layer, entry: Entry, *, passive: bool = False) -> None:
    """Make a layer readable by its name, and the layer before for the next line."""
    if layer.name is not None:
        names.entries[layer.name] = names.target.children[layer.name] = entry
    if not passive and (names.training or not entry.training):
        names.previous = entry


_DTYPES = ("float32", "int64")


def _inputs(program: Program, evaluator: Evaluator, report: Report) -> tuple[tuple[str, Tensor | None], ...]:
    """Return the model's inputs by name, empty for the only one; None for one that is unknown."""
    tree, where = program.input, program.input_where
    constants = program.values
    if tree == {}:
        report.say("AS102", where, "input names no input", name=True,
                   help="write the size of one sample, or of each input by its name")  # fmt: skip
        return (("", None),)
    if isinstance(tree, dict) and tree.keys() <= {"shape", "dtype"} and isinstance(tree.get("dtype"), Scalar):
        report.say("AS104", where, "an input that says its dtype has a name", name=True,
                   help="write input: {tokens: {shape: [128], dtype: int64}}")  # fmt: skip
        return (("", None),)
    if isinstance(tree, dict):
        problems = {name: problem for name in tree if (problem := input_name_problem(name))}
        for name, problem in problems.items():
            report.say("AS105", where.at(name), f"an input cannot be called {name!r}: {problem}", name=True)
        if problems:
            return (("", None),)
        return tuple(
            (name, _input(value, where.at(name), constants, evaluator, report)) for name, value in tree.items()
        )
    return (("", None if tree is None else _input(tree, where, constants, evaluator, report)),)


def _input(tree: Tree, where: Where, constants: Known, evaluator: Evaluator, report: Report) -> Tensor | None:
    dtype = "float32"
    if isinstance(tree, dict):
        for key in tree.keys() - {"shape", "dtype"}:
            report.say("AS103", where.at(key), f"there is no key {key} here", name=True,
                       help="an input has a shape and a dtype")  # fmt: skip
        given = tree.get("dtype")
        dtype = given.text if isinstance(given, Scalar) else dtype
        if dtype not in _DTYPES:
            report.say("AS104", where.at("dtype"), f"there is no dtype {dtype} for an input",
                       help=f"the dtypes are {', '.join(_DTYPES)}")  # fmt: skip
            return None
        if "shape" not in tree:
            report.say("AS102", where, "the input has no shape", name=True,
                       help="write {shape: [128], dtype: int64}")  # fmt: skip
            return None
        tree, where = tree["shape"], where.at("shape")
    shape = evaluator.sizes(tree, where, constants)
    return None if isinstance(shape, Unknown) else Tensor(shape, dtype)
