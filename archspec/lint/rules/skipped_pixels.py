"""A stride that steps over pixels."""

from collections.abc import Iterator

from archspec.arithmetic import Window
from archspec.graph import Node
from archspec.lint.kinds import CONVOLUTIONS, POOLS
from archspec.lint.rule import Finding, Rule
from archspec.lint.subject import Subject
from archspec.ops.spatial import along

__all__ = ["SkippedPixels"]


class SkippedPixels(Rule):
    """The stride is greater than the kernel spans: between two windows lie pixels that no window reads.

    They have no influence on the result. A kernel of one pixel is left alone: it is how residual networks bring their
    shortcuts to the smaller size.

    Source: Dumoulin and Visin, A guide to convolution arithmetic (2016), section 2.3.
    """

    code = "AS332"
    catches = """\
archspec: 1
input: [3, 32, 32]
layers:
  conv: {op: Conv2d, out_channels: 8, kernel_size: 3, stride: 4, padding: 1}
"""
    spares = """\
archspec: 1
input: [3, 32, 32]
layers:
  conv1: {op: Conv2d, out_channels: 8, kernel_size: 4, stride: 4}
  relu: ReLU
  conv2: {op: Conv2d, out_channels: 8, kernel_size: 1, stride: 2}
"""

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Yield the lines that step over pixels in every instance."""
        for line in subject.lines_of(CONVOLUTIONS | POOLS):
            if all(_skipping(flat.node) for flat in line.layers):
                axis, w = _skipping(line.layers[0].node)[0]
                node = line.layers[0].node
                where, unread = along(axis, len(node.tensors[0].shape) - 1), w.stride - w.extent
                yield Finding(
                    node.where.at("stride"),
                    f"a stride of {w.stride} steps over {unread} of {w.stride} pixels{where}: the kernel spans"
                    f" {w.extent}",
                    help=f"stride: {w.extent} at most reads every pixel; or a larger kernel_size",
                )


def _skipping(node: Node) -> list[tuple[int, Window]]:
    """Return the axes along which pixels lie between the windows."""
    axes = zip(node.op.windows(*node.tensors), node.outputs[0].shape[1:], strict=True)
    return [(axis, w) for axis, (w, count) in enumerate(axes) if 1 < w.extent < w.stride and count > 1]
