"""Batch and instance norms: a tensor comes in and goes out scaled by the statistics of each channel."""

from math import prod
from typing import ClassVar

from archspec.ops import checks
from archspec.ops.base import Op, ShapeError, Spelling, Tensor, Weight
from archspec.ops.fields import Inferred

__all__ = ["BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d"]


class _ChannelNorm(Op):
    """What batch and instance norms share: statistics, weight and bias of each channel."""

    family: ClassVar[str] = "normalization"
    keeps_output: ClassVar[bool] = False
    axes: ClassVar[int]

    num_features: Inferred = None
    eps: float = 1e-5
    momentum: float | None = 0.1
    affine: bool = True
    track_running_stats: bool = True
    bias: bool = True

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        (x,) = inputs
        name = type(self).__name__
        self._check_rank(x)
        owns = self.affine or self.track_running_stats
        checks.dtype(name, x, ("float32",) if owns else checks.FLOATS)
        if owns:
            checks.matches("num_features", self.num_features, x.shape[0], "channels")
        return (x,)

    def _check_rank(self, x: Tensor) -> None:
        checks.rank(type(self).__name__, x, self.axes)

    def weights(self, *inputs: Tensor) -> tuple[Weight, ...]:
        channels = inputs[0].shape[:1]
        learned = [Weight("weight", channels)] if self.affine else []
        if self.affine and self.bias:
            learned.append(Weight("bias", channels))
        tracked = (
            Weight("running_mean", channels, buffer=True),
            Weight("running_var", channels, buffer=True),
            Weight("num_batches_tracked", (), buffer=True, dtype="int64"),
        )
        return (*learned, *(tracked if self.track_running_stats else ()))

    def spelling(self, *inputs: Tensor) -> Spelling:
        channels = ("", inputs[0].shape[0])  # torch warns of another number, though nothing depends on it
        return Spelling(f"nn.{type(self).__name__}", (channels, *self.keywords("num_features")))


class _BatchNorm(_ChannelNorm):
    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        if self.eps <= 0:
            raise ShapeError(
                "AS201",
                f"eps is {self.eps}; it must be greater than 0",
                argument="eps",
                help="1e-5 is torch's",
            )
        return super().infer(*inputs)


class BatchNorm1d(_BatchNorm):
    """Normalize each channel over the batch: (C) -> (C) or (C, L) -> (C, L).

    Refuses an input of another rank and `eps` of 0 or less; a `num_features` other than the channels that
    arrive, unless the layer owns nothing. Ioffe and Szegedy 2015; `torch.nn.BatchNorm1d`.
    """

    axes: ClassVar[int] = 1

    def _check_rank(self, x: Tensor) -> None:
        checks.rank("BatchNorm1d", x, 0 if len(x.shape) == 1 else 1)


class BatchNorm2d(_BatchNorm):
    """Normalize each channel over batch and positions: (C, H, W) -> (C, H, W).

    Refuses an input of another rank and `eps` of 0 or less; a `num_features` other than the channels that
    arrive, unless the layer owns nothing. Ioffe and Szegedy 2015; `torch.nn.BatchNorm2d`.

    Example:
        >>> [weight.name for weight in BatchNorm2d(affine=False).weights(Tensor((64, 56, 56)))]
        ['running_mean', 'running_var', 'num_batches_tracked']
    """

    axes: ClassVar[int] = 2


class BatchNorm3d(_BatchNorm):
    """Normalize each channel over batch and positions: (C, D, H, W) -> (C, D, H, W).

    Refuses an input of another rank and `eps` of 0 or less; a `num_features` other than the channels that
    arrive, unless the layer owns nothing. Ioffe and Szegedy 2015; `torch.nn.BatchNorm3d`.
    """

    axes: ClassVar[int] = 3


class _InstanceNorm(_ChannelNorm):
    affine: bool = False
    track_running_stats: bool = False

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        (x,) = inputs
        outputs = super().infer(x)
        if prod(x.shape[1:]) == 1:
            raise ShapeError(
                "AS203",
                f"{type(self).__name__} normalizes over the positions of a channel; {x} has one",
                notes=("of one value the variance is 0, and torch refuses to train on it",),
                help="normalize before the pooling that leaves one position, or with LayerNorm or GroupNorm",
            )
        return outputs


class InstanceNorm1d(_InstanceNorm):
    """Normalize each channel of each sample: (C, L) -> (C, L).

    Refuses an input of another rank or of one position; a `num_features` other than the channels that
    arrive, unless the layer owns nothing. Ulyanov et al. 2016; `torch.nn.InstanceNorm1d`.
    """

    axes: ClassVar[int] = 1


class InstanceNorm2d(_InstanceNorm):
    """Normalize each channel of each sample: (C, H, W) -> (C, H, W).

    Refuses an input of another rank or of one position; a `num_features` other than the channels that
    arrive, unless the layer owns nothing. Ulyanov et al. 2016; `torch.nn.InstanceNorm2d`.
    """

    axes: ClassVar[int] = 2


class InstanceNorm3d(_InstanceNorm):
    """Normalize each channel of each sample: (C, D, H, W) -> (C, D, H, W).

    Refuses an input of another rank or of one position; a `num_features` other than the channels that
    arrive, unless the layer owns nothing. Ulyanov et al. 2016; `torch.nn.InstanceNorm3d`.
    """

    axes: ClassVar[int] = 3
