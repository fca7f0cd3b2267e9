"""Plain values → the file as written, a Spec, with every key known and every name legal.

Values stay as written: what they mean is settled where they are used.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from archspec.diagnostic import Edit, suggest
from archspec.keys import (
    BlockKeys,
    ExpectKeys,
    FileKeys,
    InitKeys,
    ParameterKeys,
    describe,
    legal,
    validate,
)
from archspec.lines import Scope, scope
from archspec.names import parameter_name_problem, type_name_problem
from archspec.report import Report, Where, fix
from archspec.source import Scalar, Source, Tree

__all__ = ["VERSION", "Block", "InitRule", "Parameter", "Spec", "spec"]

VERSION = 1
"""The version of the language that this archspec speaks."""


class Parameter(NamedTuple):
    """A parameter as written: its default or its type's name, or both in the long form."""

    where: Where
    default: Tree | None  # also a type's name, for a block's parameter
    type: str | None = None
    description: str = ""


class Block(NamedTuple):
    """A block as written."""

    where: Where
    name: str
    parameters: Mapping[str, Parameter]
    inputs: tuple[str, ...]  # empty for one unnamed input
    scope: Scope
    output: str | Mapping[str, str] | None  # an empty mapping is not known, after a message
    broken: bool = False  # its parameters or inputs are not known, after a message


class InitRule(NamedTuple):
    """One rule of `init` as written."""

    where: Where
    op: str | None
    layer: str | None
    trainable: bool
    tensors: Mapping[str, Tree]


class Spec(NamedTuple):
    """One file as written. What a file that extends another may not give is empty."""

    where: Where
    name: str | None
    description: str | None
    reference: str | None
    extends: str | None
    input: Tree | None
    parameters: Mapping[str, Parameter]
    blocks: Mapping[str, Block]
    scope: Scope | None
    output: str | Mapping[str, str] | None  # as a block's
    init: tuple[InitRule, ...]
    expect: Mapping[str, Tree]


def spec(source: Source, report: Report) -> Spec:
    r"""Return the file as written; what is wrong with it goes to the report.

    Example:
        >>> from archspec.source import parse
        >>> spec(parse("archspec: 1\ninput: [3, 8, 8]\nlayers: [ReLU]"), Report()).scope.layers[0].word
        'ReLU'
    """
    where = Where(source)
    stray, root = _stray(source.root, where, report), source.root
    if stray and isinstance(root, dict):
        root = {key: tree for key, tree in root.items() if key not in stray}
    if isinstance(root, dict) and (kept := _before_layers(root, where, report)) is not None:
        stray, root = stray | {"layers"}, {**root, "blocks": kept}
    written, clean, where = validate(FileKeys, root, where, report)
    known = written.layers is not None and (clean or not _lost(root, "parameters", written.parameters))
    if isinstance(root, dict) and not clean and not written.parameters:
        known = known and "parameters" not in _misspelt(root)
    _version(written.archspec, where, report)
    _required(written, where, report, misplaced=bool(stray))
    return Spec(
        where=where,
        name=written.name,
        description=written.description,
        reference=written.reference,
        extends=written.extends,
        input=written.input,
        parameters=_parameters(written.parameters, where.at("parameters"), report),
        blocks=dict(_blocks(written.blocks, where.at("blocks"), report)),
        scope=scope(written.layers, where.at("layers"), report) if known else None,
        output={} if _lost(root, "output", written.output) else written.output,
        init=tuple(_init(written.init, where.at("init"), report)),
        expect=_expect(written.expect, where.at("expect"), report),
    )


def _lost(tree: Tree, key: str, value: object) -> bool:
    """Whether a key is written, and nothing of it is left: its mistake is told, and what it means is not known."""
    return isinstance(tree, dict) and key in tree and not value


_MISSING = {
    "input": "write the size of one sample, without the batch: input: [3, 224, 224]",
    "layers": "write the layers by name: layers: {conv1: {op: Conv2d, out_channels: 64, kernel_size: 3}}",
}


