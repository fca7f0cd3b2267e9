"""A layer graph → what stands above its picture: parameters, MACs, the receptive field."""

from collections.abc import Iterator

from archspec.draw.words import clipped, dotted, figure
from archspec.graph import Graph, Ref
from archspec.measure import View, receptive_fields
from archspec.ops.base import Tensor
from archspec.ops.merge import Concat

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
    """Return what a place of the network's last map sees, or a place of its last tokens; of several outputs, the most.

    Behind it a pool or a linear layer reads the map from end to end. An input of one place has nothing to see.
    """
    inputs = graph.model.inputs
    rank = len(inputs[0][1].shape)
    if rank < 2 or len(inputs) > 1 or not _has_places(inputs[0][1], rank):
        return ""
    views = list(_last_maps(graph, rank))
    if not all(map(_moves, views)):
        return _WHOLE
    sizes = [str(max(field.size for field in fields if field is not None)) for fields in zip(*views, strict=True)]
    return f"receptive field {sizes[0] if len(set(sizes)) == 1 else '×'.join(sizes)}" if sizes else ""


def _last_maps(graph: Graph, rank: int) -> Iterator[View]:
    """Yield what is seen by the last values that have places, on each way to an output.

    What only lays places out anew sees what its input sees, though it has no rows or columns to tell it by.
    """
    fields = receptive_fields(graph)
    ends = zip(graph.outputs, graph.model.training, strict=True)
    waiting = [ref for (_, ref), training in ends if not training]
    known: set[Ref] = set()
    while waiting:
        ref = waiting.pop()
        if not ref.path or ref in known:
            continue
        known.add(ref)
        flat, view = graph.nodes[ref.path], fields[ref.path][ref.index]
        anew = flat.node.op.family == "reshape" or isinstance(flat.node.op, Concat)
        if None not in view and _has_places(flat.node.outputs[ref.index], rank) and (_moves(view) or not anew):
            yield view
        else:
            waiting.extend(flat.inputs)


def _has_places(tensor: Tensor, rank: int) -> bool:
    """Whether a value is more than one vector: a map of the input's rank, or tokens, whose channels are any axis."""
    longer = [side > 1 for side in tensor.shape]
    return any(longer[1:]) if len(longer) == rank else sum(longer) > 1


def _moves(view: View) -> bool:
    return all(field is not None and field.advance for field in view)
