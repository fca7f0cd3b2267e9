"""The functions that an expression may call: numbers → a number."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

__all__ = ["FUNCTIONS", "Function", "make_divisible"]


def make_divisible(value: float, divisor: float = 8) -> int:
    """Return the multiple of `divisor` nearest to `value`, at least `divisor`, never below 90 % of `value`.

    The rule by which MobileNetV2 and its successors round channel counts (https://arxiv.org/abs/1801.04381),
    computed in floats as torchvision computes it, so that published widths come out.

    Raises:
        ValueError: the value is negative, or the divisor no integer of at least 1.

    Example:
        >>> make_divisible(32 * 0.35), make_divisible(18)
        (16, 24)
    """
    if value < 0:
        raise ValueError(f"make_divisible takes no negative value, and this is {value}")
    if not isinstance(divisor, int) or divisor < 1:
        raise ValueError(f"make_divisible takes an integer of at least 1 as divisor, and this is {divisor}")
    nearest = max(divisor, int(value + divisor / 2) // divisor * divisor)
    return nearest + divisor if nearest < 0.9 * value else nearest


def _square_root(value: float) -> float:
    if value < 0:
        raise ValueError(f"{value} has no square root")
    return math.sqrt(value)


class Function(NamedTuple):
    """A function: how it is computed, how it is called, and what it takes.

    `compute` raises ValueError, whose text is the message, for a number that has no result.
    """

    compute: Callable[..., int | float]
    usage: str
    arity: Sequence[int] | None = (1,)  # how many numbers; None for any, at least one
    whole_list: bool = False  # takes a list in the place of its numbers


FUNCTIONS = {
    "min": Function(lambda *numbers: min(numbers), "min(a, b) or min(list)", None, whole_list=True),
    "max": Function(lambda *numbers: max(numbers), "max(a, b) or max(list)", None, whole_list=True),
    "sum": Function(lambda *numbers: sum(numbers), "sum(list); values are added with +", (), whole_list=True),
    "round": Function(round, "round(x)"),
    "floor": Function(math.floor, "floor(x)"),
    "ceil": Function(math.ceil, "ceil(x)"),
    "sqrt": Function(_square_root, "sqrt(x)"),
    "make_divisible": Function(make_divisible, "make_divisible(x) or make_divisible(x, divisor)", (1, 2)),
}
"""Every function by its name."""
