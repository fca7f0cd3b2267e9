"""An op in torch → what its forward makes beside its output, and what autograd keeps of it for the backward pass.

Read from torch 2.13's formulas (tools/autograd/derivatives.yaml) and the composites of nn.functional, on a CPU.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, prod
from operator import add
from typing import Any

from archspec.graph import Node
from archspec.ops.base import Tensor

__all__ = ["DTYPES", "ITEM_SIZES", "Kept", "Units", "kept", "workspace"]

ITEM_SIZES = {
    "bool": 1, "uint8": 1, "int8": 1, "int16": 2, "int32": 4, "int64": 8,
    "float16": 2, "bfloat16": 2, "float32": 4, "float64": 8,
}  # fmt: skip
"""Bytes of one number, by torch's name of its type."""


DTYPES = ("float32", "float64", "float16", "bfloat16")
"""What `build` makes of float32."""


@dataclass(frozen=True, slots=True)
class Units:
    """How many samples there are, and what float32 stands for."""

    batch: int = 1
    dtype: str = "float32"

    def item(self, dtype: str = "float32") -> int:
        """Return the bytes of one number."""
        return ITEM_SIZES[self.dtype if dtype == "float32" else dtype]

    def bytes(self, tensor: Tensor) -> int:
        """Return the bytes of a tensor, of all samples if it has any."""
        return prod(tensor.shape) * self.item(tensor.dtype) * (self.batch if tensor.batched else 1)


@dataclass(frozen=True, slots=True)
class Kept:
    """What autograd keeps: which inputs, whether the output, and how many bytes beside."""

    inputs: bool = False
    output: bool = False
    more: int = 0


_More = Callable[[Node, Units], int]


def kept(node: Node, units: Units, *, in_place: bool) -> Kept:
    """Return what autograd keeps of an op that a gradient flows through; weights and buffers are not counted.

    Of an op that is not archspec's own, it is taken to keep its inputs and its output.
    """
    name = type(node.op).__name__
    inputs, output, more = _KEPT.get(name) or _by_family(node)
    extra = more(node, units)
    if in_place and name in _REVERSED:
        return Kept(output=True, more=extra)
    if in_place and inputs and node.op.family == "activation":  # torch copies what it is about to write over
        return Kept(more=extra + units.bytes(node.tensors[0]))
    if name.startswith("Conv") and _pads_first(node):
        return Kept(inputs=getattr(node.op, "padding_mode", "") in ("reflect", "replicate"), more=extra)
    return Kept(inputs and not (name.startswith("AdaptiveAvg") and _averages_all(node)), output, extra)


def workspace(node: Node, units: Units) -> int:
    """Return the bytes that an op takes in evaluation beside its output, and gives back before it ends."""
    more = _WORKSPACE.get(type(node.op).__name__)
    if more is not None:
        return more(node, units)
    return _padded(node, units) if type(node.op).__name__.startswith("Conv") and _pads_first(node) else 0


def _by_family(node: Node) -> tuple[bool, bool, _More]:
    plain = node.op.family in ("reshape", "sampling", "padding")
    return (False, False, _nothing) if plain else (True, node.op.keeps_output, _nothing)


def _nothing(_: Node, __: Units) -> int:
    return 0


def _input(node: Node, units: Units) -> int:
    return units.bytes(node.tensors[0])


def _output(node: Node, units: Units) -> int:
    return sum(map(units.bytes, node.outputs))


def _indices(node: Node, units: Units) -> int:
    return prod(node.outputs[0].shape) * units.batch * 8


def _channels(node: Node, units: Units) -> int:
    """Mean and inverse deviation of each channel."""
    return 2 * node.tensors[0].shape[0] * units.item()


def _instances(node: Node, units: Units) -> int:
    """The same for each sample, and the scale once more for each."""
    op: Any = node.op
    return (3 if op.affine else 2) * node.tensors[0].shape[0] * units.batch * units.item()


def _instances_and_weights(node: Node, units: Units) -> int:
    repeated = 2 + sum(not weight.buffer for weight in node.weights)
    return repeated * node.tensors[0].shape[0] * units.batch * units.item()


