"""An expression's text → its tree: a parser by precedence, bounded in length, nodes and depth.

In the order in which they bind, loosest first, as in Python::

    choice       a if condition else b
    logic        or, and, not
    comparison   == != < <= > >=, which chain: 0 < x < 9
    arithmetic   + -, then * / // %, then the unary -
    operand      number, "text", true, false, name.part.0, function(a, b), (choice)
"""

import keyword
import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from archspec.diagnostic import suggest
from archspec.expression.error import ExpressionError, LimitError, shown
from archspec.expression.functions import FUNCTIONS
from archspec.expression.tokens import Token, tokens
from archspec.expression.tree import (
    PRECEDENCE,
    UNARY_MINUS,
    Call,
    Chain,
    Choice,
    Comparison,
    Literal,
    Logic,
    Name,
    Node,
    Tree,
    Unary,
)

__all__ = ["DEPTH", "LENGTH", "NODES", "read"]

LENGTH = 512  # characters
DEPTH = 32  # parentheses, calls, signs and choices, one inside the other
NODES = 256
_CHOICE = "a choice is written `a if condition else b`"
_SPLIT = "give parts of it parameters of their own"


def read(text: str) -> Tree:
    """Return the tree of an expression. Raises ExpressionError."""
    if len(text) > LENGTH:
        message = f"the expression has {len(text)} characters; at most {LENGTH} are allowed"
        raise LimitError(message, LENGTH, len(text), _SPLIT)
    coming = tokens(text)
    parser = _Parser(coming, next(coming))
    root = parser.whole()
    return Tree(root, tuple(parser.names), frozenset(parser.functions))


