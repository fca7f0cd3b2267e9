"""What ops over one, two or three spatial axes share: an input of that rank, and a size for each axis."""

from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar, NamedTuple

from archspec.arithmetic import Window, largest_kernel, window_text
from archspec.ops import checks
from archspec.ops.base import Op, ShapeError, Tensor, Value
from archspec.ops.fields import spelt

__all__ = ["Spatial", "Way", "along", "empty", "fitting", "one", "per_axis"]


class Spatial(Op):
    """An op whose name ends in 1d, 2d or 3d; it reads `(C, *spatial)`."""

    axes: ClassVar[int]
    """How many spatial axes the op reads."""
    dtypes: ClassVar[frozenset[str]] = checks.FLOATS
    """What it computes in, on torch's CPU."""

    def arriving(self, x: Tensor) -> tuple[int, tuple[int, ...]]:
        """Return the channels and the spatial sizes of the input.

        Raises:
            ShapeError: AS204 for another rank, AS206 for a dtype that the op does not compute in.
        """
        name = type(self).__name__
        checks.rank(name, x, self.axes)
        checks.dtype(name, x, self.dtypes)
        return x.shape[0], x.shape[1:]

    def written(self) -> Mapping[str, Value]:
        """Return the arguments that are not their defaults; a default of one size stands for every axis."""
        defaults = {name: (declared.default,) * self.axes for name, declared in type(self).model_fields.items()}
        return {name: value for name, value in super().written().items() if value != defaults[name]}

    def keywords(self, *positional: str) -> tuple[tuple[str, Value], ...]:
        """Return the written arguments for a `Spelling`; sizes that are the same along every axis as one."""
        return tuple((name, one(value)) for name, value in super().keywords(*positional))


def one(value: Value) -> Value:
    """Return a size for each axis as one number where they are the same."""
    if isinstance(value, tuple) and len(set(value)) == 1 and value[0] is not None:
        return value[0]
    return value


def per_axis(*arguments: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Yield, for each axis, its element of every argument."""
    return zip(*arguments, strict=True)


def along(axis: int, axes: int) -> str:
    """Return where an axis lies, in words: `along the height`; nothing where there is only one."""
    return f" along the {checks.axes_words(axes)[axis]}" if axes > 1 else ""


class Way(NamedTuple):
    """What would let a window in: an argument, its value, and what that is."""

    argument: str
    value: Value
    what: str


def fitting(spatial: Iterable[int], windows: Iterable[Window]) -> tuple[int, ...]:
    """Return the kernel with the largest size that fits wherever it does not; below 1 where none does."""
    axes = zip(spatial, windows, strict=True)
    return tuple(min(w.kernel, largest_kernel(size, w.dilation, w.before, w.after)) for size, w in axes)


def empty(size: int, w: Window, where: str, ways: Iterable[Way], *, ceil: bool = False) -> ShapeError:
    """Return the refusal (AS202) of a window that does not fit once into an axis and its padding."""
    ways = tuple(ways)
    span = f"{w.kernel}" if w.dilation == 1 else f"{w.kernel} with dilation {w.dilation} spans {w.extent} and"
    arriving = f"the {size} pixels that arrive" if size > 1 else "the one pixel that arrives"
    padded = f" and their padding, {size + w.before + w.after}" if w.before or w.after else ""
    return ShapeError(
        "AS202",
        f"a kernel of {span} does not fit into {arriving}{where}{padded}",
        argument="kernel_size",
        notes=(window_text(size, w.kernel, w.stride, w.dilation, w.before, w.after, ceil=ceil),),
        help="; or ".join(f"{way.argument}: {spelt(way.value)} {way.what}" for way in ways) or None,
        would=tuple({way.argument: way.value} for way in ways),
    )
