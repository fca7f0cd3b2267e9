"""The placed rows of a panel → one under the other, with the lines that lead from each to the next."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from archspec.draw.placing import Placed, number

__all__ = ["Stack", "stacked"]

_BETWEEN, _CHANNEL, _ROUND = 22.0, 12.0, 6.0


@dataclass(frozen=True, slots=True)
class Stack:
    """Rows with the place of each, the lines between them, and how large it all is."""

    rows: tuple[tuple[float, float, Placed], ...]
    lines: tuple[tuple[str, str, bool], ...]  # path, arrowhead, and whether it is dashed
    wide: float
    high: float


def stacked(found: Sequence[Placed]) -> Stack:
    """Return the rows under each other, from the left."""
    side = _CHANNEL if len(found) > 1 else 0.0
    wide = max(row.wide for row in found) + 2 * side
    rows, down = [], 0.0
    for row in found:
        rows.append((side, down, row))
        down += row.high + _BETWEEN
    lines = [_line(one, other, wide) for one, other in pairwise(rows)]
    return Stack(tuple(rows), tuple(line for line in lines if line), wide, down - _BETWEEN)


def _line(
    one: tuple[float, float, Placed], other: tuple[float, float, Placed], wide: float
) -> tuple[str, str, bool] | None:
    """Return the line from where a row ends around to where the next begins; None where nothing leads there."""
    out, into = one[2].turn("out"), other[2].turn("in")
    if out is None or into is None:
        return None
    start, end = (one[0] + out[0] - 1, one[1] + out[1]), (other[0] + into[0] + 1, other[1] + into[1])
    middle, right, left, r = one[1] + one[2].high + _BETWEEN / 2, wide - _CHANNEL / 2, _CHANNEL / 2, _ROUND
    path = (
        f"M{_at(*start)}H{number(right - r)}q{r:g},0 {r:g},{r:g}V{number(middle - r)}q0,{r:g} -{r:g},{r:g}"
        f"H{number(left + r)}q-{r:g},0 -{r:g},{r:g}V{number(end[1] - r)}q0,{r:g} {r:g},{r:g}H{number(end[0])}"
    )
    dashed = any(edge.dashed for edge, _ in other[2].edges if edge.source == "turnin")
    return path, "", dashed


def _at(x: float, y: float) -> str:
    return f"{number(x)},{number(y)}"
