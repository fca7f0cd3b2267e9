"""A line of a scope and the op that it names → the op with its arguments evaluated and validated, and its shapes."""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from pydantic import ValidationError

from archspec.diagnostic import suggest
from archspec.evaluate import Evaluator, Given, Known, blamed, floored, literal
from archspec.expression import Unknown
from archspec.lines import Layer
from archspec.names import layer_name_problem
from archspec.ops import LAYERS
from archspec.ops.base import Op, ShapeError, Tensor, Value, Weight
from archspec.ops.checks import possible
from archspec.parameters import listed, unknown_argument
from archspec.report import Report, Where
from archspec.scope import Entry
from archspec.source import Scalar, Tree

__all__ = ["Inference", "Instantiator"]

_NUMBERED = "without a name the copies are numbered 0, 1, 2, …; a name begins with a letter, as stage{index}"
_TOLD = 100  # messages of one spec that tell where a map shrank on its way


class Inference(NamedTuple):
    """What follows from an op and its inputs."""

    op: Op
    outputs: tuple[Tensor, ...]
    weights: tuple[Weight, ...]
    macs: int
    parameters: int


class _Slot(NamedTuple):
    """An argument as written that is worked out each time: where it stands, and the words that it may be."""

    name: str
    tree: Tree
    where: Where
    words: tuple[str, ...]


class _Written(NamedTuple):
    """The arguments of a line: those that are the same each time, and the others."""

    values: Mapping[str, Value]
    slots: tuple[_Slot, ...]


