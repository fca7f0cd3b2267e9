"""A line that calls a block → the values of the block's parameters."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeGuard

from archspec.choose import Chooser
from archspec.evaluate import Evaluator, Known, floored, literal
from archspec.expression import UNKNOWN, Unknown
from archspec.lines import Layer
from archspec.names import SHARED_KEYS
from archspec.ops import ARGUMENTS
from archspec.ops.base import Tensor, Value
from archspec.program import TYPES, fits, shown, type_of
from archspec.report import Meant, Report, Where
from archspec.scope import Entry, Wire, sizes
from archspec.source import Scalar, Tree
from archspec.source.scalar import trap
from archspec.spec import Block, Parameter

__all__ = ["Parameters", "listed", "unknown_argument"]


class _Declared(NamedTuple):
    """A parameter of a block: what it may be, and what it is where a line does not give it."""

    name: str
    where: Where
    type: str | None  # None where the default is an expression, or a mistake leaves out both
    default: Tree | None  # None where a line must give it


_Values = dict[str, Value | Unknown]


class _Written(NamedTuple):
    """What a line gives to a block: whether that is right, the numbers, and what is worked out for each copy."""

    right: bool
    numbers: _Values
    slots: tuple[tuple[_Declared, Tree, Where], ...]


class Parameters:
    """Settles the parameters of blocks: what a line gives, and the defaults of the rest, in written order."""

    def __init__(self, chooser: Chooser, evaluator: Evaluator, report: Report) -> None:
        self.chooser = chooser
        self.evaluator = evaluator
        self.report = report
        self._lines: dict[tuple[str, int], _Written] = {}
        self._settled: dict[tuple[str, str, tuple[Tensor, ...] | None], _Values] = {}
        self._same: dict[tuple[str, str], _Values] = {}
        self._read: set[tuple[str, str]] = set()  # the parameters whose defaults were read
        self._declarations = {
            name: tuple(map(_declared, block.parameters.items())) for name, block in chooser.blocks.items()
        }

    def arguments(
        self, block: Block, layer: Layer, known: Known, carried: tuple[Wire, ...] | None
    ) -> dict[str, Value] | None:
        """Return the block's arguments by parameter; None after a message, or where one is unknown.

        Equal arguments of a block are one and the same mapping.

        Args:
            block: the block that the line calls.
            layer: the line.
            known: what names mean on the line.
            carried: the values of the block's inputs; None where one is unknown.
        """
        line = (block.name, id(layer))
        if line not in self._lines:
            self._lines[line] = self._written(block, layer)
        right, numbers, slots = self._lines[line]
        given = {**numbers, **{slot[0].name: self._given(block, *slot, known) for slot in slots}}
        tensors = None if carried is None else tuple([wire.tensor for wire in carried])
        key = (block.name, repr(given), tensors)  # 1, 1.0 and true are not equal
        if key not in self._settled:
            values = self._settle(block, given, carried)
            self._settled[key] = self._same.setdefault((block.name, repr(values)), values)
        values = self._settled[key]
        return values if right and UNKNOWN not in values.values() else None  # type: ignore[return-value]

    def _written(self, block: Block, layer: Layer) -> _Written:
        """Return what the line gives; numbers, which are the same each time, are judged here."""
        right = self._right(block, layer)
        given = [each for each in self._declarations[block.name] if each.name in layer.arguments]
        slots = [(each, layer.arguments[each.name], layer.where.at(each.name)) for each in given]
        numbers = {slot[0].name: self._given(block, *slot, {}) for slot in slots if literal(slot[1]) is not None}
        return _Written(right, numbers, tuple(slot for slot in slots if slot[0].name not in numbers))

    def _settle(self, block: Block, given: _Values, carried: tuple[Wire, ...] | None) -> _Values:
        """Return all parameters of a block, in its order, where a line gives some and the defaults are the others'."""
        source = Entry(block.where, carried, block.inputs)
        scope: dict[str, object] = {**self.chooser.program.values, "input": sizes(source)}
        for declared in self._declarations[block.name]:
            if declared.name in given:
                self._read_default(block, declared, scope)
                scope[declared.name] = given[declared.name]
            else:
                scope[declared.name] = self._default(declared, scope)
        return {name: scope[name] for name in block.parameters}  # type: ignore[misc]

    def _right(self, block: Block, layer: Layer) -> bool:
        """Whether the line gives what the block needs and nothing else; says what is wrong."""
        declared = self._declarations[block.name]
        needed = [each.name for each in declared if each.default is None and each.type is not None]
        missing = [name for name in needed if name not in layer.arguments]
        for key in (key for key in layer.arguments if key not in block.parameters):
            takes = f"it takes {', '.join(block.parameters) or 'no arguments'}"
            message = f"block {block.name} has no parameter {key}"
            unknown_argument(self.report, key, layer.where.at(key), message, block.parameters, missing, takes)
        if missing:
            message = f"block {block.name} needs {listed(missing)}"
            labels = [(block.parameters[name].where, "declared here, without a default") for name in missing[:_SHOWN]]
            self.report.say("AS109", layer.where, message, name=layer.name is not None, labels=labels)
        return all(key in block.parameters for key in layer.arguments)

    def _given(self, block: Block, declared: _Declared, tree: Tree, where: Where, known: Known) -> Value | Unknown:
        name, type_ = declared.name, declared.type
        word = _word(tree) if type_ in _CALLED else None
        value = word or self.evaluator.value(tree, where, known, text=type_ == "str")
        if isinstance(value, str) and type_ in _CALLED and fits(value, type_):
            return self.chooser.given(value, where, tree.text if isinstance(tree, Scalar) else "")
        if isinstance(value, Unknown) or type_ is None or fits(value, type_):
            return value
        message = f"{name} of block {block.name} is of type {type_}; this is {shown(value)}, of type {type_of(value)}"
        help_, fixes = floored(tree, value, where) if type_ == "int" else (None, ())
        self.report.say("AS110", where, message, labels=[(declared.where, "declared here")], help=help_, fixes=fixes)
        return UNKNOWN

    def _default(self, declared: _Declared, scope: Known) -> Value | Unknown:
        if declared.default is None:
            return UNKNOWN
        tree = declared.default
        if declared.type in _CALLED and (word := _word(tree)):
            return self.chooser.given(word, declared.where)
        if _bare(tree) and tree.text not in scope and trap(tree.text) is None:
            quoted = f'text stands in quotes: "{tree.text}"'
            advice = quoted if declared.type == "str" else f"the types are {', '.join(TYPES)}"
            self.report.say("AS111", declared.where, f"{tree.text} is neither a type nor a parameter before this one",
                            help=self.report.near(tree.text, (*TYPES, *scope), advice))  # fmt: skip
            return UNKNOWN
        return self.evaluator.value(tree, declared.where, scope, text=True)

    def _read_default(self, block: Block, declared: _Declared, scope: Known) -> None:
        """Report, once, what is wrong with the words of a default that this line does not need."""
        key = (block.name, declared.name)
        if key not in self._read:
            self._read.add(key)
            self._default(declared, dict.fromkeys(scope, UNKNOWN))


