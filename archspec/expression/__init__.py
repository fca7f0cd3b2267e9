"""The spec's expressions: text → a checked tree, and its value in a scope; never Python's `eval`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from archspec.expression.error import ExpressionError, LimitError
from archspec.expression.evaluation import UNKNOWN, Budget, Evaluation, Unknown, Value
from archspec.expression.grammar import read
from archspec.expression.spelling import spell
from archspec.expression.tree import Tree

__all__ = ["UNKNOWN", "Budget", "Expression", "ExpressionError", "LimitError", "Unknown", "Value", "parse"]


@dataclass(frozen=True)
class Expression:
    """An expression that was read without an error.

    Example:
        >>> parse("2 * width if index == 0 else width").evaluate({"width": 64, "index": 0}, Budget(100))
        128
    """

    text: str
    names: tuple[tuple[str, int, int], ...]
    """The free names in the order of the text, with their places in it: of `input.channels` only `input`."""
    tree: Tree = field(repr=False)

    def evaluate(self, names: Mapping[str, object], budget: Budget) -> Value | Unknown:
        """Return the expression's value.

        Integers are exact; `/` gives a float; conditions are booleans and nothing else. A part that the
        value does not need, as the right side of `false and …`, is not evaluated.

        Args:
            names: what each name means: a value, UNKNOWN, or a mapping, whose parts are read with a dot.
            budget: the steps that are left; what the evaluation takes is taken from it.

        Raises:
            ExpressionError: it has no value. LimitError if that is for want of steps.
        """
        return Evaluation(self.text, names, budget).value(self.tree.root)

    def python(self, names: Mapping[str, str]) -> str | None:
        """Return the expression as Python source with its names replaced; None if that is not possible.

        Args:
            names: Python for each name, dotted as it is written: `{"input.channels": "channels"}`; each is
                an operand that needs no parentheses.

        Example:
            >>> parse("(4 * width) if true else 1").python({"width": "self.width"})
            '4 * self.width if True else 1'
        """
        return spell(self.tree, names)


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """Return the expression that a text is.

    Raises:
        ExpressionError: it is none. LimitError if it is too long, too deep, or of too many parts.
    """
    tree = read(text)
    names = tuple((name.path[0], name.start, name.start + len(name.path[0])) for name in tree.names)
    return Expression(text, names, tree)
