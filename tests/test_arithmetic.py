"""Convolution arithmetic against counting by hand, the guide's fifteen formulas, and its own text."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archspec.arithmetic import (
    Window,
    largest_kernel,
    receptive_step,
    relationship,
    same,
    same_from,
    same_output,
    transposed,
    transposed_relationship,
    transposed_text,
    window,
    window_text,
)

SIZE = st.integers(1, 24)
KERNEL = st.integers(1, 7)
STRIDE = st.integers(1, 5)
DILATION = st.integers(1, 4)
PADDING = st.integers(-3, 5)
HUGE = st.integers(-(2**63), 2**63)


def places(size: int, kernel: int, stride: int, dilation: int, before: int, after: int) -> int:
    """Count the places of a window by laying it down until it hangs over the padding."""
    count, start = 0, -before
    while start + (kernel - 1) * dilation < size + after:
        count, start = count + 1, start + stride
    return count


@given(SIZE, KERNEL, STRIDE, DILATION, PADDING, PADDING)
def test_a_window_takes_the_places_that_counting_finds(
    size: int, kernel: int, stride: int, dilation: int, before: int, after: int
) -> None:
    counted = places(size, kernel, stride, dilation, before, after)
    assert max(window(size, kernel, stride, dilation, before, after), 0) == counted


@given(SIZE, KERNEL, STRIDE, st.integers(0, 3))
def test_ceil_adds_the_windows_that_hang_over_but_begin_inside(
    size: int, kernel: int, stride: int, padding: int
) -> None:
    padding = min(padding, kernel // 2)  # all that pools allow
    starts = [place * stride - padding for place in range(64)]
    inside = [start for start in starts if start + kernel <= size + padding]
    hanging = [start for start in starts if size + padding < start + kernel < size + padding + stride]
    begun = [start for start in hanging if start < size]
    assert max(window(size, kernel, stride, 1, padding, padding, ceil=True), 0) == len(inside + begun)


@given(SIZE, KERNEL, STRIDE, DILATION, st.integers(0, 5), st.integers(0, 5), st.integers(0, 4))
def test_a_convolution_takes_what_transposing_gives_back_to_the_size(
    size: int, kernel: int, stride: int, dilation: int, before: int, after: int, extra: int
) -> None:
    back = transposed(size, kernel, stride, dilation, before, after, extra % stride)
    assert window(back, kernel, stride, dilation, before, after) == size


@given(SIZE, KERNEL, DILATION)
def test_same_keeps_the_size_and_puts_the_odd_pixel_after(size: int, kernel: int, dilation: int) -> None:
    before, after = same(kernel, dilation)
    assert window(size, kernel, 1, dilation, before, after) == size
    assert after - before in (0, 1)


@given(SIZE, KERNEL, STRIDE, DILATION, st.booleans())
def test_same_from_pads_just_enough_for_every_stride_to_be_read(
    size: int, kernel: int, stride: int, dilation: int, lower: bool
) -> None:
    before, after = same_from(size, kernel, stride, dilation, lower=lower)
    out = same_output(size, stride)
    assert out == len(range(0, size, stride))
    assert window(size, kernel, stride, dilation, before, after) == out
    assert (before - after if lower else after - before) in (0, 1)
    if before + after > 0:
        assert window(size, kernel, stride, dilation, before, after - 1) < out


@given(SIZE, DILATION, PADDING, PADDING)
def test_the_largest_kernel_fits_and_the_next_does_not(size: int, dilation: int, before: int, after: int) -> None:
    largest = largest_kernel(size, dilation, before, after)
    assert places(size, largest + 1, 1, dilation, before, after) == 0
    if largest >= 1:
        assert places(size, largest, 1, dilation, before, after) >= 1


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 3)), min_size=1, max_size=4))
def test_the_receptive_field_spans_the_pixels_that_one_value_reads(
    layers: list[tuple[int, int, int]],
) -> None:
    size, jump = 1, 1
    for kernel, stride, dilation in layers:
        size, jump = receptive_step(size, jump, kernel, stride, dilation)

    def read(depth: int, place: int) -> set[int]:
        if depth < 0:
            return {place}
        kernel, stride, dilation = layers[depth]
        below = {place * stride + tap * dilation for tap in range(kernel)}
        return set().union(*(read(depth - 1, pixel) for pixel in below))

    first, second = read(len(layers) - 1, 0), read(len(layers) - 1, 1)
    assert max(first) - min(first) + 1 == size
    assert min(second) - min(first) == jump


GUIDE = {
    1: "(i - k) + 1",
    2: "(i - k) + 2 * p + 1",
    3: "i",
    4: "i + (k - 1)",
    5: "(i - k) // s + 1",
    6: "(i + 2 * p - k) // s + 1",
    7: "(i - k) // s + 1",
    8: "i + (k - 1)",
    9: "i + (k - 1) - 2 * p",
    10: "i",
    11: "i - (k - 1)",
    12: "s * (i - 1) + k",
    13: "s * (i - 1) + k - 2 * p",
    14: "s * (i - 1) + a + k - 2 * p",
    15: "(i + 2 * p - k - (k - 1) * (d - 1)) // s + 1",
}
"""The Relationships of Dumoulin & Visin (arXiv:1603.07285), as they stand there."""


@given(SIZE, KERNEL, STRIDE, DILATION, st.integers(0, 5), st.booleans())
def test_a_window_is_the_relationship_that_it_is_called(i: int, k: int, s: int, d: int, p: int, pool: bool) -> None:
    number = relationship(k, s, d, p, p, pooling=pool)
    assert number in range(1, 8) or number == 15
    assert window(i, k, s, d, p, p) == eval(GUIDE[number], {"i": i, "k": k, "s": s, "d": d, "p": p})  # noqa: S307


@given(SIZE, KERNEL, STRIDE, st.integers(0, 5), st.integers(0, 4))
def test_a_transposed_convolution_is_the_relationship_that_it_is_called(i: int, k: int, s: int, p: int, a: int) -> None:
    number = transposed_relationship(k, s, 1, p, p, a)
    assert number in range(8, 15)
    assert transposed(i, k, s, 1, p, p, a) == eval(GUIDE[number], {"i": i, "k": k, "s": s, "p": p, "a": a})  # noqa: S307


@pytest.mark.parametrize(
    ("numbers", "number"),
    [
        ({"kernel": 4}, 1),
        ({"kernel": 4, "before": 2, "after": 2}, 2),
        ({"kernel": 5, "before": 2, "after": 2}, 3),
        ({"kernel": 3, "before": 2, "after": 2}, 4),
        ({"kernel": 3, "stride": 2}, 5),
        ({"kernel": 3, "stride": 2, "before": 1, "after": 1}, 6),
        ({"kernel": 3, "stride": 2, "pooling": True}, 7),
        ({"kernel": 3, "dilation": 2}, 15),
        ({"kernel": 4, "before": 1, "after": 2}, None),
    ],
)
def test_the_examples_of_the_guide_have_their_numbers(numbers: dict[str, int], number: int | None) -> None:
    assert relationship(**numbers) == number


def value(text: str) -> tuple[int, int]:
    """Return both sides of a formula's text as numbers: its floor or ceiling is taken by Python."""
    left, right = text.translate(str.maketrans({"−": "-", "·": "*"})).rsplit(" = ", 1)
    left = re.sub(r"⌊\((.*)\)/(.+?)⌋", r"((\1)//(\2))", left)
    left = re.sub(r"⌈\((.*)\)/(.+?)⌉", r"(-((\1)//-(\2)))", left)
    return eval(left), int(right)  # noqa: S307


