"""What torch says of a layer that is refused: an op and what arrives come in, whether torch runs it goes out.

The layer is made from torch alone: of the op there are only its name and its arguments.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from spelled import sample
from torch import nn
from torch.nn import functional
from torch_oracle import reads_nothing

from archspec.ops.base import Op, Tensor

BATCHES = (31, 37)  # no size that a drawn spec has, so that a batch is never taken for another axis
REFUSALS = (RuntimeError, ValueError, IndexError, TypeError, AssertionError, ZeroDivisionError)
Values = list[torch.Tensor]


def torch_runs(op: Op, tensors: Sequence[Tensor]) -> bool:
    """Whether torch runs the layer for every batch, in both modes, giving the batch and the same sizes each time.

    A spec's own rules refuse a little more, and count as refusals here: see `by_rule`.
    """
    if by_rule(op, tensors) or (tensors and reads_nothing(type(op).__name__, getattr(op, "padding", None), tensors[0])):
        return False
    found = set()
    for batch in BATCHES:
        for training in (True, False):
            try:
                outputs = run(op, tensors, batch, training)
            except REFUSALS:
                return False
            batched = any(x.batched for x in tensors)
            if any(0 in y.shape or (batched and y.shape[:1] != (batch,)) for y in outputs):
                return False
            if type(op).__name__.startswith("MaxPool") and any(y.isinf().any() for y in outputs):
                return False  # a window saw nothing but padding
            found.add(tuple((tuple(y.shape[batched:]), y.dtype) for y in outputs))
    return len(found) == 1


RANKS = {
    r".*(Conv|ConvTranspose|Pool|Pad|Dropout)(\d)d": 2,
    r"(Instance|Batch)Norm([23])d": 2,
    r"InstanceNorm(1)d": 2,
    r"(PixelShuffle|PixelUnshuffle|LayerNorm2d|CrossMapLRN2d|Softmax2d|Unfold)": 4,
    r"(Fold|MultiheadAttention)": 3,
}


def by_rule(op: Op, tensors: Sequence[Tensor]) -> bool:
    """Whether a spec refuses the layer by its own rules, whatever torch does.

    It reads an image without a batch, names the batch as an axis, reads a learned tensor where only a batch is
    read, normalizes or drops whole numbers, sums over no channel, or gives the indices that MaxUnpool would read.
    """
    name = type(op).__name__
    if not all(x.batched for x in tensors) and name not in (*FOLDS, "Concat", "Stack", "MatMul"):
        return True
    whole = any(x.dtype == "int64" for x in tensors) and re.search("Norm|Dropout|LPPool", name)
    none = name == "CrossMapLRN2d" and getattr(op, "size", 1) < 1
    if whole or none or getattr(op, "return_indices", False):
        return True
    ranks = len(tensors[0].shape) + 1 if tensors else 0
    for pattern, extra in RANKS.items():
        if found := re.fullmatch(pattern, name):
            wanted = extra if not found[found.lastindex or 0].isdecimal() else int(found[found.lastindex or 0]) + 2
            return ranks != wanted
    return names_batch(op, ranks)


def names_batch(op: Op, ranks: int) -> bool:
    for argument in ("dim", "dims", "start_dim", "end_dim"):
        value = getattr(op, argument, None)
        numbers = value if isinstance(value, tuple) else (value,)
        moved = argument == "dims" and value is not None and value[:1] == (0,)
        if not moved and any(number in (0, -ranks) for number in numbers):
            return True
    name = type(op).__name__
    chosen = (
        name in ("Softmax", "Softmin", "LogSoftmax") and getattr(op, "dim", None) is None
    )  # by torch, from the rank
    return (name == "Flatten" and ranks == 1) or (chosen and ranks in (1, 3))


def run(op: Op, tensors: Sequence[Tensor], batch: int, training: bool) -> list[torch.Tensor]:
    values = [sample(x, batch) for x in tensors]
    with torch.no_grad():
        output = made(op, tensors).train(training)(*values)
    return list(output) if isinstance(output, tuple | list) else [output]


def made(op: Op, tensors: Sequence[Tensor]) -> nn.Module:
    """Return torch's layer of the op's name and arguments, what follows from the input filled in."""
    name = type(op).__name__
    given = {key: getattr(op, key) for key in op.model_fields_set}
    if name in OURS:
        return Function(lambda *values: OURS[name](*values, **given))
    if name == "MultiheadAttention":
        return Attention(**{"embed_dim": tensors[0].shape[-1], **given})
    if given.get("padding") in ("same_upper", "same_lower"):
        return Same(name, tensors[0].shape[0], given)
    return getattr(nn, name)(**{**inferred(name, tensors[0].shape), **given})


def inferred(name: str, shape: tuple[int, ...]) -> Mapping[str, Any]:
    if re.fullmatch(r"Conv(Transpose)?\dd", name):
        return {"in_channels": shape[0]}
    if re.fullmatch(r"(Batch|Instance)Norm\dd", name):
        return {"num_features": shape[0]}
    return {
        "Linear": {"in_features": shape[-1:] and shape[-1]},
        "GroupNorm": {"num_channels": shape[:1] and shape[0]},
        "LayerNorm": {"normalized_shape": shape[-1:]},
        "RMSNorm": {"normalized_shape": shape[-1:]},
    }.get(name, {})


class Function(nn.Module):
    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *values: torch.Tensor) -> Any:
        return self.function(*values)


class Attention(nn.Module):
    def __init__(self, **given: Any) -> None:
        super().__init__()
        self.layer = nn.MultiheadAttention(**given, batch_first=True)

    def forward(self, *values: torch.Tensor) -> torch.Tensor:
        query, key, value = values * 3 if len(values) == 1 else values
        return self.layer(query, key, value)[0]


class Same(nn.Module):
    """A convolution after ONNX's same padding."""

    def __init__(self, name: str, channels: int, given: Mapping[str, Any]) -> None:
        super().__init__()
        self.upper = given["padding"] == "same_upper"
        self.mode = given.get("padding_mode", "zeros").replace("zeros", "constant")
        left = {key: value for key, value in given.items() if key not in ("padding", "padding_mode")}
        self.layer = getattr(nn, name)(channels, **left)

    def forward(self, x: torch.Tensor) -> Any:
        padding: list[int] = []
        layer = self.layer
        for size, k, s, d in zip(x.shape[2:], layer.kernel_size, layer.stride, layer.dilation, strict=True):
            total = max((-(-size // s) - 1) * s + (k - 1) * d + 1 - size, 0)
            less, more = total // 2, total - total // 2
            padding = [*((less, more) if self.upper else (more, less)), *padding]
        return layer(functional.pad(x, padding, self.mode))


def joined(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return torch's join, with a leading 1 of what has no batch expanded over the batch of the others."""

    def call(*values: torch.Tensor, dim: int = 1) -> Any:
        batch = next((len(x) for x in values if len(x) in BATCHES), 0)
        return function([x.expand(batch, *x.shape[1:]) if batch and len(x) == 1 else x for x in values], dim)

    return call


def product(*values: torch.Tensor) -> torch.Tensor:
    result = values[0]
    for value in values[1:]:
        result = result * value
    return result


FOLDS: Mapping[str, Callable[..., Any]] = {
    "Add": lambda *xs: sum(xs[1:], xs[0]),
    "Multiply": product,
    "Subtract": lambda a, b: a - b,
}
OURS: Mapping[str, Callable[..., Any]] = {
    **FOLDS,
    "MatMul": torch.matmul,
    "Concat": joined(torch.cat),
    "Stack": joined(torch.stack),
    "Chunk": lambda x, chunks, dim=1: x.chunk(chunks, dim),
    "Split": lambda x, split_size_or_sections, dim=1: torch.split(x, split_size_or_sections, dim),
    "Select": lambda x, dim, index: x.select(dim, index),
    "Slice": lambda x, dim, start=None, end=None, step=1: torch.ops.aten.slice.Tensor(x, dim, start, end, step),
    "Mean": lambda x, dim, keepdim=False: x.mean(dim, keepdim),
    "Permute": lambda x, dims: x.permute(dims),
    "Reshape": lambda x, shape: x.reshape(len(x), *shape),
    "Scale": lambda x, scale: x * scale,
    "StochasticDepth": lambda x, p, mode: x * torch.empty(1).bernoulli_(1 - p),
    "LayerNorm2d": lambda x, normalized_shape=None, **given: functional.layer_norm(
        x.permute(0, 2, 3, 1), x.shape[1:2] if normalized_shape is None else (normalized_shape,)
    ),
    "Parameter": lambda shape, init="zeros": torch.zeros(shape),
}
