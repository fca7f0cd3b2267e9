"""A checked source → the input sizes that it accepts, and why it stops: the same rules at other sizes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from archspec.diagnostic import Span
from archspec.graph import Graph, Ref
from archspec.ops.base import Op, ShapeError, Tensor
from archspec.pipeline import Request, Result, recheck
from archspec.source import Scalar, Tree

__all__ = ["Refusal", "accepted", "free_axes", "smallest"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a size is not accepted: the first mistake that it would be, and where."""

    message: str
    span: Span

    def __str__(self) -> str:
        return f"{self.message} ({Path(self.span.file).name}, line {self.span.line})"


def smallest(request: Request, result: Result) -> tuple[int, Refusal | None] | None:
    """Return the smallest side of a square input that the spec accepts, and why a side of one less is refused.

    None where that is no question: the spec has several inputs, its input has no sides, as a flat vector has none,
    or no square up to its longest side is accepted, as far as a bounded search sees.

    Args:
        request: what the spec was checked with.
        result: what came of it; the search ends at the longest side of its input.
    """
    shape, refusal = _shape(result), None
    for side, reason in accepted(request, result, max(shape[1:]) if shape else 0):
        if reason is None:
            return side, refusal
        refusal = reason
    return None


def free_axes(request: Request, result: Result) -> tuple[tuple[int, ...], ...]:
    """Return, for each input, the axes whose size may be another: the same layers with the same weights take it.

    What is tried is twice the size, which is a multiple of whatever the size was a multiple of.
    """
    if result.graph is None:
        return ()
    inputs, layers = result.graph.model.inputs, _layers(result.graph)
    free: list[tuple[int, ...]] = []
    for name, tensor in inputs:
        axes = []
        for axis, size in enumerate(tensor.shape):
            shape: Tree = [Scalar(str(size)) for size in (*tensor.shape[:axis], 2 * size, *tensor.shape[axis + 1 :])]
            other = recheck(result, replace(request, input={name: shape} if name else shape)).graph
            if size > 1 and other is not None and _layers(other) == layers:  # torch takes a size of 1 as it is
                axes.append(axis)
        free.append(tuple(axes))
    return tuple(free)


def _layers(graph: Graph) -> list[tuple[object, ...]]:
    return [(path, flat.node.op, flat.node.weights, flat.inputs) for path, flat in graph.nodes.items()]


def accepted(request: Request, result: Result, most: int) -> Iterator[tuple[int, Refusal | None]]:
    """Yield each side of a square input from 1 to `most` with why it is refused; None where it is accepted."""
    shape = _shape(result)
    if shape is None or result.graph is None:
        return
    tensor, walk = result.graph.model.inputs[0][1], _Walk(result.graph)
    written, whole = result.program.base.where.source.text, len(result.graph.nodes)
    for side in range(1, most + 1):
        other = tensor._replace(shape=(shape[0], *[side] * (len(shape) - 1)))
        refusal, alike = walk.through(other)
        if not alike.outputs or _READS_SIZES.search(written) or (_READS_CHANNELS in written and not alike.channels):
            refusal = _checked(request, result, other)
            walk.judged += _ANEW * (whole + _BEGUN)
        if walk.judged > _PATIENCE:
            return
        yield side, refusal


_PATIENCE, _ANEW, _BEGUN = 200_000, 10, 40
"""How many layers are judged for all sizes together; to expand one anew costs ten, and to begin another size forty."""


def _shape(result: Result) -> tuple[int, ...] | None:
    """Return the shape of the only input, if it has channels and sides."""
    if result.graph is None or len(result.graph.model.inputs) != 1:
        return None
    name, tensor = result.graph.model.inputs[0]
    return tensor.shape if not name and len(tensor.shape) > 1 else None


# An expression that reads a shape may make other layers of another size: then the spec is checked anew.
_READS_SIZES = re.compile(r"\binput(\.\w+)?\.(height|width|length|depth|features)\b")
_READS_CHANNELS = ".channels"


def _checked(request: Request, result: Result, tensor: Tensor) -> Refusal | None:
    tried = recheck(result, replace(request, input=[Scalar(str(size)) for size in tensor.shape]))
    wrong = next((one for one in tried.diagnostics if one.severity == "error"), None)
    return None if wrong is None else Refusal(wrong.message, wrong.span)


@dataclass(frozen=True, slots=True)
class _Alike:
    """Whether the layers have as many channels as at the original size, and as many outputs, each of them."""

    channels: bool
    outputs: bool = True


class _Walk:
    """Puts other inputs through the layers of a graph, where each layer meets the same tensors again and again."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.judged = 0
        self.known: dict[tuple[int, tuple[Tensor, ...]], tuple[Tensor, ...] | ShapeError] = {}

    def through(self, tensor: Tensor) -> tuple[Refusal | None, "_Alike"]:
        """Return why the first layer that refuses does, and what all before it have in common with their originals."""
        carried = {Ref(()): tensor}
        channels = True
        self.judged += _BEGUN
        for path, flat in self.graph.nodes.items():
            self.judged += 1
            outputs = self._infer(flat.node.op, tuple(carried[ref] for ref in flat.inputs))
            if isinstance(outputs, ShapeError):
                return Refusal(outputs.message, flat.node.where.span(name=True)), _Alike(channels)
            if len(outputs) != len(flat.node.outputs):
                return None, _Alike(channels, outputs=False)
            carried.update({Ref(path, index): output for index, output in enumerate(outputs)})
            channels = channels and [x.shape[:1] for x in outputs] == [x.shape[:1] for x in flat.node.outputs]
        return None, _Alike(channels)

    def _infer(self, op: Op, tensors: tuple[Tensor, ...]) -> tuple[Tensor, ...] | ShapeError:
        key = (id(op), tensors)
        if key not in self.known:
            try:
                self.known[key] = op.infer(*tensors)
            except ShapeError as error:
                self.known[key] = error
        return self.known[key]
