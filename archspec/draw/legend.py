"""A plan → the legend under it: a swatch for each family or heat that is there, and what the marks mean."""

from dataclasses import dataclass

from archspec.draw.metrics import width
from archspec.draw.plan import Plan
from archspec.draw.theme import Theme, family_of
from archspec.draw.type import SMALL

__all__ = ["SWATCH", "Legend", "legend"]

SWATCH = 11.0
"""The side of a swatch."""

_LINE, _GAP = 17.0, 16.0


@dataclass(frozen=True, slots=True)
class Legend:
    """Entries with their places from the left upper corner, each with a fill, or without one."""

    entries: tuple[tuple[float, float, str, str], ...]  # x, y, fill or nothing, text
    wide: float
    high: float


def legend(plan: Plan, theme: Theme, limit: float) -> Legend:
    """Return the legend in lines that are no longer than the limit."""
    found = [*_colours(plan, theme), *(("", note) for note in _notes(plan))]
    entries, right, down, widest = [], 0.0, 0.0, 0.0
    for fill, text in found:
        wide = width(text, SMALL) + (SWATCH + 5 if fill else 0)
        if right and right + wide > limit:
            right, down = 0.0, down + _LINE
        entries.append((right, down, fill, text))
        right += wide + _GAP
        widest = max(widest, right - _GAP)
    return Legend(tuple(entries), widest, down + SWATCH if entries else 0.0)


def _colours(plan: Plan, theme: Theme) -> list[tuple[str, str]]:
    if plan.heat is not None:
        texts = ("none", "up to 20 %", "40 %", "60 %", "80 %", f"100 % of the greatest box's {_WORDS[plan.heat]}")
        return list(zip(theme.heat, texts, strict=True))
    there = {family_of(box.family) for box in plan.boxes if box.kind != "tab"}
    return [(fill, name) for name, fill in theme.fills.items() if name and name in there]


_WORDS = {"macs": "MACs", "parameters": "parameters", "memory": "activations"}


def _notes(plan: Plan) -> list[str]:
    notes = list(plan.notes)
    if any(line.startswith("Conv") and "×" in line for box in plan.boxes for line in box.lines):
        notes.insert(0, "Conv2d 3×3 /2, 64: kernel, stride, channels")
    if any(box.dashed for box in plan.boxes):
        notes.append("dashed: not always there")
    return notes
