"""A chain of files and a caller's overrides → one program: what is expanded, with the value of every parameter."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from archspec.expression import UNKNOWN, ExpressionError, parse
from archspec.keys import describe
from archspec.ops.base import Value
from archspec.report import Origin, Report, Where, fix
from archspec.source import Scalar, Tree
from archspec.spec import InitRule, Parameter, Spec

__all__ = ["TYPES", "Constant", "Program", "fits", "program", "shown", "type_of"]

TYPES = ("int", "float", "bool", "str", "list", "op", "block")
"""The types of a parameter."""


class Constant(NamedTuple):
    """A parameter of the spec with its value."""

    where: Where
    type: str
    value: Value
    description: str
    given: Where  # where the value in force stands: here, or in a file that extends this one


@dataclass(frozen=True, slots=True)
class Program:
    """What is expanded: the layers of the last file of the chain, with what the files before it changed."""

    base: Spec
    name: str
    description: str
    reference: str
    constants: Mapping[str, Constant]
    input: Tree | None
    input_where: Where
    init: tuple[InitRule, ...]
    expect: Mapping[str, Tree]
    expect_where: Where
    inherited: bool  # the layers come from another file, whose expectations are its own
    overridden: tuple[str, ...] = field(default=())  # what the caller changed: expectations are suspended

    @property
    def values(self) -> Mapping[str, object]:
        """What the names of the spec's parameters mean, UNKNOWN of one that a mistake leaves without a value."""
        known = {name: constant.value for name, constant in self.constants.items() if constant.value is not None}
        return {name: known.get(name, UNKNOWN) for name in self.base.parameters}

    def given(self, name: str) -> Origin | None:
        """Return where a parameter of the spec has its value from; None where the name is none."""
        constant = self.constants.get(name)
        if constant is None:
            return None
        return Origin(constant.given, f"{name} is set to {shown(constant.value)}: " if name in self.overridden else "")

    def copies(self, name: str) -> bool:
        """Whether the parameter stands only alone in the layers and blocks, and in no list of numbers in `init`."""
        word = re.compile(rf"\b{name}\b")
        root = self.base.where.source.root
        layers = [root.get("blocks", {}), root.get("layers", {})] if isinstance(root, dict) else []
        written = [text for tree in layers for text in _texts(tree) if word.search(text)]
        listed = (text for rule in self.init for tree in rule.tensors.values() for text in _listed(tree))
        return all(text == name for text in written) and not any(word.search(text) for text in listed)


def _texts(tree: Tree) -> Iterator[str]:
    """Yield every scalar's text; the reader bounds how deep a tree is."""
    if isinstance(tree, Scalar):
        yield tree.text
    else:
        for below in tree.values() if isinstance(tree, dict) else tree:
            yield from _texts(below)


def _listed(tree: Tree) -> Iterator[str]:
    """Yield the text of every scalar that stands in a list."""
    if isinstance(tree, list):
        yield from _texts(tree)
    elif isinstance(tree, dict):
        for below in tree.values():
            yield from _listed(below)


def program(chain: tuple[Spec, ...], overrides: Mapping[str, Value], input_: Tree | None, report: Report) -> Program:
    """Return the program that the chain of files describes, most derived file first.

    Args:
        chain: the file, and all that it extends.
        overrides: values for the spec's parameters.
        input_: the size of the input, instead of the spec's.
        report: where mistakes go.
    """
    top, base = chain[0], chain[-1]
    constants = {name: _declared(name, parameter, base, report) for name, parameter in base.parameters.items()}
    for spec in reversed(chain[:-1]):
        for name, parameter in spec.parameters.items():
            value = _literal(parameter.default, parameter.where, report)
            _override(constants, name, value, parameter.where, report)
    for name, given in overrides.items():
        known = constants.get(name)
        _override(constants, name, given, known.where if known else base.where.at("parameters"), report)
    _all_given(constants, report)
    _one_meaning(base, report)
    sized = next(spec for spec in chain if spec.input is not None or spec is base)
    stem = top.where.source.path.stem if top.where.source.path else "network"
    return Program(
        base=base,
        name=top.name or stem,
        description=next((spec.description for spec in chain if spec.description), ""),
        reference=next((spec.reference for spec in chain if spec.reference), ""),
        constants={name: constant for name, constant in constants.items() if constant is not None},
        input=sized.input if input_ is None else _resized(sized, input_, report),
        input_where=sized.where.at("input"),
        init=tuple(rule for spec in reversed(chain) for rule in spec.init),
        expect=top.expect,
        expect_where=top.where.at("expect"),
        inherited=len(chain) > 1,
        overridden=(*overrides, *(("input",) if input_ is not None else ())),
    )


def _resized(spec: Spec, given: Tree, report: Report) -> Tree | None:
    """Return the spec's input with other sizes; its names and dtypes stay."""
    declared, where = spec.input, spec.where.at("input")
    if not isinstance(declared, dict):
        if isinstance(given, dict):
            report.say("AS120", where, "sizes are given by name, and the spec's only input has none", name=True)
        return given if isinstance(given, list) else declared
    if not isinstance(given, dict):
        report.say("AS120", where, "the spec's inputs have names; give sizes by name", name=True,
                   help=f"the inputs are {', '.join(declared)}")  # fmt: skip
        return declared
    for name in given.keys() - declared.keys():
        report.say("AS120", where, f"there is no input {name} to give a size", name=True,
                   help=f"the inputs are {', '.join(declared)}")  # fmt: skip
    both = {name: (tree, given.get(name, tree)) for name, tree in declared.items()}
    return {
        name: {**tree, "shape": sizes} if isinstance(tree, dict) and isinstance(sizes, list) else sizes
        for name, (tree, sizes) in both.items()
    }


