"""An expression's tree and what its names mean → its value, counted in steps."""

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, NamedTuple

from archspec.diagnostic import suggest
from archspec.expression.error import ExpressionError, LimitError, shown
from archspec.expression.functions import FUNCTIONS
from archspec.expression.tree import Call, Chain, Choice, Comparison, Literal, Logic, Name, Node, Unary

__all__ = ["UNKNOWN", "Budget", "Evaluation", "Unknown", "Value"]

Value = int | float | bool | str | None | tuple["Value", ...]


class Unknown(Enum):
    """The type of `UNKNOWN`."""

    UNKNOWN = "unknown"


UNKNOWN: Final = Unknown.UNKNOWN
"""A value that an earlier mistake left unknown; what depends on it is unknown, too."""


@dataclass(slots=True)
class Budget:
    """How many steps the expressions of a spec may still take; a step is a node, or an entry of a list."""

    remaining: int

    def spend(self, steps: int, node: Node) -> None:
        """Take away the steps. Raises LimitError if there are not so many left."""
        self.remaining -= steps
        if self.remaining < 0:
            message = "the expressions of this spec take more steps than are allowed"
            raise LimitError(message, node.start, node.end, "`--limit steps=…` raises the limit")


class Evaluation(NamedTuple):
    """One evaluation: the text for messages, what the names mean, and the steps that are left."""

    text: str
    names: Mapping[str, object]
    budget: Budget

    def value(self, node: Node) -> Value | Unknown:
        """Return the value of a node. Raises ExpressionError where it has none."""
        budget = self.budget
        budget.remaining -= 1
        if budget.remaining < 0:
            budget.spend(0, node)
        return node.value if isinstance(node, Literal) else _VALUES[type(node)](self, node)

    # Names

    def _name(self, node: Name) -> Value | Unknown:
        first = node.path[0]
        if first not in self.names:
            meant = suggest(first, self.names)
            advice = f"did you mean `{meant}`?" if meant else None
            raise self._error(f"there is no {shown(first)} here", node, advice)
        value = self.names[first]
        for index in range(1, len(node.path)):
            if value is UNKNOWN:
                return UNKNOWN
            value = self._part(node, index, value)
        if isinstance(value, dict):
            whole = ".".join(node.path)
            raise self._error(f"{shown(whole)} is no value itself", node, f"it has {_parts(whole, value)}")
        return value  # type: ignore[return-value]  # names mean values, or mappings of them

    def _part(self, node: Name, index: int, value: object) -> object:
        part = node.path[index]
        if isinstance(value, dict) and part in value:
            return value[part]
        whole = ".".join(node.path[:index])
        if isinstance(value, dict):
            meant = suggest(part, value)
            advice = f"did you mean `{whole}.{meant}`?" if meant else f"it has {_parts(whole, value)}"
            raise self._error(f"{shown(whole)} has no {shown(part)}", node, advice)
        if isinstance(value, tuple):
            if not part.isdigit():
                raise self._error(f"{shown(whole)} is a list", node, f"its first entry is `{whole}.0`")
            if int(part) >= len(value):
                entries = "1 entry" if len(value) == 1 else f"{len(value)} entries"
                raise self._error(f"{shown(whole)} has {entries}, counted from 0", node)
            return value[int(part)]
        raise self._error(f"{shown(whole)} is {_described(value)}, and has no parts", node)

    # Operators

    def _unary(self, node: Unary) -> Value | Unknown:
        if node.operator == "not":
            value = self._condition(node.operand)
            return UNKNOWN if value is UNKNOWN else not value
        number = self._number(node.operand)
        return UNKNOWN if number is UNKNOWN else self._bounded(-number, node)

    def _chain(self, node: Chain) -> Value | Unknown:
        left = self._number(node.first)
        for sign, operand in node.rest:
            right = self._number(operand)
            if left is UNKNOWN or right is UNKNOWN:
                left = UNKNOWN
                continue
            if right == 0 and sign in ("/", "//", "%"):
                zero = "" if isinstance(operand, Literal) else f": {self._shown(operand)} is 0"
                raise self._error(f"{left} {sign} 0 is a division by zero{zero}", operand)
            value = _ARITHMETIC[sign](left, right)
            if not (isinstance(value, int) and abs(value) < _LARGE):
                self._bounded(value, node, f"{left} {sign} {right}")
            left = value
        return left

    def _comparison(self, node: Comparison) -> bool | Unknown:
        left_node, left = node.first, self.value(node.first)
        for sign, right_node in node.rest:
            right = self.value(right_node)
            if left is UNKNOWN or right is UNKNOWN:
                return UNKNOWN
            integers = type(left) is int and type(right) is int
            if not (_ORDER[sign](left, right) if integers else self._compare(sign, left, right, left_node, right_node)):
                return False
            left_node, left = right_node, right
        return True

    def _compare(self, sign: str, left: Value, right: Value, left_node: Node, right_node: Node) -> bool:
        if _kind(left) != _kind(right):
            both = f"{self._is(left_node, left)}, and {self._is(right_node, right)}"
            message = f"{both}: they cannot be compared"
            raise ExpressionError(message, left_node.start, right_node.end)
        if isinstance(left, tuple):
            self.budget.spend(len(left), left_node)
        if _kind(left) != "number" and sign not in ("==", "!="):
            message = f"{self._is(left_node, left)}; only numbers have an order"
            raise ExpressionError(message, left_node.start, right_node.end, "compare with == or !=")
        return bool(_ORDER[sign](left, right))

    def _logic(self, node: Logic) -> bool | Unknown:
        decisive = node.rest[0][0] == "or"
        for part in (node.first, *(operand for _, operand in node.rest)):
            value = self._condition(part)
            if value is UNKNOWN or value is decisive:
                return value
        return not decisive

    def _choice(self, node: Choice) -> Value | Unknown:
        chosen = self._condition(node.condition)
        return UNKNOWN if chosen is UNKNOWN else self.value(node.value if chosen else node.other)

    # Functions

    def _call(self, node: Call) -> Value | Unknown:
        function = FUNCTIONS[node.function]
        values = [self.value(argument) for argument in node.arguments]
        if any(value is UNKNOWN for value in values):
            return UNKNOWN
        listed = function.whole_list and len(values) == 1 and isinstance(values[0], tuple)
        if not listed and not (values if function.arity is None else len(values) in function.arity):
            count = "1 value" if len(values) == 1 else f"{len(values)} values"
            raise self._error(f"{node.function} does not take {count}", node, f"write {function.usage}")
        numbers = self._listed(node.arguments[0], values[0]) if listed else self._arguments(node, values)
        if UNKNOWN in numbers:
            return UNKNOWN
        if not numbers and node.function != "sum":
            raise self._error(f"{self._shown(node.arguments[0])} is an empty list", node)
        try:
            return self._bounded(function.compute(*numbers), node)
        except ValueError as error:
            raise self._error(str(error), node) from None

    def _arguments(self, node: Call, values: list[Value | Unknown]) -> list[int | float]:
        pairs = zip(values, node.arguments, strict=True)
        return [self._checked(value, argument) for value, argument in pairs]

    def _listed(self, node: Node, values: object) -> list[Any]:
        """Return the numbers of a list, each of which is a step."""
        entries = values if isinstance(values, tuple) else ()
        self.budget.spend(len(entries), node)
        for entry in entries:
            if entry is not UNKNOWN and _kind(entry) != "number":
                message = f"{self._shown(node)} holds {_described(entry)}, where numbers are wanted"
                raise self._error(message, node)
        return list(entries)

    # Types

    def _number(self, node: Node) -> int | float | Unknown:
        value = self.value(node)
        return UNKNOWN if value is UNKNOWN else self._checked(value, node)

    def _checked(self, value: object, node: Node) -> int | float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._error(f"{self._is(node, value)}, where a number is wanted", node)
        return value

    def _condition(self, node: Node) -> bool | Unknown:
        value = self.value(node)
        if value is UNKNOWN or isinstance(value, bool):
            return value
        compared = shown(f"{self._text(node)} != 1")
        advice = f"write a comparison, as {compared}" if _kind(value) == "number" else None
        raise self._error(f"{self._is(node, value)}, and a condition is true or false", node, advice)

    def _bounded(self, value: int | float, node: Node, written: str | None = None) -> int | float:
        """Return the number, unless it is too large to be one."""
        if isinstance(value, int):
            if abs(value) >= _LARGE:
                found = str(value) if abs(value) < 10**40 else f"{value:.1e}"
                message = f"{written or self._shown(node)} is {found}; integers are below 2⁶³"
                raise self._error(message, node)
        elif not math.isfinite(value):
            raise self._error(f"{written or self._shown(node)} is too large; numbers are below 1.8e308", node)
        return value

    def _text(self, node: Node) -> str:
        return self.text[node.start : node.end]

    def _shown(self, node: Node) -> str:
        return shown(self._text(node))

    def _is(self, node: Node, value: object) -> str:
        """Say what a part is: `width` is 64, a number."""
        kind = _KINDS[_kind(value)] if isinstance(node, Literal) else _described(value)
        return f"{self._shown(node)} is {kind}"

    def _error(self, message: str, node: Node, advice: str | None = None) -> ExpressionError:
        return ExpressionError(message, node.start, node.end, advice)


_LARGE = 1 << 63

_VALUES: dict[type, Callable[[Evaluation, Any], Value | Unknown]] = {
    Name: Evaluation._name,
    Unary: Evaluation._unary,
    Chain: Evaluation._chain,
    Comparison: Evaluation._comparison,
    Logic: Evaluation._logic,
    Choice: Evaluation._choice,
    Call: Evaluation._call,
}
_KINDS = {
    "boolean": "a boolean",
    "number": "a number",
    "text": "text",
    "list": "a list",
    "nothing": "nothing",
}


def _kind(value: object) -> str:
    match value:
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "text"
        case tuple():
            return "list"
    return "nothing"


def _described(value: object) -> str:
    kind = _kind(value)
    if kind in ("list", "nothing"):
        return _KINDS[kind]
    written = str(value).lower() if kind == "boolean" else f'"{str(value)[:40]}"' if kind == "text" else str(value)
    return f"{written}, {_KINDS[kind]}"


def _parts(whole: str, value: Mapping[str, object]) -> str:
    return ", ".join(f"`{whole}.{part}`" for part in list(value)[:8])


_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
}
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
