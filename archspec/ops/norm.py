"""Normalization: a tensor comes in, one of the same shape goes out, scaled by statistics of its own."""

from typing import ClassVar

from archspec.ops import checks
from archspec.ops.axes import batch
from archspec.ops.base import Op, ShapeError, Spelling, Tensor, Weight
from archspec.ops.fields import Inferred, InferredShape

__all__ = [
    "CrossMapLRN2d",
    "GroupNorm",
    "LayerNorm",
    "LocalResponseNorm",
    "RMSNorm",
]

_WEIGHTED = ("float32",)


class _Norm(Op):
    """Whatever a norm does, its output has its input's shape, and autograd keeps the input."""

    family: ClassVar[str] = "normalization"
    keeps_output: ClassVar[bool] = False


class _LastAxesNorm(_Norm):
    """What norms over the last axes share: `normalized_shape`, the last axis where it is not written."""

    normalized_shape: InferredShape = None

    def _normalized(self, x: Tensor) -> tuple[int, ...]:
        """Return the sizes of the axes that are normalized over; refuse (AS203) those that do not arrive."""
        written = self.normalized_shape
        if written is None:
            batch(type(self).__name__, x, 1)
            return x.shape[-1:]
        sizes = (written,) if isinstance(written, int) else written
        if not sizes:
            raise ShapeError("AS201", "normalized_shape names no axis", argument="normalized_shape")
        batch(type(self).__name__, x, len(sizes))
        if x.shape[-len(sizes) :] != sizes:
            raise ShapeError(
                "AS203",
                f"normalized_shape is {_listed(sizes)}, but the last axes that arrive are "
                f"{_listed(x.shape[-len(sizes) :])}",
                argument="normalized_shape",
                help=self._instead(sizes, x),
            )
        return sizes

    def _instead(self, sizes: tuple[int, ...], x: Tensor) -> str:
        if len(x.shape) == 3 and sizes == x.shape[:1]:
            return "LayerNorm2d normalizes over the channels of an image; LayerNorm, over the last axes"
        return "leave it out: the last axis is taken from the input"

    def spelling(self, *inputs: Tensor) -> Spelling:
        sizes = inputs[0].shape[-1] if self.normalized_shape is None else self.normalized_shape
        return Spelling(f"nn.{type(self).__name__}", (("", sizes), *self.keywords("normalized_shape")))


class LayerNorm(_LastAxesNorm):
    """Normalize each sample over its last axes: (…, F) -> (…, F).

    `normalized_shape` is the last axis where it is not written: the features of a token, and of an image its
    width, not its channels (LayerNorm2d). Refuses sizes other than those that arrive.
    Ba et al. 2016; `torch.nn.LayerNorm`.
    """

    eps: float = 1e-5
    elementwise_affine: bool = True
    bias: bool = True

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Return the input's shape."""
        (x,) = inputs
        checks.dtype("LayerNorm", x, _WEIGHTED if self.elementwise_affine else checks.FLOATS)
        self._normalized(x)
        return (x,)

    def weights(self, *inputs: Tensor) -> tuple[Weight, ...]:
        """Return the scale and the shift of each value."""
        names = ("weight", "bias") if self.bias else ("weight",)
        return tuple(Weight(name, self._normalized(*inputs)) for name in names if self.elementwise_affine)


class RMSNorm(_LastAxesNorm):
    """Divide each sample by the root mean square over its last axes: (…, F) -> (…, F).

    `normalized_shape` is the last axis where it is not written. Refuses sizes other than those that arrive.
    `eps` is the dtype's own where it is not written. Zhang and Sennrich 2019; `torch.nn.RMSNorm`.
    """

    eps: float | None = None
    elementwise_affine: bool = True

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Return the input's shape."""
        (x,) = inputs
        checks.dtype("RMSNorm", x, _WEIGHTED if self.elementwise_affine else checks.FLOATS)
        self._normalized(x)
        return (x,)

    def weights(self, *inputs: Tensor) -> tuple[Weight, ...]:
        """Return the scale of each value."""
        return (Weight("weight", self._normalized(*inputs)),) if self.elementwise_affine else ()


