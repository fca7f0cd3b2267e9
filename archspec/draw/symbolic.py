"""A layer graph → how its sizes follow from the input's, where they do: `256×H/4×W/4`."""

from collections.abc import Callable, Iterator, Mapping
from math import prod

from archspec.draw.words import shape
from archspec.graph import Body, Call, Graph, Path, Ref
from archspec.ops.base import ShapeError, Tensor

__all__ = ["symbolic"]

_NAMES = {1: ("L",), 2: ("H", "W"), 3: ("D", "H", "W")}
_TIMES = (3, 5, 7)
"""What each side of the input is multiplied by: a size that follows one side grows with that side alone."""


def symbolic(graph: Graph) -> Callable[[Ref, Tensor], str] | None:
    """Return how shapes are written, or None where no size follows from the input's.

    The layers are asked again with each side of the input longer by a factor of its own. A size that grows by
    such factors, and divides the sides exactly, is written as their quotient, and is exact for every input
    whose sides are multiples of the divisor; any other size stays a number.
    """
    sides = graph.model.inputs[0][1].shape[1:]
    if len(graph.model.inputs) != 1 or len(sides) not in _NAMES:
        return None
    grown = _grown(graph, tuple(side * times for side, times in zip(sides, _TIMES, strict=False)))

    def written(ref: Ref, tensor: Tensor) -> str:
        other = grown.get(ref)
        if other is None or len(other.shape) != len(tensor.shape):
            return shape(tensor)
        both = enumerate(zip(tensor.shape, other.shape, strict=True))
        return shape(tensor, {axis: text for axis, sizes in both for text in _quotient(*sizes, sides)})

    return written


def _quotient(size: int, grown: int, sides: tuple[int, ...]) -> Iterator[str]:
    """Yield a size as a share of the sides that it grows with, if it does and is an exact one."""
    names = _NAMES[len(sides)]
    for chosen in ((0,), (1,), (2,), (0, 1), (0, 1, 2)):
        if max(chosen) < len(sides) and grown == size * prod(_TIMES[side] for side in chosen):
            whole = prod(sides[side] for side in chosen)
            if size and whole % size == 0:
                product = "·".join(names[side] for side in chosen)
                yield product if whole == size else f"{product}/{whole // size}"
                return


def _grown(graph: Graph, sides: tuple[int, ...]) -> Mapping[Ref, Tensor]:
    """Return what the layers give for longer sides, as far as none refuses them."""
    _, tensor = graph.model.inputs[0]
    start = Tensor((tensor.shape[0], *sides), tensor.dtype)
    found = {Ref(()): start}
    _through(graph.model, (), (start,), found)
    return found


def _through(
    body: Body, prefix: Path, inputs: tuple[Tensor, ...], found: dict[Ref, Tensor]
) -> tuple[Tensor, ...] | None:
    """Note what a body's layers give and return what it gives; None where a layer refuses what reaches it."""
    made: dict[Path, tuple[Tensor, ...] | None] = {(): inputs}
    for path, layer in body.paths():
        given = [made[ref.path] for ref in layer.inputs]
        if any(tensors is None for tensors in given):
            made[path] = None
            continue
        reads = tuple(tensors[ref.index] for tensors, ref in zip(given, layer.inputs, strict=True) if tensors)
        if isinstance(layer, Call):
            made[path] = _through(layer.body, prefix + path, reads, found)
        else:
            try:
                made[path] = layer.op.infer(*reads)
            except ShapeError:
                made[path] = None
        found |= {Ref(prefix + path, index): tensor for index, tensor in enumerate(made[path] or ())}
    ends = [made[ref.path] for _, ref in body.outputs]
    if any(tensors is None for tensors in ends):
        return None
    return tuple(tensors[ref.index] for tensors, (_, ref) in zip(ends, body.outputs, strict=True) if tensors)
