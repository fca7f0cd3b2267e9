"""Two sequences and how alike their members are → pairs in order, in bounded time."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeVar

__all__ = ["Aligner"]

_Member = TypeVar("_Member")
_Pairs = list[tuple[int, int]]


class Aligner:
    """Aligns sequences; where the whole work would be too much, members are paired by their position."""

    def __init__(self, cells: int = 2_000_000) -> None:
        self._cells = cells  # of the tables that may still be filled

    def pairs(
        self, a: Sequence[_Member], b: Sequence[_Member], key: Callable[[_Member], int],
        alike: Callable[[_Member, _Member], int],
    ) -> _Pairs:  # fmt: skip
        """Return which members belong together, in rising order on both sides.

        Args:
            a: a sequence.
            b: another.
            key: what is equal for members that are surely the same.
            alike: how alike two members are; 0 for those that never belong together.
        """
        keys = [key(member) for member in a], [key(member) for member in b]
        found = _anchors(*keys)
        edges = [(-1, -1), *found, (len(a), len(b))]
        for (i, j), (end, last) in pairwise(edges):
            found += self._between(a, b, (i + 1, end), (j + 1, last), alike)
        return sorted(found)

    def _between(
        self, a: Sequence[_Member], b: Sequence[_Member], here: tuple[int, int], there: tuple[int, int],
        alike: Callable[[_Member, _Member], int],
    ) -> _Pairs:  # fmt: skip
        """Return the best pairs of two gaps."""
        rows, columns = range(*here), range(*there)
        if not rows or not columns:
            return []
        if len(rows) * len(columns) > self._cells:
            return [(i, j) for i, j in zip(rows, columns, strict=False) if alike(a[i], b[j])]
        self._cells -= len(rows) * len(columns)
        return _best([[alike(a[i], b[j]) for j in columns] for i in rows], rows[0], columns[0])


def _anchors(a: list[int], b: list[int]) -> _Pairs:
    """Return the pairs at both ends that are equal, and between them those that are there once in each (patience)."""
    start, stop = 0, 0
    while start < min(len(a), len(b)) and a[start] == b[start]:
        start += 1
    while stop < min(len(a), len(b)) - start and a[-1 - stop] == b[-1 - stop]:
        stop += 1
    head = [(i, i) for i in range(start)]
    tail = [(len(a) - stop + i, len(b) - stop + i) for i in range(stop)]
    return head + _unique(a[start : len(a) - stop], b[start : len(b) - stop], start) + tail


def _unique(a: list[int], b: list[int], offset: int) -> _Pairs:
    """Return the longest rising run of the pairs that are there once on both sides."""
    once = Counter(a), Counter(b)
    places = {key: j for j, key in enumerate(b) if once[1][key] == 1}
    candidates = [(i, places[key]) for i, key in enumerate(a) if once[0][key] == 1 and key in places]
    ends: list[int] = []
    chains: list[list[int]] = []  # for each length, the last candidate and the chain before it, as links
    links: list[int] = []
    for number, (_, j) in enumerate(candidates):
        length = bisect_left(ends, j)
        links.append(chains[length - 1][-1] if length else -1)
        if length == len(ends):
            ends.append(j)
            chains.append([number])
        else:
            ends[length] = j
            chains[length].append(number)
    found, at = [], chains[-1][-1] if chains else -1
    while at >= 0:
        found.append((candidates[at][0] + offset, candidates[at][1] + offset))
        at = links[at]
    return found[::-1]


def _best(scores: list[list[int]], row: int, column: int) -> _Pairs:
    """Return the rising pairs of the greatest sum (Needleman and Wunsch, with gaps that cost nothing)."""
    height, width = len(scores), len(scores[0])
    table = [[0] * (width + 1) for _ in range(height + 1)]
    for i in range(height - 1, -1, -1):
        for j in range(width - 1, -1, -1):
            pair = scores[i][j] + table[i + 1][j + 1] if scores[i][j] else 0
            table[i][j] = max(pair, table[i + 1][j], table[i][j + 1])
    found, i, j = [], 0, 0
    while i < height and j < width:
        if scores[i][j] and table[i][j] == scores[i][j] + table[i + 1][j + 1]:
            found.append((row + i, column + j))
            i, j = i + 1, j + 1
        elif table[i][j] == table[i + 1][j]:
            i += 1
        else:
            j += 1
    return found