@dataclass(slots=True)
class _Parser:
    """Reads tokens as they come, so that what is wrong first is found first."""

    coming: Iterator[Token]
    token: Token
    before: Token | None = None
    nodes: int = 0
    depth: int = 0
    names: list[Name] = field(default_factory=list)
    functions: set[str] = field(default_factory=set)

    def take(self) -> Token:
        """Return the next token and go past it; each that is no punctuation makes a node."""
        token = self.before = self.token
        self.nodes += token.kind not in ("(", ")", ",", "else")
        if self.nodes > NODES:
            message = f"the expression has more than {NODES} operators and operands"
            raise LimitError(message, token.start, token.end, _SPLIT)
        self.token = next(self.coming)
        return token

    def whole(self) -> Node:
        root = self.choice()
        if self.token.kind != "end":
            raise self.unexpected_end()
        return root

    def choice(self) -> Node:
        """Read `a if condition else b`, or anything that binds tighter."""
        value = self.binary(1)
        if self.token.kind == "if":
            self.deeper()
            sign = self.take()
            condition = self.binary(1)
            if self.token.kind != "else":
                raise self.error("this choice has no `else`", _CHOICE, sign)
            self.take()
            other = self.choice()
            value = Choice(value.start, other.end, value, condition, other)
            self.depth -= 1
        return value

    def binary(self, lowest: int) -> Node:
        """Read operands and the operators between them that bind at least as tightly as `lowest`."""
        left = self.unary(lowest)
        while self.token.kind != "not" and (level := PRECEDENCE.get(self.token.kind, 0)) >= lowest:
            rest: list[tuple[str, Node]] = []
            while PRECEDENCE.get(self.token.kind) == level:
                operator = self.take().kind
                rest.append((operator, self.binary(level + 1)))
            kind = Logic if level < 3 else Comparison if level == 4 else Chain
            left = kind(left.start, rest[-1][1].end, left, tuple(rest))
        return left

    def unary(self, lowest: int) -> Node:
        token = self.token
        if token.kind == "not" and lowest > PRECEDENCE["not"]:
            raise self.error("`not` cannot stand here without parentheses", "write `(not x)`")
        if token.kind not in ("-", "not"):
            return self.operand()
        self.deeper()
        self.take()
        operand = self.unary(UNARY_MINUS) if token.kind == "-" else self.binary(PRECEDENCE["not"])
        self.depth -= 1
        return Unary(token.start, operand.end, token.kind, operand)

    def operand(self) -> Node:
        token = self.token
        if token.kind == "(":
            return self.parenthesis()
        if token.kind == "name":
            return self.name()
        if token.kind not in ("number", "string", "true", "false"):
            raise self.no_operand()
        self.take()
        return Literal(token.start, token.end, self.literal(token))

    def literal(self, token: Token) -> int | float | str | bool:
        if token.kind == "string":
            return token.text[1:-1]
        if token.kind in ("true", "false"):
            return token.kind == "true"
        value = int(token.text) if token.text.isdigit() else float(token.text)
        if isinstance(value, int) and value >= 1 << 63:
            raise self.error(f"{shown(token.text)} is too large; integers are below 2⁶³", token=token)
        if value == math.inf:
            raise self.error(f"{shown(token.text)} is too large; numbers are below 1.8e308", token=token)
        return value

    def parenthesis(self) -> Node:
        self.deeper()
        opening = self.take()
        inside = self.choice()
        self.close(opening)
        self.depth -= 1
        return inside

    def close(self, opening: Token) -> Token:
        if self.token.kind == ")":
            return self.take()
        if self.token.kind == "end":
            raise self.error("this parenthesis is never closed", "close it with `)`", opening)
        raise self.unexpected_end()

    def name(self) -> Node:
        token = self.take()
        if self.token.kind == "(":
            return self.call(token)
        if keyword.iskeyword(token.text):
            raise self.foreign_word(token)
        found = Name(token.start, token.end, tuple(token.text.split(".")))
        self.names.append(found)
        return found

    def call(self, token: Token) -> Node:
        if token.text not in FUNCTIONS:
            meant = suggest(token.text, FUNCTIONS)
            advice = f"the functions are {', '.join(FUNCTIONS)}"
            advice = f"did you mean `{meant}`? {advice}" if meant else advice
            raise self.error(f"there is no function {shown(token.text)}", advice, token)
        self.functions.add(token.text)
        self.deeper()
        opening = self.take()
        arguments: list[Node] = []
        while self.token.kind != ")":
            arguments.append(self.choice())
            if self.token.kind != ",":
                break
            self.take()
        closing = self.close(opening)
        self.depth -= 1
        return Call(token.start, closing.end, token.text, tuple(arguments))

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > DEPTH:
            message = f"the expression is nested deeper than {DEPTH}"
            raise LimitError(message, self.token.start, self.token.end, _SPLIT)

    # What is wrong

    def error(self, message: str, advice: str | None = None, token: Token | None = None) -> ExpressionError:
        token = token or self.token
        return ExpressionError(message, token.start, token.end, advice)

    def foreign_word(self, token: Token) -> ExpressionError:
        advice = _WORDS.get(token.text, "a name is no keyword of Python")
        return self.error(f"`{token.text}` has no meaning in an expression", advice, token)

    def no_operand(self) -> ExpressionError:
        """Say what stands where a value is wanted."""
        before = self.before
        if before is None and self.token.kind == "end":
            return self.error("there is no expression here", "write a value")
        if before and self.token.kind == "end":
            return self.error(f"a value is missing after {shown(before.text)}", token=before)
        if self.token.kind == "+":
            return self.error("a value cannot begin with +", "delete the +")
        if self.token.kind == "if":
            return self.error("a value is missing before `if`", _CHOICE)
        return self.error(f"a value is missing before `{self.token.text}`")

    def unexpected_end(self) -> ExpressionError:
        """Say what stands where the expression, or a parenthesis, could have ended."""
        before, token = self.before, self.token
        if token.kind == ")":
            return self.error("this parenthesis was never opened", "delete it, or open with `(`")
        if token.kind == ",":
            return self.error("a comma stands only between a function's arguments", "a list is written [a, b]")
        if token.kind == "else":
            return self.error("`else` stands without `if`", _CHOICE)
        if token.text in _WORDS or keyword.iskeyword(token.text):
            return self.foreign_word(token)
        advice = None
        if before and {before.kind, token.kind} <= {"number", "name"}:
            advice = f"a product is written `{before.text} * {'…' if token.text == 'x' else token.text}`"
        return self.error(f"an operator is missing before {shown(token.text)}", advice)


_WORDS = {
    "True": "did you mean `true`?",
    "False": "did you mean `false`?",
    "None": "leave the key away where there is no value",
    "in": "write `x == 1 or x == 2`",
    "is": "two values are compared with `==`, or with `!=`",
    "elif": "write `else b if condition else c`",
    "then": _CHOICE,
    "lambda": "an expression cannot define a function",
    "for": "an expression cannot loop; `repeat` makes copies of a layer",
    "mod": "a remainder is written `a % b`",
    "div": "a whole division is written `a // b`",
    "AND": "write `and`",
    "OR": "write `or`",
    "NOT": "write `not`",
}
"""Words of other languages, and what to write instead."""
