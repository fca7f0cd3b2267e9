"""Plain values → the file as written: Spec, Block, Scope and Layer, with every key known and every name legal.

Each mapping is validated by a pydantic model of its own, so one broken layer does not hide the next: it is kept as
a layer of which nothing is known. Values stay as written: what they mean is settled where they are used.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from archspec.diagnostic import suggest
from archspec.keys import (
    BlockKeys,
    ExpectKeys,
    FileKeys,
    InitKeys,
    LayerKeys,
    ParameterKeys,
    describe,
    validate,
)
from archspec.names import (
    RESERVED_KEYS,
    SHARED_KEYS,
    layer_name_problem,
    parameter_name_problem,
    type_name_problem,
)
from archspec.report import Report, Where
from archspec.source import Scalar, Source, Tree

__all__ = ["VERSION", "Block", "InitRule", "Layer", "Parameter", "Scope", "Spec", "spec"]

VERSION = 1
"""The version of the language that this archspec speaks."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer as written. Exactly one of `word`, `op`, `block` and `scope` is there, unless the layer is broken."""

    where: Where
    name: str | None  # None in a list
    word: str | None = None  # a bare word: an op or a block
    op: str | None = None
    block: str | None = None
    scope: "Scope | None" = None
    arguments: Mapping[str, Tree] = field(default_factory=dict)
    reads: tuple[str, ...] | None = None  # `from`
    when: Tree | None = None
    repeat: Tree | None = None
    template: str | None = None  # `name`, of a repeat's copies
    inline: bool = False
    expect: Tree | None = None
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Scope:
    """The layers of a model, a block or a group, in written order."""

    where: Where
    layers: tuple[Layer, ...]
    listed: bool  # a list: the layers are numbered


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter as written: its default or its type's name, or both in the long form."""

    where: Where
    default: Tree | None  # also a type's name, for a block's parameter
    type: str | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A block as written."""

    where: Where
    name: str
    parameters: Mapping[str, Parameter]
    inputs: tuple[str, ...]  # empty for one unnamed input
    scope: Scope
    output: "str | Mapping[str, str] | None"


@dataclass(frozen=True, slots=True)
class InitRule:
    """One rule of `init` as written."""

    where: Where
    op: str | None
    layer: str | None
    trainable: bool
    tensors: Mapping[str, Tree]


@dataclass(frozen=True, slots=True)
class Spec:
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
    output: str | Mapping[str, str] | None
    init: tuple[InitRule, ...]
    expect: Mapping[str, Tree]


def spec(source: Source, report: Report) -> Spec:
    """Return the file as written; what is wrong with it goes to the report.

    Example:
        >>> from archspec.source import parse
        >>> spec(parse("archspec: 1\\ninput: [3, 8, 8]\\nlayers: [ReLU]"), Report()).scope.layers[0].word
        'ReLU'
    """
    where = Where(source)
    written, _ = validate(FileKeys, source.root, where, report)
    _version(written.archspec, where, report)
    _required(written, where, report)
    return Spec(
        where=where,
        name=written.name,
        description=written.description,
        reference=written.reference,
        extends=written.extends,
        input=written.input,
        parameters=_parameters(written.parameters, where.at("parameters"), report),
        blocks=dict(_blocks(written.blocks, where.at("blocks"), report)),
        scope=None if written.layers is None else _scope(written.layers, where.at("layers"), report),
        output=written.output,
        init=tuple(_init(written.init, where.at("init"), report)),
        expect=_expect(written.expect, where.at("expect"), report),
    )


_MISSING = {
    "input": "write the size of one sample, without the batch: input: [3, 224, 224]",
    "layers": "write the layers by name: layers: {conv1: {op: Conv2d, out_channels: 64, kernel_size: 3}}",
}


def _required(written: FileKeys, where: Where, report: Report) -> None:
    """Report the keys that a whole spec needs, or that a file which extends another may not give."""
    root = where.source.root
    if not isinstance(root, dict):
        return
    misspelt = {suggest(key, FileKeys.model_fields) for key in root if key not in FileKeys.model_fields}
    for key, text in _MISSING.items():
        if "extends" not in root and key not in root and key not in misspelt:
            report.say("AS102", where, f"the spec has no {key}", help=text)
    for key in ("blocks", "layers", "output") if written.extends else ():
        if key in root:
            allowed = "name, description, reference, parameters, input, init and expect"
            message = f"a spec that extends another cannot change its {key}"
            report.say("AS103", where.at(key), message, name=True, help=f"it may give {allowed}")


def _version(tree: Tree | None, where: Where, report: Report) -> None:
    root = where.source.root
    if not isinstance(root, dict):
        return
    if "archspec" not in root:
        report.say("AS101", where, "the spec does not say which version of the language it is in",
                   help=f"begin it with archspec: {VERSION}")  # fmt: skip
    elif not (isinstance(tree, Scalar) and type(tree.value) is int and tree.value == VERSION):
        newer = isinstance(tree, Scalar) and type(tree.value) is int and tree.value > VERSION
        advice = f"this archspec speaks version {VERSION}; a newer one is needed" if newer else None
        message = f"archspec: {describe(tree)} is no version of the language"
        report.say("AS101", where.at("archspec"), message, help=advice or f"write archspec: {VERSION}")


def _parameters(tree: Mapping[str, Any], where: Where, report: Report) -> dict[str, Parameter]:
    return {
        name: _parameter(value, where.at(name), report)
        for name, value in tree.items()
        if _named(parameter_name_problem(name), "parameter", name, where.at(name), report)
    }


def _parameter(tree: Tree, where: Where, report: Report) -> Parameter:
    if not isinstance(tree, dict):
        return Parameter(where, tree)
    long, _ = validate(ParameterKeys, tree, where, report)
    if long.type is None and long.default is None:
        report.say("AS102", where, "the parameter has neither a type nor a default", name=True)
    return Parameter(where, long.default, long.type, long.description)


def _named(problem: str | None, kind: str, name: str, where: Where, report: Report) -> bool:
    if problem:
        report.say("AS105", where, f"a {kind} cannot be called {name!r}: {problem}", name=True)
    return problem is None


def _blocks(tree: Mapping[str, Any], where: Where, report: Report) -> Iterator[tuple[str, Block]]:
    for name, value in tree.items():
        place = where.at(name)
        if not _named(type_name_problem(name), "block", name, place, report):
            continue
        written, clean = validate(BlockKeys, value, place, report)
        if written.layers is None and clean:
            report.say("AS102", place, f"block {name} has no layers", name=True)
        for index, given in enumerate(written.input):
            if problem := parameter_name_problem(given):
                report.say(
                    "AS105", place.at("input", index), f"an input cannot be called {given!r}: {problem}"
                )
        scope = _scope(written.layers if written.layers is not None else [], place.at("layers"), report)
        parameters = _parameters(written.parameters, place.at("parameters"), report)
        yield name, Block(place, name, parameters, written.input, scope, written.output)


def _scope(tree: Tree, where: Where, report: Report) -> Scope:
    if isinstance(tree, Scalar):
        report.say("AS104", where, f"{describe(tree)} where layers are wanted, as a mapping or a list")
        return Scope(where, (), listed=True)
    if not tree and where.source.root:
        report.say("AS102", where, "there are no layers here", name=True)
    if isinstance(tree, list):
        return Scope(
            where, tuple(_layer(item, None, where.at(i), report) for i, item in enumerate(tree)), listed=True
        )
    for name in tree:
        _named(layer_name_problem(name), "layer", name, where.at(name), report)
    return Scope(
        where, tuple(_layer(item, name, where.at(name), report) for name, item in tree.items()), listed=False
    )


def _layer(tree: Tree, name: str | None, where: Where, report: Report) -> Layer:
    if isinstance(tree, list):
        return Layer(where, name, scope=_scope(tree, where, report))
    if isinstance(tree, Scalar):
        if isinstance(tree.value, str) and tree.text:
            return Layer(where, name, word=tree.text)
        report.say("AS104", where, f"{describe(tree)} where a layer is wanted", name=name is not None,
                   help="a layer is the name of an op, or a mapping with op, block or layers")  # fmt: skip
        return Layer(where, name, broken=True)
    written, clean = validate(LayerKeys, tree, where, report)
    arguments = written.__pydantic_extra__ or {}
    clean = _coherent(written, arguments, name, where, report) and clean
    return Layer(
        where,
        name,
        op=written.op,
        block=written.block,
        scope=None if written.layers is None else _scope(written.layers, where.at("layers"), report),
        arguments=arguments,
        reads=written.reads,
        when=written.when,
        repeat=written.repeat,
        template=written.name,
        inline=written.inline,
        expect=written.expect,
        broken=not clean,
    )


def _coherent(
    layer: LayerKeys, arguments: Iterable[str], name: str | None, where: Where, report: Report
) -> bool:
    """Report keys of a layer that contradict each other; return whether none do."""
    found = len(report.diagnostics)
    kinds = [kind for kind in ("op", "block", "layers") if getattr(layer, kind) is not None]
    known = (*SHARED_KEYS, "op", "block", "layers")
    if not kinds:
        typo = next((key for key in arguments if suggest(key, ("op", "block", "layers"))), None)
        message = "the layer says neither op, block nor layers"
        if typo is None:
            report.say("AS102", where, message, name=name is not None)
        else:
            meant = suggest(typo, ("op", "block", "layers"))
            report.say(
                "AS103",
                where.at(typo),
                f"there is no key {typo}; {message}",
                name=True,
                help=f"did you mean {meant}?",
            )
        return False
    if len(kinds) > 1:
        report.say(
            "AS104",
            where.at(kinds[1]),
            f"a layer is one of op, block and layers; this one says {' and '.join(kinds)}",
            name=True,
        )
    for key in arguments:
        if key in RESERVED_KEYS:
            report.say(
                "AS106", where.at(key), f"{key} is reserved for a later version of the language", name=True
            )
        elif kinds == ["layers"]:
            meant = suggest(key, known)
            report.say("AS103", where.at(key), f"a group takes no argument {key}", name=True,
                       help=f"did you mean {meant}?" if meant else None)  # fmt: skip
    if layer.name is not None and (layer.repeat is None or name is None):
        why = (
            "in a list the copies are numbered"
            if name is None
            else "only the copies of a repeat are named so"
        )
        report.say("AS103", where.at("name"), f"name does nothing here: {why}", name=True)
    if layer.inline and (name is not None or layer.block is None):
        report.say("AS103", where.at("inline"), "inline is for a block in a list", name=True)
    return len(report.diagnostics) == found


def _init(tree: list[Any], where: Where, report: Report) -> Iterator[InitRule]:
    for index, value in enumerate(tree):
        place = where.at(index)
        written, clean = validate(InitKeys, value, place, report)
        if clean and written.op is None and written.layer is None:
            report.say("AS102", place, "an init rule says which tensors it is for, by op, by layer or both")
        elif clean:
            yield InitRule(
                place, written.op, written.layer, written.trainable, written.__pydantic_extra__ or {}
            )


def _expect(tree: Mapping[str, Any], where: Where, report: Report) -> Mapping[str, Tree]:
    if not tree:
        return {}
    written, _ = validate(ExpectKeys, dict(tree), where, report)
    return {key: getattr(written, key) for key in ("output", "parameters", "macs") if key in tree}
