"""Convolutions over one, two and three axes, with every padding of torch's and two of ONNX's."""

from collections.abc import Mapping
from math import prod
from typing import ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator

from archspec.arithmetic import Window, same, same_from, window
from archspec.ops import checks
from archspec.ops.base import ShapeError, Spelling, Tensor, Weight
from archspec.ops.fields import Inferred, sizes
from archspec.ops.spatial import Spatial, Way, along, empty, fitting, one, per_axis

__all__ = ["Conv1d", "Conv2d", "Conv3d", "Convolution"]


class Convolution(Spatial):
    """What the convolutions share, transposed ones too: channels in groups, sizes, a weight and a bias."""

    family = "convolution"
    keeps_output = False
    dtypes = frozenset({"float32"})  # the weights'

    in_channels: Inferred = None
    out_channels: int
    kernel_size: tuple[int, ...]
    stride: tuple[int, ...] = Field(1, validate_default=True)
    padding_mode: str = "zeros"  # before `padding`: what a list of one means there depends on it
    padding: tuple[int, ...] | Literal["same", "same_lower", "same_upper", "valid"] = Field(0, validate_default=True)
    dilation: tuple[int, ...] = Field(1, validate_default=True)
    groups: int = 1
    bias: bool = True

    @field_validator(
        "kernel_size", "stride", "padding", "dilation", "output_padding", mode="before", check_fields=False
    )
    @classmethod
    def _one_per_axis(cls, value: object, info: ValidationInfo) -> object:
        """Take an int for every axis; in places torch lets a list of one stand for all."""
        if type(value) is int:  # by far the most; what else may stand is looked up for the others alone
            return (value,) * cls.axes
        name = info.field_name or ""
        return sizes(value, cls.axes, name, one=_one_for_all(name, info.data), words=cls.words(name))

    def channels(self, x: Tensor) -> tuple[int, tuple[int, ...]]:
        """Return the input's channels and spatial sizes, after what torch asks of every argument."""
        count, spatial = self.arriving(x)
        checks.at_least(
            1,
            out_channels=self.out_channels,
            kernel_size=self.kernel_size,
            stride=self.stride,
            dilation=self.dilation,
            groups=self.groups,
        )
        checks.matches("in_channels", self.in_channels, count, "channels", same_output=True)
        checks.divisible("groups", self.groups, "channels", count, self.out_channels)
        return count, spatial

    def windows(self, x: Tensor) -> tuple[Window, ...]:
        """Return how the kernel slides over each axis, its padding settled from the size that arrives."""
        padding = self._padding(x.shape[1:])
        befores, afters = zip(*padding, strict=True)
        return tuple(map(Window, self.kernel_size, self.stride, self.dilation, befores, afters))

    def _padding(self, spatial: tuple[int, ...]) -> list[tuple[int, int]]:
        each = list(per_axis(spatial, self.kernel_size, self.stride, self.dilation))
        match self.padding:
            case "same":
                return [same(kernel, dilation) for _, kernel, _, dilation in each]
            case "same_lower" | "same_upper":
                return [same_from(*axis, lower=self.padding == "same_lower") for axis in each]
            case "valid":
                return [(0, 0) for _ in each]
            case numbers:
                return [(number, number) for number in numbers]


def _one_for_all(name: str, before: Mapping[str, object]) -> bool:
    """Return whether torch lets a list of one stand for all axes, as it does not where it pads by itself."""
    if before.get("padding_mode", "zeros") == "zeros":
        return name != "kernel_size"
    return name == "stride" or (name == "dilation" and before.get("padding") != "same")


