"""One spatial axis of a layer → its arithmetic: the formula, what each output reads, what none does, and a strip."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from archspec.arithmetic import (
    Window,
    relationship,
    transposed_relationship,
    transposed_text,
    window_text,
)
from archspec.graph import Node
from archspec.measure import Field
from archspec.measure.reading import ways
from archspec.ops.base import Op, ShapeError, Tensor
from archspec.ops.checks import axes_words

__all__ = ["AxisArithmetic", "arithmetic"]

_RELATIONSHIPS = {
    1: "no padding, a stride of 1",
    2: "padding, a stride of 1",
    3: "half padding, which keeps the size at a stride of 1",
    4: "full padding, which lets every overlap count, at a stride of 1",
    5: "no padding, a stride above 1",
    6: "padding, a stride above 1",
    7: "pooling, which does not pad",
    8: "transposed, no padding, a stride of 1",
    9: "transposed, padding, a stride of 1",
    10: "transposed, half padding, a stride of 1",
    11: "transposed, full padding, a stride of 1",
    12: "transposed, no padding, a stride above 1",
    13: "transposed, padding, a stride above 1",
    14: "transposed, with output padding",
    15: "a dilated kernel",
}
_MOST = 1_000_000  # pixels that all outputs of an axis read together, if they are looked at one by one
_AROUND = 256  # sizes that are tried on each side


@dataclass(frozen=True, slots=True)
class AxisArithmetic:
    """What a layer does along one axis; pixels count from 0, and those before it or beyond the size are padding."""

    name: str  # height, width, …
    size: int
    result: int
    window: Window | None  # None where nothing slides, as in an adaptive pool
    bins: bool  # whether output r reads bin r of an adaptive pool, which differ in size
    transposed: bool
    formula: str
    relationship: int | None  # of Dumoulin & Visin's guide
    relationship_text: str
    reads: str  # the pixels that output r reads, as a formula in r
    examples: tuple[tuple[int, int, int], ...]  # r, and the first and the last pixel that it reads
    unread: tuple[tuple[int, int], ...] | None  # from and to, both never read; None where there are too many pixels
    unread_padding: int  # pixels at the end of the padding that no output reads
    same_sizes: tuple[int, int]  # the least and the greatest input size near it that gives this output
    open: bool  # whether sizes beyond those would do as well


def arithmetic(node: Node) -> tuple[AxisArithmetic, ...]:
    """Return the arithmetic of each spatial axis of an op of one map; none of an op that has no such axis."""
    if len(node.tensors) != 1 or len(node.outputs) != 1:
        return ()
    x, out, axes = node.tensors[0], node.outputs[0], getattr(node.op, "axes", 0)
    if not axes or len(x.shape) != axes + 1 or len(out.shape) != axes + 1:
        return ()
    windows = node.op.windows(x) or (None,) * axes
    return tuple(
        _axis(node, axis, name, w) for axis, (name, w) in enumerate(zip(axes_words(axes), windows, strict=True), 1)
    )


def _axis(node: Node, axis: int, name: str, w: Window | None) -> AxisArithmetic:
    size, result = node.tensors[0].shape[axis], node.outputs[0].shape[axis]
    op: Any = node.op
    back = hasattr(op, "output_padding")
    number = _relationship(op, axis, w, back=back)
    field = ways(node, 0, 0)[axis].field
    places = sorted({0, min(1, result - 1), result // 2, result - 1})
    same, unbounded = _same_sizes(op, node.tensors[0], axis, result)
    return AxisArithmetic(
        name=name,
        size=size,
        result=result,
        window=w,
        bins=w is None and _adaptive(op),
        transposed=back,
        formula=_formula(op, axis, size, result, w, back=back),
        relationship=number,
        relationship_text="" if number is None else _RELATIONSHIPS[number],
        reads=_reads(w, back=back) if w else _bins(op, size, result),
        examples=tuple((r, *field.at(r)) for r in places),
        unread=_unread(size, result, field, w, back=back) if _few(size, result, w) else None,
        unread_padding=0 if w is None or back else _spare(size, result, w),
        same_sizes=same,
        open=unbounded,
    )


def _relationship(op: Any, axis: int, w: Window | None, *, back: bool) -> int | None:
    if w is None or getattr(op, "ceil_mode", False):
        return None
    if back:
        extra = op.output_padding[axis - 1]
        return transposed_relationship(w.kernel, w.stride, w.dilation, w.before, w.after, extra)
    pooling = op.family == "pooling"
    return relationship(w.kernel, w.stride, w.dilation, w.before, w.after, pooling=pooling)


def _formula(op: Any, axis: int, size: int, result: int, w: Window | None, *, back: bool) -> str:
    if w is None:
        return f"{size} → {result}"
    numbers = (size, w.kernel, w.stride, w.dilation, w.before, w.after)
    if back:
        return transposed_text(*numbers, op.output_padding[axis - 1])
    return window_text(*numbers, ceil=getattr(op, "ceil_mode", False))


def _reads(w: Window, *, back: bool) -> str:
    """Return the pixels that output r reads: `2r − 3 … 2r + 3`, with the step where there are gaps."""
    if back:
        first, last = w.before - w.extent + 1, w.before
        if w.stride == 1:
            return f"{_linear(1, first)} … {_linear(1, last)}"
        return f"⌈{_part(first)}/{w.stride}⌉ … ⌊{_part(last)}/{w.stride}⌋"
    step = f", every {w.dilation}" if w.dilation > 1 and w.kernel > 1 else ""
    start = _linear(w.stride, -w.before)
    return start if w.kernel == 1 else f"{start} … {_linear(w.stride, w.extent - 1 - w.before)}{step}"


def _bins(op: Op, size: int, result: int) -> str:
    """Return the pixels that bin r of an adaptive pool reads; nothing of another op."""
    if not _adaptive(op):
        return ""
    return f"⌊{size}·r/{result}⌋ … ⌈{size}·(r + 1)/{result}⌉ − 1"


def _adaptive(op: Op) -> bool:
    return type(op).__name__.startswith("Adaptive")


def _part(more: int) -> str:
    return f"({_linear(1, more)})" if more else "r"


def _linear(factor: int, more: int) -> str:
    term = "r" if factor == 1 else f"{factor}r"
    return term if not more else f"{term} {'+' if more > 0 else '−'} {abs(more)}"


def _few(size: int, result: int, w: Window | None) -> bool:
    taps = size if w is None else min(w.kernel, size) if not w.stride > w.kernel else w.kernel
    return result * taps <= _MOST and size <= _MOST


def _unread(size: int, result: int, field: Field, w: Window | None, *, back: bool) -> tuple[tuple[int, int], ...]:
    """Return the runs of pixels that no output reads."""
    read: set[int] = set()
    for place in range(result):
        if w is not None and not back:
            first = place * w.stride - w.before
            start = first if first >= 0 else first % w.dilation  # the first tap that is no padding
            read.update(range(start, min(first + w.extent, size), w.dilation))
        elif w is not None:
            read.update(_sources(place, w))
        else:
            first, last = field.at(place)
            read.update(range(first, last + 1))
    return tuple(_runs(pixel for pixel in range(size) if pixel not in read))


def _spare(size: int, result: int, w: Window) -> int:
    end = (result - 1) * w.stride - w.before + w.extent
    return max(0, size + w.after - max(end, size))


def _sources(place: int, w: Window) -> Iterator[int]:
    """Yield the pixels that a transposed convolution reads at a place: those whose kernel lands there."""
    for tap in range(w.kernel):
        source, rest = divmod(place + w.before - tap * w.dilation, w.stride)
        if not rest:
            yield source


def _runs(pixels: Iterable[int]) -> Iterator[tuple[int, int]]:
    found = list(pixels)
    if found:
        cuts = [0, *(n for n, (a, b) in enumerate(pairwise(found), 1) if b != a + 1), len(found)]
        yield from ((found[a], found[b - 1]) for a, b in pairwise(cuts))


def _same_sizes(op: Op, x: Tensor, axis: int, result: int) -> tuple[tuple[int, int], bool]:
    """Return the least and the greatest size that gives the same, and whether the search ended before the sizes did."""

    def gives(size: int) -> bool:
        try:
            (out,) = op.infer(x._replace(shape=(*x.shape[:axis], size, *x.shape[axis + 1 :])))
        except ShapeError:
            return False
        return bool(out.shape[axis] == result)

    size = x.shape[axis]
    least = _last(gives, size, -1, min(_AROUND, size - 1))
    most = _last(gives, size, 1, _AROUND)
    return (least, most), most == size + _AROUND


def _last(holds: Callable[[int], bool], start: int, step: int, most: int) -> int:
    for count in range(1, most + 1):
        if not holds(start + step * count):
            return start + step * (count - 1)
    return start + step * most