def _statistics(node: Node, units: Units) -> int:
    """Those of a batch norm that has none of its own."""
    op: Any = node.op
    return 0 if op.track_running_stats else _channels(node, units)


def _groups(node: Node, units: Units) -> int:
    groups: int = dict(node.op)["num_groups"]
    return 2 * groups * units.batch * units.item()


def _rows(node: Node, units: Units) -> int:
    x = node.tensors[0]
    written = getattr(node.op, "normalized_shape", None)
    count = len(written) if isinstance(written, tuple) else 1
    inner = x.shape[0] if type(node.op).__name__ == "LayerNorm2d" else prod(x.shape[len(x.shape) - count :])
    return 2 * prod(x.shape) // inner * units.batch * units.item()


def _root_mean(node: Node, units: Units) -> int:
    """A number for each row, and the input divided by it."""
    return _rows(node, units) // 2 + _input(node, units)


def _norm(node: Node, units: Units) -> int:
    """The powers, and of their means the sign, the size and the root."""
    op: Any = node.op
    return _indices(node, units) if op.norm_type == inf else _input(node, units) + 4 * _output(node, units)


def _drawn(node: Node, units: Units) -> int:
    """The indices, and where the windows of each channel lie."""
    x = node.tensors[0]
    return _indices(node, units) + x.shape[0] * (len(x.shape) - 1) * units.batch * units.item()


def _samples(node: Node, units: Units) -> int:
    op: Any = node.op
    return (units.batch if op.mode == "row" else 1) * units.item() if op.p > 0 else 0


def _noise(node: Node, units: Units) -> int:
    op: Any = node.op
    return units.bytes(node.tensors[0]) if op.p > 0 else 0


def _channel_noise(node: Node, units: Units) -> int:
    op: Any = node.op
    return node.tensors[0].shape[0] * units.batch * units.item() if op.p > 0 else 0


def _attention(node: Node, units: Units) -> int:
    """The three projections, the values that attention gives, and the logarithm of its sums."""
    op: Any = node.op
    (length, embed), (keys, _) = node.tensors[0].shape, node.tensors[min(1, len(node.tensors) - 1)].shape
    heads: int = op.num_heads
    return units.batch * units.item() * (length * (2 * embed + heads) + 2 * keys * embed)


def _pads_first(node: Node) -> bool:
    """Whether a convolution pads what arrives by a copy of it, which is then what it keeps."""
    op: Any = node.op
    windows = node.op.windows(*node.tensors)
    padded = any(w.before or w.after for w in windows)
    if op.padding_mode != "zeros" or op.padding in ("same_upper", "same_lower"):
        return padded
    return any(w.before != w.after for w in windows)


def _averages_all(node: Node) -> bool:
    """Whether an adaptive pool is a plain mean, which keeps nothing."""
    return prod(node.outputs[0].shape[1:]) == 1


def _padded(node: Node, units: Units) -> int:
    """The padded copy; what is uneven at `same` is put there first, and the rest is the kernel's affair."""
    op: Any = node.op
    x = node.tensors[0]
    windows = op.windows(x)
    pads = [abs(w.after - w.before) if _is_uneven(op) else w.before + w.after for w in windows]
    sizes: tuple[int, ...] = tuple(map(add, x.shape[1:], pads))
    return x.shape[0] * prod(sizes) * units.batch * units.item()


def _is_uneven(op: Any) -> bool:
    return bool(op.padding == "same" and op.padding_mode == "zeros")


def _padded_squares(node: Node, units: Units) -> int:
    size: int = dict(node.op)["size"]
    x = node.tensors[0]
    return units.bytes(x) // x.shape[0] * (x.shape[0] + size - 1)


def _neighbours(node: Node, units: Units) -> int:
    """The squares, padded by half the window, and their means and powers."""
    return 2 * _input(node, units) + _padded_squares(node, units)


