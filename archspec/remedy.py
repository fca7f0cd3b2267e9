"""What an op refuses on a line → the fixes of the line with which it would not."""

from collections.abc import Mapping

from pydantic import ValidationError

from archspec.diagnostic import Fix
from archspec.lines import Layer
from archspec.ops.base import Op, ShapeError, Tensor, Value
from archspec.ops.fields import spelt
from archspec.report import fix
from archspec.source import Scalar, Tree

__all__ = ["remedies", "tried"]


def remedies(error: ShapeError, op: Op, layer: Layer, tensors: tuple[Tensor, ...]) -> tuple[Fix, ...]:
    """Return the fixes of a line whose op refuses what it is given: arguments that it takes, or an op before it.

    What the error says would do is tried first: of several inputs, or several axes, another may refuse it still.
    """
    if error.before is not None:
        return _preceded(error, error.before, layer)
    each = (_written(would, op, layer) for would in error.would if tried(op, would, tensors) is not None)
    return tuple(one for fixes in each for one in fixes)


def tried(op: Op, would: Mapping[str, Value], tensors: tuple[Tensor, ...]) -> tuple[Tensor, ...] | None:
    """Return what an op gives with other arguments in the place of its own; None where it refuses them as well."""
    written = {name: getattr(op, name) for name in op.model_fields_set}
    try:
        return type(op).model_validate({**written, **would}).infer(*tensors)
    except (ShapeError, ValidationError):
        return None


def _written(would: Mapping[str, Value], op: Op, layer: Layer) -> tuple[Fix, ...]:
    """Return the fix that writes arguments; none where an expression, or a list of several sizes, would give way."""
    given = {name: tree for name, tree in layer.arguments.items() if name in would}
    if not all(_gives_way(tree, would[name], op.words(name)) for name, tree in given.items()):
        return ()
    texts = {name: spelt(value) for name, value in would.items()}
    edits = (
        layer.where.at(name).replaced(text) if name in given else layer.where.added(name, text)
        for name, text in texts.items()
    )
    return fix(f"write {', '.join(f'{name}: {text}' for name, text in texts.items())}", *edits)


def _gives_way(tree: Tree, value: Value, words: tuple[str, ...]) -> bool:
    """Whether what is written is a literal or a listed word, or a list of literals that the value stands for."""
    if isinstance(tree, list):
        alike = len({item.text for item in tree if isinstance(item, Scalar)}) == 1
        return (alike or isinstance(value, tuple)) and all(_gives_way(item, value, ()) for item in tree)
    return isinstance(tree, Scalar) and (tree.text in words or not isinstance(tree.value, str))


def _preceded(error: ShapeError, before: str, layer: Layer) -> tuple[Fix, ...]:
    """Return the fix that writes an op before the line, where the line reads the one before it."""
    where, name = layer.where.at(error.argument or ""), before.lower()
    scope = layer.where.source.place(layer.where.key[:-1])
    if layer.reads is not None or layer.repeat is not None or scope is None or name in (scope.children or ()):
        return ()
    other = [where.replaced(spelt(value)) for would in error.would[:1] for value in would.values()]
    return fix(error.help or "", layer.where.inserted(name, before), *other, safe=not other)
