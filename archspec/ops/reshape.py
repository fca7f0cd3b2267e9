"""New shapes for the same values: a tensor comes in, and its axes are merged, parted, turned or averaged."""

from math import prod
from typing import ClassVar

from archspec.ops import checks
from archspec.ops.axes import axis, batch, whole
from archspec.ops.base import Op, ShapeError, Spelling, Tensor

__all__ = ["Flatten", "Mean", "Permute", "Reshape", "Unflatten"]


class _View(Op):
    """An op whose output may be its input's memory, seen in another shape."""

    family: ClassVar[str] = "reshape"
    keeps_output: ClassVar[bool] = False
    aliases: ClassVar[bool] = True

    def _check(self, x: Tensor, least: int = 0) -> None:
        batch(type(self).__name__, x, least)
        checks.dtype(type(self).__name__, x, checks.ANY)


class Flatten(_View):
    """Merge the axes from `start_dim` to `end_dim` into one: (C, H, W) -> (C·H·W).

    Refuses axes that do not arrive, a start behind the end, and the batch. `torch.nn.Flatten`.

    Example:
        >>> Flatten(start_dim=2).infer(Tensor((768, 14, 14)))[0].shape
        (768, 196)
    """

    start_dim: int = 1
    end_dim: int = -1

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Return the input with the axes merged."""
        (x,) = inputs
        self._check(x)
        start = axis("start_dim", self.start_dim, whole(x)) - 1
        end = axis("end_dim", self.end_dim, whole(x)) - 1
        if start > end:
            raise ShapeError(
                "AS201",
                f"start_dim {self.start_dim} is behind end_dim {self.end_dim}",
                argument="start_dim" if "start_dim" in self.model_fields_set else "end_dim",
                notes=(f"of {x}, with the batch, they are axes {start + 1} and {end + 1}",),
            )
        return checks.result(x, *x.shape[:start], prod(x.shape[start : end + 1]), *x.shape[end + 1 :])

    def spelling(self, *inputs: Tensor) -> Spelling:  # noqa: ARG002
        """Return the class of torch.nn with the axes where they are written."""
        return Spelling("nn.Flatten", self.keywords())


class Unflatten(_View):
    """Part an axis into several: (C·H·W) -> (C, H, W) for `dim` 1.

    One size may be -1, what remains. Refuses sizes that do not multiply to the axis's. `torch.nn.Unflatten`.
    """

    dim: int
    unflattened_size: tuple[int, ...]

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Return the input with the axis parted."""
        (x,) = inputs
        self._check(x)
        place = axis("dim", self.dim, whole(x)) - 1
        if not self.unflattened_size:
            raise ShapeError("AS201", "unflattened_size names no size", argument="unflattened_size")
        sizes = _filled("unflattened_size", self.unflattened_size, x.shape[place])
        return checks.result(x, *x.shape[:place], *sizes, *x.shape[place + 1 :])

    def spelling(self, *inputs: Tensor) -> Spelling:  # noqa: ARG002
        """Return the class of torch.nn with axis and sizes."""
        return Spelling("nn.Unflatten", (("", self.dim), ("", self.unflattened_size)))


_RESHAPE = """\
class Reshape(nn.Module):
    \"\"\"Give every sample another shape.\"\"\"

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.shape = shape

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.reshape(x.shape[0], *self.shape)
"""


class Reshape(_View):
    """Give each sample another shape: (C, H, W) -> shape.

    `shape` leaves the batch out; one size may be -1, what remains. Refuses sizes that do not multiply to the
    sample's. ONNX's Reshape; `torch.reshape`.
    """

    shape: tuple[int, ...]

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Return the input in the other shape."""
        (x,) = inputs
        self._check(x)
        return checks.result(x, *_filled("shape", self.shape, prod(x.shape)))

    def spelling(self, *inputs: Tensor) -> Spelling:  # noqa: ARG002
        """Return torch's method, the batch in front."""
        sizes = ", {*shape}" if self.shape else ""
        return Spelling("Reshape", (("shape", self.shape),), f"{{0}}.reshape({{0}}.shape[0]{sizes})", _RESHAPE)


_PERMUTE = """\
class Permute(nn.Module):
    \"\"\"Put the axes into another order.\"\"\"

    def __init__(self, dims: tuple[int, ...]) -> None:
        super().__init__()
        self.dims = dims

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.permute(self.dims)
"""


