"""A layer of torch.nn as a spec sees it: name, arguments and input come in, what torch makes goes out."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import torch
from spelled import ran, sample
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from archspec.ops.base import Op, Tensor


@dataclass(frozen=True)
class Facts:
    """What a layer is: output, learned numbers, state_dict in order, multiply-accumulates of one sample."""

    shape: tuple[int, ...]
    parameters: int
    state: tuple[tuple[str, tuple[int, ...]], ...]
    macs: int


def judged(name: str, arguments: Mapping[str, Any], x: Tensor) -> Facts | None:
    """Return what torch makes of a layer; None where it refuses some batch, in training or evaluation."""

    def make() -> nn.Module:
        layer: nn.Module = getattr(nn, name)(**arguments)
        return layer

    outputs = ran(make, [x])
    if outputs is None:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        layer, counter = make().eval(), FlopCounterMode(display=False)
        try:
            with counter, torch.no_grad(), torch.backends.mkldnn.flags(enabled=False):
                layer(sample(x, 1))
        except RuntimeError:
            return None  # oneDNN, which torch uses where it can, lets a dilation of 0 pass
    return Facts(
        shape=outputs[0][0],
        parameters=sum(tensor.numel() for tensor in layer.parameters()),
        state=tuple((key, tuple(tensor.shape)) for key, tensor in layer.state_dict().items()),
        macs=counter.get_total_flops() // 2,
    )


def carries_round(size: int, before: int, after: int) -> bool:
    """Whether torch pads one row circularly with pixels of the row.

    For several rows it also runs where it copies memory over itself, which for one row it refuses, and where
    it copies memory that nothing was written to, which in its deterministic mode is NaN.
    """
    torch.use_deterministic_algorithms(mode=True)
    try:
        row = nn.functional.pad(torch.zeros(1, 1, size), (before, after), "circular")
    except RuntimeError:
        return False
    finally:
        torch.use_deterministic_algorithms(mode=False)
    return row.numel() > 0 and not bool(row.isnan().any())


def reads_nothing(name: str, padding: object, x: Tensor) -> bool:
    """Whether some row of a circular pad is made of more than itself."""
    if not name.startswith("Circular"):
        return False
    sides = padding if isinstance(padding, tuple) else (padding,) * 2 * int(name[-2])
    return not all(map(carries_round, reversed(x.shape), sides[::2], sides[1::2]))


def inferred(op: Op, x: Tensor) -> Facts:
    """Return the same from our own rules.

    Raises:
        ShapeError: where they refuse.
    """
    (out,) = op.infer(x)
    weights = op.weights(x)
    return Facts(
        shape=out.shape,
        parameters=sum(prod(weight.shape) for weight in weights if not weight.buffer),
        state=tuple((weight.name, weight.shape) for weight in weights),
        macs=op.macs(x),
    )
