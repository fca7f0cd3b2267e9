"""Weights of a kernel that only ever meet padding."""

from collections.abc import Iterator

from archspec.arithmetic import Window
from archspec.graph import Node
from archspec.lint.kinds import CONVOLUTIONS
from archspec.lint.rule import Finding, Rule
from archspec.lint.subject import Subject
from archspec.ops.checks import axes_words

__all__ = ["UnreadWeights"]


class UnreadWeights(Rule):
    """Of the weights of a kernel along an axis, all but one lie over the zeros of the padding at each of its places.

    They are multiplied by 0 alone and never learn. A 3×3 kernel on a map of 1×1 is a 1×1 kernel with nine times the
    weights; a dilated one on a map smaller than its gaps is one, too. The maps have become smaller than was thought.

    Source: Chen et al., Rethinking Atrous Convolution (2017), section 3.3: at a large rate the kernel degenerates.
    """

    code = "AS330"
    catches = """\
archspec: 1
input: [3, 32, 32]
layers:
  pool: {op: AvgPool2d, kernel_size: 32}
  conv: {op: Conv2d, out_channels: 8, kernel_size: 3, padding: 1}
"""
    spares = """\
archspec: 1
input: [3, 32, 32]
layers:
  pool: {op: AvgPool2d, kernel_size: 16}
  conv: {op: Conv2d, out_channels: 8, kernel_size: 3, padding: 1}
"""

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Yield the lines of whose kernel a part is dead in every instance."""
        for line in subject.lines_of(CONVOLUTIONS):
            if all(_live(flat.node) is not None for flat in line.layers):
                yield _finding(line.layers[0].node)


def _live(node: Node) -> tuple[int, ...] | None:
    """Return how many weights along each axis ever read a pixel; None unless along one it is one of several."""
    if getattr(node.op, "padding_mode", "zeros") != "zeros":
        return None
    windows = node.op.windows(*node.tensors)
    axes = zip(windows, node.tensors[0].shape[1:], node.outputs[0].shape[1:], strict=True)
    live = tuple(_reading(w, size, places) for w, size, places in axes)
    dead = [count for count, w in zip(live, windows, strict=True) if count < w.kernel]
    return live if dead and set(dead) == {1} else None


def _reading(w: Window, size: int, places: int) -> int:
    """Return how many weights along an axis lie over a pixel at some place.

    Weight j begins at j·d − before and has moved (places − 1)·s further at the last place.
    """
    first = max(0, -(-(w.before - (places - 1) * w.stride) // w.dilation))  # has come to a pixel by the last place
    last = min(w.kernel - 1, (w.before + size - 1) // w.dilation)  # has not passed the pixels at the first
    return max(0, last - first + 1)


def _finding(node: Node) -> Finding:
    live, windows = _live(node) or (), node.op.windows(*node.tensors)
    kernel, read = ("×".join(map(str, sizes)) for sizes in ([w.kernel for w in windows], live))
    words = axes_words(len(windows))
    notes = tuple(
        f"along the {word}: size {size}, padding {w.before} and {w.after}, the kernel spans {w.extent}"
        for word, w, size, n in zip(words, windows, node.tensors[0].shape[1:], live, strict=True)
        if n < w.kernel
    )
    return Finding(
        node.where.at("kernel_size"),
        f"of the {kernel} kernel only {read} ever reads a pixel of {node.tensors[0]}; the rest meets padding alone",
        notes=notes,
        help=f"kernel_size: {live[0]}" if len(set(live)) == 1 else f"kernel_size: [{', '.join(map(str, live))}]",
    )
