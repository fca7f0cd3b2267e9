"""Lines with the comments behind their code → text, in which comments that stood below each other still do."""

from collections.abc import Iterable
from itertools import groupby

from archspec.fmt.tree import Comment, Line

__all__ = ["align"]

_APART = 2  # at least so many blanks stand before a comment, as yamllint wants them


def align(lines: Iterable[Line]) -> str:
    """Return the text. Comments of one column move as the code before them did, and stay in one column."""
    written = list(lines)
    commented = [(_end(line), line.comment) for line in written if line.comment]
    columns = [column for _, group in groupby(commented, _column) for column in _columns(list(group))]
    behind = iter(columns)
    return "".join(line.text + (_behind(line, line.comment, next(behind)) if line.comment else "") + "\n" for line in written)  # noqa: E501  # fmt: skip


def _end(line: Line) -> int:
    return len(line.text) - (line.text.rfind("\n") + 1)


def _column(commented: tuple[int, Comment]) -> int:
    return commented[1].column


def _columns(group: list[tuple[int, Comment]]) -> list[int]:
    """Return where the comments of a group go: as far as the code that moved most to the right."""
    column = group[0][1].column + max(end - comment.code for end, comment in group)
    column += max(0, *(_APART - (column - end) for end, _ in group))
    return [column] * len(group)


def _behind(line: Line, comment: Comment, column: int) -> str:
    more = "".join(f"\n{' ' * column}{text}" for text in comment.more)
    return " " * (column - _end(line)) + comment.text + more
