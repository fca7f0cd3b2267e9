"""A checked source → the input sizes that it accepts, and why it stops: the same rules at other sizes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from archspec.graph import Graph, Ref
from archspec.ops.base import ShapeError, Tensor
from archspec.pipeline import Request, Result, check
from archspec.report import Where
from archspec.source import Scalar, Source

__all__ = ["Refusal", "accepted", "smallest"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a size is not accepted: the first mistake that it would be, and the line."""

    message: str
    line: int


def smallest(source: Source, request: Request, result: Result) -> tuple[int, Refusal | None] | None:
    """Return the smallest side of a square input that the spec accepts, and why a side of one less is refused.

    None where that is no question: the spec has several inputs, or its input has no sides, as a flat vector.

    Args:
        source: the spec.
        request: what it was checked with.
        result: what came of it; its own input is accepted, so the search ends there.
    """
    shape, refusal = _shape(result), None
    for side, reason in accepted(source, request, result, max(shape[1:]) if shape else 0):
        if reason is None:
            return side, refusal
        refusal = reason
    return (max(shape[1:]), refusal) if shape else None


def accepted(source: Source, request: Request, result: Result, most: int) -> Iterator[tuple[int, Refusal | None]]:
    """Yield each side of a square input from 1 to `most` with why it is refused; None where it is accepted."""
    shape = _shape(result)
    if shape is None or result.graph is None:
        return
    tensor, graph = result.graph.model.inputs[0][1], result.graph
    try_: Callable[[Tensor], Refusal | None]
    if _reads_sizes(result):
        try_ = lambda other: _checked(source, request, other)  # noqa: E731
    else:
        try_ = lambda other: _inferred(graph, other)  # noqa: E731
    for side in range(1, most + 1):
        yield side, try_(replace(tensor, shape=(shape[0], *[side] * (len(shape) - 1))))


def _shape(result: Result) -> tuple[int, ...] | None:
    """Return the shape of the only input, if it has channels and sides."""
    if result.graph is None or len(result.graph.model.inputs) != 1:
        return None
    name, tensor = result.graph.model.inputs[0]
    return tensor.shape if not name and len(tensor.shape) > 1 else None


def _reads_sizes(result: Result) -> bool:
    """Whether an expression of the spec may read a shape, so that another size may make other layers."""
    return "input." in result.program.base.where.source.text


def _checked(source: Source, request: Request, tensor: Tensor) -> Refusal | None:
    tried = check(source, replace(request, input=[Scalar(str(size)) for size in tensor.shape]))
    wrong = next((one for one in tried.diagnostics if one.severity == "error"), None)
    return None if wrong is None else Refusal(wrong.message, wrong.span.line)


def _inferred(graph: Graph, tensor: Tensor) -> Refusal | None:
    """Put another input through the same layers; the first that refuses it ends the walk."""
    carried = {Ref(()): tensor}
    for path, flat in graph.nodes.items():
        try:
            outputs = flat.node.op.infer(*(carried[ref] for ref in flat.inputs))
        except ShapeError as error:
            where: Where = flat.node.where
            return Refusal(error.message, where.span(name=True).line)
        carried.update({Ref(path, index): output for index, output in enumerate(outputs)})
    return None
