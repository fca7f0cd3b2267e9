"""The tree of a scope → its layers as written.

Each layer is validated by itself, so a broken one does not hide the next: it is kept as a layer of which nothing is
known.
"""

from collections.abc import Collection, Mapping
from itertools import dropwhile, islice, takewhile
from types import MappingProxyType
from typing import NamedTuple

from archspec.diagnostic import suggest
from archspec.keys import LayerKeys, describe, legal, validate
from archspec.names import RESERVED_KEYS, SHARED_KEYS, layer_name_problem
from archspec.report import Meant, Report, Where, fix
from archspec.source import Scalar, Tree

__all__ = ["Layer", "Scope", "scope"]


class Layer(NamedTuple):
    """A layer as written. Exactly one of `word`, `op`, `block` and `scope` is there, unless the layer is broken."""

    where: Where
    name: str | None  # None in a list
    word: str | None = None  # a bare word: an op or a block
    op: str | None = None
    block: str | None = None
    scope: "Scope | None" = None
    arguments: Mapping[str, Tree] = MappingProxyType({})
    reads: tuple[str, ...] | None = None  # `from`
    when: Tree | None = None
    repeat: Tree | None = None
    template: str | None = None  # `name`, of a repeat's copies
    inline: bool = False
    expect: Tree | None = None
    broken: bool = False


class Scope(NamedTuple):
    """The layers of a model, a block or a group, in written order."""

    where: Where
    layers: tuple[Layer, ...]
    listed: bool  # a list: the layers are numbered


def scope(tree: Tree, where: Where, report: Report) -> Scope:
    """Return the layers of a mapping or a list; what is wrong with one goes to the report, and it is kept as broken."""
    if isinstance(tree, Scalar):
        report.say("AS104", where, f"{describe(tree)} where layers are wanted, as a mapping or a list",
                   help=_listed(tree.text) if tree.text and not tree.quoted else None)  # fmt: skip
        return Scope(where, (), listed=True)
    if not tree and where.source.root:
        report.say("AS102", where, "there are no layers here", name=True)
    if isinstance(tree, list):
        called = {index: name for index, item in enumerate(tree) if (name := _called(item)) is not None}
        if called:
            return _named_entries(tree, called, where, report)
        return Scope(where, tuple(_layer(item, None, where.at(i), report) for i, item in enumerate(tree)), listed=True)
    for name in tree:
        legal(layer_name_problem(name), "layer", name, where.at(name), report)
    return Scope(where, tuple(_layer(item, name, where.at(name), report) for name, item in tree.items()), listed=False)


def _called(tree: Tree) -> str | None:
    """Return the name of a layer in an entry of a list that holds it by name: `- conv: {op: Conv2d, …}`."""
    if not isinstance(tree, dict) or len(tree) != 1:
        return None
    ((name, layer),) = tree.items()
    if name in LayerKeys.model_fields or name in _OTHERS or not name[:1].islower():
        return None
    found = _names(layer) or (isinstance(layer, dict) and not layer.keys().isdisjoint(_KINDS))
    return name if found and suggest(name, _KINDS) is None else None


def _named_entries(tree: list[Tree], called: Mapping[int, str], where: Where, report: Report) -> Scope:
    """Report, once, the entries of a list that have names; where all have, return the mapping that is meant."""
    (index, name), *_ = called.items()
    meant = len(tree) == len(set(called.values()))
    dashes = [where.at(each).undashed() for each in called]
    whole = "leave the dashes out: layers with names are a mapping"
    advice = whole if meant and all(dashes) else "layers with names are a mapping, in which each has one"
    report.say("AS104", where.at(index, name), f"{name} is a name, and the layers of a list have none", name=True,
               help=advice, fixes=fix("leave the dashes out", *dashes, safe=True) if meant else ())  # fmt: skip
    if not meant:
        given = (
            Layer(where.at(i), None, broken=True) if i in called else _layer(item, None, where.at(i), report)
            for i, item in enumerate(tree)
        )
        return Scope(where, tuple(given), listed=True)
    report.assumed = True
    for i, each in called.items():
        legal(layer_name_problem(each), "layer", each, where.at(i, each), report)
    layers = tuple(
        _layer(item[called[i]], called[i], where.at(i, called[i]), report)
        for i, item in enumerate(tree)
        if isinstance(item, dict)
    )
    return Scope(where, layers, listed=False)


def _listed(text: str) -> str:
    if text[0] == "-":
        return "a space is missing after the dash of an entry"
    bullet = text[0] in "–—−•·"
    return f"an entry of a list begins with `-`, and this with `{text[0]}`" if bullet else f"write [{text}]"


def _layer(tree: Tree, name: str | None, where: Where, report: Report) -> Layer:
    if isinstance(tree, list):
        return Layer(where, name, scope=scope(tree, where, report))
    if isinstance(tree, Scalar):
        if isinstance(tree.value, str) and tree.text:
            return Layer(where, name, word=tree.text)
        report.say("AS104", where, f"{describe(tree)} where a layer is wanted", name=name is not None,
                   help="a layer is the name of an op, or a mapping with op, block or layers")  # fmt: skip
        return Layer(where, name, broken=True)
    if cut := _cut_off(tree, where):
        tree = _joined(tree, cut, where, report)
    written, clean, where = validate(LayerKeys, tree, where, report)
    arguments = written.__pydantic_extra__ or {}
    if clean or not any(kind in tree for kind in _KINDS):  # else what it is was written, and is wrong by itself
        clean = _coherent(written, arguments, name, where, report) and clean
    return Layer(
        where,
        name,
        op=written.op,
        block=written.block,
        scope=None if written.layers is None else scope(written.layers, where.at("layers"), report),
        arguments=arguments,
        reads=written.reads,
        when=written.when,
        repeat=written.repeat,
        template=written.name,
        inline=written.inline,
        expect=written.expect,
        broken=not clean,
    )


