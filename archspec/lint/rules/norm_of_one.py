"""A norm over one value."""

from collections.abc import Iterator
from math import prod

from archspec.graph import Node
from archspec.lint.kinds import kind
from archspec.lint.rule import Finding, Rule
from archspec.lint.subject import Subject

__all__ = ["NormOfOne"]


class NormOfOne(Rule):
    """A norm takes its mean and variance over one value: it gives its bias, whatever arrives.

    The value minus its own mean is 0. So is a group norm of as many groups as channels behind a global pool, and a
    layer norm over an axis of one value. (torch refuses an instance norm of one position, and so does archspec.)

    Source: Wu and He, Group Normalization (2018), equation 1; Ba et al., Layer Normalization (2016), equation 3.
    """

    code = "AS326"
    catches = """\
archspec: 1
input: [16, 8, 8]
layers:
  pool: {op: AdaptiveAvgPool2d, output_size: 1}
  norm: {op: GroupNorm, num_groups: 16}
"""
    spares = """\
archspec: 1
input: [16, 8, 8]
layers:
  pool: {op: AdaptiveAvgPool2d, output_size: 1}
  norm: {op: GroupNorm, num_groups: 4}
"""

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Yield the lines whose norm is over one value in every instance."""
        for line in subject.lines_of(_KINDS):
            if all(_values(flat.node) == 1 for flat in line.layers):
                node = line.layers[0].node
                gives = "its sign" if kind(node) == "RMSNorm" else "its bias, whatever arrives"
                yield Finding(
                    line.where,
                    f"{kind(node)} normalizes over one value, and gives {gives}",
                    name=isinstance(line.where.key[-1], str),
                    notes=(f"{node.tensors[0]} arrives",),
                    help="normalize before the layer that leaves one value, or over more of them",
                )


_KINDS = {"GroupNorm", "LayerNorm", "LayerNorm2d", "RMSNorm"}


def _values(node: Node) -> int:
    """Return over how many values of a sample the norm takes its statistics."""
    name, shape = kind(node), node.tensors[0].shape
    if name == "GroupNorm":
        return int(shape[0] // getattr(node.op, "num_groups", 1) * prod(shape[1:]))
    if name in ("LayerNorm", "RMSNorm"):
        sizes = getattr(node.op, "normalized_shape", None)
        return int(prod(sizes) if isinstance(sizes, tuple) else shape[-1] if sizes is None else sizes)
    return int(shape[0])