@given(SIZE | HUGE, KERNEL | HUGE, STRIDE, DILATION | HUGE, PADDING, PADDING, st.booleans())
def test_the_text_of_a_window_is_true(
    size: int, kernel: int, stride: int, dilation: int, before: int, after: int, ceil: bool
) -> None:
    text = window_text(size, kernel, stride, dilation, before, after, ceil=ceil)
    count = window(size, kernel, stride, dilation, before, after, ceil=ceil)
    assert value(text) == (count, count)


@given(SIZE | HUGE, KERNEL, STRIDE | HUGE, DILATION, PADDING, PADDING, st.integers(0, 3))
def test_the_text_of_a_transposed_convolution_is_true(
    size: int, kernel: int, stride: int, dilation: int, before: int, after: int, extra: int
) -> None:
    numbers = (size, kernel, stride, dilation, before, after, extra)
    assert value(transposed_text(*numbers)) == (transposed(*numbers), transposed(*numbers))


def test_texts_read_as_in_the_guide() -> None:
    assert window_text(32, 41) == "⌊(32 + 2·0 − 1·(41−1) − 1)/1⌋ + 1 = −8"
    assert window_text(5, 2, 5, ceil=True) == "⌈(5 + 2·0 − 1·(2−1) − 1)/5⌉ + 1 − 1 = 1"
    assert window_text(8, 3, 2, 1, 0, 1) == "⌊(8 + 0 + 1 − 1·(3−1) − 1)/2⌋ + 1 = 4"
    assert transposed_text(7, 4, 2, 1, 1, 1) == "2·(7−1) + 1·(4−1) − 2·1 + 0 + 1 = 14"


def test_a_window_spans_its_dilated_kernel() -> None:
    assert Window(3, dilation=4).extent == len(range(9))
