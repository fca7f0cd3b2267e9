"""A spec's files → the layers, the words and the literals that are written in them."""

import re
from collections.abc import Iterator

from archspec.evaluate import literal
from archspec.lines import Layer, Scope
from archspec.report import Where
from archspec.source import Scalar, Tree
from archspec.spec import Spec

__all__ = ["at", "is_literal", "layers", "shown", "words"]

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def at(where: Where) -> Tree | None:
    """Return what is written at a place; None if nothing is."""
    tree: Tree | None = where.source.root
    for part in where.key:
        if isinstance(tree, dict) and isinstance(part, str):
            tree = tree.get(part)
        elif isinstance(tree, list) and isinstance(part, int) and part < len(tree):
            tree = tree[part]
        else:
            return None
    return tree


def layers(spec: Spec) -> Iterator[Layer]:
    """Yield every layer of a spec and of its blocks, whether it becomes one or not; a group before its layers."""
    for scope in (spec.scope, *(block.scope for block in spec.blocks.values())):
        if scope is not None:
            yield from _layers(scope)


def _layers(scope: Scope) -> Iterator[Layer]:
    for layer in scope.layers:
        yield layer
        if layer.scope is not None:
            yield from _layers(layer.scope)


def is_literal(where: Where) -> bool:
    """Whether a number, true or false is written at a place, or a list of these: nothing that is worked out."""
    tree = at(where)
    return tree is not None and literal(tree) is not None


def shown(where: Where) -> str:
    """Return a literal as it is written, a list in brackets."""
    tree = at(where)
    if isinstance(tree, list):
        return f"[{', '.join(item.text for item in tree if isinstance(item, Scalar))}]"
    return tree.text if isinstance(tree, Scalar) else ""


def words(tree: Tree | None) -> frozenset[str]:
    """Return every identifier in the values below; keys are none."""
    return frozenset(word for text in _texts(tree) for word in _WORD.findall(text))


def _texts(tree: Tree | None) -> Iterator[str]:
    """Yield the text of every scalar; the reader bounds how deep a tree is."""
    if isinstance(tree, Scalar):
        yield tree.text
    elif tree is not None:
        for below in tree.values() if isinstance(tree, dict) else tree:
            yield from _texts(below)
