"""An expression's tree → the same expression as Python source."""

from collections.abc import Mapping

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

__all__ = ["spell"]

_BUILTINS = frozenset(("min", "max", "sum", "round"))
_CHOICE, _OPERAND = 0, 8


def spell(tree: Tree, names: Mapping[str, str]) -> str | None:
    """Return Python source with each dotted name replaced; None if a name or function has none."""
    if not tree.functions <= _BUILTINS or any(".".join(name.path) not in names for name in tree.names):
        return None
    return _spelled(tree.root, names, _CHOICE)


def _spelled(node: Node, names: Mapping[str, str], least: int) -> str:
    """Return the node's source, in parentheses if it binds less tightly than `least`."""
    level = _level(node)
    match node:
        case Literal():
            text = repr(node.value)
        case Name():
            text = names[".".join(node.path)]
        case Unary():
            text = f"{node.operator}{' ' * (node.operator == 'not')}{_spelled(node.operand, names, level)}"
        case Chain() | Comparison() | Logic():
            first = _spelled(node.first, names, level + isinstance(node, Comparison))
            text = first + "".join(f" {sign} {_spelled(operand, names, level + 1)}" for sign, operand in node.rest)
        case Choice():
            value, condition = _spelled(node.value, names, 1), _spelled(node.condition, names, 1)
            text = f"{value} if {condition} else {_spelled(node.other, names, _CHOICE)}"
        case Call():
            text = f"{node.function}({', '.join(_spelled(value, names, _CHOICE) for value in node.arguments)})"
    return f"({text})" if level < least else text


def _level(node: Node) -> int:
    match node:
        case Chain() | Comparison() | Logic():
            return PRECEDENCE[node.rest[0][0]]
        case Unary():
            return UNARY_MINUS if node.operator == "-" else PRECEDENCE["not"]
        case Choice():
            return _CHOICE
    return _OPERAND
