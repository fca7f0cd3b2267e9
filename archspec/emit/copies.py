"""A model with two values of a parameter → whether they differ in nothing but plain copies of it."""

import re
from collections.abc import Mapping

from archspec.emit.align import argument, argument_names
from archspec.emit.shared import DifferentError, same
from archspec.emit.translate import Term, Untranslatable, translate
from archspec.emit.unit import Chain, Item, Leaf, Part, Unit
from archspec.graph import Graph, Initialization

__all__ = ["copies_plainly"]


def copies_plainly(name: str, one: Graph, other: Graph, model: Unit, variant: Unit) -> bool:
    """Whether two graphs that differ in a parameter differ in nothing but values that are the parameter's.

    In `init` it may also stand in an expression that Python can write.

    Args:
        name: the parameter's.
        one: the graph.
        other: the graph that another value gives.
        model: the unit of the first one's model.
        variant: the unit of the second one's.
    """
    values = one.model.parameters[name], other.model.parameters[name]
    return _draws(one, other, Term(name, values)) and _Comparison(*values).units(model, variant)


def _draws(one: Graph, other: Graph, changed: Term) -> bool:
    """Compare what becomes of each tensor at first."""
    names = {name: Term(name, (value, value)) for name, value in one.model.parameters.items()}
    names[changed.text] = changed
    rules, others = (
        {(path, tensor): rule for path, drawn in graph.init.items() for tensor, rule in drawn.items()}
        for graph in (one, other)
    )
    return rules.keys() == others.keys() and all(
        _follows(rules[key], others[key], changed.text, names) for key in rules
    )


def _follows(one: Initialization, other: Initialization, name: str, names: Mapping[str, Term]) -> bool:
    """Whether a rule is the same, but for numbers of expressions that read a parameter, as Python can write them."""
    if one._replace(arguments=other.arguments, values=other.values) != other:
        return False
    numbers, changed = {**dict(one.arguments), "": one.values}, {**dict(other.arguments), "": other.values}
    reading = {key: text for key, text in one.expressions if _mentions(name, text)}
    return numbers.keys() == changed.keys() and all(
        _gives(reading[key], (value, changed[key]), name, names) if key in reading else same(value, changed[key])
        for key, value in numbers.items()
    )


def _gives(expression: str, values: tuple[object, object], name: str, names: Mapping[str, Term]) -> bool:
    """Whether Python can write an expression for every value of the parameter, not for these two alone."""
    try:
        term = translate(expression, names.get, 2)
    except Untranslatable:
        return False
    return same(term.values, values) and _mentions(name, term.text) == _mentions(name, expression)


def _mentions(name: str, text: str) -> int:
    return len(re.findall(rf"\b{name}\b", text))


class _Comparison:
    def __init__(self, one: object, other: object) -> None:
        self.values = (one, other)

    def units(self, one: Unit, other: Unit) -> bool:
        """Compare two units and all that they use."""
        seen: set[tuple[int, int]] = set()
        stack = [(one, other)]
        while stack:
            pair = stack.pop()
            if (id(pair[0]), id(pair[1])) in seen:
                continue
            seen.add((id(pair[0]), id(pair[1])))
            if pair[0].outputs != pair[1].outputs or len(pair[0].inputs) != len(pair[1].inputs):
                return False
            if not self._items(pair[0].items, pair[1].items, stack):
                return False
        return True

    def _items(self, ones: tuple[Item, ...], others: tuple[Item, ...], stack: list[tuple[Unit, Unit]]) -> bool:
        if [(i.key, i.name, i.inputs, i.training) for i in ones] != [
            (i.key, i.name, i.inputs, i.training) for i in others
        ]:
            return False
        return all(self._contents(one, other, stack) for one, other in zip(ones, others, strict=True))

    def _contents(self, one: Item, other: Item, stack: list[tuple[Unit, Unit]]) -> bool:
        match one.content, other.content:
            case Leaf() as leaf, Leaf() as variant:
                return self._leaves(leaf, variant)
            case Part() as part, Part() as variant:
                stack.append((part.unit, variant.unit))
                return True
            case Chain() as chain, Chain() as variant:
                return self._items(chain.items, variant.items, stack)
        return False

    def _leaves(self, one: Leaf, other: Leaf) -> bool:
        first, second = one.spelling, other.spelling
        if (first.constructor, first.call, first.definition) != (
            second.constructor,
            second.call,
            second.definition,
        ):
            return False
        try:
            names = argument_names([one, other])
            return all(self._equal(argument(one, *name), argument(other, *name)) for name in names)
        except DifferentError:
            return False

    def _equal(self, value: object, changed: object) -> bool:
        if isinstance(value, tuple) and isinstance(changed, tuple) and len(value) == len(changed):
            return all(map(self._equal, value, changed))
        return same(value, changed) or (same(value, self.values[0]) and same(changed, self.values[1]))