class _Conv(Convolution):
    """`(C, *spatial) -> (out_channels, *spatial')`, as `torch.nn.Conv1d`, `Conv2d` and `Conv3d`."""

    padding_mode: Literal["zeros", "reflect", "replicate", "circular"] = "zeros"

    def infer(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return the output; refuse what torch does."""
        _, spatial = self.channels(x)
        if self.padding == "same" and set(self.stride) != {1}:
            raise _same_with_stride(self.stride)
        if self.padding_mode == "zeros" and isinstance(self.padding, tuple):
            checks.at_least(0, padding=self.padding)
        shape = []
        windows = self.windows(x)
        for axis, (size, w) in enumerate(zip(spatial, windows, strict=True)):
            self._padding_fits(axis, size, w)
            count = _places(size, w)
            if count < 1:
                raise empty(size, w, along(axis, self.axes), _ways_in(spatial, windows, self.padding_mode))
            shape.append(count)
        return checks.result(x, self.out_channels, *shape)

    def _padding_fits(self, axis: int, size: int, w: Window) -> None:
        """Refuse padding that reads pixels which the axis does not have, and cropping that leaves none."""
        if self.padding_mode != "zeros":
            checks.border(self.padding_mode, "padding", (w.before, w.after), size, along(axis, self.axes))

    def weights(self, x: Tensor) -> tuple[Weight, ...]:
        """Return `weight (out, in/groups, *kernel)` and `bias (out)`."""
        weight = Weight("weight", (self.out_channels, x.shape[0] // self.groups, *self.kernel_size))
        return (weight, Weight("bias", (self.out_channels,))) if self.bias else (weight,)

    def macs(self, x: Tensor) -> int:
        """Return one for each weight and place of the kernel."""
        places = prod(map(_places, x.shape[1:], self.windows(x)))
        return self.out_channels * (x.shape[0] // self.groups) * prod(self.kernel_size) * places

    def spelling(self, x: Tensor) -> Spelling:
        """Return `nn.Conv2d(in, out, kernel_size=…, …)`, or a subclass that pads from what arrives."""
        leave = ("in_channels", "out_channels")
        channels = (("", x.shape[0]), ("", self.out_channels))
        name = type(self).__name__
        if self.padding not in ("same_lower", "same_upper"):
            return Spelling(f"nn.{name}", channels + self.keywords(*leave))
        own = f"{name}Same{'Lower' if self.padding == 'same_lower' else 'Upper'}"
        text = _SAME.format(
            own=own,
            name=name,
            onnx=str(self.padding).upper(),
            axes=self.axes,
            first="total - total // 2" if self.padding == "same_lower" else "total // 2",
        )
        return Spelling(own, channels + self.keywords(*leave, "padding"), definition=text)


def _places(size: int, w: Window) -> int:
    return window(size, w.kernel, w.stride, w.dilation, w.before, w.after)


_SAME = '''\
class {own}(nn.{name}):
    """{name} with ONNX's {onnx} padding, taken from the size that arrives."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        padding: list[int] = []
        windows = zip(self.kernel_size, self.stride, self.dilation)
        for size, (kernel, stride, dilation) in zip(x.shape[2:], windows):
            total = max((size - 1) // stride * stride + (kernel - 1) * dilation + 1 - size, 0)
            first = {first}
            padding = [first, total - first, *padding]
        mode = "constant" if self.padding_mode == "zeros" else self.padding_mode
        x = nn.functional.pad(x, padding, mode)
        convolve = nn.functional.conv{axes}d
        return convolve(x, self.weight, self.bias, self.stride, 0, self.dilation, self.groups)
'''


def _same_with_stride(stride: tuple[int, ...]) -> ShapeError:
    return ShapeError(
        "AS201",
        f"padding 'same' keeps the size, which a stride of {' and '.join(map(str, dict.fromkeys(stride)))} does not",
        argument="padding",
        help="padding: same_upper, which gives ⌈size/stride⌉",
        would=({"padding": "same_upper"},),
    )


def _ways_in(spatial: tuple[int, ...], windows: tuple[Window, ...], mode: str) -> list[Way]:
    """Return what would let the window in along every axis: a smaller kernel, or more padding."""
    ways, fit = [], fitting(spatial, windows)
    if min(fit) >= 1:
        ways.append(Way("kernel_size", one(fit), "is the largest that fits"))
    if mode in ("zeros", "replicate") and all(w.before == w.after for w in windows):
        least = tuple(max(w.before, -((size - w.extent) // 2)) for size, w in zip(spatial, windows, strict=True))
        half = tuple(w.extent // 2 for w in windows)
        keeps = all(w.stride == 1 and w.extent % 2 for w in windows)
        both = "lets it in and keeps the size" if keeps and half == least else "is the least that lets it in"
        ways.append(Way("padding", one(least), both))
        if keeps and half != least:
            ways.append(Way("padding", one(half), "keeps the size"))
    return ways


class Conv1d(_Conv):
    """`(C, L) -> (C', L')`, as torch.nn.Conv1d.

    Refuses what torch does: channels that differ from `in_channels`, groups that do not divide, a window
    larger than the padded input, and padding that the mode cannot fill.
    """

    axes: ClassVar[int] = 1


class Conv2d(_Conv):
    """`(C, H, W) -> (C', H', W')`, as torch.nn.Conv2d.

    Refuses what torch does: channels that differ from `in_channels`, groups that do not divide, a window
    larger than the padded input, and padding that the mode cannot fill.

    Example:
        >>> conv = Conv2d(out_channels=64, kernel_size=7, stride=2, padding=3)
        >>> conv.infer(Tensor((3, 224, 224)))[0].shape
        (64, 112, 112)
    """

    axes: ClassVar[int] = 2


class Conv3d(_Conv):
    """`(C, D, H, W) -> (C', D', H', W')`, as torch.nn.Conv3d.

    Refuses what torch does: channels that differ from `in_channels`, groups that do not divide, a window
    larger than the padded input, and padding that the mode cannot fill.
    """

    axes: ClassVar[int] = 3
