"""Pads over one, two and three axes: constants, zeros, or the input's own pixels around it."""

from typing import ClassVar

from pydantic import field_validator

from archspec.ops import checks
from archspec.ops.base import ShapeError, Spelling, Tensor, Value
from archspec.ops.fields import mistake, sizes
from archspec.ops.spatial import Spatial

__all__ = [
    "CircularPad1d",
    "CircularPad2d",
    "CircularPad3d",
    "ConstantPad1d",
    "ConstantPad2d",
    "ConstantPad3d",
    "ReflectionPad1d",
    "ReflectionPad2d",
    "ReflectionPad3d",
    "ReplicationPad1d",
    "ReplicationPad2d",
    "ReplicationPad3d",
    "ZeroPad1d",
    "ZeroPad2d",
    "ZeroPad3d",
]


class _Pad(Spatial):
    """`(C, *spatial) -> (C, *spatial')`. Pairs begin with the last axis; a negative size crops.

    An int is for all sides. As in torch a list may be longer or shorter than the axes: fewer pairs pad fewer
    axes, where constants are padded with, and more reach the channels.
    """

    family = "padding"
    keeps_output = False
    aliases = False
    mode: ClassVar[str] = "constant"

    padding: tuple[int, ...]

    @field_validator("padding", mode="before")
    @classmethod
    def _pairs(cls, value: object) -> object:
        """Take an int for every side, or pairs."""
        if isinstance(value, (list, tuple)):
            if len(value) % 2:
                raise mistake("padding", f"an integer or a list of {2 * cls.axes} integers, in pairs", value)
            return sizes(value, len(value), "padding", one=False)
        return sizes(value, 2 * cls.axes, "padding", one=False)

    def infer(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return the output; refuse what torch does."""
        channels, spatial = self.arriving(x)
        pairs = list(zip(self.padding[::2], self.padding[1::2], strict=True))
        self._reaches(len(pairs))
        shape = [channels, *spatial]
        for axis, pair in enumerate(pairs, start=1):
            checks.border(self.mode, "padding", pair, shape[-axis], self._where(axis))
            shape[-axis] += sum(pair)
        return checks.result(x, *shape)

    def _where(self, axis: int) -> str:
        if axis > self.axes:
            return " along the channels"
        return f" along the {checks.axes_words(self.axes)[-axis]}"

    def _reaches(self, pairs: int) -> None:
        """Refuse pairs for more axes than there are; torch pads only whole images with their own pixels."""
        most = self.axes + 1
        least = 0 if self.mode == "constant" else self.axes
        if pairs > most or (self.mode != "constant" and pairs > 3) or pairs < least:
            raise ShapeError(
                "AS201",
                f"padding has {pairs} pairs; {type(self).__name__} pads {self.axes} axes",
                argument="padding",
                help=f"a list of {2 * self.axes}: {', '.join(_SIDES[: 2 * self.axes])}",
            )

    def keywords(self, *positional: str) -> tuple[tuple[str, Value], ...]:
        """Return the written arguments; one size is for all sides, so it spells no shorter or longer list."""
        keywords = dict(super().keywords(*positional))
        if len(self.padding) != 2 * self.axes:
            keywords["padding"] = self.padding
        return tuple(keywords.items())

    def spelling(self, x: Tensor) -> Spelling:  # noqa: ARG002
        """Return `nn.ZeroPad2d(padding=…)`."""
        return Spelling(f"nn.{type(self).__name__}", self.keywords())


_SIDES = ("left", "right", "top", "bottom", "front", "back")


class ConstantPad1d(_Pad):
    """`(C, L) -> (C, L')` with `value` around it, as torch.nn.ConstantPad1d; refuses what torch does."""

    axes: ClassVar[int] = 1
    dtypes = checks.ANY

    value: float


class ConstantPad2d(ConstantPad1d):
    """`(C, H, W) -> (C, H', W')` with `value` around, as torch.nn.ConstantPad2d; refuses what torch does."""

    axes: ClassVar[int] = 2


class ConstantPad3d(ConstantPad1d):
    """`(C, D, H, W) -> (C, D', H', W')` with `value` around it, as torch.nn.ConstantPad3d."""

    axes: ClassVar[int] = 3


class ZeroPad1d(_Pad):
    """`(C, L) -> (C, L')` with zeros around it, as torch.nn.ZeroPad1d; refuses what torch does."""

    axes: ClassVar[int] = 1
    dtypes = checks.ANY


class ZeroPad2d(ZeroPad1d):
    """`(C, H, W) -> (C, H', W')` with zeros around it, as torch.nn.ZeroPad2d; refuses what torch does.

    Example:
        >>> ZeroPad2d(padding=[1, 2, 3, 4]).infer(Tensor((1, 5, 6)))[0].shape
        (1, 12, 9)
    """

    axes: ClassVar[int] = 2


class ZeroPad3d(ZeroPad1d):
    """`(C, D, H, W) -> (C, D', H', W')` with zeros around it, as torch.nn.ZeroPad3d."""

    axes: ClassVar[int] = 3


class ReflectionPad1d(_Pad):
    """`(C, L) -> (C, L')`, mirrored at its edges, as torch.nn.ReflectionPad1d; refuses what torch does."""

    axes: ClassVar[int] = 1
    dtypes = checks.FLOATS | checks.INTEGERS
    mode = "reflect"


class ReflectionPad2d(ReflectionPad1d):
    """`(C, H, W) -> (C, H', W')`, mirrored at its edges, as torch.nn.ReflectionPad2d."""

    axes: ClassVar[int] = 2


class ReflectionPad3d(ReflectionPad1d):
    """`(C, D, H, W) -> (C, D', H', W')`, mirrored at its edges, as torch.nn.ReflectionPad3d."""

    axes: ClassVar[int] = 3


class ReplicationPad1d(_Pad):
    """`(C, L) -> (C, L')` with its edge repeated, as torch.nn.ReplicationPad1d; refuses what torch does."""

    axes: ClassVar[int] = 1
    dtypes = checks.FLOATS | checks.INTEGERS
    mode = "replicate"


class ReplicationPad2d(ReplicationPad1d):
    """`(C, H, W) -> (C, H', W')` with its edges repeated, as torch.nn.ReplicationPad2d."""

    axes: ClassVar[int] = 2


class ReplicationPad3d(ReplicationPad1d):
    """`(C, D, H, W) -> (C, D', H', W')` with its edges repeated, as torch.nn.ReplicationPad3d."""

    axes: ClassVar[int] = 3


class CircularPad1d(_Pad):
    """`(C, L) -> (C, L')`, carried on round, as torch.nn.CircularPad1d; the padding is at most the size."""

    axes: ClassVar[int] = 1
    dtypes = checks.ANY
    mode = "circular"


class CircularPad2d(CircularPad1d):
    """`(C, H, W) -> (C, H', W')`, carried on round, as torch.nn.CircularPad2d."""

    axes: ClassVar[int] = 2


class CircularPad3d(CircularPad1d):
    """`(C, D, H, W) -> (C, D', H', W')`, carried on round, as torch.nn.CircularPad3d."""

    axes: ClassVar[int] = 3
