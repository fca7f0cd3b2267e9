"""Two trees of layers → which layer is which: pairs, and what is only in one of them."""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from archspec.compare.align import Aligner
from archspec.compare.item import Item
from archspec.graph import Path

__all__ = ["Matching", "match"]

_Pair = tuple[Item, Item]


@dataclass(frozen=True, slots=True)
class Matching:
    """Pairs of layers, blocks and groups, and the outermost of what has no other half."""

    pairs: tuple[_Pair, ...]
    removed: tuple[Item, ...]
    added: tuple[Item, ...]


def match(before: tuple[Item, ...], after: tuple[Item, ...]) -> Matching:
    """Return which layers belong together.

    In a scope, those of one name; where layers are numbered, and among those that are left, the ones that are most
    alike, in order. Of what has no other half then, layers with weights that are equal anywhere.
    """
    aligner, pairs = Aligner(), list[_Pair]()
    removed, added = list[Item](), list[Item]()
    stack = [(before, after)]
    while stack:
        a, b = stack.pop()
        found = _scope(a, b, aligner)
        pairs += found
        removed += _without(a, (one for one, _ in found))
        added += _without(b, (other for _, other in found))
        stack += [(one.children, other.children) for one, other in found if one.node is None]
    moves = _Moves(removed)
    moved = [pair for item in added for pair in moves.of(item)]
    pairs += [inner for pair in moved for inner in _inside(*pair)]
    return Matching(
        tuple(pairs),
        tuple(_outermost(removed, {one.path for one, _ in moved})),
        tuple(_outermost(added, {other.path for _, other in moved})),
    )


def _without(items: Sequence[Item], paired: Iterable[Item]) -> list[Item]:
    taken = set(map(id, paired))
    return [item for item in items if id(item) not in taken]


# One scope


def _scope(a: Sequence[Item], b: Sequence[Item], aligner: Aligner) -> list[_Pair]:
    """Return the pairs of two scopes."""
    if any(item.name.isdigit() for item in (*a, *b)):
        return [(a[i], b[j]) for i, j in aligner.pairs(a, b, _structure, _alike)]
    names = {item.name: item for item in b}
    named = [(item, names[item.name]) for item in a if item.name in names and _same_kind(item, names[item.name])]
    rest = _without(a, (one for one, _ in named)), _without(b, (other for _, other in named))
    place = {**_places(a, {one.name for one, _ in named}), **_places(b, {one.name for one, _ in named})}

    def alike(one: Item, other: Item) -> int:
        """Say how alike two layers of other names are; only equal ones may stand elsewhere."""
        score = _alike(one, other)
        return score if score == _EQUAL or place[id(one)] == place[id(other)] else 0

    return named + [(rest[0][i], rest[1][j]) for i, j in aligner.pairs(*rest, _structure, alike)]


def _same_kind(one: Item, other: Item) -> bool:
    return (one.node is None) == (other.node is None)


def _places(items: Sequence[Item], names: set[str]) -> dict[int, str]:
    """Return for each layer which of the names stands before it."""
    places, last = {}, ""
    for item in items:
        last = item.name if item.name in names else last
        places[id(item)] = last
    return places


_EQUAL = 8


def _structure(item: Item) -> int:
    return item.structure


def _alike(one: Item, other: Item) -> int:
    """Say how alike two layers are: equal, equal but for shapes, or of the same op or block."""
    if one.structure == other.structure:
        return _EQUAL
    if one.label != other.label or not _same_kind(one, other):
        return 0
    return (5 if one.arguments == other.arguments and one.node else 3) + (one.name == other.name)


# Anywhere


class _Moves:
    """What was removed, by its structure: each is given away once, and nothing of what was."""

    def __init__(self, removed: Iterable[Item]) -> None:
        self._found: dict[int, deque[Item]] = defaultdict(deque)
        self._given: set[Path] = set()
        self._touched: set[Path] = set()  # what was given away, and all that it is in
        for item in removed:
            for inner in _walk(item):
                self._found[inner.structure].append(inner)

    def of(self, item: Item) -> Iterator[_Pair]:
        """Yield the other halves of a layer, or of what is in it."""
        if item.parameters and (twin := self._take(item.structure)):
            yield twin, item
        else:
            for child in item.children:
                yield from self.of(child)

    def _take(self, structure: int) -> Item | None:
        candidates = self._found.get(structure, deque())
        while candidates:
            item = candidates.popleft()
            above = [item.path[:length] for length in range(1, len(item.path) + 1)]
            if item.path not in self._touched and self._given.isdisjoint(above):
                self._touched.update(above)
                self._given.add(item.path)
                return item
        return None


def _walk(item: Item) -> Iterator[Item]:
    """Yield a layer and what is in it, outer before inner."""
    stack = [item]
    while stack:
        top = stack.pop()
        yield top
        stack += top.children[::-1]


def _inside(one: Item, other: Item) -> Iterator[_Pair]:
    """Yield the pairs in two equal layers, themselves first."""
    yield from zip(_walk(one), _walk(other), strict=True)


def _outermost(items: Iterable[Item], paired: set[Path]) -> Iterator[Item]:
    """Yield what is left of layers from which some were paired."""
    touched = {path[:length] for path in paired for length in range(1, len(path) + 1)}
    for item in items:
        stack = [item]
        while stack:
            top = stack.pop()
            if top.path not in touched:
                yield top
            elif top.path not in paired:
                stack += top.children[::-1]
