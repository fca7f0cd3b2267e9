"""What is wrong with an expression, and where in its text."""

from dataclasses import dataclass

__all__ = ["ExpressionError", "LimitError", "shown"]


@dataclass(eq=False)
class ExpressionError(Exception):
    """An expression cannot be read, or has no value; `start` and `end` are offsets into its text."""

    message: str
    start: int
    end: int
    help: str | None = None

    def __str__(self) -> str:
        return self.message


class LimitError(ExpressionError):
    """An expression is larger than allowed, or the evaluations of a spec have used up their steps."""


def shown(text: str) -> str:
    """Return a piece of an expression as a message quotes it: in backquotes, cut where it is long."""
    quote = '"' if "`" in text else "`"
    return quote + (text if len(text) <= 40 else f"{text[:39]}…") + quote
