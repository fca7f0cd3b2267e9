"""Convolution arithmetic in exact integers: sizes go in, sizes or the formula with its numbers come out.

"The guide" is Dumoulin & Visin, "A guide to convolution arithmetic for deep learning" (arXiv:1603.07285); its
fifteen Relationships are named where they apply. Its i, o, k, s, p, d are here size, result, kernel, stride,
padding, dilation; a is `output_padding`. Everything is per spatial axis, in pixels, and may be below 1: who
asks decides what that means.
"""

from dataclasses import dataclass

__all__ = [
    "Window",
    "full",
    "largest_kernel",
    "receptive_step",
    "relationship",
    "same",
    "same_from",
    "same_output",
    "transposed",
    "transposed_relationship",
    "transposed_text",
    "window",
    "window_text",
]


@dataclass(frozen=True, slots=True)
class Window:
    """How an op slides over one axis: the kernel, and the padding before and after the axis's pixels."""

    kernel: int
    stride: int = 1
    dilation: int = 1
    before: int = 0
    after: int = 0

    @property
    def extent(self) -> int:
        """How many pixels the kernel spans, its gaps included."""
        return full(self.kernel, self.dilation)


def full(kernel: int, dilation: int) -> int:
    """Return how many pixels a dilated kernel spans, the guide's k̂ = k + (k − 1)(d − 1).

    Example:
        >>> full(3, dilation=2)
        5
    """
    return dilation * (kernel - 1) + 1


def window(
    size: int,
    kernel: int,
    stride: int = 1,
    dilation: int = 1,
    before: int = 0,
    after: int = 0,
    *,
    ceil: bool = False,
) -> int:
    """Return how many places a window takes along an axis.

    It is Relationship 15, of which 1-4 (stride 1), 5 and 6 (no dilation) and 7 (pooling) are cases. With
    `ceil` the last window may hang over the end, but it must begin inside the axis or the padding before it
    (torch's `ceil_mode`). The stride must not be 0.

    Example:
        >>> window(224, kernel=7, stride=2, before=3, after=3)
        112
        >>> window(32, kernel=41)
        -8
    """
    room = size + before + after - dilation * (kernel - 1) - 1
    count = (room + (stride - 1 if ceil else 0)) // stride + 1
    return count - 1 if ceil and (count - 1) * stride >= size + before else count


def transposed(
    size: int,
    kernel: int,
    stride: int = 1,
    dilation: int = 1,
    before: int = 0,
    after: int = 0,
    output_padding: int = 0,
) -> int:
    """Return the size that a transposed convolution gives: one that a convolution takes to `size`.

    It is Relationship 14, of which 8-11 (stride 1), 12 and 13 (no output padding) are cases, with the dilated
    kernel of Relationship 15.

    Example:
        >>> transposed(7, kernel=4, stride=2, before=1, after=1)
        14
    """
    return (size - 1) * stride - before - after + dilation * (kernel - 1) + output_padding + 1


def same(kernel: int, dilation: int = 1) -> tuple[int, int]:
    """Return the padding before and after that keeps the size at stride 1; an odd pixel goes after.

    It is Relationship 3 for an odd kernel.

    Example:
        >>> same(3), same(4)
        ((1, 1), (1, 2))
    """
    total = dilation * (kernel - 1)
    return total // 2, total - total // 2


