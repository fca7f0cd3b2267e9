"""Comparisons: two tensors come in, and how near they are to each other along an axis goes out."""

from typing import ClassVar

from archspec.ops import checks
from archspec.ops.axes import axis, batch, whole
from archspec.ops.base import Op, ShapeError, Spelling, Tensor
from archspec.ops.broadcast import broadcast

__all__ = ["CosineSimilarity", "PairwiseDistance"]


class _Distance(Op):
    family: ClassVar[str] = "other"
    arity: ClassVar[tuple[int, int | None]] = (2, 2)
    dtypes: ClassVar[frozenset[str]] = checks.FLOATS

    def _common(self, inputs: tuple[Tensor, ...]) -> Tensor:
        """Return what the two broadcast to."""
        name = type(self).__name__
        for operand, x in enumerate(inputs):
            batch(name, x, 1, operand=operand)
            checks.dtype(name, x, self.dtypes, operand=operand)
        return broadcast(name, inputs)

    def spelling(self, *inputs: Tensor) -> Spelling:  # noqa: ARG002
        """Return the class of torch.nn with the arguments that are written."""
        return Spelling(f"nn.{type(self).__name__}", self.keywords())


class CosineSimilarity(_Distance):
    """The cosine of the angle between two tensors along an axis: (C, …), (C, …) -> (…) for `dim` 1.

    The inputs broadcast as for Add. Refuses an axis that does not arrive, the batch, and an `eps` below 0.
    `torch.nn.CosineSimilarity`.
    """

    keeps_output: ClassVar[bool] = False

    dim: int = 1
    eps: float = 1e-8

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Return what the inputs broadcast to, without the axis."""
        if not self.eps >= 0:
            raise ShapeError("AS201", f"eps is {self.eps}; it must be 0 or more", argument="eps")
        common = self._common(inputs)
        place = axis("dim", self.dim, whole(common)) - 1
        return (Tensor(common.shape[:place] + common.shape[place + 1 :], common.dtype),)


class PairwiseDistance(_Distance):
    """The p-norm of the difference along the last axis: (…, F), (…, F) -> (…), or (…, 1) with `keepdim`.

    The inputs broadcast as for Add. `torch.nn.PairwiseDistance`.
    """

    dtypes: ClassVar[frozenset[str]] = checks.FLOATS | checks.INTEGERS

    p: float = 2.0
    eps: float = 1e-6
    keepdim: bool = False

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Return what the inputs broadcast to, without the last axis or with a 1 in its place."""
        common = self._common(inputs)
        dtype = common.dtype if common.dtype in checks.FLOATS else "float32"
        return (Tensor(common.shape[:-1] + ((1,) if self.keepdim else ()), dtype),)
