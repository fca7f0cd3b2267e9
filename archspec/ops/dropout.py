"""Dropouts: a tensor comes in and goes out as it is, with parts of it zeroed in training."""

from typing import ClassVar

from archspec.ops import checks
from archspec.ops.axes import batch
from archspec.ops.base import Op, ShapeError, Spelling, Tensor

__all__ = [
    "AlphaDropout",
    "Dropout",
    "Dropout1d",
    "Dropout2d",
    "Dropout3d",
    "FeatureAlphaDropout",
    "check_probability",
]


def check_probability(argument: str, p: float) -> None:
    """Refuse (AS201) what is no probability."""
    if not 0 <= p <= 1:
        share = p / 100 if 1 < p <= _ALL else None
        raise ShapeError(
            "AS201",
            f"{argument} is {p}; it must be between 0 and 1",
            argument=argument,
            help=None if share is None else f"{argument}: {share} is {p:g} %",
            would=() if share is None else ({argument: share},),
            same_output=True,
        )


_ALL = 100  # per cent


class _Dropout(Op):
    family: ClassVar[str] = "dropout"
    keeps_output: ClassVar[bool] = False
    aliases: ClassVar[bool] = True  # in evaluation
    least: ClassVar[int] = 0
    """How many axes it needs beside the batch."""

    p: float = 0.5
    inplace: bool = False

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Return the input's shape. Refuses what is no probability, and whole numbers."""
        (x,) = inputs
        check_probability("p", self.p)
        self._check_rank(x)
        checks.dtype(type(self).__name__, x, checks.FLOATS)
        return (x,)

    def _check_rank(self, x: Tensor) -> None:
        batch(type(self).__name__, x, self.least)

    def spelling(self, *inputs: Tensor) -> Spelling:  # noqa: ARG002
        """Return the class of torch.nn with the arguments that are written."""
        return Spelling(f"nn.{type(self).__name__}", self.keywords())


class _ChannelDropout(_Dropout):
    axes: ClassVar[int]

    def _check_rank(self, x: Tensor) -> None:
        checks.rank(type(self).__name__, x, self.axes)


class Dropout(_Dropout):
    """Zero values with probability p, scale up the rest: (…) -> (…).

    Refuses a `p` outside 0 to 1. Hinton et al. 2012; `torch.nn.Dropout`.
    """


class Dropout1d(_ChannelDropout):
    """Zero whole channels with probability p: (C, L) -> (C, L).

    Refuses a `p` outside 0 to 1 and another rank. Tompson et al. 2014; `torch.nn.Dropout1d`.
    """

    axes: ClassVar[int] = 1


class Dropout2d(_ChannelDropout):
    """Zero whole channels with probability p: (C, H, W) -> (C, H, W).

    Refuses a `p` outside 0 to 1 and another rank. Tompson et al. 2014; `torch.nn.Dropout2d`.
    """

    axes: ClassVar[int] = 2


class Dropout3d(_ChannelDropout):
    """Zero whole channels with probability p: (C, D, H, W) -> (C, D, H, W).

    Refuses a `p` outside 0 to 1 and another rank. Tompson et al. 2014; `torch.nn.Dropout3d`.
    """

    axes: ClassVar[int] = 3


class AlphaDropout(_Dropout):
    """Set values to SELU's lowest with probability p, keeping mean and variance: (…) -> (…).

    Refuses a `p` outside 0 to 1. Klambauer et al. 2017; `torch.nn.AlphaDropout`.
    """


class FeatureAlphaDropout(_Dropout):
    """AlphaDropout of whole channels: (C, …) -> (C, …).

    Refuses a `p` outside 0 to 1 and an input without channels. `torch.nn.FeatureAlphaDropout`.
    """

    least: ClassVar[int] = 1
