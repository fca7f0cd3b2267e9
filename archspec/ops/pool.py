"""Pools over one, two and three axes: the greatest value, the mean or a norm of each window."""

from math import isinf
from typing import ClassVar

from pydantic import Field, ValidationInfo, field_validator

from archspec.arithmetic import Window, window
from archspec.ops import checks
from archspec.ops.base import ShapeError, Spelling, Tensor
from archspec.ops.fields import mistake, sizes
from archspec.ops.spatial import Spatial, Way, along, empty, fitting, one

__all__ = [
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "LPPool1d",
    "LPPool2d",
    "LPPool3d",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
    "refuse_indices",
]


class _Pool(Spatial):
    """`(C, *spatial) -> (C, *spatial')`. The stride is the kernel where none is written."""

    family = "pooling"
    keeps_output = False
    limit: ClassVar[int] = 2**31
    """What torch's loops count in; sizes from here on overflow."""

    kernel_size: tuple[int, ...]
    stride: tuple[int, ...] | None = None
    ceil_mode: bool = False

    @field_validator("kernel_size", "stride", "padding", "dilation", mode="before", check_fields=False)
    @classmethod
    def _one_per_axis(cls, value: object, info: ValidationInfo) -> object:
        """Take an int or a list of one for every axis; no stride, or an empty list, is the kernel's size."""
        if info.field_name == "stride" and value in (None, [], ()):
            return None
        return sizes(value, cls.axes, info.field_name)

    def infer(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return the output; refuse what torch does."""
        channels, spatial = self.arriving(x)
        shape = []
        windows = self.windows(x)
        for axis, (size, w) in enumerate(zip(spatial, windows, strict=True)):
            self._check(size, w, along(axis, self.axes))
        for axis, (size, w) in enumerate(zip(spatial, windows, strict=True)):
            count = window(size, w.kernel, w.stride, w.dilation, w.before, w.after, ceil=self.ceil_mode)
            if count < 1:
                raise empty(size, w, along(axis, self.axes), _ways_in(spatial, windows), ceil=self.ceil_mode)
            self._check_reach(size, w, count, along(axis, self.axes))
            shape.append(count)
        return checks.result(x, channels, *shape)

    def windows(self, x: Tensor) -> tuple[Window, ...]:  # noqa: ARG002
        """Return how the window slides over each axis; `ceil_mode` may let the last one hang over the end."""
        return tuple(map(Window, self.kernel_size, self.stride or self.kernel_size))

    def _check(self, size: int, w: Window, where: str) -> None:  # noqa: ARG002
        """Refuse what torch does before it counts windows."""
        checks.at_least(1, kernel_size=w.kernel, stride=w.stride, dilation=w.dilation)
        for name, number in (("kernel_size", w.kernel), ("stride", w.stride), ("dilation", w.dilation)):
            if number >= self.limit:
                raise ShapeError("AS201", f"{name} is {number}; pools count below 2³¹", argument=name)

    def _check_reach(self, size: int, w: Window, count: int, where: str) -> None:
        """Refuse windows that read nothing; only dilation makes them."""

    def spelling(self, x: Tensor) -> Spelling:  # noqa: ARG002
        """Return `nn.MaxPool2d(kernel_size=…, …)`."""
        return Spelling(f"nn.{type(self).__name__}", self.keywords())


def _ways_in(spatial: tuple[int, ...], windows: tuple[Window, ...]) -> list[Way]:
    """Return what would let the window in along every axis: a smaller kernel, or windows that hang over the end."""
    ways, fit, axes = [], fitting(spatial, windows), tuple(zip(spatial, windows, strict=True))
    near = [w.dilation <= size for size, w in axes]  # one of its taps is inside, wherever it stands
    if all(k >= max(1, 2 * w.before) and (inside or k == 1) for k, w, inside in zip(fit, windows, near, strict=True)):
        ways.append(Way("kernel_size", one(fit), "is the largest that fits"))
    over = (window(size, w.kernel, w.stride, w.dilation, w.before, w.after, ceil=True) for size, w in axes)
    if all(near) and min(over) >= 1:
        ways.append(Way("ceil_mode", value=True, what="keeps a window that hangs over the end"))
    return ways


class _Padded(_Pool):
    """A pool with padding, which is at most half of the kernel."""

    padding: tuple[int, ...] = Field(0, validate_default=True)

    def windows(self, x: Tensor) -> tuple[Window, ...]:  # noqa: ARG002
        """Return how the window slides over each axis; `ceil_mode` may let the last one hang over the end."""
        ones = (1,) * self.axes
        strides = self.stride or self.kernel_size
        return tuple(map(Window, self.kernel_size, strides, ones, self.padding, self.padding))

    def _check(self, size: int, w: Window, where: str) -> None:
        super()._check(size, w, where)
        checks.at_least(0, padding=w.before)
        if 2 * w.before > w.kernel:
            raise ShapeError(
                "AS201",
                f"padding {w.before} is more than half of the kernel of {w.kernel}{where}",
                argument="padding",
                help=f"padding: {w.kernel // 2} at most",
                would=({"padding": w.kernel // 2},),
            )


class _Max(_Padded):
    """The greatest value of each window; padding is −∞."""

    dtypes = checks.FLOATS | checks.INTEGERS

    dilation: tuple[int, ...] = Field(1, validate_default=True)
    return_indices: bool = False

    def infer(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return the output; refuse what torch does, and what would read nothing but padding."""
        refuse_indices(self.return_indices)
        return super().infer(x)

    def windows(self, x: Tensor) -> tuple[Window, ...]:  # noqa: ARG002
        """Return how the window slides over each axis; `ceil_mode` may let the last one hang over the end."""
        strides = self.stride or self.kernel_size
        return tuple(map(Window, self.kernel_size, strides, self.dilation, self.padding, self.padding))

    def _check_reach(self, size: int, w: Window, count: int, where: str) -> None:
        """Refuse a window whose taps all miss the axis: torch gives −∞, and its backward corrupts memory.

        Only windows that begin before the axis can, and only if the gaps are wider than it; of so wide a
        kernel, at most half of it in the padding, there are a few at most.
        """
        if w.dilation <= size:
            return
        for place in range(min(count, -(-w.before // w.stride))):
            if (place * w.stride - w.before) % w.dilation >= size:
                raise ShapeError(
                    "AS202",
                    f"window {place + 1}{where} reads padding alone: its gaps exceed the {size} pixels",
                    argument="dilation",
                    help=f"dilation: {size} at most",
                    would=({"dilation": size},),
                )


def refuse_indices(wanted: bool) -> None:
    """Refuse (AS201) `return_indices`, which would make a pool return two tensors of different kinds."""
    if wanted:
        raise ShapeError(
            "AS201",
            "return_indices makes the layer return a pair, which MaxUnpool alone reads: no op",
            argument="return_indices",
            help="leave it out; Upsample or ConvTranspose enlarges again",
        )


class MaxPool1d(_Max):
    """`(C, L) -> (C, L')`, as torch.nn.MaxPool1d; refuses what torch does."""

    axes: ClassVar[int] = 1
    dtypes = checks.FLOATS
    limit = 2**63


class MaxPool2d(_Max):
    """`(C, H, W) -> (C, H', W')`, as torch.nn.MaxPool2d; refuses what torch does.

    Example:
        >>> MaxPool2d(kernel_size=3, stride=2, padding=1).infer(Tensor((64, 112, 112)))[0].shape
        (64, 56, 56)
    """

    axes: ClassVar[int] = 2


class MaxPool3d(_Max):
    """`(C, D, H, W) -> (C, D', H', W')`, as torch.nn.MaxPool3d; refuses what torch does."""

    axes: ClassVar[int] = 3


class AvgPool1d(_Padded):
    """`(C, L) -> (C, L')`, as torch.nn.AvgPool1d; refuses what torch does."""

    axes: ClassVar[int] = 1
    dtypes = checks.FLOATS | {"int64"}

    count_include_pad: bool = True


class AvgPool2d(AvgPool1d):
    """`(C, H, W) -> (C, H', W')`, as torch.nn.AvgPool2d; refuses what torch does, a divisor of 0 too."""

    axes: ClassVar[int] = 2

    divisor_override: int | None = None

    def infer(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return the output; refuse what torch does."""
        if self.divisor_override == 0:
            raise ShapeError("AS201", "divisor_override is 0; nothing is divided by it", "divisor_override")
        return super().infer(x)


def _fits_bare(size: int, w: Window, where: str) -> None:
    """Refuse a kernel larger than the axis; torch's means over volumes count neither padding nor overhang."""
    if w.kernel > size:
        raise empty(size, Window(w.kernel, w.stride), where, [Way("kernel_size", size, "at most")])


class AvgPool3d(AvgPool2d):
    """`(C, D, H, W) -> (C, D', H', W')`, as torch.nn.AvgPool3d; refuses what torch does.

    Unlike in one and two dimensions the kernel must fit without the padding.
    """

    axes: ClassVar[int] = 3
    dtypes = frozenset({"float32", "float64", "int64"})

    def _check(self, size: int, w: Window, where: str) -> None:
        super()._check(size, w, where)
        if w.kernel > size:
            raise empty(size, Window(w.kernel, w.stride), where, [Way("kernel_size", size, "at most, padded or not")])


class _Norm(Spatial):
    """The norm stands first: what a kernel may be depends on it."""

    norm_type: float


class LPPool1d(_Pool, _Norm):
    """`(C, L) -> (C, L')`, as torch.nn.LPPool1d; refuses what torch does, a kernel in a list too."""

    axes: ClassVar[int] = 1

    @field_validator("kernel_size", mode="before")
    @classmethod
    def _no_list_of_one(cls, value: object, info: ValidationInfo) -> object:
        """Refuse a list of one: torch multiplies by the kernel, and only a norm of infinity does without."""
        one = isinstance(value, (list, tuple)) and len(value) == 1
        if one and (cls.axes > 1 or not isinf(info.data.get("norm_type", 0))):
            raise mistake("kernel_size", "an integer", value)
        return value

    def infer(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return the output; refuse what torch does."""
        if self.norm_type == 0:
            raise ShapeError("AS201", "norm_type is 0; there is no 0th root", argument="norm_type")
        return super().infer(x)


class LPPool2d(LPPool1d):
    """`(C, H, W) -> (C, H', W')`, as torch.nn.LPPool2d; refuses what torch does."""

    axes: ClassVar[int] = 2


class LPPool3d(LPPool1d):
    """`(C, D, H, W) -> (C, D', H', W')`, as torch.nn.LPPool3d; refuses what torch does."""

    axes: ClassVar[int] = 3
    dtypes = frozenset({"float32", "float64"})

    def _check(self, size: int, w: Window, where: str) -> None:
        super()._check(size, w, where)
        if not isinf(self.norm_type):
            _fits_bare(size, w, where)