def same_output(size: int, stride: int) -> int:
    """Return ⌈size / stride⌉, what ONNX's SAME_UPPER and SAME_LOWER give.

    Example:
        >>> same_output(225, stride=2)
        113
    """
    return -(-size // stride)


def same_from(size: int, kernel: int, stride: int = 1, dilation: int = 1, *, lower: bool = False) -> tuple[int, int]:
    """Return the padding before and after by ONNX's SAME_UPPER, or SAME_LOWER, for the size that arrives.

    Together it is just what `same_output` needs; an odd pixel goes after, or before for SAME_LOWER. A kernel
    below the stride may need none; ONNX leaves open whether that crops, and as in TensorFlow it does not.

    Example:
        >>> same_from(224, kernel=3, stride=2)
        (0, 1)
    """
    total = max((same_output(size, stride) - 1) * stride + full(kernel, dilation) - size, 0)
    small, large = total // 2, total - total // 2
    return (large, small) if lower else (small, large)


def largest_kernel(size: int, dilation: int = 1, before: int = 0, after: int = 0) -> int:
    """Return the largest kernel that fits at least once into an axis and its padding.

    Example:
        >>> largest_kernel(8, dilation=4)
        2
    """
    return (size + before + after - 1) // dilation + 1


def receptive_step(size: int, jump: int, kernel: int, stride: int = 1, dilation: int = 1) -> tuple[int, int]:
    """Return the receptive field and the jump behind a window, in input pixels, from those in front of it.

    The field is how many input pixels one value sees; the jump is how many lie between neighbouring values.

    Example:
        >>> receptive_step(1, 1, kernel=7, stride=2)
        (7, 2)
        >>> receptive_step(7, 2, kernel=3, stride=2)
        (11, 4)
    """
    return size + dilation * (kernel - 1) * jump, jump * stride


def relationship(
    kernel: int, stride: int = 1, dilation: int = 1, before: int = 0, after: int = 0, *, pooling: bool = False
) -> int | None:
    """Return the number of the guide's Relationship that a window is, the narrowest; None for uneven padding.

    Example:
        >>> relationship(3, before=1, after=1), relationship(7, stride=2, before=3, after=3)
        (3, 6)
    """
    if before != after or before < 0:
        return None
    if dilation > 1:
        return 15
    if stride > 1:
        return 6 if before else 7 if pooling else 5
    if before == 0:
        return 7 if pooling else 1
    if kernel % 2 and before == kernel // 2:
        return 3
    return 4 if before == kernel - 1 else 2


def transposed_relationship(
    kernel: int, stride: int = 1, dilation: int = 1, before: int = 0, after: int = 0, output_padding: int = 0
) -> int | None:
    """Return the number of the guide's Relationship that a transposed convolution is, or None.

    Example:
        >>> transposed_relationship(4, stride=2, before=1, after=1)
        13
    """
    if before != after or before < 0 or dilation > 1:
        return None
    if output_padding:
        return 14
    if stride > 1:
        return 13 if before else 12
    if before == 0:
        return 8
    if kernel % 2 and before == kernel // 2:
        return 10
    return 11 if before == kernel - 1 else 9


def window_text(
    size: int,
    kernel: int,
    stride: int = 1,
    dilation: int = 1,
    before: int = 0,
    after: int = 0,
    *,
    ceil: bool = False,
) -> str:
    """Return `window` as the guide writes it, with its numbers.

    Example:
        >>> window_text(32, kernel=41)
        '⌊(32 + 2·0 − 1·(41−1) − 1)/1⌋ + 1 = −8'
    """
    left, right = "⌈⌉" if ceil else "⌊⌋"
    padding = f"2·{_number(before)}" if before == after else f"{_number(before)} + {_number(after)}"
    room = f"{size} + {padding} − {_number(dilation)}·({_bare(kernel)}−1) − 1"
    count = window(size, kernel, stride, dilation, before, after, ceil=ceil)
    dropped = -((size + before + after - dilation * (kernel - 1) - 1) // -stride) + 1 - count if ceil else 0
    return f"{left}({room})/{_number(stride)}{right} + 1{' − 1' if dropped else ''} = {_bare(count)}"


def transposed_text(
    size: int,
    kernel: int,
    stride: int = 1,
    dilation: int = 1,
    before: int = 0,
    after: int = 0,
    output_padding: int = 0,
) -> str:
    """Return `transposed` as the guide writes it, with its numbers.

    Example:
        >>> transposed_text(7, kernel=4, stride=2, before=1, after=1)
        '2·(7−1) + 1·(4−1) − 2·1 + 0 + 1 = 14'
    """
    padding = f"2·{_number(before)}" if before == after else f"{_number(before)} − {_number(after)}"
    total = transposed(size, kernel, stride, dilation, before, after, output_padding)
    return (
        f"{_number(stride)}·({size}−1) + {_number(dilation)}·({_bare(kernel)}−1) − {padding} + "
        f"{_number(output_padding)} + 1 = {_bare(total)}"
    )


def _number(value: int) -> str:
    """Return the number as a factor or a term: a negative one in brackets."""
    return f"({_bare(value)})" if value < 0 else str(value)


def _bare(value: int) -> str:
    return str(value).replace("-", "−")