def _stray(root: Tree, where: Where, report: Report) -> frozenset[str]:
    """Say once that layers stand beside the keys of the file; return their keys, and `layers` if it is empty."""
    unknown = root.keys() - FileKeys.model_fields.keys() if isinstance(root, dict) else ()
    if not unknown or not isinstance(root, dict):
        return frozenset()
    found = [
        key for key, tree in root.items() if key in unknown and isinstance(tree, dict) and not _KINDS.isdisjoint(tree)
    ]
    if not found:
        return frozenset()
    report.say("AS103", where.at(found[0]), f"{found[0]} is a layer, and stands beside the keys of the file", name=True,
               help="layers stand below the line `layers:`, and are indented")  # fmt: skip
    words = {key for key in unknown if isinstance(tree := root[key], Scalar) and tree.text[:1].isupper()}
    below = root.get("layers")
    empty = isinstance(below, Scalar) and not below.text
    return frozenset(found) | words | ({"layers"} if empty else set())


def _before_layers(root: Mapping[str, Tree], where: Where, report: Report) -> dict[str, Tree] | None:
    """Say once that layers stand among the blocks of a file that has no others; return the blocks before them."""
    blocks = root.get("blocks")
    if not isinstance(blocks, dict) or "layers" in root or "layers" in _misspelt(root):
        return None
    kept: dict[str, Tree] = {}
    for name, tree in blocks.items():
        if isinstance(tree, dict) and not _KINDS.isdisjoint(tree):
            report.say("AS102", where.at("blocks", name), f"{name} is a layer, and stands among the blocks", name=True,
                       help="the line `layers:` is missing above it")  # fmt: skip
            return kept
        kept[name] = tree
    return None


_KINDS = frozenset({"op", "block"})


def _required(written: FileKeys, where: Where, report: Report, *, misplaced: bool) -> None:
    """Report the keys that a whole spec needs, or that a file which extends another may not give."""
    root = where.source.root
    if not isinstance(root, dict):
        return
    misspelt = _misspelt(root)
    for key, text in _MISSING.items():
        stands = key in root or key in misspelt or (key == "layers" and misplaced)
        if "extends" not in root and written.extends is None and not stands:
            report.say("AS102", where, f"the spec has no {key}", help=text)
    for key in ("blocks", "layers", "output") if written.extends else ():
        if key in root:
            allowed = "name, description, reference, parameters, input, init and expect"
            message = f"a spec that extends another cannot change its {key}"
            report.say("AS103", where.at(key), message, name=True, help=f"it may give {allowed}")


def _misspelt(root: Mapping[str, Tree]) -> set[str | None]:
    """Return the keys of a file that others were probably meant to be; a spec has few, a hostile file may have many."""
    unknown = (key for key in root if key not in FileKeys.model_fields)
    return {suggest(key, FileKeys.model_fields) for key in islice(unknown, _FEW)}


_FEW = 50


def _version(tree: Tree | None, where: Where, report: Report) -> None:
    root = where.source.root
    if not isinstance(root, dict):
        return
    if "archspec" not in root and "archspec" in _misspelt(root):
        return
    if "archspec" not in root:
        surely = "layers" in root or "extends" in root  # else it may be another program's file
        fixes = fix(f"write archspec: {VERSION}", _before_all(where, root), safe=True) if surely else ()
        report.say("AS101", where, "the spec does not say which version of the language it is in",
                   help=f"begin it with archspec: {VERSION}", fixes=fixes)  # fmt: skip
    elif not (isinstance(tree, Scalar) and type(tree.value) is int and tree.value == VERSION):
        newer = isinstance(tree, Scalar) and type(tree.value) is int and tree.value > VERSION
        advice = f"this archspec speaks version {VERSION}; a newer one is needed" if newer else None
        message = f"archspec: {describe(tree)} is no version of the language"
        one = isinstance(tree, Scalar) and tree.text in (str(VERSION), f"{VERSION}.0")  # in quotes, or a float
        fixes = fix(f"write archspec: {VERSION}", where.at("archspec").replaced(str(VERSION)), safe=True) if one else ()
        report.say("AS101", where.at("archspec"), message, help=advice or f"write archspec: {VERSION}", fixes=fixes)


def _before_all(where: Where, root: Mapping[str, Tree]) -> Edit | None:
    first = next(iter(root), None)
    return None if first is None else where.at(first).inserted("archspec", str(VERSION))


