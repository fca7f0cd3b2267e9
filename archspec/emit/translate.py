"""An expression of the spec → Python text over a constructor's arguments, and its value in every instance.

Nothing is executed: the text is parsed into a tree, and only arithmetic that is listed here is done on it.
What is the same in every instance is folded into a number.
"""

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from archspec.emit.text import literal

__all__ = ["ATOM", "Term", "Untranslatable", "translate"]


class Untranslatable(Exception):  # noqa: N818
    """The expression has no such text."""


ATOM = 9
"""The level of names, numbers and calls."""


@dataclass(frozen=True, slots=True)
class Term:
    """Text, and its value in every instance. `level` is how tightly its outermost operator binds."""

    text: str
    values: tuple[object, ...]
    level: int = ATOM

    def inside(self, level: int) -> str:
        """Return the text as an operand of an operator of that level."""
        return self.text if self.level >= level else f"({self.text})"


Names = Callable[[str], Term | None]
"""Gives what a name, dotted or not, stands for."""

_BINARY: Mapping[type[ast.operator], tuple[str, int, Callable[..., object]]] = {
    ast.Add: ("+", 5, operator.add),
    ast.Sub: ("-", 5, operator.sub),
    ast.Mult: ("*", 6, operator.mul),
    ast.Div: ("/", 6, operator.truediv),
    ast.FloorDiv: ("//", 6, operator.floordiv),
    ast.Mod: ("%", 6, operator.mod),
}
_COMPARE: Mapping[type[ast.cmpop], tuple[str, Callable[..., bool]]] = {
    ast.Eq: ("==", operator.eq),
    ast.NotEq: ("!=", operator.ne),
    ast.Lt: ("<", operator.lt),
    ast.LtE: ("<=", operator.le),
    ast.Gt: (">", operator.gt),
    ast.GtE: (">=", operator.ge),
}
_FUNCTIONS: Mapping[str, tuple[str, Callable[..., object]]] = {
    "min": ("min", min),
    "max": ("max", max),
    "sum": ("sum", sum),
    "sqrt": ("math.sqrt", math.sqrt),
}
"""What Python calls a function, and the function."""
_OR, _AND, _NOT, _COMPARISON, _UNARY = 1, 2, 3, 4, 7


def translate(text: str, names: Names, count: int) -> Term:
    """Return an expression as text over names, with its value in each of `count` instances.

    Raises: Untranslatable: where it reads a name that has no text, or calls a function that Python lacks.

    Example:
        >>> names = {"width": Term("width", (64, 128)), "expansion": Term("4", (4, 4))}
        >>> translate("width * expansion + 0", names.get, 2)
        Term(text='width * 4 + 0', values=(256, 512), level=5)
    """
    dotted = re.sub(r"\b([A-Za-z_]\w*)\.(\d+)\b", r"\1[\2]", text)
    try:
        tree = ast.parse(dotted, mode="eval").body
        return _Translation(names, count).term(tree)
    except (
        SyntaxError,
        ValueError,
        ArithmeticError,
        TypeError,
        IndexError,
        RecursionError,
        MemoryError,
    ) as error:
        raise Untranslatable(text) from error


class _Translation:
    def __init__(self, names: Names, count: int) -> None:
        self.names = names
        self.count = count

    def term(self, tree: ast.expr) -> Term:
        """Return the tree as a term, as a literal where it is the same in every instance."""
        term = self._term(tree)
        first = term.values[0]
        if isinstance(first, (bool, int, float)) and all(
            type(value) is type(first) and value == first for value in term.values
        ):
            text = literal(first)
            return Term(text, term.values, _UNARY if text.startswith("-") else 9)
        return term

    def _term(self, tree: ast.expr) -> Term:
        match tree:
            case ast.Constant(value=int() | float() | str() as value):
                return Term(literal(value), (value,) * self.count)
            case ast.Name() | ast.Attribute():
                return self._name(ast.unparse(tree))
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=int(index))):
                inner = self._name(name)
                return self._each(f"{inner.text}[{index}]", ATOM, lambda v: v[index], inner)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                inner = self.term(operand)
                return self._each(f"-{inner.inside(_UNARY)}", _UNARY, operator.neg, inner)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                inner = self.term(operand)
                return self._each(f"not {inner.inside(_NOT)}", _NOT, operator.not_, inner)
            case ast.BinOp(left=left, op=op, right=right):
                sign, level, function = _BINARY[type(op)]
                one, other = self.term(left), self.term(right)
                text = f"{one.inside(level)} {sign} {other.inside(level + 1)}"
                return self._each(text, level, function, one, other)
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in _FUNCTIONS:
                terms = [self.term(argument) for argument in arguments]
                own, function = _FUNCTIONS[name]
                text = f"{own}({', '.join(term.text for term in terms)})"
                return self._each(text, ATOM, function, *terms)
        return self._condition(tree)

    def _condition(self, tree: ast.expr) -> Term:
        match tree:
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return self._comparison(self.term(left), op, self.term(right))
            case ast.BoolOp(op=op, values=parts):
                return self._boolean(isinstance(op, ast.And), [self.term(part) for part in parts])
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self._choice(self.term(test), self.term(body), self.term(orelse))
        raise Untranslatable(type(tree).__name__)

    def _name(self, name: str) -> Term:
        term = self.names(name)
        if term is None:
            raise Untranslatable(name)
        return term

    def _each(self, text: str, level: int, function: Callable[..., object], *terms: Term) -> Term:
        rows = zip(*(term.values for term in terms), strict=True)
        return Term(text, tuple(function(*row) for row in rows), level)

    def _comparison(self, left: Term, op: ast.cmpop, right: Term) -> Term:
        if type(op) not in _COMPARE:
            raise Untranslatable(type(op).__name__)
        sign, function = _COMPARE[type(op)]
        text = f"{left.inside(_COMPARISON + 1)} {sign} {right.inside(_COMPARISON + 1)}"
        return self._each(text, _COMPARISON, function, left, right)

    def _boolean(self, conjunction: bool, terms: Sequence[Term]) -> Term:
        """Return `and` or `or` without the operands that change nothing."""
        neutral = literal(conjunction)
        kept = [term for term in terms if term.text != neutral] or [terms[0]]
        if len(kept) == 1:
            return kept[0]
        level, word, function = (_AND, " and ", all) if conjunction else (_OR, " or ", any)
        values = tuple(function(row) for row in zip(*(term.values for term in terms), strict=True))
        return Term(word.join(term.inside(level + 1) for term in kept), values, level)

    def _choice(self, test: Term, body: Term, orelse: Term) -> Term:
        if test.text in ("True", "False"):
            return body if test.text == "True" else orelse
        rows = zip(test.values, body.values, orelse.values, strict=True)
        values = tuple(one if chosen else other for chosen, one, other in rows)
        return Term(f"{body.inside(1)} if {test.inside(1)} else {orelse.inside(0)}", values, 0)