class GroupNorm(_Norm):
    """Normalize groups of channels of each sample: (C, …) -> (C, …).

    Refuses a `num_groups` that does not divide the channels, and a `num_channels` other than those that
    arrive, unless the layer owns nothing. On the CPU torch 2.13 crashes in its backward pass where it reads a value
    with the channels last that needs no gradient, as a permuted input. Wu and He 2018; `torch.nn.GroupNorm`.
    """

    num_groups: int
    num_channels: Inferred = None
    eps: float = 1e-5
    affine: bool = True
    bias: bool = True

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Return the input's shape."""
        (x,) = inputs
        checks.at_least(1, num_groups=self.num_groups)
        batch("GroupNorm", x, 1)
        checks.dtype("GroupNorm", x, _WEIGHTED if self.affine else checks.FLOATS)
        if self.affine:
            checks.matches("num_channels", self.num_channels, x.shape[0], "channels")
        checks.divisible("num_groups", self.num_groups, "channels", *self._channels(x))
        return (x,)

    def _channels(self, x: Tensor) -> tuple[int, ...]:
        """Return what the groups must divide: the channels that arrive, and those written."""
        return (x.shape[0],) if self.num_channels is None else (x.shape[0], self.num_channels)

    def weights(self, *inputs: Tensor) -> tuple[Weight, ...]:
        """Return the scale and the shift of each channel."""
        names = ("weight", "bias") if self.bias else ("weight",)
        return tuple(Weight(name, inputs[0].shape[:1]) for name in names if self.affine)

    def spelling(self, *inputs: Tensor) -> Spelling:
        """Return the class of torch.nn with the channels."""
        sizes = (("", self.num_groups), ("", inputs[0].shape[0]))
        return Spelling("nn.GroupNorm", (*sizes, *self.keywords("num_groups", "num_channels")))


class LocalResponseNorm(_Norm):
    """Divide each value by its neighbours across channels: (C, L, …) -> (C, L, …).

    Refuses an input without positions and a `size` below 1. Krizhevsky et al. 2012;
    `torch.nn.LocalResponseNorm`.
    """

    size: int
    alpha: float = 1e-4
    beta: float = 0.75
    k: float = 1.0

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Return the input's shape."""
        (x,) = inputs
        _check_size(self.size)
        batch("LocalResponseNorm", x, 2)
        checks.dtype("LocalResponseNorm", x, checks.FLOATS)
        return (x,)

    def spelling(self, *inputs: Tensor) -> Spelling:  # noqa: ARG002
        """Return the class of torch.nn with the arguments that are written."""
        return Spelling("nn.LocalResponseNorm", self.keywords())


class CrossMapLRN2d(_Norm):
    """Divide each value by its neighbours across channels: (C, H, W) -> (C, H, W).

    As LocalResponseNorm, in the words of older files. Refuses an input of another rank and a `size` below 1.
    Krizhevsky et al. 2012; `torch.nn.CrossMapLRN2d`.
    """

    keeps_output: ClassVar[bool] = True

    size: int
    alpha: float = 1e-4
    beta: float = 0.75
    k: float = 1

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Return the input's shape."""
        (x,) = inputs
        _check_size(self.size)
        checks.rank("CrossMapLRN2d", x, 2)
        checks.dtype("CrossMapLRN2d", x, checks.FLOATS)
        return (x,)

    def spelling(self, *inputs: Tensor) -> Spelling:  # noqa: ARG002
        """Return the class of torch.nn with the arguments that are written."""
        return Spelling("nn.CrossMapLRN2d", self.keywords())


_WIDEST = 1 << 16  # channels; torch pads by half of it, so memory grows with what is written


def _check_size(size: int) -> None:
    checks.at_least(1, size=size)
    if size > _WIDEST:
        raise ShapeError("AS009", f"size is {size}; the limit is {_WIDEST} channels", argument="size")


def _listed(sizes: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, sizes))}]"