def _neighbours_at_once(node: Node, units: Units) -> int:
    return max(2 * _input(node, units), _padded_squares(node, units))


_REVERSED = frozenset({"CELU", "ELU", "SELU", "LeakyReLU", "RReLU", "ReLU"})
"""What in place computes its gradient from its output."""

_CONVOLUTIONS = "Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d"
_INPUT_KEPT = (
    "Linear Bilinear Embedding PReLU AvgPool1d AvgPool2d AvgPool3d ReflectionPad1d ReflectionPad2d ReflectionPad3d "
    "ReplicationPad1d ReplicationPad2d ReplicationPad3d Multiply MatMul CELU ELU SELU GELU Hardshrink Hardsigmoid "
    "AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d Hardswish Hardtanh LeakyReLU Mish ReLU6 SiLU Softplus "
    "Softshrink Threshold GLU"
)
_OUTPUT_KEPT = "ReLU Sigmoid Tanh Softmax LogSoftmax Softmin Softmax2d"
_NOTHING_KEPT = (
    "Add Subtract Concat Stack Identity Scale Parameter Chunk Split Select Slice Flatten Unflatten Reshape Permute "
    "Mean Upsample UpsamplingBilinear2d UpsamplingNearest2d PixelShuffle PixelUnshuffle "
    "ChannelShuffle Fold Unfold"
)


def _table() -> dict[str, tuple[bool, bool, _More]]:
    listed: dict[str, tuple[bool, bool, _More]] = {
        _CONVOLUTIONS: (True, False, lambda node, units: _padded(node, units) if _pads_first(node) else 0),
        _INPUT_KEPT: (True, False, _nothing),
        _OUTPUT_KEPT: (False, True, _nothing),
        _NOTHING_KEPT: (False, False, _nothing),
        "LogSigmoid Softsign": (True, False, _input),
        "RReLU": (True, False, _input),
        "Tanhshrink": (False, False, _input),
        "Dropout AlphaDropout": (False, False, _noise),
        "Dropout1d Dropout2d Dropout3d FeatureAlphaDropout": (False, False, _channel_noise),
        "StochasticDepth": (False, False, _samples),
        "BatchNorm1d BatchNorm2d BatchNorm3d": (True, False, _channels),
        "InstanceNorm1d InstanceNorm2d InstanceNorm3d": (True, False, _instances),
        "GroupNorm": (True, False, _groups),
        "LayerNorm LayerNorm2d": (True, False, _rows),
        "RMSNorm": (True, False, _root_mean),
        "LPPool1d LPPool2d LPPool3d": (True, False, _norm),
        "LocalResponseNorm": (True, False, _neighbours),
        "CrossMapLRN2d": (True, True, _input),
        "MaxPool1d MaxPool2d MaxPool3d": (True, False, _indices),
        "AdaptiveMaxPool1d AdaptiveMaxPool2d AdaptiveMaxPool3d": (True, False, _indices),
        "FractionalMaxPool2d FractionalMaxPool3d": (True, False, _indices),
        "MultiheadAttention": (True, False, _attention),
    }
    return {name: entry for names, entry in listed.items() for name in names.split()}


_KEPT = _table()

_WORKSPACE: dict[str, _More] = {
    name: more
    for names, more in {
        "MaxPool2d MaxPool3d AdaptiveMaxPool1d AdaptiveMaxPool2d AdaptiveMaxPool3d": _indices,
        "FractionalMaxPool2d FractionalMaxPool3d": _drawn,
        "RReLU Softsign Tanhshrink LogSigmoid Softmin CrossMapLRN2d LPPool1d LPPool2d LPPool3d": _input,
        "BatchNorm1d BatchNorm2d BatchNorm3d": _statistics,
        "InstanceNorm1d InstanceNorm2d InstanceNorm3d": _instances_and_weights,
        "GroupNorm": _groups,
        "LayerNorm LayerNorm2d": _rows,
        "RMSNorm": _root_mean,
        "MultiheadAttention": _attention,
        "LocalResponseNorm": _neighbours_at_once,
    }.items()
    for name in names.split()
}
