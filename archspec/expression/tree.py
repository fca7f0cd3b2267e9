"""The tree of an expression: what its parts are, with their places in its text, and how tightly they bind."""

from typing import NamedTuple

__all__ = [
    "PRECEDENCE",
    "UNARY_MINUS",
    "Call",
    "Chain",
    "Choice",
    "Comparison",
    "Literal",
    "Logic",
    "Name",
    "Node",
    "Tree",
    "Unary",
]

PRECEDENCE = {
    "or": 1, "and": 2, "not": 3,
    "==": 4, "!=": 4, "<": 4, "<=": 4, ">": 4, ">=": 4,
    "+": 5, "-": 5, "*": 6, "/": 6, "//": 6, "%": 6,
}  # fmt: skip
UNARY_MINUS = 7


class Literal(NamedTuple):
    """A number, a text or a boolean."""

    start: int
    end: int
    value: int | float | str | bool


class Name(NamedTuple):
    """`stride`, `input.channels`, `depths.0`."""

    start: int
    end: int
    path: tuple[str, ...]


class Unary(NamedTuple):
    """`-x`, `not x`."""

    start: int
    end: int
    operator: str
    operand: "Node"


class Chain(NamedTuple):
    """`a - b + c`: arithmetic of one precedence, from left to right."""

    start: int
    end: int
    first: "Node"
    rest: tuple[tuple[str, "Node"], ...]


class Comparison(NamedTuple):
    """`a < b`, `a < b <= c`: each with its neighbour, and all must hold."""

    start: int
    end: int
    first: "Node"
    rest: tuple[tuple[str, "Node"], ...]


class Logic(NamedTuple):
    """`a and b and c`, `a or b`."""

    start: int
    end: int
    first: "Node"
    rest: tuple[tuple[str, "Node"], ...]


class Choice(NamedTuple):
    """`value if condition else other`."""

    start: int
    end: int
    value: "Node"
    condition: "Node"
    other: "Node"


class Call(NamedTuple):
    """`max(a, b)`."""

    start: int
    end: int
    function: str
    arguments: tuple["Node", ...]


Node = Literal | Name | Unary | Chain | Comparison | Logic | Choice | Call


class Tree(NamedTuple):
    """A whole expression, with the names and functions that it uses, in the order of its text."""

    root: Node
    names: tuple[Name, ...]
    functions: frozenset[str]
