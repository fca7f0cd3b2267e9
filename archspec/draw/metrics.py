"""Text → how wide it is in Arial's proportions, which Arimo (in `fonts/`), Helvetica and Liberation Sans share."""

import unicodedata

__all__ = ["width"]

_REGULAR = (
    "278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 "
    "278 278 584 584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 667 778 722 667 "
    "611 722 667 944 667 667 611 278 278 278 469 556 333 556 556 500 556 556 278 556 556 222 222 500 222 833 "
    "556 556 556 556 333 500 278 556 500 722 500 500 500 334 260 334 584 "
)
_BOLD = (
    "278 333 474 556 556 889 722 238 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 "
    "333 333 584 584 584 611 975 722 722 722 722 667 611 778 722 278 556 722 611 833 722 778 667 778 722 667 "
    "611 722 667 944 667 667 611 333 278 333 584 556 333 556 611 556 611 556 333 611 611 278 278 556 278 889 "
    "611 611 611 611 389 556 333 611 556 778 556 556 500 389 280 389 584 "
)
"""Thousandths of the font's size, from the space on: the advance widths of Arimo."""

_ADVANCES = {False: tuple(map(int, _REGULAR.split())), True: tuple(map(int, _BOLD.split()))}
_OTHERS = {"×": 584, "·": 333, "²": 333, "³": 333, "–": 556, "…": 1000, "−": 584}


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Return the width of a line in the unit of `size`.

    Example:
        >>> round(width("Conv2d", 10), 2)
        34.46
    """
    table = _ADVANCES[bold]
    return sum(_advance(character, table) for character in text) * size / 1000


def _advance(character: str, table: tuple[int, ...]) -> int:
    code = ord(character) - 32
    if 0 <= code < len(table):
        return table[code]
    if unicodedata.combining(character):
        return 0
    return _OTHERS.get(character, 1000 if unicodedata.east_asian_width(character) in "WF" else 667)
