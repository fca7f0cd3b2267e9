"""An adaptive pool that makes a map larger."""

from collections.abc import Iterator

from archspec.graph import Node
from archspec.lint.kinds import ADAPTIVE_POOLS, kind
from archspec.lint.rule import Finding, Rule
from archspec.lint.subject import Subject
from archspec.ops.spatial import along

__all__ = ["EnlargingPool"]


class EnlargingPool(Rule):
    """An adaptive pool gives more pixels than arrive, so that it repeats and mixes them.

    A classifier behind it reads copies and means, with a weight for each: VGG on images of 32×32 pools 1×1 to 7×7, and
    its first linear layer has 49 times the weights that it can use. The input is smaller than the network was made for.

    Source: torch.nn.AdaptiveAvgPool2d, whose windows overlap where output_size exceeds the input.
    """

    code = "AS335"
    catches = """\
archspec: 1
input: [3, 32, 32]
layers:
  conv: {op: Conv2d, out_channels: 8, kernel_size: 8, stride: 8}
  pool: {op: AdaptiveAvgPool2d, output_size: 7}
"""
    spares = """\
archspec: 1
input: [3, 56, 56]
layers:
  conv: {op: Conv2d, out_channels: 8, kernel_size: 8, stride: 8}
  pool: {op: AdaptiveAvgPool2d, output_size: 7}
"""

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Yield the lines that enlarge in every instance."""
        for line in subject.lines_of(ADAPTIVE_POOLS):
            if all(_enlarging(flat.node) is not None for flat in line.layers):
                node = line.layers[0].node
                axis = _enlarging(node) or 0
                where = along(axis, len(node.tensors[0].shape) - 1)
                size, given = node.tensors[0].shape[1 + axis], node.outputs[0].shape[1 + axis]
                yield Finding(
                    node.where.at("output_size"),
                    f"{kind(node)} makes {given} pixels of {size}{where}, by repeating and mixing them",
                    notes=(f"{node.tensors[0]} → {node.outputs[0]}",),
                    help=f"output_size: {size} at most, or a larger input; Upsample enlarges on purpose",
                )


def _enlarging(node: Node) -> int | None:
    """Return the first axis along which an adaptive pool gives more than it gets."""
    axes = enumerate(zip(node.tensors[0].shape[1:], node.outputs[0].shape[1:], strict=True))
    return next((axis for axis, (size, given) in axes if given > size), None)