class Instantiator:
    """Makes ops out of lines; equal ones are made once."""

    def __init__(self, evaluator: Evaluator, report: Report) -> None:
        self.evaluator = evaluator
        self.report = report
        self._ops: dict[str, Op] = {}
        self._lines: dict[tuple[int, type[Op]], _Written] = {}
        self._made: dict[tuple[int, type[Op], str], Op] = {}  # by line and what its slots hold
        self._expressions: dict[tuple[int, type[Op] | None], tuple[tuple[str, str], ...]] = {}
        self._inferred: dict[tuple[int, tuple[Tensor, ...]], Inference] = {}  # equal ops are one, in `_ops`
        self._refused: dict[tuple[int, tuple[Tensor, ...]], tuple[Tensor, ...] | None] = {}

    # Ops

    def arguments(self, op: type[Op], layer: Layer, known: Known, given: Given) -> Op | None:
        """Return the op with the line's arguments; None after a message, or where an argument is unknown.

        Args:
            op: the op that the line names.
            layer: the line.
            known: what names mean on the line.
            given: returns where a parameter has its value from; None for what is none.
        """
        line = (id(layer), op)
        if line not in self._lines:
            self._lines[line] = self._written(op, layer)
        written = self._lines[line]
        values: dict[str, Value] = {}
        unknown: set[str] = set()
        for name, tree, where, words in written.slots:
            value = self.evaluator.value(tree, where, known, words)
            if isinstance(value, Unknown):
                unknown.add(name)
            else:
                values[name] = value
        key = (*line, repr(values))  # 1, 1.0 and true are not equal
        if not unknown and key in self._made:
            return self._made[key]
        made = self._op(op, {**written.values, **values}, unknown, layer, known, given)
        if made is not None and written.values.keys() <= op.model_fields.keys():  # a misspelt one is not in the key
            self._made[key] = made
        return made

    def _op(
        self, op: type[Op], values: Mapping[str, Value], unknown: set[str], layer: Layer, known: Known, given: Given
    ) -> Op | None:
        signature = _signature(op, values)
        if signature not in self._ops:
            made, meant = self._validated(op, values, unknown, layer, given)
            if unknown:
                return None
            if made is None:
                return self._mended(op, values, meant, layer, known) if meant else None
            self._ops[signature] = made
        return None if unknown else self._ops[signature]

    def _mended(
        self, op: type[Op], values: Mapping[str, Value], meant: Mapping[str, str], layer: Layer, known: Known
    ) -> Op | None:
        """Return the op with each argument under the name that was meant; None where that is not all that is wrong."""
        right = {key: value for key, value in values.items() if key not in meant}
        for key, name in meant.items():
            value = self.evaluator.value(layer.arguments[key], layer.where.at(key), known, op.words(name))
            if isinstance(value, Unknown):
                return None
            right[name] = value
        signature = _signature(op, right)
        if signature not in self._ops:
            try:
                self._ops[signature] = op.model_validate(right)
            except ValidationError:
                return None
        return self._ops[signature]

    def _written(self, op: type[Op], layer: Layer) -> _Written:
        """Return the line's arguments; one that the op does not have is nothing, and told where the op is made."""
        values: dict[str, Value] = {}
        slots = []
        for name, tree in layer.arguments.items():
            if name not in op.model_fields:
                values[name] = None
            elif (number := literal(tree)) is not None:
                values[name] = number
            else:
                slots.append(_Slot(name, tree, layer.where.at(name), op.words(name)))
        return _Written(values, tuple(slots))

    def _validated(
        self, op: type[Op], values: Mapping[str, Value], unknown: set[str], layer: Layer, given: Given
    ) -> tuple[Op | None, dict[str, str]]:
        """Return the op; else what is wrong is told, and names that slips of the pen were meant to be come back."""
        try:
            return op.model_validate(values), {}
        except ValidationError as error:
            found = [(str(one["loc"][0]) if one["loc"] else "", one["type"], one["msg"]) for one in error.errors()]
        missing = [key for key, kind, _ in found if kind == "missing" and key not in unknown]
        meant: dict[str, str] = {}
        for key, kind, message in found:
            if kind == "extra_forbidden" and key in LAYERS:
                message = f"{op.__name__} has no argument {key}: it is a layer of its own"
                self.report.say("AS108", layer.where.at(key), message, name=True,
                                help=f"write {LAYERS[key]} after this layer")  # fmt: skip
            elif kind == "extra_forbidden":
                takes = f"{op.__name__} takes {', '.join(op.model_fields) or 'no arguments'}"
                where, subject = layer.where.at(key), f"{op.__name__} has no argument {key}"
                advice = unknown_argument(self.report, key, where, subject, op.model_fields, missing, takes)
                name = self.report.take(advice, op.model_fields)
                if name is not None and name not in values and name not in meant.values():
                    meant[key] = name
            elif kind != "missing" and key not in unknown:
                said = message if message.startswith(f"{key} ") else f"{key}: {message}"
                self._wrong(f"{op.__name__} {said}", key, values.get(key), layer, given)
        if missing:
            message = f"{op.__name__} needs {listed(missing)}"
            self.report.say("AS109", layer.where, message, name=layer.name is not None)
        return None, meant

    def _wrong(self, message: str, key: str, value: Value, layer: Layer, given: Given) -> None:
        """Report an argument, where a parameter that it is got its value: once, however many lines read it."""
        where, tree = layer.where.at(key) if key else layer.where, layer.arguments.get(key)
        help_, fixes = floored(tree, value, where)
        self.report.say_given("AS110", where, message, blamed(tree, value, given), help=help_, fixes=fixes)

    def enough(self, op: type[Op], layer: Layer, given: int) -> bool:
        """Whether the op takes so many inputs; says so if not."""
        least, most = op.arity
        if least <= given and (most is None or given <= most):
            return True
        if layer.reads is None and any(suggest(key, ("from",)) for key in layer.arguments.keys() - op.model_fields):
            return False  # that `from` is misspelt is told
        wanted = f"at least {least}" if most is None else str(least) if least == most else f"{least} to {most}"
        plural = "" if wanted == "1" else "s"
        where = layer.where.at("from") if layer.reads else layer.where
        advice = "name them: from: [first, second]" if given < least else None
        message = f"{op.__name__} reads {wanted} input{plural}; {given} given"
        self.report.say("AS120", where, message, name=not layer.reads, help=advice)
        return False

    def infer(
        self,
        op: Op,
        layer: Layer,
        tensors: tuple[Tensor, ...],
        reads: Sequence[Entry],
        note: Callable[[], tuple[str, ...]],
    ) -> Inference | None:
        """Return what follows from the op and its inputs; None after a message."""
        key = (id(op), tensors)
        if key not in self._inferred:
            try:
                outputs = op.infer(*tensors)
                for output in outputs:
                    possible(output.shape)
            except ShapeError as error:
                from archspec.refusal import refusal  # a clean spec needs neither
                from archspec.remedy import tried

                brief = self.report.count >= _TOLD
                self.report.add(refusal(error, op, layer, tensors, reads, note(), brief=brief))
                certain = error.same_output and error.would
                self._refused[key] = tried(op, error.would[0], tensors) if certain else None
                return None
            weights = op.weights(*tensors)
            parameters = sum([math.prod(weight.shape) for weight in weights if not weight.buffer])
            self._inferred[key] = Inference(op, outputs, weights, op.macs(*tensors), parameters)
        return self._inferred[key]

    def despite(self, op: Op, tensors: tuple[Tensor, ...]) -> Inference | None:
        """Return what a refused op gives whatever stands in the place of what it refuses; None if that is not known."""
        outputs = self._refused[id(op), tensors]
        if outputs is None:
            return None
        self.report.assumed = True
        return Inference(op, outputs, (), 0, 0)

    # The rest of a line

    def expressions(self, layer: Layer, op: type[Op] | None) -> tuple[tuple[str, str], ...]:
        """Return the arguments that are written as expressions, with their text."""
        key = (id(layer), op)
        if key not in self._expressions:
            self._expressions[key] = tuple(self._spoken(layer, op))
        return self._expressions[key]

    def _spoken(self, layer: Layer, op: type[Op] | None) -> Iterator[tuple[str, str]]:
        for key, tree in layer.arguments.items():
            words = op.words(key) if op is not None and key in op.model_fields else ()
            expression = self.evaluator.expression(tree, words)
            if expression is not None:
                yield key, expression.text

    def copy_name(self, template: str, known: Known, where: Where) -> str | None:
        """Return the name of a repeat's copy: text with expressions in braces; None after a message."""
        name = ""
        for number, piece in enumerate(_BRACES.split(template)):
            if number % 2 == 0:
                name += piece
                continue
            value = self.evaluator.value(Scalar(piece), where, known)
            if isinstance(value, Unknown):
                return None
            name += str(value)
        odd = any(brace in _BRACES.sub("", template) for brace in "{}")
        problem = "a brace has no partner" if odd else layer_name_problem(name)
        if problem:
            message = f"a copy cannot be called {name!r}: {problem}"
            self.report.say("AS105", where, message, help=_NUMBERED if name[:1].isdigit() else None)
            return None
        return name


_BRACES = re.compile(r"\{([^{}]*+)\}")


def _signature(op: type[Op], values: Mapping[str, Value]) -> str:
    return f"{op.__module__}.{op.__qualname__}{values!r}"
