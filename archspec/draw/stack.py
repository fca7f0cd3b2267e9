"""The placed rows of a panel → one under the other, or columns side by side, with the lines from each to the next."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from math import dist

from archspec.draw.dot import Direction
from archspec.draw.placing import Placed, number

__all__ = ["Stack", "stacked"]

_BETWEEN, _CHANNEL, _ROUND = 22.0, 12.0, 6.0

_Place = tuple[float, float, Placed]
_Point = tuple[float, float]
_Way = Callable[[_Point, _Point], list[_Point]]
"""The corners of a line between its start and its end."""


@dataclass(frozen=True, slots=True)
class Stack:
    """Rows, or columns, with the place of each, the lines between them, and how large it all is."""

    rows: tuple[_Place, ...]
    lines: tuple[tuple[str, bool], ...]  # path, and whether it is dashed
    wide: float
    high: float


def stacked(found: Sequence[Placed], direction: Direction = "right", limit: float = 0.0) -> Stack:
    """Return rows under each other, from the left; or columns side by side, as many as go into the width limit."""
    return _rows(found) if direction == "right" else _columns(found, limit)


def _rows(found: Sequence[Placed]) -> Stack:
    side = _CHANNEL if len(found) > 1 else 0.0
    wide = max(row.wide for row in found) + 2 * side
    rows, down = [], 0.0
    for row in found:
        rows.append((side, down, row))
        down += row.high + _BETWEEN
    lines: list[tuple[str, bool]] = []
    for one, other in pairwise(rows):
        way = partial(_around, middle=one[1] + one[2].high + _BETWEEN / 2, wide=wide)
        lines += _led(one, other, way, (1.0, 0.0))
    return Stack(tuple(rows), tuple(lines), wide, down - _BETWEEN)


def _columns(found: Sequence[Placed], limit: float) -> Stack:
    side = _CHANNEL if len(found) > 1 else 0.0
    columns: list[_Place] = []
    lines: list[tuple[str, bool]] = []
    wide = down = 0.0
    for band in _bands(found, limit):
        right = 0.0
        for column in band:
            place = (right, down + side, column)
            if columns:
                lines += _led(columns[-1], place, _onward(columns[-1], place, side, beside=bool(right)), (0.0, 1.0))
            columns.append(place)
            right += column.wide + _BETWEEN
        wide = max(wide, right - _BETWEEN)
        down += max(column.high for column in band) + 2 * side + _BETWEEN
    return Stack(tuple(columns), tuple(lines), wide, down - _BETWEEN)


def _onward(one: _Place, other: _Place, side: float, *, beside: bool) -> _Way:
    if not beside:
        return partial(_below, middle=other[1] - side - _BETWEEN / 2)
    foot, middle, head = one[1] + one[2].high + side / 2, other[0] - _BETWEEN / 2, other[1] - side / 2
    return partial(_beside, foot=foot, middle=middle, head=head)


def _bands(found: Sequence[Placed], limit: float) -> list[list[Placed]]:
    """Return the columns that stand side by side, in as few bands as the width allows, about as wide as each other."""
    bands = _filled(found, limit)
    while len(bands) > 1:
        narrower = _filled(found, max(map(_long, bands)) - 1)
        if len(narrower) > len(bands):
            break
        bands = narrower
    return bands


def _filled(found: Sequence[Placed], limit: float) -> list[list[Placed]]:
    bands: list[list[Placed]] = [[]]
    for column in found:
        if bands[-1] and _long([*bands[-1], column]) > limit:
            bands.append([])
        bands[-1].append(column)
    return bands


def _long(band: Sequence[Placed]) -> float:
    return sum(column.wide for column in band) + _BETWEEN * (len(band) - 1)


def _around(start: _Point, end: _Point, *, middle: float, wide: float) -> list[_Point]:
    """Return the corners of the way from the end of a row, past the right side and back past the left one."""
    right, left = wide - _CHANNEL / 2, _CHANNEL / 2
    return [(right, start[1]), (right, middle), (left, middle), (left, end[1])]


def _beside(start: _Point, end: _Point, *, foot: float, middle: float, head: float) -> list[_Point]:
    """Return the corners of the way from the foot of a column, up beside it, and over the head of the next."""
    return [(start[0], foot), (middle, foot), (middle, head), (end[0], head)]


def _below(start: _Point, end: _Point, *, middle: float) -> list[_Point]:
    """Return the corners of the way from the last column of a band to the first of the band below."""
    return [(start[0], middle), (end[0], middle)]


def _led(one: _Place, other: _Place, way: _Way, step: _Point) -> tuple[tuple[str, bool], ...]:
    """Return the line from one to the next, a step over both ends; none where nothing leads there."""
    out, into = one[2].turn("out"), other[2].turn("in")
    if out is None or into is None:
        return ()
    start = one[0] + out[0] - step[0], one[1] + out[1] - step[1]
    end = other[0] + into[0] + step[0], other[1] + into[1] + step[1]
    dashed = any(edge.dashed for edge, _ in other[2].edges if edge.source == "turnin")
    return ((_rounded([start, *way(start, end), end]), dashed),)


def _rounded(points: Sequence[_Point]) -> str:
    """Return the path along points, of which each two lie on a level or a plumb line, with rounded corners."""
    path = f"M{number(points[0][0])},{number(points[0][1])}"
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        ends = (1 if before is points[0] else 2), (1 if after is points[-1] else 2)  # a corner at each end of a stretch
        r = min(_ROUND, dist(before, corner) / ends[0], dist(corner, after) / ends[1])
        (x, y), (u, v) = _towards(before, corner), _towards(corner, after)
        path += _to(corner[0] - x * r, corner[1] - y * r, level=bool(x))
        path += f"q{x * r:g},{y * r:g} {(x + u) * r:g},{(y + v) * r:g}"
    return path + _to(*points[-1], level=points[-1][1] == points[-2][1])


def _to(x: float, y: float, *, level: bool) -> str:
    return f"H{number(x)}" if level else f"V{number(y)}"


def _towards(one: _Point, other: _Point) -> tuple[int, int]:
    return (other[0] > one[0]) - (other[0] < one[0]), (other[1] > one[1]) - (other[1] < one[1])
