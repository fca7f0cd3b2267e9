"""Axis numbers as torch counts them: one comes in as written, its place in the whole shape goes out."""

from archspec.ops.base import ShapeError, Tensor

__all__ = ["axis", "batch", "whole"]


def batch(op: str, x: Tensor, least: int = 0, *, operand: int = 0) -> None:
    """Refuse (AS204) a learned tensor, and a sample of fewer than `least` axes."""
    if not x.batched:
        raise ShapeError(
            "AS204",
            f"{op} reads a batch; what arrives is a learned tensor, {x}, which has none",
            operand=operand,
            help="Add, Subtract, Multiply, MatMul, Concat and Stack join a learned tensor with a batch",
        )
    if len(x.shape) < least:
        axes = "one axis" if least == 1 else f"{least} axes"
        raise ShapeError("AS204", f"{op} reads at least {axes} beside the batch; what arrives is {x}", operand=operand)


def whole(x: Tensor) -> tuple[int | None, ...]:
    """Return the shape that torch sees; None stands for the batch, whose size is open.

    Example:
        >>> whole(Tensor((3, 8, 8))), whole(Tensor((1, 8), batched=False))
        ((None, 3, 8, 8), (1, 8))
    """
    return (None, *x.shape) if x.batched else x.shape


def axis(argument: str, number: int, shape: tuple[int | None, ...]) -> int:
    """Return the place in `shape`, a whole shape, that `number` names; negative numbers count from the end.

    Raises:
        ShapeError: AS204 where there is no such axis, AS201 where it is the batch.

    Example:
        >>> axis("dim", -1, (None, 3, 8, 8))
        3
    """
    rank = len(shape)
    place = number + rank if number < 0 else number
    first = 1 if None in shape else 0
    several = f"{first} to {rank - 1}, or -1 to {first - rank} from the end"
    would = None if rank <= first else f"{argument}: {several if rank - first > 1 else f'{first}, or -1 from the end'}"
    if not 0 <= place < rank:
        raise ShapeError(
            "AS204",
            f"{argument} is {number}, but {_axes(shape)} arrive",
            argument=argument,
            notes=(f"with the batch there are {rank} axes, numbered 0 to {rank - 1}",),
            help=would,
        )
    if shape[place] is None:
        raise ShapeError("AS201", f"{argument} {number} is the batch", argument=argument, help=would)
    return place


def _axes(shape: tuple[int | None, ...]) -> str:
    return "×".join("N" if size is None else str(size) for size in shape)
