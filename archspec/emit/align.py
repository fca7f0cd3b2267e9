"""The arguments and the items of several instances → one order of them all, which every instance keeps."""

from typing import TypeVar

from archspec.emit.shared import ABSENT, agree, same
from archspec.emit.unit import Leaf

__all__ = ["alike", "argument", "argument_names", "common_order"]


def argument_names(leaves: list[Leaf]) -> list[tuple[int, str]]:
    """Return every argument that any of the leaves writes: by its place, or else by its name."""
    counts = {sum(1 for name, _ in leaf.spelling.arguments if not name) for leaf in leaves}
    agree(len(counts) == 1)
    named = [[name for name, _ in leaf.spelling.arguments if name] for leaf in leaves]
    return [*((place, "") for place in range(counts.pop())), *((0, name) for name in common_order(named))]


def argument(leaf: Leaf, place: int, name: str) -> object:
    """Return an argument's value in one instance; one that is not written has its default."""
    arguments = leaf.spelling.arguments
    if not name:
        return [value for given, value in arguments if not given][place]
    for given, value in arguments:
        if given == name:
            return value
    fields = type(leaf.node.op).model_fields
    agree(name in fields)
    default: object = getattr(leaf.node.op, name)
    default = default[0] if isinstance(default, tuple) and len(set(default)) == 1 else default
    agree(same(default, fields[name].default))  # else the op is spelled so that it is in there
    return default


def alike(values: list[object], family: str) -> list[object]:
    """Write one size for every axis as one size, where that is how it is written elsewhere, and means the same."""
    if family not in _PER_AXIS or all(isinstance(value, tuple) or value is ABSENT for value in values):
        return values
    return [v[0] if isinstance(v, tuple) and len(set(v)) == 1 and v[0] is not None else v for v in values]


_PER_AXIS = frozenset({"convolution", "pooling"})
"""Families whose arguments are a number for each axis, or one for all."""


T = TypeVar("T")


def common_order(columns: list[list[T]]) -> list[T]:
    """Return every key of the columns in an order that each of them keeps.

    Raises: DifferentError: if there is no such order.
    """
    order: list[T] = max(columns, key=len, default=[])
    for column in columns:
        if column != order:
            order = _woven(order, column)
    for column in columns:
        if column != order:
            keys = set(column)
            agree([key for key in order if key in keys] == column)
    return order


def _woven(order: list[T], column: list[T]) -> list[T]:
    """Return `order` with what only `column` has put after what precedes it there."""
    known = set(order)
    after: dict[T | None, list[T]] = {}
    last: T | None = None
    for key in column:
        if key in known:
            last = key
        else:
            after.setdefault(last, []).append(key)
    woven = list(after.get(None, ()))
    for key in order:
        woven += [key, *after.get(key, ())]
    return woven
