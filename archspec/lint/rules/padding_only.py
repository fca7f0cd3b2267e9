"""A window that reads nothing but padding."""

from collections.abc import Iterator

from archspec.arithmetic import Window
from archspec.graph import Node
from archspec.lint.kinds import CONVOLUTIONS
from archspec.lint.rule import Finding, Rule
from archspec.lint.subject import Subject
from archspec.ops.spatial import along

__all__ = ["PaddingOnly"]


class PaddingOnly(Rule):
    """The padding is as wide as the kernel spans or wider: windows at the border read no pixel.

    They give the bias alone, a frame around every map. Most often the padding of a 3×3 kernel stayed behind when the
    kernel became 1×1.

    Source: Dumoulin and Visin, A guide to convolution arithmetic (2016), section 2.2.2: full padding is k − 1.
    """

    code = "AS331"
    catches = """\
archspec: 1
input: [3, 32, 32]
layers:
  conv: {op: Conv2d, out_channels: 8, kernel_size: 1, padding: 1}
"""
    spares = """\
archspec: 1
input: [3, 32, 32]
layers:
  conv: {op: Conv2d, out_channels: 8, kernel_size: 3, padding: 2}
"""

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Yield the lines that have such windows in every instance."""
        for line in subject.lines_of(CONVOLUTIONS):
            if all(_framed(flat.node) for flat in line.layers):
                axis, w = _framed(line.layers[0].node)[0]
                node = line.layers[0].node
                where = along(axis, len(node.tensors[0].shape) - 1)
                outer = -(-(w.before - w.extent + 1) // w.stride)
                yield Finding(
                    node.where.at("padding"),
                    f"padding {w.before} and a kernel that spans {w.extent}: {_windows(outer)} padding alone",
                    notes=(f"window 1 reads the pixels {-w.before} to {w.extent - 1 - w.before}{where}",),
                    help=f"padding: {w.extent // 2}" + (" keeps the size" if w.extent % 2 and w.stride == 1 else ""),
                )


def _framed(node: Node) -> list[tuple[int, Window]]:
    """Return the axes whose first window ends before the first pixel."""
    if getattr(node.op, "padding_mode", "zeros") != "zeros":
        return []
    windows = enumerate(node.op.windows(*node.tensors))
    return [(axis, w) for axis, w in windows if w.before >= w.extent]


def _windows(count: int) -> str:
    return "the first window reads" if count == 1 else f"the first {count} windows read"