def _one_meaning(base: Spec, report: Report) -> None:
    """Report the parameters of blocks that bear the name of one of the spec's: a line would see only one of them."""
    for block in base.blocks.values():
        for name in block.parameters.keys() & base.parameters.keys():
            message = f"{name} is a parameter of block {block.name} and of the spec, which all blocks see"
            report.say("AS116", block.parameters[name].where, message, name=True,
                       labels=[(base.parameters[name].where, "the spec's")],
                       help="give one of them another name")  # fmt: skip


def type_of(value: Value) -> str:
    """Return the name of a value's type, as the language calls it."""
    if isinstance(value, tuple):
        return "list"
    if isinstance(value, str):
        return "op" if value[:1].isupper() else "str"
    return _NUMBERS.get(type(value), "str")


_NUMBERS: Mapping[type, str] = {bool: "bool", int: "int", float: "float"}


def fits(value: Value, type_: str) -> bool:
    """Whether a parameter of the type takes the value: an int or float also takes a list of its kind."""
    if isinstance(value, tuple):
        return type_ == "list" or (type_ in ("int", "float") and all(fits(item, type_) for item in value))
    return type_of(value) in _TAKES.get(type_, (type_,))


_TAKES: Mapping[str, tuple[str, ...]] = {"float": ("int", "float"), "block": ("op",), "str": ("str", "op")}


def _declared(name: str, parameter: Parameter, base: Spec, report: Report) -> Constant | None:
    type_ = parameter.type
    if type_ is not None and type_ not in TYPES:
        report.say("AS116", parameter.where.at("type"), f"there is no type {type_}",
                   help=report.near(type_, TYPES, f"the types are {', '.join(TYPES)}"))  # fmt: skip
        type_ = None  # the default's own
        if parameter.default is None:
            return None
    if parameter.default is None:
        return Constant(parameter.where, type_ or "", None, parameter.description, parameter.where)
    if _worked_out(parameter.default, base):
        message = f"{name} would be worked out, and a parameter of the spec is a plain value"
        advice = f"write the expression where {name} is read; a block's parameters may be worked out"
        report.say("AS104", parameter.where, message, help=advice)
        return None
    if isinstance(parameter.default, Scalar) and not parameter.default.quoted and parameter.default.text in TYPES:
        message = f"{name} has a type, and no value; only a block's parameters are given one by who calls it"
        report.say("AS116", parameter.where, message, help=f"write the value: {name}: 8")
        return None
    value = _literal(parameter.default, parameter.where, report)
    if value is None:
        return None
    kind = type_ or type_of(value)
    if kind == "op" and isinstance(value, str) and value in base.blocks:
        kind = "block"
    if not fits(value, kind):
        report.say("AS116", parameter.where, f"{name} is of type {kind}, and its default is {shown(value)}")
        return None
    return Constant(parameter.where, kind, value, parameter.description, parameter.where)


def _worked_out(tree: Tree, base: Spec) -> bool:
    """Whether a text is an expression over other parameters, and not a word."""
    if not isinstance(tree, Scalar) or tree.quoted or not isinstance(tree.value, str) or tree.text.isidentifier():
        return False
    try:
        names = {name for name, _, _ in parse(tree.text).names}
    except ExpressionError:
        return False
    return bool(names) and all(name.partition(".")[0] in base.parameters for name in names)


def _literal(tree: Tree | None, where: Where, report: Report) -> Value:
    """Return a literal: a number, true, false, a word, or a list of these; None after a message."""
    if isinstance(tree, list):
        items = tuple(_literal(item, where.at(index), report) for index, item in enumerate(tree))
        return None if None in items else items
    if isinstance(tree, Scalar):
        if tree.quoted and not isinstance(Scalar(tree.text).value, str):
            fixes = fix(f"write {tree.text}", where.replaced(tree.text), safe=True) if tree.text else ()
            report.say("AS104", where, f'"{tree.text}" is in quotes; write {tree.text or "a value"}', fixes=fixes)
            return None
        if tree.value is not None:
            return tree.value
    found = "nothing" if tree is None else describe(tree)
    report.say(
        "AS104",
        where,
        f"{found} where a parameter's value is wanted: a number, true, false, a word or a list",
    )
    return None


def _override(constants: dict[str, Constant | None], name: str, value: Value, where: Where, report: Report) -> None:
    if name not in constants:
        advice = f"the parameters are {', '.join(constants)}" if constants else "the spec has no parameters"
        report.say("AS116", where, f"there is no parameter {name} to set", name=True,
                   help=report.near(name, constants, advice))  # fmt: skip
        return
    constant = constants[name]
    if constant is None or value is None:
        return
    if not fits(value, constant.type):
        if where == constant.where:  # a caller's value stands in no file
            labels, given = [], f"; it is set to {shown(value)}, of type {type_of(value)}"
        else:
            labels, given = [(constant.where, "declared here")], f", and {shown(value)} is of type {type_of(value)}"
        help_ = "a list is written [3, 4, 6, 3]" if constant.type == "list" else None
        message = f"{name} is of type {constant.type}{given}"
        report.say("AS116", where, message, name=True, labels=labels, help=help_)
        return
    constants[name] = Constant(constant.where, constant.type, value, constant.description, where)


def _all_given(constants: Mapping[str, Constant | None], report: Report) -> None:
    for name, constant in constants.items():
        if constant is not None and constant.value is None:
            report.say("AS116", constant.where, f"{name} has no default and was not given a value", name=True,
                       help=f"give one, as --set {name}=… does")  # fmt: skip


def shown(value: Value) -> str:
    """Return a parameter's value as a spec writes it."""
    if isinstance(value, tuple):
        return "[" + ", ".join(shown(item) for item in value) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value)
