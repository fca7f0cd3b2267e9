"""The arithmetic of one axis → rows of characters: the pixels with their padding, and which of them an output reads."""

from archspec.arithmetic import Window
from archspec.explain.axis import AxisArithmetic

__all__ = ["strip"]

_PIXEL, _PADDING, _UNREAD, _READ, _READ_PADDING = "□", "·", "×", "■", "▪"
_HEAD, _TAIL = 34, 14
"""Columns of the beginning and of the end, where an axis is too long to be shown whole."""


def strip(axis: AxisArithmetic) -> list[str]:
    """Return lines: the axis, then a row for some of the outputs, each pixel one column.

    `□` is a pixel, `·` padding, `×` a pixel that nothing reads; `■` what that output reads, `▪` of the padding.
    """
    w = axis.window
    if w is None or axis.transposed:
        return []
    last = (axis.result - 1) * w.stride - w.before + w.extent - 1
    low, high = -w.before, max(last, axis.size - 1 + max(w.after, 0))
    whole = high - low + 1 <= _HEAD + _TAIL
    ends = [*range(low, low + _HEAD), None, *range(high - _TAIL + 1, high + 1)]
    columns: list[int | None] = list(range(low, high + 1)) if whole else ends
    places = _places(axis, w, None if whole else low + _HEAD, None if whole else high - _TAIL + 1)
    label = max(5, *(len(f"r = {place}") for place in places if place is not None))
    lines = [f"{'input':<{label}}  " + "".join(_ground(axis, pixel) for pixel in columns)]
    for place in places:
        if place is None:
            lines.append("…")
            continue
        start = place * w.stride - w.before
        read = range(start, start + w.extent, w.dilation)
        marks = "".join(" " if p is None else _mark(axis, p) if p in read else " " for p in columns)
        lines.append(f"{f'r = {place}':<{label}}  {marks.rstrip()}")
    return lines


def _places(axis: AxisArithmetic, w: Window, end: int | None, tail: int | None) -> list[int | None]:
    """Return the first outputs that can be seen, a gap, and the last one."""
    last = axis.result - 1
    first: list[int | None] = [
        p for p in range(min(4, axis.result)) if end is None or p * w.stride - w.before + w.extent <= end
    ]
    if last in first:
        return first
    gap: list[int | None] = [None] if len(first) < last else []
    seen = tail is None or last * w.stride - w.before >= tail
    return [*first, *gap, last] if seen else first or [0]


def _ground(axis: AxisArithmetic, pixel: int | None) -> str:
    if pixel is None:
        return "…"
    if not 0 <= pixel < axis.size:
        return _PADDING
    return _UNREAD if any(a <= pixel <= b for a, b in axis.unread or ()) else _PIXEL


def _mark(axis: AxisArithmetic, pixel: int) -> str:
    return _READ if 0 <= pixel < axis.size else _READ_PADDING
