"""Pools that are told the size to give, and set their windows by the size that arrives."""

from typing import ClassVar

from pydantic import ValidationInfo, field_validator

from archspec.ops import checks
from archspec.ops.base import ShapeError, Spelling, Tensor
from archspec.ops.fields import mistake, sizes
from archspec.ops.pool import refuse_indices
from archspec.ops.spatial import Spatial, along

__all__ = [
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
    "FractionalMaxPool2d",
    "FractionalMaxPool3d",
]


class AdaptiveAvgPool1d(Spatial):
    """`(C, L) -> (C, output_size)`, as torch.nn.AdaptiveAvgPool1d; refuses what torch does."""

    family = "pooling"
    axes: ClassVar[int] = 1
    keeps_output = False

    output_size: tuple[int | None, ...]

    @field_validator("output_size", mode="before")
    @classmethod
    def _one_per_axis(cls, value: object) -> object:
        """Take an int for every axis; a null in the list keeps that axis, where there are two or more."""
        if cls.axes > 1 and isinstance(value, (list, tuple)) and len(value) == cls.axes and None in value:
            return value
        return sizes(value, cls.axes, "output_size", one=False)

    def infer(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return the output, whatever size arrives; refuse a size below 1."""
        channels, spatial = self.arriving(x)
        sizes = tuple(size if n is None else n for size, n in zip(spatial, self.output_size, strict=True))
        checks.at_least(1, output_size=sizes)
        return checks.result(x, channels, *sizes)

    def spelling(self, x: Tensor) -> Spelling:  # noqa: ARG002
        """Return `nn.AdaptiveAvgPool2d(output_size=…)`."""
        return Spelling(f"nn.{type(self).__name__}", self.keywords())


class AdaptiveAvgPool2d(AdaptiveAvgPool1d):
    """`(C, H, W) -> (C, *output_size)`, as torch.nn.AdaptiveAvgPool2d; refuses what torch does."""

    axes: ClassVar[int] = 2


class AdaptiveAvgPool3d(AdaptiveAvgPool1d):
    """`(C, D, H, W) -> (C, *output_size)`, as torch.nn.AdaptiveAvgPool3d; refuses what torch does."""

    axes: ClassVar[int] = 3


class AdaptiveMaxPool1d(AdaptiveAvgPool1d):
    """`(C, L) -> (C, output_size)`, as torch.nn.AdaptiveMaxPool1d; refuses what torch does."""

    return_indices: bool = False

    def infer(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return the output, whatever size arrives; refuse a size below 1."""
        refuse_indices(self.return_indices)
        return super().infer(x)


class AdaptiveMaxPool2d(AdaptiveMaxPool1d):
    """`(C, H, W) -> (C, *output_size)`, as torch.nn.AdaptiveMaxPool2d; refuses what torch does."""

    axes: ClassVar[int] = 2


class AdaptiveMaxPool3d(AdaptiveMaxPool1d):
    """`(C, D, H, W) -> (C, *output_size)`, as torch.nn.AdaptiveMaxPool3d; refuses what torch does."""

    axes: ClassVar[int] = 3


class FractionalMaxPool2d(Spatial):
    """`(C, H, W) -> (C, *output_size)`, as torch.nn.FractionalMaxPool2d; refuses what torch does.

    The windows lie at random, a different one each time. Graham, "Fractional Max-Pooling" (arXiv:1412.6071).
    """

    family = "pooling"
    axes: ClassVar[int] = 2
    keeps_output = False

    spare: ClassVar[int] = 0
    """How many pixels torch wants to remain."""

    kernel_size: tuple[int, ...]
    output_size: tuple[int, ...] | None = None
    output_ratio: tuple[float, ...] | None = None
    return_indices: bool = False

    @field_validator("kernel_size", "output_size", mode="before")
    @classmethod
    def _one_per_axis(cls, value: object, info: ValidationInfo) -> object:
        """Take an int for every axis."""
        if value is None and info.field_name == "output_size":
            return None
        return sizes(value, cls.axes, info.field_name, one=False)

    @field_validator("output_ratio", mode="before")
    @classmethod
    def _ratio_per_axis(cls, value: object) -> object:
        """Take a number for every axis."""
        ratios = value if isinstance(value, (list, tuple)) else (value,) * cls.axes
        if value is None:
            return None
        if len(ratios) != cls.axes or not all(isinstance(ratio, float) for ratio in ratios):
            raise mistake("output_ratio", f"a fraction or a list of {cls.axes} fractions", value)
        return tuple(ratios)

    def infer(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return the output; refuse what torch does, and a kernel or an output of nothing."""
        channels, spatial = self.arriving(x)
        refuse_indices(self.return_indices)
        checks.at_least(1, kernel_size=self.kernel_size)
        shape = self._sizes(spatial)
        for axis, (size, out, kernel) in enumerate(zip(spatial, shape, self.kernel_size, strict=True)):
            if out < 1:
                raise _nothing(size, out, self.output_size is None, along(axis, self.axes))
            if out + kernel - 1 > size - self.spare:
                raise self._too_large(size, out, kernel, along(axis, self.axes))
        return checks.result(x, channels, *shape)

    def _too_large(self, size: int, out: int, kernel: int, where: str) -> ShapeError:
        """Say what would do alone: fewer windows, where they are written as a number, or smaller ones."""
        room = size - self.spare
        ways = [("output_size", room - kernel + 1)] if self.output_size is not None else []
        ways.append(("kernel_size", room - out + 1))
        would = {argument: most for argument, most in ways if most >= 1}
        spare = f", of which torch leaves {self.spare} over" if self.spare else ""
        return ShapeError(
            "AS202",
            f"{out} windows of {kernel} need {out + kernel - 1} pixels; there are {size}{where}{spare}",
            argument="kernel_size",
            notes=(f"{out} + {kernel} − 1 = {out + kernel - 1} > {room}",),
            help="; or ".join(f"{argument}: {most} at most" for argument, most in would.items()) or None,
            would=tuple({argument: most} for argument, most in would.items()),
        )

    def _sizes(self, spatial: tuple[int, ...]) -> tuple[int, ...]:
        """Return the sizes to give; refuse to be told them twice, or not at all, or a ratio not below 1."""
        if (self.output_size is None) == (self.output_ratio is None):
            raise ShapeError("AS201", "either output_size or output_ratio is needed, and not both", "output_size")
        if self.output_size is not None:
            return self.output_size
        ratios = self.output_ratio or ()
        if not all(0 < ratio < 1 for ratio in ratios):
            raise ShapeError("AS201", "output_ratio must lie between 0 and 1", argument="output_ratio")
        return tuple(int(size * ratio) for size, ratio in zip(spatial, ratios, strict=True))

    def spelling(self, x: Tensor) -> Spelling:  # noqa: ARG002
        """Return `nn.FractionalMaxPool2d(kernel_size=…, output_size=…)`."""
        return Spelling(f"nn.{type(self).__name__}", self.keywords())


def _nothing(size: int, out: int, by_ratio: bool, where: str) -> ShapeError:
    argument = "output_ratio" if by_ratio else "output_size"
    return ShapeError("AS202", f"{argument} leaves {out} of the {size} pixels that arrive{where}", argument)


class FractionalMaxPool3d(FractionalMaxPool2d):
    """`(C, D, H, W) -> (C, *output_size)`, as torch.nn.FractionalMaxPool3d; refuses what torch does."""

    axes: ClassVar[int] = 3
    spare = 1
