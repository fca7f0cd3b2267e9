"""A graph → for each value, whether its channels come first or last, as far as the ops on the way tell."""

from collections.abc import Mapping
from typing import Literal

from archspec.graph import Flat, Graph, Ref
from archspec.lint.kinds import KEEPING, kind
from archspec.ops.base import Tensor
from archspec.ops.spatial import Spatial

__all__ = ["Layout", "image", "layouts"]

Layout = Literal["first", "last"]
"""Where the channels are: on the first axis beside the batch, as torch's convolutions want them, or on the last."""

_IMAGES = (1, 3)  # channels that an image has
_SMALLEST = 8  # pixels along a side
_SLENDER = 4  # how many times as high as wide an image may be


def layouts(graph: Graph) -> Mapping[Ref, Layout]:
    """Return the layout of every value of which it is known; of a flat vector it is no question.

    An op that reads its channels where they are not is believed: what it gives is laid out as it thinks, so that
    one mistake is found once.
    """
    found: dict[Ref, Layout] = {}
    for index, (_, tensor) in enumerate(graph.model.inputs):
        _enter(found, Ref((), index), image(tensor))
    for path, flat in graph.nodes.items():
        layout = _layout(flat, found)
        for index, tensor in enumerate(flat.node.outputs):
            _enter(found, Ref(path, index), layout if len(tensor.shape) > 1 else None)
    return found


def image(tensor: Tensor) -> Layout | None:
    """Return where the channels of a model's input are, if its sizes are those of an image."""
    if len(tensor.shape) != 3 or tensor.dtype != "float32":
        return None
    first, middle, last = tensor.shape
    if first in _IMAGES and _is_picture(middle, last):
        return "first"
    return "last" if last in _IMAGES and _is_picture(first, middle) else None


def _is_picture(height: int, width: int) -> bool:
    return min(height, width) >= _SMALLEST and max(height, width) <= _SLENDER * min(height, width)


def _enter(found: dict[Ref, Layout], ref: Ref, layout: Layout | None) -> None:
    if layout is not None:
        found[ref] = layout


def _layout(flat: Flat, found: Mapping[Ref, Layout]) -> Layout | None:
    name, op = kind(flat), flat.node.op
    before = [found.get(ref) for ref, tensor in zip(flat.inputs, flat.node.tensors, strict=True) if tensor.batched]
    arriving = before[0] if before and all(layout == before[0] for layout in before) else None
    if isinstance(op, Spatial) or name in _FIRST or op.family == "sampling":
        return "first"
    if name == "Embedding":
        return "last"
    if name in _FEATURES:
        return arriving or "last"
    if name in _TURNING:
        return _turned(flat, arriving)
    return arriving if name in KEEPING or op.family in ("normalization", "merge") else None


_FIRST = {"BatchNorm2d", "BatchNorm3d", "InstanceNorm2d", "InstanceNorm3d", "LayerNorm2d", "CrossMapLRN2d",
          "ChannelShuffle", "PixelShuffle", "PixelUnshuffle", "Softmax2d"}  # fmt: skip
_FEATURES = {"Linear", "MultiheadAttention"}
_TURNING = {"Permute", "Flatten"}


def _turned(flat: Flat, layout: Layout | None) -> Layout | None:
    """Return the layout behind an op that moves or merges axes; who turns the others knows what they want."""
    op, rank = flat.node.op, len(flat.node.tensors[0].shape) + 1
    if layout is None:
        return None
    place = 1 if layout == "first" else rank - 1
    if kind(flat) == "Permute":
        dims = [dim % rank for dim in getattr(op, "dims", ())]
        turned: Mapping[int, Layout] = {1: "first"} if layout == "last" else {rank - 1: "last"}
        return turned.get(dims.index(place))
    start, end = getattr(op, "start_dim", 1) % rank, getattr(op, "end_dim", -1) % rank
    return None if start <= place <= end and start != end else layout
