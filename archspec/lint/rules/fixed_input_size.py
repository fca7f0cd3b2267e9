"""A linear layer that ties the network to a size of the input."""

from collections.abc import Iterator

from archspec.graph import Flat, Graph, Ref
from archspec.lint.kinds import kind
from archspec.lint.rule import Finding, Rule
from archspec.lint.subject import Subject
from archspec.ops.base import ShapeError, Tensor

__all__ = ["FixedInputSize"]


class FixedInputSize(Rule):
    """A linear layer behind a Flatten has a weight for each position: the weights take only few sizes of the input.

    Who wants to train on larger images, or to run on others, cannot load the weights. An adaptive pool before the
    Flatten lets every size in. Where the size is fixed for good there is nothing wrong with it, so that the rule runs
    only where it is selected.

    Source: He et al., Spatial Pyramid Pooling (2014), section 1: fixed sizes are needed by the linear layers alone.
    """

    code = "AS337"
    default = False
    catches = """\
archspec: 1
input: [1, 28, 28]
layers:
  conv: {op: Conv2d, out_channels: 8, kernel_size: 5, stride: 2}
  relu: ReLU
  flatten: Flatten
  fc: {op: Linear, out_features: 10}
"""
    spares = """\
archspec: 1
input: [1, 28, 28]
layers:
  conv: {op: Conv2d, out_channels: 8, kernel_size: 5, stride: 2}
  relu: ReLU
  pool: {op: AdaptiveAvgPool2d, output_size: 4}
  flatten: Flatten
  fc: {op: Linear, out_features: 10}
"""

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Yield the first linear layer that does not take what an input of twice the side gives."""
        sides = _sides(subject.graph)
        tied = None if sides is None else _refusing(subject.graph, 2 * sides)
        if sides is None or tied is None or kind(tied) != "Linear":
            return
        low = high = sides
        while low > 1 and sides - low < _FAR and _refusing(subject.graph, low - 1) is None:
            low -= 1
        while high - sides < _FAR and _refusing(subject.graph, high + 1) is None:
            high += 1
        fit = f"{low}" if low == high else f"{low} to {high}"
        yield Finding(
            tied.node.where,
            f"the weights of this Linear take images of {fit} pixels a side alone",
            name=isinstance(tied.node.where.key[-1], str),
            notes=(f"it has {tied.node.tensors[0].shape[-1]} features, a number for each position",),
            help="an adaptive pool before the Flatten lets other sizes in",
        )


_FAR = 256  # pixels from the side that is written in which others are tried


def _sides(graph: Graph) -> int | None:
    """Return the side of the only input, a square image."""
    shapes = [tensor.shape for _, tensor in graph.model.inputs]
    square = len(shapes) == 1 and len(shapes[0]) == 3 and shapes[0][1] == shapes[0][2]
    return shapes[0][1] if square else None


def _refusing(graph: Graph, side: int) -> Flat | None:
    """Return the first layer that refuses what an image of this side gives, or would need other weights."""
    ((_, tensor),) = graph.model.inputs
    made: dict[Ref, Tensor] = {Ref(()): Tensor((tensor.shape[0], side, side), tensor.dtype)}
    for path, flat in graph.nodes.items():
        tensors, op = tuple(made[ref] for ref in flat.inputs), flat.node.op
        try:
            outputs = op.infer(*tensors)
        except ShapeError:
            return flat
        if op.weights(*tensors) != flat.node.weights:
            return flat
        made.update((Ref(path, index), output) for index, output in enumerate(outputs))
    return None
