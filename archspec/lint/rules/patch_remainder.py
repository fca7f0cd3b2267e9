"""Patches that leave a rest of the image."""

from collections.abc import Iterator

from archspec.arithmetic import Window
from archspec.graph import Node
from archspec.lint.kinds import CONVOLUTIONS
from archspec.lint.rule import Finding, Rule
from archspec.lint.subject import Subject
from archspec.ops.spatial import along

__all__ = ["PatchRemainder"]


class PatchRemainder(Rule):
    """A convolution cuts its input into patches, its stride being its kernel, and the patches leave a rest.

    The last rows or columns are never read. The size of the input, or of the patches, is not the one that was meant:
    other implementations of vision transformers refuse such an image.

    Source: Dosovitskiy et al., An Image is Worth 16x16 Words (2020), section 3.1: N = HW/P² patches.
    """

    code = "AS333"
    catches = """\
archspec: 1
input: [3, 230, 230]
layers:
  patches: {op: Conv2d, out_channels: 64, kernel_size: 16, stride: 16}
"""
    spares = """\
archspec: 1
input: [3, 224, 224]
layers:
  patches: {op: Conv2d, out_channels: 64, kernel_size: 16, stride: 16}
"""

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Yield the lines whose patches leave a rest in every instance."""
        for line in subject.lines_of(CONVOLUTIONS):
            if all(_resting(flat.node) for flat in line.layers):
                node = line.layers[0].node
                axis, size, w = _resting(node)[0]
                rest = size % w.stride
                yield Finding(
                    node.where.at("kernel_size"),
                    f"patches of {w.kernel} leave {rest} of {size} pixels unread"
                    f"{along(axis, len(node.tensors[0].shape) - 1)}",
                    notes=(f"{size} = {w.kernel}·{size // w.kernel} + {rest}",),
                    help=f"let {size - rest} or {size - rest + w.kernel} pixels arrive",
                )


def _resting(node: Node) -> list[tuple[int, int, Window]]:
    """Return the axes that the patches do not fill."""
    axes = enumerate(zip(node.tensors[0].shape[1:], node.op.windows(*node.tensors), strict=True))
    return [(axis, size, w) for axis, (size, w) in axes if _is_patch(w) and size % w.stride]


def _is_patch(w: Window) -> bool:
    return w.kernel == w.stride > 1 and w.dilation == 1 and not (w.before or w.after)
