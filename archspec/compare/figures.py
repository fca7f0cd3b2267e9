"""A layer graph → the figures that two architectures are compared by."""

from collections.abc import Mapping
from dataclasses import dataclass

from archspec.graph import Graph
from archspec.measure import axes, memory, receptive_fields
from archspec.ops.base import Tensor

__all__ = ["Figures", "figures"]


@dataclass(frozen=True, slots=True)
class Figures:
    """What a network is in numbers: memory in bytes, for a batch of one in float32."""

    inputs: Mapping[str, Tensor]
    outputs: Mapping[str, Tensor]
    layers: int
    parameters: int
    macs: int  # of one sample in evaluation
    weights: int
    inference: int  # the most that values take at once
    training: int  # what is kept for the backward pass
    receptive_field: tuple[int, ...]  # of the first output, in pixels along each axis of the first input


def figures(graph: Graph) -> Figures:
    """Return the figures of a graph; nothing runs."""
    model, takes = graph.model, memory(graph)
    return Figures(
        inputs={name or "input": tensor for name, tensor in model.inputs},
        outputs={name or "output": tensor for (name, _), tensor in zip(model.outputs, model.tensors, strict=True)},
        layers=len(graph.nodes),
        parameters=model.num_parameters,
        macs=model.macs,
        weights=takes.weights,
        inference=takes.inference,
        training=takes.training,
        receptive_field=_receptive_field(graph),
    )


def _receptive_field(graph: Graph) -> tuple[int, ...]:
    ref = graph.outputs[0][1]
    if not ref.path:
        return ()
    seen = receptive_fields(graph)[ref.path][ref.index]
    return tuple(field.size for axis, field in zip(axes(graph), seen, strict=True) if field and axis.input == 0)
