"""A classifier that averages values which see only a part of the image."""

from collections.abc import Iterator
from math import prod

from archspec.graph import Flat, Graph, Path
from archspec.lint.kinds import ADAPTIVE_POOLS, kind
from archspec.lint.rule import Finding, Rule
from archspec.lint.subject import Subject
from archspec.ops.spatial import along

__all__ = ["SmallReceptiveField"]


class SmallReceptiveField(Rule):
    """The values that the last global pool takes together each see less than the whole input along an axis.

    The network judges patches and counts them: no value knows how the parts of a large object lie. Networks of local
    features are built so on purpose, and small inputs hide it, so that the rule runs only where it is selected.

    Source: Luo et al., Understanding the Effective Receptive Field (2016); Brendel and Bethge, BagNets (2019).
    """

    code = "AS336"
    default = False
    catches = """\
archspec: 1
input: [3, 224, 224]
layers:
  conv: {op: Conv2d, out_channels: 64, kernel_size: 7, stride: 2, padding: 3}
  relu: ReLU
  pool: {op: AdaptiveAvgPool2d, output_size: 1}
  flatten: Flatten
  fc: {op: Linear, out_features: 10}
"""
    spares = """\
archspec: 1
input: [3, 16, 16]
layers:
  stages: {repeat: 4, layers: [{op: Conv2d, out_channels: 16, kernel_size: 3, stride: 2, padding: 1}, ReLU]}
  pool: {op: AdaptiveAvgPool2d, output_size: 1}
  flatten: Flatten
  fc: {op: Linear, out_features: 10}
"""

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Yield the global pools behind which no map follows, and whose values see too little."""
        from archspec.measure import axes, receptive_fields  # 5 ms that only this rule needs

        followed = _followed(subject.graph)
        pools = [
            flat
            for line in subject.lines_of(ADAPTIVE_POOLS)
            for flat in line.layers
            if _positions(flat) == 1 < prod(flat.node.tensors[0].shape[1:]) and flat.path not in followed
        ]
        fields = receptive_fields(subject.graph) if pools else {}
        for flat in pools:
            ref = flat.inputs[0]
            for axis, field in zip(axes(subject.graph), fields[ref.path][ref.index] if ref.path else (), strict=False):
                if axis.axis > 0 and field is not None and field.size < axis.size:
                    where = along(axis.axis - 1, len(subject.graph.model.inputs[axis.input][1].shape) - 1)
                    yield Finding(
                        flat.node.where,
                        f"each value that {kind(flat)} reads sees {field.size} of {axis.size} pixels{where}",
                        name=isinstance(flat.node.where.key[-1], str),
                        help="more layers, strides or dilations before it let each see more",
                    )
                    break


def _positions(flat: Flat) -> int:
    return prod(flat.node.outputs[0].shape[1:])


def _followed(graph: Graph) -> set[Path]:
    """Return the layers from which a map of several positions follows."""
    followed: set[Path] = set()
    for flat in reversed(tuple(graph.nodes.values())):
        if _positions(flat) != 1 or flat.path in followed:
            followed.update(ref.path for ref in flat.inputs)
    return followed