_SHOWN = 4  # missing arguments of which is shown where they are declared

_CALLED = ("op", "block")
"""The types of parameters that name what a line calls."""


def _word(tree: Tree | None) -> str | None:
    """Return a capitalised word, which names an op or a block; None if the value is none."""
    if isinstance(tree, Scalar) and not tree.quoted and tree.text[:1].isupper() and tree.text.isidentifier():
        return tree.text
    return None


def _bare(tree: Tree) -> TypeGuard[Scalar]:
    """Whether a value is a name alone, without quotes."""
    return isinstance(tree, Scalar) and not tree.quoted and isinstance(tree.value, str) and tree.text.isidentifier()


def _declared(written: tuple[str, Parameter]) -> _Declared:
    name, parameter = written
    tree = parameter.default
    if parameter.type is None and isinstance(tree, Scalar) and not tree.quoted and tree.text in TYPES:
        return _Declared(name, parameter.where, tree.text, None)
    return _Declared(name, parameter.where, parameter.type or _type(tree), tree)


def _type(default: Tree | None) -> str | None:
    """Return the type that a default declares; None for an expression."""
    if isinstance(default, list):
        return "list"
    if not isinstance(default, Scalar):
        return None
    if default.quoted:
        return "str"
    if not isinstance(default.value, str):
        return type_of(default.value)
    return "op" if _word(default) else None


def unknown_argument(
    report: Report, key: str, where: Where, message: str, known: Iterable[str], missing: list[str], takes: str
) -> Meant | str | None:
    """Report an argument that is not there, and return what it was meant to be; of those that are missing, the first.

    Args:
        report: where the message goes.
        key: the argument as written.
        where: where it is written.
        message: what is wrong.
        known: the arguments that there are.
        missing: those that are required and not written; what was meant is taken out of it.
        takes: what to say where nothing comes near.
    """
    known = tuple(known)
    called = ARGUMENTS.get(key)
    line = where.source.place(where.key[:-1])
    written = line.children if line is not None and isinstance(line.children, dict) else {}
    advice: Meant | str | None = report.near(key, (*known, *SHARED_KEYS), written=written)
    if called in known and called not in written:
        advice = Meant(key, called, sure=False)
    if advice is None and missing:
        advice = Meant(key, missing[0], sure=False)
    if isinstance(advice, Meant) and advice.name in missing:
        missing.remove(advice.name)
    report.say("AS108", where, message, name=True, help=advice or takes)
    return advice


def listed(names: Sequence[str]) -> str:
    """Return names in words.

    Example:
        >>> listed(["planes", "stride", "width"])
        'planes, stride and width'
    """
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
