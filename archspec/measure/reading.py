"""A layer → how each axis of what it gives reads the axes of what arrives: `Way`s, by the kind of op."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import Any

from archspec.graph import Node
from archspec.measure.field import SAME, Field, one_place, whole
from archspec.ops.base import Tensor

__all__ = ["Way", "ways"]


@dataclass(frozen=True, slots=True)
class Way:
    """How an axis of an input is read: by the places of which axis of the output, None if by all alike, and how."""

    axis: int | None
    field: Field


Ways = tuple[Way, ...]
"""One for each axis of an input, the batch left out."""

_Reader = Callable[[Node, int, int], Ways]


def ways(node: Node, operand: int, output: int) -> Ways:
    """Return how an output of a layer reads each axis of one of its inputs, in evaluation.

    An op that is not archspec's own is read by its `windows`, or by its family if that works value by value;
    of any other, every value counts as reading everything.
    """
    name = type(node.op).__name__
    read = _BY_NAME.get(name) or _BY_FAMILY.get(node.op.family)
    if read is not None:
        return read(node, operand, output)
    if node.op.windows(*node.tensors):
        return _windows(node, operand, output)
    return _everything(node, operand, output)


def _everything(node: Node, operand: int, _: int) -> Ways:
    return tuple(_all(size) for size in node.tensors[operand].shape)


def _all(size: int) -> Way:
    return Way(None, whole(size))


def _place_by_place(node: Node, operand: int, output: int) -> Ways:
    """Read by inputs that broadcast, aligned at their ends, value by value."""
    x, out = node.tensors[operand], node.outputs[output]
    shift = len(out.shape) - len(x.shape) + out.batched - x.batched - (out.batched and not x.batched)
    return tuple(
        Way(axis + shift, SAME) if axis + shift >= 0 and size == out.shape[axis + shift] else _all(size)
        for axis, size in enumerate(x.shape)
    )


def _embedding(node: Node, operand: int, _: int) -> Ways:
    return tuple(Way(axis, SAME) for axis in range(len(node.tensors[operand].shape)))


def _windows(node: Node, operand: int, _: int) -> Ways:
    x = node.tensors[operand]
    sliding = node.op.windows(*node.tensors)
    fields = (Field(((-w.before, w.extent - 1 - w.before),), w.stride) for w in sliding)
    spatial = (Way(axis, field) for axis, field in enumerate(fields, len(x.shape) - len(sliding)))
    return (*map(_all, x.shape[: len(x.shape) - len(sliding)]), *spatial)


def _transposed(node: Node, operand: int, _: int) -> Ways:
    """Read what a convolution that goes the other way would have written."""
    x = node.tensors[operand]
    ways = [_all(x.shape[0])]
    for axis, w in enumerate(node.op.windows(x), 1):
        reach = w.extent - 1
        spans = tuple((-((reach - w.before - p) // w.stride), (p + w.before) // w.stride) for p in range(w.stride))
        ways.append(Way(axis, Field(spans)) if w.stride <= _MOST else _all(x.shape[axis]))
    return tuple(ways)


_MOST = 64
"""Phases of one layer."""


def _without(axes: Callable[[Any, Tensor], Iterator[int]]) -> _Reader:
    """Return the reading of an op that mixes all values along some axes, and nothing along the others."""

    def read(node: Node, operand: int, _: int) -> Ways:
        x = node.tensors[operand]
        mixed = {axis % len(x.shape) for axis in axes(node.op, x)} if x.shape else set()
        return tuple(_all(size) if axis in mixed else Way(axis, SAME) for axis, size in enumerate(x.shape))

    return read


def _positions(_: Any, x: Tensor) -> Iterator[int]:
    yield from range(1, len(x.shape))


def _normalized(op: Any, x: Tensor) -> Iterator[int]:
    written = op.normalized_shape
    count = len(written) if isinstance(written, tuple) else 1
    yield from range(len(x.shape) - count, len(x.shape))


def _last(_: Any, x: Tensor) -> Iterator[int]:
    yield len(x.shape) - 1


def _dim(op: Any, x: Tensor) -> Iterator[int]:
    number = 1 if op.dim is None else op.dim
    yield number if number < 0 else number - 1 if x.batched else number


def _mean(node: Node, _: int, __: int) -> Ways:
    op: Any = node.op
    x = node.tensors[0]
    numbers = (op.dim,) if isinstance(op.dim, int) else op.dim
    gone = {number % (len(x.shape) + 1) - 1 for number in numbers}
    return _removed(x, gone, keep=op.keepdim)


def _removed(x: Tensor, gone: set[int], *, keep: bool) -> Ways:
    found, place = [], 0
    for axis, size in enumerate(x.shape):
        found.append(_all(size) if axis in gone else Way(place, SAME))
        place += keep or axis not in gone
    return tuple(found)


def _distance(node: Node, operand: int, _: int) -> Ways:
    """Read both inputs value by value, but all along the axis that goes."""
    op: Any = node.op
    x = node.tensors[operand]
    gone = {getattr(op, "dim", -1) % (len(x.shape) + 1) - 1}
    return _removed(x, gone, keep=getattr(op, "keepdim", False))


def _adaptive(node: Node, _: int, output: int) -> Ways:
    x, out = node.tensors[0], node.outputs[output]
    axes = enumerate(zip(x.shape[1:], out.shape[1:], strict=True), 1)
    return (_all(x.shape[0]), *(_binned(axis, size, count) for axis, (size, count) in axes))


def _binned(axis: int, size: int, count: int) -> Way:
    """Read bin p of `count`, which goes from ⌊p·size/count⌋ to before ⌈(p+1)·size/count⌉."""
    ratio = Fraction(size, count)
    if count == 1 or ratio.denominator > _MOST:
        return _all(size)
    starts = range(ratio.denominator)
    return Way(axis, Field(tuple((int(p * ratio), -int(-(p + 1) * ratio // 1) - 1) for p in starts), ratio.numerator))


def _resized(node: Node, _: int, output: int) -> Ways:
    op: Any = node.op
    x, out = node.tensors[0], node.outputs[output]
    mode = getattr(op, "mode", "nearest" if type(op).__name__ == "UpsamplingNearest2d" else "bilinear")
    aligned = getattr(op, "align_corners", type(op).__name__ == "UpsamplingBilinear2d")
    if mode == "area":
        return _adaptive(node, 0, output)
    axes = zip(x.shape[1:], out.shape[1:], strict=True)
    return (_all(x.shape[0]), *(_scaled(axis, a, b, mode, bool(aligned)) for axis, (a, b) in enumerate(axes, 1)))


def _scaled(axis: int, size: int, count: int, mode: str, aligned: bool) -> Way:
    """Read the pixels that a value is copied from, or interpolated between."""
    ratio = Fraction(max(size - 1, 0), max(count - 1, 1)) if aligned else Fraction(size, count)
    if ratio.denominator > _MOST or not ratio:
        return _all(size)
    spans = []
    for p in range(ratio.denominator):
        if mode.startswith("nearest"):
            at = (p + Fraction(int(mode == "nearest-exact"), 2)) * ratio
            spans.append((at // 1, at // 1))
            continue
        at = p * ratio if aligned else (p + Fraction(1, 2)) * ratio - Fraction(1, 2)
        more = int(at != at // 1)
        spans.append((at // 1 - (mode == "bicubic") * more, at // 1 + more + (mode == "bicubic") * more))
    return Way(axis, Field(tuple(spans), ratio.numerator))


def _padded(node: Node, _: int, __: int) -> Ways:
    op: Any = node.op
    x = node.tensors[0]
    befores = dict(enumerate(op.padding[::2], 1))  # pairs begin with the last axis
    return tuple(
        Way(axis, Field(((-before, -before),)) if (before := befores.get(len(x.shape) - axis, 0)) else SAME)
        for axis in range(len(x.shape))
    )


def _shuffled(node: Node, _: int, __: int) -> Ways:
    op: Any = node.op
    x = node.tensors[0]
    if type(op).__name__ == "PixelUnshuffle":
        field = Field(((0, op.downscale_factor - 1),), op.downscale_factor)
    else:
        field = Field(((0, 0),) * op.upscale_factor)
    *rest, channels, _height, _width = range(len(x.shape))
    small = len(field.spans) <= _MOST
    images = [Way(axis, field) if small else _all(x.shape[axis]) for axis in (-2 + len(x.shape), -1 + len(x.shape))]
    return (*(Way(axis, SAME) for axis in rest), _all(x.shape[channels]), *images)


def _viewed(node: Node, _: int, output: int) -> Ways:
    """Follow each axis that the new shape keeps; what is merged or parted is read from end to end."""
    before, after = node.tensors[0].shape, node.outputs[output].shape
    kept: dict[int, int] = {}
    ends = {(prod(after[:n]), size): n for n, size in enumerate(after)}
    for axis, size in enumerate(before):
        place = ends.get((prod(before[:axis]), size))
        if place is not None and size > 1:
            kept[axis] = place
    return tuple(Way(kept[axis], SAME) if axis in kept else _all(size) for axis, size in enumerate(before))


def _permuted(node: Node, _: int, __: int) -> Ways:
    op: Any = node.op
    order = [number % len(op.dims) - 1 for number in op.dims[1:]]
    return tuple(Way(order.index(axis), SAME) for axis in range(len(order)))


def _joined(node: Node, operand: int, output: int) -> Ways:
    op: Any = node.op
    x, out = node.tensors[operand], node.outputs[output]
    place = op.dim % (len(out.shape) + out.batched) - out.batched
    shape = x.shape if x.batched or not out.batched else x.shape[1:]
    stacked = type(op).__name__ == "Stack"
    found = [
        _all(size) if axis == place and not stacked else Way(axis + (stacked and axis >= place), SAME)
        for axis, size in enumerate(shape)
    ]
    return (*([_all(1)] * (len(x.shape) - len(shape))), *found)


def _multiplied(node: Node, operand: int, output: int) -> Ways:
    """Read all along the axis that is multiplied out; rows by rows, columns by columns."""
    x, out = node.tensors[operand], node.outputs[output]
    found = list(_place_by_place(node, operand, output))
    rank, end = len(x.shape), len(out.shape)
    if rank >= 1:
        found[-1] = _all(x.shape[-1]) if operand == 0 else Way(end - 1, SAME)
    if rank >= 2:
        found[-2] = Way(end - 2, SAME) if operand == 0 else _all(x.shape[-2])
    if min(len(t.shape) + t.batched for t in node.tensors) < 2:  # a vector: an axis fewer comes out
        return tuple(_all(size) for size in x.shape)
    return tuple(found)


def _part(node: Node, _: int, output: int) -> Ways:
    op: Any = node.op
    x = node.tensors[0]
    place = op.dim % (len(x.shape) + 1) - 1
    name = type(op).__name__
    if name == "Select":
        gone = list(_removed(x, {place}, keep=False))
        gone[place] = Way(None, one_place(op.index % x.shape[place]))
        return tuple(gone)
    if name == "Slice":
        start, step = slice(op.start, op.end, op.step).indices(x.shape[place])[0], op.step
    else:
        start, step = sum(piece.shape[place] for piece in node.outputs[:output]), 1
    found = [Way(axis, SAME) for axis in range(len(x.shape))]
    found[place] = Way(place, Field(((start, start),), step))
    return tuple(found)


def _table() -> dict[str, _Reader]:
    named: dict[str, _Reader] = {
        "Embedding": _embedding,
        "ConvTranspose1d ConvTranspose2d ConvTranspose3d": _transposed,
        "InstanceNorm1d InstanceNorm2d InstanceNorm3d GroupNorm": _without(_positions),
        "LayerNorm RMSNorm": _without(_normalized),
        "Softmax LogSoftmax Softmin GLU": _without(_dim),
        "Linear Bilinear": _without(_last),
        "BatchNorm1d BatchNorm2d BatchNorm3d LocalResponseNorm CrossMapLRN2d LayerNorm2d": _place_by_place,
        "Identity Scale ChannelShuffle Add Subtract Multiply": _place_by_place,
        "CosineSimilarity PairwiseDistance": _distance,
        "AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d AdaptiveMaxPool1d AdaptiveMaxPool2d": _adaptive,
        "AdaptiveMaxPool3d": _adaptive,
        "Upsample UpsamplingBilinear2d UpsamplingNearest2d": _resized,
        "PixelShuffle PixelUnshuffle": _shuffled,
        "Flatten Unflatten Reshape": _viewed,
        "Permute": _permuted,
        "Mean": _mean,
        "Concat Stack": _joined,
        "MatMul": _multiplied,
        "Chunk Split Select Slice": _part,
        "Unfold Fold FractionalMaxPool2d FractionalMaxPool3d MultiheadAttention": _everything,
    }
    return {name: read for names, read in named.items() for name in names.split()}


_BY_NAME = _table()
_BY_FAMILY: dict[str, _Reader] = {"activation": _place_by_place, "dropout": _place_by_place, "padding": _padded}
