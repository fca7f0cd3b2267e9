"""A spec's files → the words and the literals that are written in them."""

import re
from collections.abc import Iterator

from archspec.report import Where
from archspec.source import Scalar, Tree

__all__ = ["at", "is_literal", "shown", "words"]

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


def is_literal(where: Where) -> bool:
    """Whether a number, true or false is written at a place, or a list of these: nothing that is worked out."""
    tree = at(where)
    if isinstance(tree, list):
        return bool(tree) and all(isinstance(item, Scalar) and _is_fixed(item) for item in tree)
    return isinstance(tree, Scalar) and _is_fixed(tree)


def shown(where: Where) -> str:
    """Return a literal as it is written, a list in brackets."""
    tree = at(where)
    if isinstance(tree, list):
        return f"[{', '.join(item.text for item in tree if isinstance(item, Scalar))}]"
    return tree.text if isinstance(tree, Scalar) else ""


def _is_fixed(scalar: Scalar) -> bool:
    return isinstance(scalar.value, bool | int | float)


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
