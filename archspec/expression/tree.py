"""The tree of an expression: what its parts are, with their places in its text, and how tightly they bind."""

from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, a text or a boolean."""

    start: int
    end: int
    value: int | float | str | bool


@dataclass(frozen=True, slots=True)
class Name:
    """`stride`, `input.channels`, `depths.0`."""

    start: int
    end: int
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unary:
    """`-x`, `not x`."""

    start: int
    end: int
    operator: str
    operand: "Node"


@dataclass(frozen=True, slots=True)
class Chain:
    """`a - b + c`: arithmetic of one precedence, from left to right."""

    start: int
    end: int
    first: "Node"
    rest: tuple[tuple[str, "Node"], ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`a < b`, `a < b <= c`: each with its neighbour, and all must hold."""

    start: int
    end: int
    first: "Node"
    rest: tuple[tuple[str, "Node"], ...]


@dataclass(frozen=True, slots=True)
class Logic:
    """`a and b and c`, `a or b`."""

    start: int
    end: int
    first: "Node"
    rest: tuple[tuple[str, "Node"], ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """`value if condition else other`."""

    start: int
    end: int
    value: "Node"
    condition: "Node"
    other: "Node"


@dataclass(frozen=True, slots=True)
class Call:
    """`max(a, b)`."""

    start: int
    end: int
    function: str
    arguments: tuple["Node", ...]


Node = Literal | Name | Unary | Chain | Comparison | Logic | Choice | Call


@dataclass(frozen=True, slots=True)
class Tree:
    """A whole expression, with the names and functions that it uses, in the order of its text."""

    root: Node
    names: tuple[Name, ...]
    functions: frozenset[str]
