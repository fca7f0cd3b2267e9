"""A layer graph → what stands above its picture: parameters, MACs, the receptive field."""

from collections.abc import Iterator

from archspec.draw.words import clipped, dotted, figure
from archspec.graph import Flat, Graph
from archspec.measure import Field, receptive_fields

__all__ = ["facts"]


def facts(graph: Graph) -> Iterator[str]:
    """Yield what the title says of a graph."""
    model = graph.model
    sizes = ", ".join(f"{dotted((name,))} {tensor}".lstrip() for name, tensor in model.inputs)
    yield f"{figure(model.num_parameters)} parameters"
    yield f"{figure(model.macs)} MACs at {clipped(sizes, 60)}"
    seen = _seen(graph)
    if seen:
        yield seen


_WHOLE = "receptive field: the whole input"


def _seen(graph: Graph) -> str:
    """Return what a place of the last map sees, before a pool or a linear layer reads the map from end to end.

    A map has the input's rank and more than one place. Where layers attend, each place sees the whole input.
    """
    rank = max(len(tensor.shape) for _, tensor in graph.model.inputs)
    running = [flat for flat in graph.nodes.values() if not flat.training]
    maps = [flat for flat in running if _is_map(flat, rank)]
    if rank < 2 or len(graph.model.inputs) > 1 or not maps:
        return ""
    if any(flat.node.op.family == "attention" for flat in running):
        return _WHOLE
    fields = [field for field in receptive_fields(graph)[maps[-1].path][0] if field is not None]
    return _words(fields)


def _is_map(flat: Flat, rank: int) -> bool:
    shape = flat.node.outputs[0].shape
    return flat.node.op.family != "parameter" and len(shape) == rank and any(side > 1 for side in shape[1:])


def _words(fields: list[Field]) -> str:
    if not fields or any(not field.advance for field in fields):
        return _WHOLE if fields else ""
    sizes = [str(field.size) for field in fields]
    return f"receptive field {sizes[0] if len(set(sizes)) == 1 else '×'.join(sizes)}"
