"""Parts of a tensor: one comes in, and its pieces along an axis go out, or one of them."""

from typing import ClassVar

from archspec.ops import checks
from archspec.ops.axes import axis, batch, whole
from archspec.ops.base import Op, ShapeError, Spelling, Tensor

__all__ = ["Chunk", "Select", "Slice", "Split"]

_MOST = 1_000  # outputs of one layer: pieces are counted before a tensor stands for each


class _Part(Op):
    family: ClassVar[str] = "reshape"
    aliases: ClassVar[bool] = True

    def _place(self, x: Tensor, dim: int) -> int:
        """Return the place of the axis in the sample's shape."""
        batch(type(self).__name__, x)
        checks.dtype(type(self).__name__, x, checks.ANY)
        return axis("dim", dim, whole(x)) - 1


class _Pieces(_Part):
    keeps_output: ClassVar[bool] = True  # torch lets nothing write into one of several views

    def _equal(self, x: Tensor, place: int, size: int, argument: str) -> tuple[Tensor, ...]:
        """Return pieces of a size along an axis, the last with what remains."""
        total = x.shape[place]
        count = -(-total // size)
        if count > _MOST:
            raise ShapeError(
                "AS009",
                f"{type(self).__name__} would give {count} outputs; the limit is {_MOST}",
                argument=argument,
            )
        return tuple(_piece(x, place, min(size, total - n * size)) for n in range(count))


def _piece(x: Tensor, place: int, size: int) -> Tensor:
    return Tensor((*x.shape[:place], size, *x.shape[place + 1 :]), x.dtype)


def _outputs(call: str, outputs: int) -> str:
    """Return the call as what it gives: a tuple, or its one element."""
    return call if outputs > 1 else f"{call}[0]"


class Chunk(_Pieces):
    """Part an axis, channels unless it is written, into equal pieces: (C, …) -> (C/k, …) k times.

    Where the axis does not divide, the last piece is smaller, and there may be fewer pieces than asked for,
    as in torch: of 5 values, 4 chunks are 3 pieces of 2, 2 and 1. `torch.chunk`.

    Example:
        >>> [x.shape for x in Chunk(chunks=2).infer(Tensor((116, 28, 28)))]
        [(58, 28, 28), (58, 28, 28)]
    """

    chunks: int
    dim: int = 1

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Return the pieces."""
        (x,) = inputs
        checks.at_least(1, chunks=self.chunks)
        place = self._place(x, self.dim)
        return self._equal(x, place, -(-x.shape[place] // self.chunks), "chunks")

    def spelling(self, *inputs: Tensor) -> Spelling:
        """Return torch's method."""
        call = _outputs("{0}.chunk({chunks}, dim={dim})", len(self.infer(*inputs)))
        return Spelling(arguments=(("chunks", self.chunks), ("dim", self.dim)), call=call)


class Split(_Pieces):
    """Part an axis, channels unless it is written, into pieces of one size or of the sizes listed.

    (C, …) -> (s₁, …), (s₂, …), …. Refuses sizes that do not add up to the axis's. `torch.split`.
    """

    split_size_or_sections: int | tuple[int, ...]
    dim: int = 1

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Return the pieces."""
        (x,) = inputs
        place = self._place(x, self.dim)
        wanted = self.split_size_or_sections
        checks.at_least(1, split_size_or_sections=wanted)
        if isinstance(wanted, int):
            return self._equal(x, place, wanted, "split_size_or_sections")
        if sum(wanted) != x.shape[place]:
            raise ShapeError(
                "AS203",
                f"the sections do not add up to axis {place + 1}, which has {x.shape[place]} values",
                argument="split_size_or_sections",
                notes=(f"{' + '.join(map(str, wanted[:9]))}{' + …' if wanted[9:] else ''} = {sum(wanted)}",),
                help=_last(wanted, x.shape[place]),
            )
        return tuple(_piece(x, place, size) for size in wanted)

    def spelling(self, *inputs: Tensor) -> Spelling:
        """Return torch's method."""
        call = _outputs("{0}.split({split_size_or_sections}, dim={dim})", len(self.infer(*inputs)))
        arguments = (("split_size_or_sections", self.split_size_or_sections), ("dim", self.dim))
        return Spelling(arguments=arguments, call=call)


def _last(sizes: tuple[int, ...], total: int) -> str | None:
    rest = total - sum(sizes[:-1])
    return f"the last would be {rest}" if sizes and rest > 0 else None


_SELECT = """\
class Select(nn.Module):
    \"\"\"Take one place of an axis.\"\"\"

    def __init__(self, dim: int, index: int) -> None:
        super().__init__()
        self.dim = dim
        self.index = index

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.select(self.dim, self.index)
"""


class Select(_Part):
    """Take one place of an axis, which goes: (L, E) -> (E) for `dim` 1.

    Refuses an `index` that the axis does not have. `torch.select`.
    """

    keeps_output: ClassVar[bool] = False

    dim: int
    index: int

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Return the input without the axis."""
        (x,) = inputs
        place = self._place(x, self.dim)
        size = x.shape[place]
        if not -size <= self.index < size:
            raise ShapeError(
                "AS201",
                f"index is {self.index}, but axis {place + 1} has {size} values",
                argument="index",
                help=f"index: 0 to {size - 1}, or -1 to {-size} from the end",
            )
        return (Tensor((*x.shape[:place], *x.shape[place + 1 :]), x.dtype),)

    def spelling(self, *inputs: Tensor) -> Spelling:
        """Return Python's brackets."""
        before = ":, " * (self._place(inputs[0], self.dim) + 1)
        return Spelling("Select", self.keywords(), f"{{0}}[{before}{{index}}]", _SELECT)


_SLICE = """\
class Slice(nn.Module):
    \"\"\"Take a range of an axis.\"\"\"

    def __init__(
        self, dim: int, start: int | None = None, end: int | None = None, step: int = 1
    ) -> None:
        super().__init__()
        self.dim = dim
        self.range = slice(start, end, step)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x[(slice(None),) * (self.dim % x.dim()) + (self.range,)]
"""


class Slice(_Part):
    """Take the places `start`, `start + step`, … before `end` of an axis: (L, E) -> (L', E) for `dim` 1.

    Left out, they are the whole axis; negative ones count from its end, and one beyond it is its end. Refuses
    a range that is empty. ONNX's Slice; Python's brackets.
    """

    keeps_output: ClassVar[bool] = False

    dim: int
    start: int | None = None
    end: int | None = None
    step: int = 1

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Return the input with that part of the axis."""
        (x,) = inputs
        checks.at_least(1, step=self.step)
        place = self._place(x, self.dim)
        places = range(*slice(self.start, self.end, self.step).indices(x.shape[place]))
        if not places:
            raise ShapeError(
                "AS202",
                f"of the {x.shape[place]} values of axis {place + 1} none remains",
                argument="end" if self.end is not None else "start",
                notes=(f"from {places.start}, before {places.stop}",),
            )
        return (_piece(x, place, len(places)),)

    def spelling(self, *inputs: Tensor) -> Spelling:
        """Return Python's brackets."""
        before = ":, " * (self._place(inputs[0], self.dim) + 1)
        bounds = ("{start}" if self.start is not None else "") + ":" + ("{end}" if self.end is not None else "")
        step = ":{step}" if self.step != 1 else ""
        return Spelling("Slice", self.keywords(), f"{{0}}[{before}{bounds}{step}]", _SLICE)