def _cut_off(tree: Mapping[str, Tree], where: Where) -> tuple[str, ...]:
    """Return the names that a comma cut off in `from: a, b`: keys without a value that are layers around this one."""
    if not isinstance(tree.get("from"), Scalar):
        return ()
    behind = islice(dropwhile(lambda key: key != "from", tree), 1, None)
    alone = takewhile(lambda key: tree[key] == Scalar(""), behind)
    return tuple(takewhile(lambda key: _stands_around(key.partition(".")[0], where), alone))


def _stands_around(name: str, where: Where) -> bool:
    """Whether a layer of this name stands in a scope around a place."""
    below: Tree = where.source.root
    for part in where.key:
        if isinstance(below, dict) and name in below:
            return True
        below = below[part]  # type: ignore[index, assignment]
    return name == "input"


def _joined(tree: dict[str, Tree], cut: tuple[str, ...], where: Where, report: Report) -> dict[str, Tree]:
    """Report that brackets are missing around the names that a layer reads; return the layer as it is meant."""
    first = tree["from"]
    texts = [first.text if isinstance(first, Scalar) else "", *cut]
    whole = f"[{', '.join(texts)}]"
    report.say("AS104", where.at("from"), f"brackets are missing around {', '.join(texts)}", help=f"write {whole}",
               fixes=fix(f"write {whole}", where.at("from").replaced(whole, to=cut[-1]), safe=True))  # fmt: skip
    report.assumed = True
    names: list[Tree] = [Scalar(text) for text in texts]
    return {**{key: value for key, value in tree.items() if key not in cut}, "from": names}


def _coherent(layer: LayerKeys, arguments: Mapping[str, Tree], name: str | None, where: Where, report: Report) -> bool:
    """Report keys of a layer that contradict each other; return whether none do."""
    kinds = [kind for kind in _KINDS if getattr(layer, kind) is not None]
    if not kinds:
        return _no_kind(arguments, name, where, report)
    found = report.count
    if len(kinds) > 1:
        message = f"a layer is one of op, block and layers; this one says {' and '.join(kinds)}"
        report.say("AS104", where.at(kinds[1]), message, name=True)
    for key in arguments:
        if key in RESERVED_KEYS:
            message = f"{key} is reserved for a later version of the language"
            report.say("AS106", where.at(key), message, name=True)
        elif kinds == ["layers"]:
            advice = report.near(key, (*SHARED_KEYS, *_KINDS))
            report.say("AS103", where.at(key), f"a group takes no argument {key}", name=True, help=advice)
    if layer.name is not None and (layer.repeat is None or name is None):
        if name is None:
            why, advice = (
                "in a list layers are numbered",
                "named layers are a mapping: their names stand before the colon",
            )
        else:
            why, advice = "only a repeat's copies are named so", "take it out: the layer's name stands before the colon"
        report.say("AS103", where.at("name"), f"name does nothing here: {why}", name=True, help=advice)
    if layer.inline and (name is not None or layer.block is None):
        report.say("AS103", where.at("inline"), "inline is for a block in a list", name=True)
    return report.count == found


def _no_kind(arguments: Mapping[str, Tree], name: str | None, where: Where, report: Report) -> bool:
    message = "the layer says neither op, block nor layers"
    typo = next((key for key in arguments if suggest(key, _KINDS)), None)
    other = next((key for key, tree in arguments.items() if not key[:1].isupper() and _names(tree)), None)
    called = next((key for key, tree in arguments.items() if key[:1].isupper() and isinstance(tree, dict)), None)
    if _are_layers(arguments.values()):
        report.say("AS102", where, f"the layers of {name or 'a group'} stand under a key of their own",
                   name=name is not None, help="write layers: above them")  # fmt: skip
    elif other is not None:
        message = f"there is no key {other}; {message}"
        near = report.near(other, ("op", "block"))
        help_ = near if isinstance(near, Meant) else Meant(other, "op", sure=other in _OTHERS)
        report.say("AS103", where.at(other), message, name=True, help=help_)
    elif called is not None and len(arguments) == 1:
        report.say("AS102", where, message, name=name is not None,
                   help=f"the arguments stand beside the op: {{op: {called}, …}}")  # fmt: skip
    elif typo is None:
        report.say("AS102", where, message, name=name is not None,
                   help="say what it is: {op: Conv2d, …}, {block: Name, …} or {layers: …}")  # fmt: skip
    else:
        advice = report.near(typo, _KINDS)
        report.say("AS103", where.at(typo), f"there is no key {typo}; {message}", name=True, help=advice)
    return False


def _are_layers(trees: Collection[Tree]) -> bool:
    """Whether what should be a layer's arguments are layers, each of them."""
    written = [isinstance(tree, dict) and not tree.keys().isdisjoint(_KINDS) for tree in trees]
    whole = all(layer or _names(tree) for layer, tree in zip(written, trees, strict=True))
    return whole and (any(written) or len(trees) > 1)


def _names(tree: Tree) -> bool:
    """Whether a value looks like the name of an op or a block."""
    return isinstance(tree, Scalar) and tree.text[:1].isupper() and tree.text.isidentifier()


_KINDS = ("op", "block", "layers")
_OTHERS = frozenset({"class", "class_name", "kind", "layer", "module", "type"})
"""What other formats call the op."""
