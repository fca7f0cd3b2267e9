"""Transposed convolutions over one, two and three axes: the arithmetic of a convolution, read backwards."""

from collections.abc import Mapping
from math import prod
from typing import ClassVar, Literal

from pydantic import Field

from archspec.arithmetic import Window, transposed, transposed_text
from archspec.ops import checks
from archspec.ops.base import ShapeError, Spelling, Tensor, Value, Weight
from archspec.ops.conv import Convolution
from archspec.ops.fields import spelt
from archspec.ops.spatial import along, one

__all__ = ["ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"]


class _Transposed(Convolution):
    """`(C, *spatial) -> (out_channels, *spatial')`, as `torch.nn.ConvTranspose1d`, `2d` and `3d`."""

    padding_mode: Literal["zeros"] = "zeros"
    output_padding: tuple[int, ...] = Field(0, validate_default=True)

    def infer(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return the output; refuse what torch does, padding in words too."""
        _, spatial = self.channels(x)
        if isinstance(self.padding, str):
            raise self._in_words()
        checks.at_least(0, padding=self.padding, output_padding=self.output_padding)
        shape = []
        for axis, (size, w) in enumerate(zip(spatial, self.windows(x), strict=True)):
            extra = self.output_padding[axis]
            if extra >= max(w.stride, w.dilation):
                raise _too_much(extra, w, along(axis, self.axes))
            numbers = (size, w.kernel, w.stride, w.dilation, w.before, w.after, extra)
            count = transposed(*numbers)
            if count < 1:
                raise _vanished(transposed_text(*numbers), w, count, along(axis, self.axes))
            shape.append(count)
        return checks.result(x, self.out_channels, *shape)

    def _in_words(self) -> ShapeError:
        """Refuse `same` and the like; say which numbers give stride times the size, where there are any."""
        each = list(zip(self.kernel_size, self.stride, self.dilation, strict=True))
        spare = [dilation * (kernel - 1) + 1 - stride for kernel, stride, dilation in each]
        numbers = [-(-number // 2) for number in spare]
        possible = all(n >= 0 for n in numbers) and all(
            2 * n - s < max(stride, d) for n, s, (_, stride, d) in zip(numbers, spare, each, strict=True)
        )
        odd = [2 * n - s for n, s in zip(numbers, spare, strict=True)]
        would: dict[str, Value] = {"padding": one(tuple(numbers))}
        if any(odd):
            would["output_padding"] = one(tuple(odd))
        keeps = possible and self.padding != "valid"
        return ShapeError(
            "AS201",
            f"padding of a transposed convolution is given in pixels, not as {self.padding!r}",
            argument="padding",
            help=f"{_list(would)} gives stride times the size" if keeps else "padding: 0",
            would=(would if keeps else {"padding": 0},),
        )

    def weights(self, x: Tensor) -> tuple[Weight, ...]:
        """Return `weight (in, out/groups, *kernel)` and `bias (out)`."""
        weight = Weight("weight", (x.shape[0], self.out_channels // self.groups, *self.kernel_size))
        return (weight, Weight("bias", (self.out_channels,))) if self.bias else (weight,)

    def macs(self, x: Tensor) -> int:
        """Return one for each weight and pixel that arrives."""
        (weight, *_) = self.weights(x)
        return prod(weight.shape) * prod(x.shape[1:])

    def spelling(self, x: Tensor) -> Spelling:
        """Return `nn.ConvTranspose2d(in, out, kernel_size=…, …)`."""
        channels = (("", x.shape[0]), ("", self.out_channels))
        return Spelling(f"nn.{type(self).__name__}", channels + self.keywords("in_channels", "out_channels"))


def _list(would: Mapping[str, Value]) -> str:
    return ", ".join(f"{argument}: {spelt(value)}" for argument, value in would.items())


def _too_much(extra: int, w: Window, where: str) -> ShapeError:
    return ShapeError(
        "AS201",
        f"output_padding is {extra}{where}, not below stride {w.stride} or dilation {w.dilation}",
        argument="output_padding",
        help=f"output_padding: {max(w.stride, w.dilation) - 1} at most",
        would=({"output_padding": max(w.stride, w.dilation) - 1},),
    )


def _vanished(formula: str, w: Window, count: int, where: str) -> ShapeError:
    most = (count + w.before + w.after - 1) // 2
    return ShapeError(
        "AS202",
        f"padding {w.before} crops more than there is{where}",
        argument="padding",
        notes=(formula,),
        help=f"padding: {most} leaves a pixel" if most >= 0 else None,
        would=({"padding": most},) if most >= 0 else (),
    )


class ConvTranspose1d(_Transposed):
    """`(C, L) -> (C', L')`, as torch.nn.ConvTranspose1d; refuses what torch does."""

    axes: ClassVar[int] = 1


class ConvTranspose2d(_Transposed):
    """`(C, H, W) -> (C', H', W')`, as torch.nn.ConvTranspose2d; refuses what torch does.

    Example:
        >>> up = ConvTranspose2d(out_channels=64, kernel_size=4, stride=2, padding=1)
        >>> up.infer(Tensor((8, 7, 7)))[0].shape
        (64, 14, 14)
    """

    axes: ClassVar[int] = 2


class ConvTranspose3d(_Transposed):
    """`(C, D, H, W) -> (C', D', H', W')`, as torch.nn.ConvTranspose3d; refuses what torch does."""

    axes: ClassVar[int] = 3
