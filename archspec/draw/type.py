"""A box → how large it is: the sizes of type, and the room that lines take."""

from archspec.draw.metrics import width
from archspec.draw.plan import Box

__all__ = ["EDGE", "FAMILY", "LINE", "NAME", "SIGN", "SMALL", "box_lines", "box_size"]

FAMILY = "Arial, Arimo, Helvetica, 'Liberation Sans', sans-serif"
"""Fonts of equal widths: a picture is the same whichever of them is there; Arimo comes with archspec."""

NAME, LINE, EDGE, SMALL, SIGN = 11.0, 10.0, 9.5, 9.5, 14.0
"""The sizes of type: a box's name, its other lines, edges, legend and tabs, a merge's sign."""

_LEADING, _SIDE, _TOP = 12.5, 7.0, 6.0


def box_lines(box: Box) -> list[tuple[str, float, bool]]:
    """Return the lines of a box from the top, each with its size of type and whether it is bold."""
    match box.kind:
        case "merge":
            return [(line, SIGN, True) for line in box.lines[:1]]
        case "port":
            return [(box.name, LINE, False), *((line, SMALL, False) for line in box.lines)]
        case "tab":
            return [(box.name, SMALL, False)]
        case "turn":
            return []
        case _:
            return [(box.name, NAME, True), *((line, LINE, False) for line in box.lines)]


def box_size(box: Box) -> tuple[float, float]:
    """Return width and height."""
    if box.kind == "merge":
        return 22.0, 22.0
    if box.kind == "turn":
        return 1.0, 1.0
    lines = box_lines(box)
    wide = max(width(text, size, bold=bold) for text, size, bold in lines)
    return round(wide + 2 * _SIDE, 1), round(_LEADING * len(lines) + 2 * _TOP - (6 if box.kind == "tab" else 0), 1)
