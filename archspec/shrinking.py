"""A value → the layers on its way that made the map smaller, for the message that it is too small."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from math import prod

from archspec.diagnostic import Label
from archspec.graph import Body, Node
from archspec.ops.base import Tensor
from archspec.report import Where
from archspec.scope import Wire

__all__ = ["shrinking"]

_SHOWN = 3  # places
_STEPS = 2_000  # layers that are gone back


@dataclass(slots=True)
class _Place:
    """A line, and what its layers made of what they read: one layer, or several in a repeat or a block."""

    where: Where
    sizes: list[tuple[str, str]] = field(default_factory=list)  # before and after, the last first
    left: float = 1.0  # of each pixel

    def label(self) -> Label:
        steps = ", ".join(f"{after} of {before}" for before, after in reversed(self.sizes))
        if len(self.sizes) > _SHOWN:
            steps = f"{self.sizes[0][1]} of {self.sizes[-1][0]} in {len(self.sizes)} layers"
        return Label(self.where.span(name=True), f"this makes {steps}")


def shrinking(wire: Wire, but: Where) -> tuple[Label, ...]:
    """Return the places where the map of a value shrank most, the latest first.

    Args:
        wire: the value; it is followed back through the first input of each layer.
        but: a place that is told already.
    """
    places: dict[Where, _Place] = {}
    for node, after in _back(wire):
        before = node.tensors[0]
        if len(before.shape) == len(after.shape) and prod(after.shape[1:]) < prod(before.shape[1:]):
            place = places.setdefault(node.where, _Place(node.where))
            place.sizes.append((_map(before), _map(after)))
            place.left *= prod(after.shape[1:]) / prod(before.shape[1:])
    most = sorted((place for where, place in places.items() if where != but), key=lambda place: place.left)[:_SHOWN]
    return tuple(place.label() for place in places.values() if place in most)


def _map(x: Tensor) -> str:
    return "×".join(map(str, x.shape[1:]))


def _back(wire: Wire) -> Iterator[tuple[Node, Tensor]]:
    """Yield the ops on the way to a value, the last first, each with its output."""
    now, budget = wire, [_STEPS]
    while budget[0] > 0:
        index = 0
        if isinstance(now.layer, Node):
            budget[0] -= 1
            if now.layer.inputs:
                yield now.layer, now.tensor
        elif now.layer is not None:
            found = yield from _inside(now.layer.body, now.ref.index, budget)
            if found is None:
                return
            index = found
        if index >= len(now.before):
            return
        now = now.before[index]


def _inside(body: Body, output: int, budget: list[int]) -> Generator[tuple[Node, Tensor], None, int | None]:
    """Yield the ops of a block's instance on the way to an output; return the input that it came from."""
    layers, (_, ref) = dict(body.paths()), body.outputs[output]
    while ref.path and budget[0] > 0:
        layer, index = layers[ref.path], 0
        budget[0] -= 1
        if isinstance(layer, Node):
            if not layer.inputs:
                return None
            yield layer, layer.outputs[ref.index]
        else:
            found = yield from _inside(layer.body, ref.index, budget)
            if found is None:
                return None
            index = found
        ref = layer.inputs[index]
    return None if ref.path else ref.index
