"""One line of a scope → the op or block it names, with its arguments evaluated and validated, and its shapes."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from archspec.diagnostic import Diagnostic, Label, suggest
from archspec.evaluate import Evaluator, Known
from archspec.expression import UNKNOWN, Unknown
from archspec.names import SHARED_KEYS, layer_name_problem
from archspec.ops import REFUSED, Vocabulary
from archspec.ops.base import Op, ShapeError, Tensor, Value, Weight
from archspec.ops.installed import offered
from archspec.program import TYPES, fits, type_of
from archspec.report import Report, Where
from archspec.scope import Entry
from archspec.source import Scalar, Tree
from archspec.spec import Block, Layer, Parameter

__all__ = ["Inference", "Instantiator"]


@dataclass(frozen=True, slots=True)
class Inference:
    """What follows from an op and its inputs."""

    op: Op
    outputs: tuple[Tensor, ...]
    weights: tuple[Weight, ...]
    macs: int
    parameters: int


class Instantiator:
    """Makes ops and block arguments out of lines; equal ones are made once."""

    def __init__(
        self, vocabulary: Vocabulary, blocks: Mapping[str, Block], evaluator: Evaluator, report: Report
    ) -> None:
        self.vocabulary = vocabulary
        self.blocks = blocks
        self.evaluator = evaluator
        self.report = report
        self._ops: dict[str, Op] = {}
        self._inferred: dict[tuple[Op, tuple[Tensor, ...]], Inference] = {}

    # What a line names

    def choose(self, layer: Layer, known: Known) -> type[Op] | Block | None:
        """Return the op or block that the line names; None after a message, or where it is unknown."""
        if layer.word is not None:
            return self.blocks.get(layer.word) or self._op(layer.word, layer.where, known, word=True)
        if layer.block is not None:
            return self._block(layer.block, layer.where.at("block"), known)
        return self._op(layer.op or "", layer.where.at("op"), known)

    def _op(self, name: str, where: Where, known: Known, *, word: bool = False) -> type[Op] | None:
        if not name[:1].isupper() and not word:
            value = self._parameter(name, where, known, "op")
            return None if value is None else self._op(value, where, {})
        if op := self.vocabulary.find(name):
            return op
        if name in self.blocks:
            self.report.say("AS107", where, f"{name} is a block, not an op", help=f"write block: {name}")
        elif name in REFUSED:
            self.report.say("AS123", where, f"archspec has no {name}: {REFUSED[name]}")
        elif word and name in known:
            self.report.say("AS107", where, f"{name} is a parameter, not an op", help=f"write {{op: {name}}}")
        else:
            meant = suggest(name, (*self.vocabulary.names(), *(self.blocks if word else ())))
            advice = f"did you mean {meant}?" if meant else _elsewhere()
            kind = "op or block" if word else "op"
            self.report.say("AS107", where, f"there is no {kind} {name}", help=advice)
        return None

    def _block(self, name: str, where: Where, known: Known) -> Block | None:
        if not name[:1].isupper():
            value = self._parameter(name, where, known, "block")
            return None if value is None else self._block(value, where, {})
        if block := self.blocks.get(name):
            return block
        if self.vocabulary.find(name):
            self.report.say("AS107", where, f"{name} is an op, not a block", help=f"write op: {name}")
            return None
        meant = suggest(name, self.blocks)
        advice = f"the blocks are {', '.join(self.blocks)}" if self.blocks else "the spec has no blocks"
        self.report.say(
            "AS107", where, f"there is no block {name}", help=f"did you mean {meant}?" if meant else advice
        )
        return None

    def _parameter(self, name: str, where: Where, known: Known, kind: str) -> str | None:
        """Return the op or block that a parameter names."""
        value = known.get(name)
        if isinstance(value, Unknown):
            return None
        if isinstance(value, str) and value[:1].isupper():
            return value
        if name in known:
            self.report.say("AS107", where, f"{name} is {value!r}, which names no {kind}")
            return None
        names = self.vocabulary.names() if kind == "op" else tuple(self.blocks)
        meant = suggest(name, (*names, *known))
        self.report.say("AS107", where, f"there is no {kind} {name}, and no parameter of that name",
                        help=f"did you mean {meant}?" if meant else None)  # fmt: skip
        return None

    # Ops

    def arguments(self, op: type[Op], layer: Layer, known: Known) -> Op | None:
        """Return the op with the line's arguments; None after a message, or where an argument is unknown."""
        values: dict[str, Value] = {}
        unknown: set[str] = set()
        for key, tree in layer.arguments.items():
            if key not in op.model_fields:
                values[key] = None
                continue
            value = self.evaluator.value(tree, layer.where.at(key), known, op.words(key))
            if isinstance(value, Unknown):
                unknown.add(key)
            else:
                values[key] = value
        signature = f"{op.__module__}.{op.__qualname__}{values!r}"
        if signature not in self._ops:
            made = self._validated(op, values, unknown, layer)
            if made is None or unknown:
                return None
            self._ops[signature] = made
        return None if unknown else self._ops[signature]

    def _validated(
        self, op: type[Op], values: Mapping[str, Value], unknown: set[str], layer: Layer
    ) -> Op | None:
        try:
            return op.model_validate(values)
        except ValidationError as error:
            found = [
                (str(one["loc"][0]) if one["loc"] else "", one["type"], one["msg"]) for one in error.errors()
            ]
        missing = [key for key, kind, _ in found if kind == "missing" and key not in unknown]
        for key, kind, message in found:
            if kind == "extra_forbidden":
                takes = f"{op.__name__} takes {', '.join(op.model_fields) or 'no arguments'}"
                where, subject = layer.where.at(key), f"{op.__name__} has no argument {key}"
                self._unknown_argument(key, where, subject, op.model_fields, missing, takes)
            elif kind != "missing" and key not in unknown:
                where = layer.where.at(key) if key else layer.where
                self.report.say("AS110", where, f"{op.__name__} {key}: {message}")
        for key in missing:
            self.report.say("AS109", layer.where, f"{op.__name__} needs {key}", name=layer.name is not None)
        return None

    def _unknown_argument(
        self, key: str, where: Where, message: str, known: Iterable[str], missing: list[str], takes: str
    ) -> None:
        """Report an argument that is not there; one that is missing is taken to be what was meant."""
        meant = suggest(key, (*known, *SHARED_KEYS)) or (missing[0] if missing else None)
        if meant in missing:
            missing.remove(meant)
        self.report.say("AS108", where, message, name=True, help=f"did you mean {meant}?" if meant else takes)

    def enough(self, op: type[Op], layer: Layer, given: int) -> bool:
        """Whether the op takes so many inputs; says so if not."""
        least, most = op.arity
        if least <= given and (most is None or given <= most):
            return True
        wanted = (
            f"at least {least}" if most is None else str(least) if least == most else f"{least} to {most}"
        )
        plural = "" if wanted == "1" else "s"
        where = layer.where.at("from") if layer.reads else layer.where
        self.report.say("AS120", where, f"{op.__name__} reads {wanted} input{plural}; {given} given", name=not layer.reads,
                        help="name them: from: [first, second]" if given < least else None)  # fmt: skip
        return False

    def infer(
        self,
        op: Op,
        layer: Layer,
        tensors: tuple[Tensor, ...],
        reads: Sequence[Entry],
        notes: tuple[str, ...],
    ) -> Inference | None:
        """Return what follows from the op and its inputs; None after a message."""
        key = (op, tensors)
        if key not in self._inferred:
            try:
                outputs = op.infer(*tensors)
            except ShapeError as error:
                self._refused(error, layer, tensors, reads, notes)
                return None
            weights = op.weights(*tensors)
            parameters = sum(math.prod(weight.shape) for weight in weights if not weight.buffer)
            self._inferred[key] = Inference(op, outputs, weights, op.macs(*tensors), parameters)
        return self._inferred[key]

    def _refused(
        self,
        error: ShapeError,
        layer: Layer,
        tensors: tuple[Tensor, ...],
        reads: Sequence[Entry],
        notes: tuple[str, ...],
    ) -> None:
        """Report what an op refuses, with what each of its inputs is and where it comes from."""
        written = error.argument is not None and error.argument in layer.arguments
        if written:
            span = layer.where.at(error.argument or "").span()
        elif layer.reads is not None:
            index = (error.operand,) if len(layer.reads) > 1 and error.operand < len(layer.reads) else ()
            span = layer.where.at("from", *index).span()
        else:
            span = layer.where.span(name=layer.name is not None)
        texts = layer.reads or ("",) * len(reads)
        labels = tuple(
            Label(entry.where.span(name=True), f"{text or 'this'} gives {tensor}")
            for text, entry, tensor in zip(texts, reads, tensors, strict=False)
        )
        self.report.add(
            Diagnostic(error.code, error.message, span, "error", labels, (*error.notes, *notes), error.help)
        )

    # Blocks

    def block_arguments(
        self, block: Block, layer: Layer, known: Known, defaults: Known
    ) -> dict[str, Value] | None:
        """Return the block's arguments by parameter; None after a message, or where one is unknown.

        Args:
            block: the block that the line calls.
            layer: the line.
            known: what names mean on the line.
            defaults: what names mean in the block's own defaults: the spec's parameters and the block's input.
        """
        missing = [
            name
            for name, parameter in block.parameters.items()
            if name not in layer.arguments and self._default_of(parameter) is None
        ]
        for key in (key for key in layer.arguments if key not in block.parameters):
            takes = f"it takes {', '.join(block.parameters) or 'no arguments'}"
            message = f"block {block.name} has no parameter {key}"
            self._unknown_argument(key, layer.where.at(key), message, block.parameters, missing, takes)
        for name in missing:
            self.report.say("AS109", layer.where, f"block {block.name} needs {name}", name=layer.name is not None,
                            labels=[(block.parameters[name].where, "declared here, without a default")])  # fmt: skip
        scope = dict(defaults)
        for name, parameter in block.parameters.items():
            if name in layer.arguments:
                scope[name] = self._given(block, name, parameter, layer, known)
            else:
                scope[name] = self._default(parameter, scope)
        if not all(key in block.parameters for key in layer.arguments):
            return None
        values = {name: scope[name] for name in block.parameters}
        return None if any(isinstance(value, Unknown) for value in values.values()) else values  # type: ignore[return-value]

    def _given(
        self, block: Block, name: str, parameter: Parameter, layer: Layer, known: Known
    ) -> Value | Unknown:
        tree, where = layer.arguments[name], layer.where.at(name)
        type_ = self.declared_type(parameter)
        word = self._word(tree, where) if type_ in ("op", "block") else UNKNOWN
        value = (
            self.evaluator.value(tree, where, known, text=type_ == "str")
            if isinstance(word, Unknown)
            else word
        )
        if isinstance(value, Unknown) or type_ is None or fits(value, type_):
            return value
        message = (
            f"{name} of block {block.name} is of type {type_}; this is {value!r}, of type {type_of(value)}"
        )
        self.report.say("AS110", where, message, labels=[(parameter.where, "declared here")])
        return UNKNOWN

    def _default(self, parameter: Parameter, scope: Known) -> Value | Unknown:
        tree = self._default_of(parameter)
        if tree is None:
            return UNKNOWN
        value = self._word(tree, parameter.where)
        if not isinstance(value, Unknown):
            return value
        return self.evaluator.value(tree, parameter.where, scope, text=True)

    def _default_of(self, parameter: Parameter) -> Tree | None:
        return None if self._required_type(parameter) is not None else parameter.default

    def declared_type(self, parameter: Parameter) -> str | None:
        """Return the type that a block's parameter declares; None where its default is an expression."""
        if parameter.type is not None:
            return parameter.type
        if required := self._required_type(parameter):
            return required
        tree = parameter.default
        if isinstance(tree, list):
            return "list"
        if not isinstance(tree, Scalar):
            return None
        if tree.quoted:
            return "str"
        if not isinstance(tree.value, str):
            return type_of(tree.value)
        return "op" if tree.text[:1].isupper() and tree.text.isidentifier() else None

    def _required_type(self, parameter: Parameter) -> str | None:
        tree = parameter.default
        if parameter.type is None and isinstance(tree, Scalar) and not tree.quoted and tree.text in TYPES:
            return tree.text
        return None

    def _word(self, tree: Tree | None, where: Where) -> str | Unknown:
        """Return the op or block that a capitalised word names, if the value is one."""
        if (
            not isinstance(tree, Scalar)
            or tree.quoted
            or not (tree.text[:1].isupper() and tree.text.isidentifier())
        ):
            return UNKNOWN
        if tree.text not in self.blocks and self.vocabulary.find(tree.text) is None:
            meant = suggest(tree.text, (*self.vocabulary.names(), *self.blocks))
            self.report.say("AS107", where, f"there is no op or block {tree.text}",
                            help=f"did you mean {meant}?" if meant else None)  # fmt: skip
        return tree.text

    # The rest of a line

    def expressions(self, layer: Layer, op: type[Op] | None) -> tuple[tuple[str, str], ...]:
        """Return the arguments that are written as expressions, with their text."""
        found = []
        for key, tree in layer.arguments.items():
            words = op.words(key) if op is not None and key in op.model_fields else ()
            expression = self.evaluator.expression(tree, words)
            if expression is not None:
                found.append((key, expression.text))
        return tuple(found)

    def copy_name(self, template: str, known: Known, where: Where) -> str | None:
        """Return the name of a repeat's copy: text with expressions in braces; None after a message."""
        name = ""
        for number, piece in enumerate(template.replace("}", "{").split("{")):
            if number % 2 == 0:
                name += piece
                continue
            value = self.evaluator.value(Scalar(piece), where, known)
            if isinstance(value, Unknown):
                return None
            name += str(value)
        problem = None if name.isdigit() else layer_name_problem(name)
        if problem or template.count("{") != template.count("}"):
            self.report.say(
                "AS105", where, f"a copy cannot be called {name!r}: {problem or 'a brace is not closed'}"
            )
            return None
        return name


def _elsewhere() -> str:
    """Return where an op that archspec does not have may come from."""
    names = ", ".join(offered())
    packages = f"; installed packages offer more, switched on by --ops: {names}" if names else ""
    return f"`archspec schema` lists the ops{packages}"