class Permute(_View):
    """Put the axes into another order: (C, H, W) -> (H, W, C) for `dims` [0, 2, 3, 1].

    `dims` names every axis once, the batch first. `torch.permute`.
    """

    dims: tuple[int, ...]

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Return the input with its axes in that order."""
        (x,) = inputs
        self._check(x)
        rank = len(x.shape) + 1
        if len(self.dims) != rank:
            raise ShapeError(
                "AS204",
                f"dims names {len(self.dims)} axes; {x} has {rank} with the batch",
                argument="dims",
                help=f"dims: 0, then 1 to {rank - 1} in the order that is wanted",
            )
        if self.dims[0] not in (0, -rank):
            raise ShapeError(
                "AS201",
                f"dims begins with {self.dims[0]}; the batch, 0, must stay in front",
                argument="dims",
            )
        places = [axis("dims", number, whole(x)) for number in self.dims[1:]]
        if len(set(places)) != len(places):
            raise ShapeError("AS201", f"dims {list(self.dims)} names an axis twice", argument="dims")
        return (Tensor(tuple(x.shape[place - 1] for place in places), x.dtype),)

    def spelling(self, *inputs: Tensor) -> Spelling:  # noqa: ARG002
        """Return torch's method."""
        return Spelling("Permute", (("dims", self.dims),), "{0}.permute({*dims})", _PERMUTE)


_MEAN = """\
class Mean(nn.Module):
    \"\"\"Average over axes.\"\"\"

    def __init__(self, dim: int | tuple[int, ...], keepdim: bool = False) -> None:
        super().__init__()
        self.dim = dim
        self.keepdim = keepdim

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.mean(dim=self.dim, keepdim=self.keepdim)
"""


class Mean(Op):
    """Average over one axis or several: (C, H, W) -> (C) for `dim` [2, 3], or (C, 1, 1) with `keepdim`.

    Refuses axes that do not arrive, one named twice, and the batch. ONNX's ReduceMean; `torch.mean`.
    """

    family: ClassVar[str] = "reshape"
    keeps_output: ClassVar[bool] = False

    dim: int | tuple[int, ...]
    keepdim: bool = False

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Return the input without the axes, or with a 1 for each."""
        (x,) = inputs
        batch("Mean", x)
        checks.dtype("Mean", x, checks.FLOATS)
        numbers = (self.dim,) if isinstance(self.dim, int) else self.dim
        if not numbers:
            raise ShapeError("AS201", "dim names no axis, which to torch means all, the batch too", argument="dim")
        places = {axis("dim", number, whole(x)) - 1 for number in numbers}
        if len(places) != len(numbers):
            raise ShapeError("AS201", "dim names an axis twice", argument="dim")
        if self.keepdim:
            return (Tensor(tuple(1 if n in places else size for n, size in enumerate(x.shape)), x.dtype),)
        return (Tensor(tuple(size for n, size in enumerate(x.shape) if n not in places), x.dtype),)

    def spelling(self, *inputs: Tensor) -> Spelling:  # noqa: ARG002
        """Return torch's method."""
        keep = ", keepdim={keepdim}" if self.keepdim else ""
        return Spelling("Mean", self.keywords(), f"{{0}}.mean(dim={{dim}}{keep})", _MEAN)


def _filled(argument: str, sizes: tuple[int, ...], total: int) -> tuple[int, ...]:
    """Return the sizes with a -1 filled in, so that they multiply to `total`."""
    if len(sizes) > checks.MOST_AXES:
        raise ShapeError(
            "AS009", f"{argument} has {len(sizes)} sizes; the limit is {checks.MOST_AXES}", argument=argument
        )
    if any(size < 1 and size != -1 for size in sizes) or sizes.count(-1) > 1:
        raise ShapeError(
            "AS201", f"{argument} is {list(sizes)}: sizes are 1 or more, and one may be -1", argument=argument
        )
    known = prod(size for size in sizes if size != -1)
    if total % known or (known != total and -1 not in sizes):
        raise ShapeError(
            "AS203" if -1 not in sizes else "AS205",
            f"{argument} {list(sizes)} does not hold the {total} values that arrive",
            argument=argument,
            notes=(_product(sizes, known),) if len(sizes) - sizes.count(-1) > 1 else (),
            help=_remedy(argument, sizes, total),
        )
    return tuple(total // known if size == -1 else size for size in sizes)


def _product(sizes: tuple[int, ...], known: int) -> str:
    if known >= 2**63:
        return "the sizes multiply to more values than a tensor holds"
    return f"{'·'.join(str(size) for size in sizes if size != -1) or 'no size'} = {known}"


def _remedy(argument: str, sizes: tuple[int, ...], total: int) -> str | None:
    """Return the sizes with one of them left open, if that would do."""
    for place in range(len(sizes)):
        rest = prod(sizes[:place] + sizes[place + 1 :])
        if -1 not in sizes and total % rest == 0:
            return f"{argument}: {[*sizes[:place], total // rest, *sizes[place + 1 :]]}"
    return None
