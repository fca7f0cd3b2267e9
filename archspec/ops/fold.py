"""Windows of an image laid out as columns, and columns added up to an image."""

from math import prod
from typing import ClassVar

from pydantic import Field, ValidationInfo, field_validator

from archspec.arithmetic import Window, window, window_text
from archspec.ops import checks
from archspec.ops.base import ShapeError, Spelling, Tensor
from archspec.ops.fields import sizes
from archspec.ops.spatial import Spatial, Way, along, empty, fitting, one

__all__ = ["Fold", "Unfold"]


class _Columns(Spatial):
    """What folding and unfolding share: a window over an image of two axes."""

    family = "sampling"
    axes: ClassVar[int] = 2
    keeps_output = False
    dtypes = checks.FLOATS | {"bool"}

    kernel_size: tuple[int, ...]
    dilation: tuple[int, ...] = Field(1, validate_default=True)
    padding: tuple[int, ...] = Field(0, validate_default=True)
    stride: tuple[int, ...] = Field(1, validate_default=True)

    @field_validator("output_size", "kernel_size", "dilation", "padding", "stride", mode="before", check_fields=False)
    @classmethod
    def _one_per_axis(cls, value: object, info: ValidationInfo) -> object:
        """Take an int for both axes; a list has two elements."""
        return sizes(value, cls.axes, info.field_name, one=False)

    def sliding(self) -> tuple[Window, ...]:
        """Return how the window slides over each axis of the image."""
        return tuple(map(Window, self.kernel_size, self.stride, self.dilation, self.padding, self.padding))

    def places(self, spatial: tuple[int, ...]) -> list[int]:
        """Return how many places the window takes along each axis of an image; refuse none."""
        checks.at_least(1, kernel_size=self.kernel_size, dilation=self.dilation, stride=self.stride)
        checks.at_least(0, padding=self.padding)
        counts = []
        windows = self.sliding()
        for axis, (size, w) in enumerate(zip(spatial, windows, strict=True)):
            counts.append(window(size, w.kernel, w.stride, w.dilation, w.before, w.after))
            if counts[-1] < 1:
                fit = fitting(spatial, windows)
                ways = [Way("kernel_size", one(fit), "at most")] if min(fit) >= 1 else []
                raise empty(size, w, along(axis, 2), ways)
        return counts

    def spelling(self, x: Tensor) -> Spelling:  # noqa: ARG002
        """Return `nn.Unfold(kernel_size=…, …)`."""
        return Spelling(f"nn.{type(self).__name__}", self.keywords())


class Unfold(_Columns):
    """`(C, H, W) -> (C·kernel, places)`, a column for each place of a window, as torch.nn.Unfold."""

    def infer(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return the columns; refuse what torch does."""
        channels, spatial = self.arriving(x)
        places = prod(self.places(spatial))
        return checks.result(x, channels * prod(self.kernel_size), places)

    def windows(self, x: Tensor) -> tuple[Window, ...]:  # noqa: ARG002
        """Return how the window slides over each axis."""
        return self.sliding()


class Fold(_Columns):
    """`(C·kernel, places) -> (C, *output_size)`, columns added up in their places, as torch.nn.Fold.

    Refuses columns that are not as many as the window has places in the output, and as long as the kernel.
    """

    output_size: tuple[int, ...]

    def infer(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return the image; refuse what torch does."""
        checks.rank("Fold", x, 1)
        checks.dtype("Fold", x, self.dtypes)
        checks.at_least(1, output_size=self.output_size)
        counts = self.places(self.output_size)
        columns, length = x.shape
        if columns % prod(self.kernel_size):
            raise self._unfilled(columns)
        if prod(counts) != length:
            raise self._uncounted(counts, length)
        return checks.result(x, columns // prod(self.kernel_size), *self.output_size)

    def _unfilled(self, values: int) -> ShapeError:
        window = prod(self.kernel_size)
        shown = "·".join(map(str, self.kernel_size))
        return ShapeError(
            "AS205",
            f"a column of {values} values is no whole number of windows of {shown} = {window}",
            argument="kernel_size",
            notes=(f"{values} = {window}·{values // window} + {values % window}",),
            help=f"let {max(values // window, 1) * window} values arrive in each column",
        )

    def _uncounted(self, counts: list[int], length: int) -> ShapeError:
        each = zip(self.output_size, self.sliding(), strict=True)
        notes = [window_text(n, w.kernel, w.stride, w.dilation, w.before, w.after) for n, w in each]
        return ShapeError(
            "AS203",
            f"the window has {counts[0]}·{counts[1]} = {prod(counts)} places; {length} columns arrive",
            argument="output_size",
            notes=tuple(notes),
        )
