"""A layer graph → what each layer sees of the model's inputs: receptive field, jump and start along every axis."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from archspec.graph import Body, Call, Graph, Group, Layer, Node, Path
from archspec.measure.field import SAME, Field, chained, joined
from archspec.measure.reading import Way, ways
from archspec.ops.base import Tensor

__all__ = ["Axis", "Seen", "View", "axes", "receptive_fields"]


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis of a model's input along which there is something to see: not its channels."""

    input: int  # which of the model's inputs
    axis: int  # of its shape, the batch left out
    size: int


@dataclass(frozen=True, slots=True)
class Seen:
    """What the places along one axis of a value see of an axis of the input."""

    axis: int | None  # of the value; None where all its places see the same
    field: Field


View = tuple[Field | None, ...]
"""What a value sees of each axis of `axes`; None of an input that it does not depend on."""

_Value = tuple[Seen | None, ...]


def axes(graph: Graph) -> tuple[Axis, ...]:
    """Return the axes that receptive fields are along: every axis of an input but the first, its channels.

    The one axis of a flat vector counts.
    """
    return tuple(
        Axis(index, axis, size)
        for index, (_, tensor) in enumerate(graph.model.inputs)
        for axis, size in enumerate(tensor.shape)
        if axis > 0 or len(tensor.shape) == 1
    )


def receptive_fields(graph: Graph) -> Mapping[Path, tuple[View, ...]]:
    """Return what every op, block and group sees, by its full path: for each of its outputs a field for each of `axes`.

    A field is the theoretical one: what could be read if the input had no border, padding counted as pixels.
    Where branches meet, it holds both; where their jumps differ, the greater is told, and `Field.even` is
    false. What reads a map from end to end (a global pool, attention, Linear along an axis, the gate of a squeeze
    and excitation, an instance or group norm) sees all that its input sees, and so does all behind it: its
    jump is 0, and its size the pixels of the input that are seen. So does what merges the axes of a map
    (Flatten), in which a place has neither row nor column. Batch statistics are those of evaluation.

    Example:
        >>> import archspec
        >>> height, _ = receptive_fields(archspec.load("vgg-D").layer_graph)["features", "30"][0]
        >>> height.size, height.jump, height.start
        (212, Fraction(32, 1), -90)
    """
    return _Fields(graph).found


class _Fields:
    def __init__(self, graph: Graph) -> None:
        self.axes = axes(graph)
        self.known: dict[tuple[int, int, int], tuple[Way, ...]] = {}
        self.found: dict[Path, tuple[View, ...]] = {}
        inputs = tuple(self._input(index) for index in range(len(graph.model.inputs)))
        self._body(graph.model, (), inputs)

    def _input(self, index: int) -> _Value:
        return tuple(Seen(axis.axis, SAME) if axis.input == index else None for axis in self.axes)

    def _body(self, body: Body, prefix: Path, inputs: tuple[_Value, ...]) -> tuple[_Value, ...]:
        """Note what the body's layers see and return what its outputs do; blocks nest at most a few deep."""
        made: dict[Path, tuple[_Value, ...]] = {(): inputs}
        for path, layer in body.paths():
            reads = tuple(made[ref.path][ref.index] for ref in layer.inputs)
            if isinstance(layer, Call):
                made[path] = self._body(layer.body, prefix + path, reads)
            else:
                made[path] = tuple(self._through(layer, reads, output) for output in range(len(layer.outputs)))
            self.found[prefix + path] = tuple(map(_view, made[path]))
        for path, group in _groups(body.children):
            self.found[prefix + path] = (_view(made[group.output.path][group.output.index]),)
        return tuple(made[ref.path][ref.index] for _, ref in body.outputs)

    def _through(self, node: Node, reads: tuple[_Value, ...], output: int) -> _Value:
        """Return what an output of a layer sees, from what its inputs see."""
        found: list[Seen | None] = [None] * len(self.axes)
        for operand, value in enumerate(reads):
            read = self._ways(node, operand, output)
            for index, seen in enumerate(value):
                if seen is not None:
                    through = _step(seen, read, self.axes[index].size)
                    found[index] = _join(found[index], through, node.outputs[output], self.axes[index].size)
        return tuple(found)

    def _ways(self, node: Node, operand: int, output: int) -> tuple[Way, ...]:
        """Return how the layer reads an input; equal copies of a block share their layers."""
        key = id(node), operand, output
        if key not in self.known:
            self.known[key] = ways(node, operand, output)
        return self.known[key]


def _step(seen: Seen, read: tuple[Way, ...], size: int) -> Seen:
    if seen.axis is None:
        return seen
    way = read[seen.axis]
    field = chained(way.field, seen.field, size)
    return Seen(way.axis if field.advance else None, field)


def _join(one: Seen | None, other: Seen, out: Tensor, size: int) -> Seen:
    if one is None or one == other:
        return other
    if one.axis is not None and other.axis is not None and one.axis != other.axis:
        return Seen(None, Field(((0, size - 1),), 0))
    axis = other.axis if one.axis is None else one.axis
    field = joined(one.field, other.field, 1 if axis is None else out.shape[axis], size)
    return Seen(axis if field.advance else None, field)


def _view(value: _Value) -> View:
    return tuple(None if seen is None else seen.field for seen in value)


def _groups(children: tuple[Layer, ...]) -> Iterator[tuple[Path, Group]]:
    """Yield the groups of a body with their paths."""
    stack: list[tuple[Path, Layer]] = [((layer.name,), layer) for layer in children]
    while stack:
        path, layer = stack.pop()
        if isinstance(layer, Group):
            yield path, layer
            stack.extend(((*path, child.name), child) for child in layer.children)
