"""Activations along an axis, the softmaxes and the gated linear unit: a tensor comes in and one goes out."""

from typing import ClassVar

from archspec.ops import checks
from archspec.ops.axes import axis, batch, whole
from archspec.ops.base import Op, ShapeError, Spelling, Tensor

__all__ = ["GLU", "LogSoftmax", "Softmax", "Softmax2d", "Softmin"]


class GLU(Op):
    """Halve an axis; one half times the sigmoid of the other: (2C, …) -> (C, …) for `dim` 1.

    Refuses an axis of odd size. Dauphin et al. 2016; `torch.nn.GLU`.
    """

    family: ClassVar[str] = "activation"
    keeps_output: ClassVar[bool] = False

    dim: int = -1

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Return the input with the axis halved."""
        (x,) = inputs
        batch("GLU", x, 1)
        checks.dtype("GLU", x, checks.FLOATS)
        place = axis("dim", self.dim, whole(x)) - 1
        size = x.shape[place]
        if size % 2:
            raise ShapeError(
                "AS205",
                f"GLU halves axis {place + 1}, which has {size} values",
                argument="dim" if "dim" in self.model_fields_set else None,
                notes=(f"{size} = 2·{size // 2} + 1",),
                help=f"let the layer before give {size - 1} or {size + 1}",
            )
        return checks.result(x, *x.shape[:place], size // 2, *x.shape[place + 1 :])

    def spelling(self, *inputs: Tensor) -> Spelling:  # noqa: ARG002
        """Return the class of torch.nn with the axis where it is written."""
        return Spelling("nn.GLU", self.keywords())


class _Softmax(Op):
    family: ClassVar[str] = "activation"

    dim: int | None = None

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Return the input's shape."""
        (x,) = inputs
        batch(type(self).__name__, x)
        checks.dtype(type(self).__name__, x, checks.FLOATS)
        self._axis(x)
        return (x,)

    def _axis(self, x: Tensor) -> int:
        """Return the axis; unwritten it is torch's choice: 1, and of two axes beside the batch the batch."""
        if self.dim is not None:
            return axis("dim", self.dim, whole(x))
        if len(x.shape) in (0, 2):
            raise ShapeError(
                "AS201",
                f"without dim, the axis that torch chooses for {x} is the batch",
                help="dim: -1, the last axis" if x.shape else None,
                would=({"dim": -1},) if x.shape else (),
            )
        return 1

    def spelling(self, *inputs: Tensor) -> Spelling:
        """Return the class of torch.nn with the axis, which torch wants to see written."""
        dim = self._axis(inputs[0]) if self.dim is None else self.dim
        return Spelling(f"nn.{type(self).__name__}", (("dim", dim),))


class LogSoftmax(_Softmax):
    """The logarithm of the softmax over an axis: (…) -> (…).

    Refuses an axis that does not arrive, and the batch. `torch.nn.LogSoftmax`.
    """


class Softmax(_Softmax):
    """exp(x) over its sum along an axis: (…) -> (…).

    `dim` is 1 where it is not written. Refuses an axis that does not arrive, and the batch, which is what
    torch would choose for two axes. `torch.nn.Softmax`.
    """


class Softmin(_Softmax):
    """The softmax of −x over an axis: (…) -> (…).

    Refuses an axis that does not arrive, and the batch. `torch.nn.Softmin`.
    """


class Softmax2d(Op):
    """The softmax over the channels at every position: (C, H, W) -> (C, H, W).

    Refuses an input of another rank. `torch.nn.Softmax2d`.
    """

    family: ClassVar[str] = "activation"

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Return the input's shape."""
        (x,) = inputs
        checks.rank("Softmax2d", x, 2)
        checks.dtype("Softmax2d", x, checks.FLOATS)
        return (x,)

    def spelling(self, *inputs: Tensor) -> Spelling:  # noqa: ARG002
        """Return the class of torch.nn."""
        return Spelling("nn.Softmax2d")
