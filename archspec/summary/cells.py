"""A line of the table → the words in its cells, for whatever form the table takes."""

from collections.abc import Callable
from fractions import Fraction

from archspec.measure import Field
from archspec.summary.rows import Row

__all__ = ["COLUMNS", "byte_count", "described", "exact", "fields", "rounded", "span", "windows"]

COLUMNS = ("layer", "op", "k/s/p", "output", "params", "MACs", "memory", "RF/jump")


def described(row: Row, digits: Callable[[int], str]) -> tuple[str, ...]:
    """Return the cells of all columns but the first."""
    figures = (digits(row.parameters), digits(row.macs), byte_count(row.memory))
    return _named(row), windows(row), _shapes(row), *figures, fields(row)


def span(row: Row) -> str:
    """Return the name of the layer, or of the first and last copy: `encoder_layer_1–11`."""
    first, last = row.path.rpartition(".")[2], row.last.rpartition(".")[2]
    if row.copies == 1:
        return first
    stem = first.rstrip("0123456789")
    return f"{first}–{last.removeprefix(stem)}"


def _named(row: Row) -> str:
    what = f"{row.op}," if row.differs else row.op
    parts = [what, row.differs, f"×{row.copies}" if row.copies > 1 else "", _when(row)]
    return " ".join(filter(None, parts))


def _when(row: Row) -> str:
    if row.unused:
        return "(unused)"
    return "(training)" if row.training else ""


def windows(row: Row) -> str:
    """Return kernel, stride and padding, and the dilation where there is one: `3/2/1`, `1×7/1/0×3`."""
    if not row.windows:
        return ""
    columns = [
        [str(window.kernel) for window in row.windows],
        [str(window.stride) for window in row.windows],
        [str(w.before) if w.before == w.after else f"{w.before}+{w.after}" for w in row.windows],
        [str(window.dilation) for window in row.windows],
    ]
    texts = [column[0] if len(set(column)) == 1 else "×".join(column) for column in columns]
    return "/".join(texts if texts[3] != "1" else texts[:3])


def fields(row: Row) -> str:
    """Return receptive field and jump along the axes of the first input that it sees: `427/32`, `7×1/2×1`, `all`."""
    seen = [field for field in row.view if field is not None]
    if not seen:
        return ""
    if all(field.jump == 0 for field in seen):
        return "all"
    sizes = [f"{'' if field.even else '≤'}{field.size}" for field in seen]
    jumps = [_jump(field) for field in seen]
    return "/".join(column[0] if len(set(column)) == 1 else "×".join(column) for column in (sizes, jumps))


def _jump(field: Field) -> str:
    jump: Fraction = field.jump
    return (
        str(jump.numerator) if jump.denominator == 1 else f"1:{jump.denominator}" if jump.numerator == 1 else str(jump)
    )


def _shapes(row: Row) -> str:
    return ", ".join(map(str, row.outputs))


def exact(number: int) -> str:
    """Return a number in full: `25,557,032`."""
    return f"{number:,}"


def rounded(number: int) -> str:
    """Return a number in at most four digits: `25.56 M`."""
    for power, unit in ((12, "T"), (9, "G"), (6, "M"), (3, "k")):
        if number >= 10**power:
            return f"{number / 10**power:.4g} {unit}"
    return str(number)


def byte_count(number: int) -> str:
    """Return a size in decimal units: `102.2 MB`."""
    text = rounded(number)
    return f"{text}B" if " " in text else f"{text} B" if number else "0"
