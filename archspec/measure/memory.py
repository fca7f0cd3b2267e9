"""A layer graph → the bytes that its weights and values take, as the emitted code holds and frees them."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from archspec.emit import plans
from archspec.graph import Graph, Path
from archspec.measure.kept import Units
from archspec.measure.machine import Given, Machine

__all__ = ["Memory", "memory"]


@dataclass(frozen=True, slots=True)
class Memory:
    """What a network takes, in bytes."""

    batch: int
    dtype: str
    weights: int  # parameters and buffers, those of layers that never run among them
    inference: int  # the most that values take at once in evaluation without gradients: input, output and all between
    layers: Mapping[Path, int]  # of each op, by its path: its output, unless that is memory which was there before
    training: int  # what is kept of a training step's forward for its backward pass, weights left out


def memory(graph: Graph, batch: int = 1, dtype: str = "float32") -> Memory:
    """Return what the module that `build` makes takes, without running it.

    Both figures follow the emitted source line by line: a value is freed where the last local, argument or
    container that holds it goes, in-place layers and views share the memory of what they read, and each
    distinct piece of memory counts once. What a kernel takes for itself below torch's operators is not known.

    Args:
        graph: the architecture.
        batch: how many samples.
        dtype: of the floating-point weights and values, as in `build`.

    Example:
        >>> import archspec
        >>> memory(archspec.load("lenet5").layer_graph).weights
        246824
    """
    units, planned = Units(batch, dtype), plans(graph)
    inputs = [tensor for _, tensor in graph.model.inputs]
    given = tuple(Given() for _ in inputs)
    inference = Machine(graph, planned, units)
    peak = sum(map(units.bytes, inputs)) + inference.run(planned.model, given).peak
    step = Machine(graph, planned, units, training=True).run(planned.model, given)
    saved = step.kept + sum(units.bytes(inputs[index]) for index in step.kept_arguments)
    weights = sum(
        prod(weight.shape) * units.item(weight.dtype) for flat in graph.nodes.values() for weight in flat.node.weights
    )
    layers = {path: inference.made.get(id(flat.node), 0) for path, flat in graph.nodes.items()}
    return Memory(batch, dtype, weights, peak, layers, saved)
