"""Upsampling: images of any number of axes to a size, or by a factor."""

from math import floor, isfinite
from typing import Literal, TypeVar

from archspec.ops import checks
from archspec.ops.base import Op, ShapeError, Spelling, Tensor

__all__ = ["Upsample", "UpsamplingBilinear2d", "UpsamplingNearest2d"]

_INTERPOLATED = {"linear": 1, "bilinear": 2, "bicubic": 2, "trilinear": 3}
_UINT8 = {"nearest", "nearest-exact", "bilinear", "bicubic"}


class _Resize(Op):
    """`(C, *spatial) -> (C, *spatial')`, to a size or by a factor."""

    family = "sampling"
    keeps_output = False

    size: int | tuple[int, ...] | None = None
    scale_factor: float | tuple[float, ...] | None = None

    def resized(self, x: Tensor, mode: str) -> tuple[Tensor, ...]:
        """Return the output of resizing in a mode: by a factor, ⌊size · factor⌋ in double precision."""
        name = type(self).__name__
        axes = len(x.shape) - 1
        checks.rank(name, x, _INTERPOLATED.get(mode, min(max(axes, 1), 3)))
        checks.dtype(name, x, checks.FLOATS | {"uint8"} if mode in _UINT8 else checks.FLOATS)
        factor = None if self.scale_factor == 0 else self.scale_factor  # as torch reads it
        if factor is None and self.size is not None:
            argument, shape = "size", _each("size", self.size, axes)
        elif factor is not None and self.size is None:
            argument, factors = "scale_factor", _each("scale_factor", factor, axes)
            shape = tuple(_scaled(n, float(f)) for n, f in zip(x.shape[1:], factors, strict=True))
        else:
            raise _which(factor is None, self.scale_factor)
        if min(shape) < 1:
            raise _nothing(argument, shape, x)
        return checks.result(x, x.shape[0], *shape)

    def spelling(self, x: Tensor) -> Spelling:  # noqa: ARG002
        """Return `nn.Upsample(scale_factor=…, mode=…)`."""
        return Spelling(f"nn.{type(self).__name__}", self.keywords())


_Number = TypeVar("_Number", int, float)


def _each(argument: str, value: _Number | tuple[_Number, ...], axes: int) -> tuple[_Number, ...]:
    """Return one number for each axis that arrives."""
    if not isinstance(value, tuple):
        return (value,) * axes
    if len(value) != axes:
        raise ShapeError(
            "AS201",
            f"{argument} has {len(value)} elements; {axes} axes arrive beside the channels",
            argument=argument,
            help=f"one number for all, or {' and '.join(checks.axes_words(axes))}",
        )
    return value


def _scaled(size: int, factor: float) -> int:
    product = size * factor
    return floor(product) if isfinite(product) else 0


def _which(neither: bool, factor: object) -> ShapeError:
    if neither and factor is not None:
        return ShapeError("AS201", "scale_factor is 0; nothing would be left", argument="scale_factor")
    return ShapeError(
        "AS201", f"{'one' if neither else 'only one'} of size and scale_factor is needed", argument="size"
    )


def _nothing(argument: str, shape: tuple[int, ...], x: Tensor) -> ShapeError:
    sizes = "×".join(map(str, shape)).replace("-", "−")
    arriving = "×".join(map(str, x.shape[1:]))
    return ShapeError("AS202", f"{argument} makes {sizes} of the {arriving} that arrives", argument=argument)


class Upsample(_Resize):
    """`(C, *spatial) -> (C, *spatial')`, as torch.nn.Upsample.

    Refuses what torch does: a mode for another number of axes, `align_corners` where nothing is interpolated,
    both or neither of `size` and `scale_factor`.

    Example:
        >>> Upsample(scale_factor=0.29).infer(Tensor((1, 100)))[0].shape
        (1, 28)
    """

    mode: Literal["nearest", "linear", "bilinear", "bicubic", "trilinear", "area", "nearest-exact"] = "nearest"
    align_corners: bool | None = None
    recompute_scale_factor: bool | None = None

    def infer(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return the output; refuse what torch does."""
        if self.align_corners is not None and self.mode not in _INTERPOLATED:
            fitting = [mode for mode, axes in _INTERPOLATED.items() if axes == len(x.shape) - 1] or _INTERPOLATED
            raise ShapeError(
                "AS201",
                f"align_corners is about interpolation, which mode {self.mode!r} does not do",
                argument="align_corners",
                help=f"leave it out, or {' or '.join(f'mode: {mode}' for mode in fitting)}",
                would=tuple({"mode": mode} for mode in fitting),
            )
        if self.recompute_scale_factor and self.size is not None:
            raise ShapeError(
                "AS201",
                "recompute_scale_factor is about scale_factor, but size is written",
                argument="recompute_scale_factor",
            )
        return self.resized(x, self.mode)


class UpsamplingNearest2d(_Resize):
    """`(C, *spatial) -> (C, *spatial')`, as torch.nn.UpsamplingNearest2d, which takes other ranks too."""

    def infer(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return the output; refuse what torch does."""
        return self.resized(x, "nearest")


class UpsamplingBilinear2d(_Resize):
    """`(C, H, W) -> (C, H', W')`, as torch.nn.UpsamplingBilinear2d, which aligns corners."""

    def infer(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return the output; refuse what torch does."""
        return self.resized(x, "bilinear")
