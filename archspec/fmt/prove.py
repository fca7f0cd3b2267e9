"""A source before and after → nothing, if both say the same and have the same comments."""

from collections.abc import Iterator
from itertools import chain, pairwise

from archspec.fmt.order import FILE, ORDERS, below, reads_text
from archspec.source import Scalar, Source, Tree
from archspec.source.reader import Place

__all__ = ["prove"]


def prove(before: Source, after: Source) -> None:
    """Hold what was written against what was read.

    Raises:
        AssertionError: they differ, which is archspec's mistake.
    """
    if not _same(before.root, after.root, FILE):
        raise AssertionError("the layout would change what the spec says")
    if sorted(_comments(before)) != sorted(_comments(after)):
        raise AssertionError("the layout would change the comments")


def _same(one: Tree, other: Tree, kind: str) -> bool:
    """Whether two trees say the same, in the same order where the order says something."""
    if isinstance(one, dict) and isinstance(other, dict):
        if one.keys() != other.keys() or (kind not in ORDERS and list(one) != list(other)):
            return False
        return all(_same(value, other[key], below(kind, key, mapping=True)) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        kind = below(kind, None, mapping=False)
        return len(one) == len(other) and all(_same(a, b, kind) for a, b in zip(one, other, strict=True))
    if isinstance(one, Scalar) and isinstance(other, Scalar) and reads_text(kind):
        return (one.text, one.value) == (other.text, other.value)
    return one == other


def _comments(source: Source) -> list[str]:
    """Return the comments: between keys and values nothing else has a #."""
    text, leaves = source.text, sorted(_leaves(source.places))
    gaps = ((one[1], two[0]) for one, two in pairwise(chain([(0, 0)], leaves, [(len(text), len(text))])))
    return [line[line.index("#") :].rstrip() for start, end in gaps for line in _lines(text[start:end]) if "#" in line]


def _lines(text: str) -> list[str]:
    return text.split("\n") if "#" in text else []


def _leaves(place: Place) -> Iterator[tuple[int, int]]:
    if place.name:
        yield place.name
    if place.children is None and place.end > place.start:  # the place of a value that is left out says nothing
        yield place.start, place.end
    for child in place.children.values() if isinstance(place.children, dict) else place.children or ():
        yield from _leaves(child)