def _parameters(tree: Mapping[str, Any], where: Where, report: Report) -> dict[str, Parameter]:
    """Return the parameters; one whose name is not legal is kept, so that reading it is no second mistake."""
    for name in tree:
        legal(parameter_name_problem(name), "parameter", name, where.at(name), report)
    return {name: _parameter(value, where.at(name), report) for name, value in tree.items()}


def _parameter(tree: Tree, where: Where, report: Report) -> Parameter:
    if not isinstance(tree, dict):
        return Parameter(where, tree)
    long, _, where = validate(ParameterKeys, tree, where, report)
    if long.type is None and long.default is None:
        report.say("AS102", where, "the parameter has neither a type nor a default", name=True)
    return Parameter(where, long.default, long.type, long.description)


def _given(parameters: Mapping[str, Parameter], report: Report) -> Iterator[tuple[str, Parameter]]:
    """Yield the parameters of a block; one of which nothing but the name is written may be anything."""
    for name, parameter in parameters.items():
        if parameter.type is None and parameter.default == Scalar(""):
            report.say("AS102", parameter.where, f"{name} has neither a type nor a default", name=True,
                       help=f"write its type, `{name}: int`, or its default, `{name}: 1`")  # fmt: skip
            parameter = parameter._replace(default=None)
        yield name, parameter


def _blocks(tree: Mapping[str, Any], where: Where, report: Report) -> Iterator[tuple[str, Block]]:
    for name, value in tree.items():
        place = where.at(name)
        legal(type_name_problem(name), "block", name, place, report)  # what calls it is no second mistake
        if isinstance(value, list):
            report.say("AS104", place, f"the layers of block {name} stand under a key of their own", name=True,
                       help="write layers: above them")  # fmt: skip
            yield name, Block(place, name, {}, (), scope(value, place, report), None)
            continue
        written, clean, place = validate(BlockKeys, value, place, report)
        if written.layers is None and clean:
            report.say("AS102", place, f"block {name} has no layers", name=True)
        there = written.layers is not None
        layers = scope(written.layers, place.at("layers"), report) if there else Scope(place, (), listed=True)
        parameters = dict(_given(_parameters(written.parameters, place.at("parameters"), report), report))
        broken = not clean and (_lost(value, "parameters", written.parameters) or _lost(value, "input", written.input))
        broken |= written.layers is None or (not clean and not written.parameters and _has_other_mapping(value, place))
        broken |= not _distinct(written.input, name, place.at("input"), report)
        output = {} if _lost(value, "output", written.output) else written.output
        yield name, Block(place, name, parameters, written.input, layers, output, broken)


def _has_other_mapping(tree: Tree, where: Where) -> bool:
    """Whether a key that there is not, and that is no slip of one, holds a mapping: of parameters, perhaps."""
    known = BlockKeys.model_fields.keys() | {written for _, written in where.slips}
    return isinstance(tree, dict) and any(isinstance(below, dict) for key, below in tree.items() if key not in known)


def _distinct(inputs: tuple[str, ...], block: str, where: Where, report: Report) -> bool:
    """Whether each input of a block has a name of its own; says so if not, or if one may not be called so."""
    seen: set[str] = set()
    for index, given in enumerate(inputs):
        if problem := parameter_name_problem(given):
            report.say("AS105", where.at(index), f"an input cannot be called {given!r}: {problem}")
        elif given in seen:
            report.say("AS105", where.at(index), f"two inputs of {block} would both be called {given}")
        seen.add(given)
    return len(seen) == len(inputs)


def _init(tree: list[Any], where: Where, report: Report) -> Iterator[InitRule]:
    for index, value in enumerate(tree):
        place = where.at(index)
        written, clean, place = validate(InitKeys, value, place, report)
        if clean and written.op is None and written.layer is None:
            report.say("AS102", place, "an init rule says which tensors it is for, by op, by layer or both")
        elif clean:
            yield InitRule(place, written.op, written.layer, written.trainable, written.__pydantic_extra__ or {})


def _expect(tree: Mapping[str, Any], where: Where, report: Report) -> Mapping[str, Tree]:
    if not tree:
        return {}
    written, _, where = validate(ExpectKeys, dict(tree), where, report)
    return {key: getattr(written, key) for key in ("output", "parameters", "macs") if key in tree}
