"""Pixels behind the last window."""

from collections.abc import Iterator

from archspec.arithmetic import Window
from archspec.graph import Node
from archspec.lint.kinds import CONVOLUTIONS, POOLS, kind
from archspec.lint.rule import Finding, Rule
from archspec.lint.subject import Subject
from archspec.ops.spatial import along

__all__ = ["UnreadPixels"]


class UnreadPixels(Rule):
    """The stride leaves a rest: the last rows or columns are in no window.

    What lies there has no influence, and the result is off centre. Many published networks do it once or twice, so
    that the rule runs only where it is selected.

    Source: Dumoulin and Visin, A guide to convolution arithmetic (2016), section 2.4: sizes that share one output.
    """

    code = "AS334"
    default = False
    catches = """\
archspec: 1
input: [3, 32, 32]
layers:
  conv: {op: Conv2d, out_channels: 8, kernel_size: 3, stride: 2}
"""
    spares = """\
archspec: 1
input: [3, 224, 224]
layers:
  conv: {op: Conv2d, out_channels: 64, kernel_size: 7, stride: 2, padding: 3}
"""

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Yield the lines that leave pixels unread in every instance."""
        for line in subject.lines_of(CONVOLUTIONS | POOLS):
            if all(_resting(flat.node) for flat in line.layers):
                node = line.layers[0].node
                axis, size, w = _resting(node)[0]
                yield Finding(
                    node.where.at("stride") if "stride" in node.op.model_fields_set else node.where.at("kernel_size"),
                    f"the last {_pixels(_rest(size, w))} of {size}{along(axis, len(node.tensors[0].shape) - 1)} "
                    f"{'is' if _rest(size, w) == 1 else 'are'} in no window",
                    notes=(f"({size} + {w.before} + {w.after} − {w.extent}) mod {w.stride} = {_left(size, w)}",),
                    help=_help(size, w, kind(node)),
                )


def _left(size: int, w: Window) -> int:
    return (size + w.before + w.after - w.extent) % w.stride


def _rest(size: int, w: Window) -> int:
    """Return how many pixels, not of the padding, lie behind the last window."""
    return max(0, _left(size, w) - w.after)


def _resting(node: Node) -> list[tuple[int, int, Window]]:
    if getattr(node.op, "ceil_mode", False):
        return []
    axes = enumerate(zip(node.tensors[0].shape[1:], node.op.windows(*node.tensors), strict=True))
    return [(axis, size, w) for axis, (size, w) in axes if _rest(size, w) and w.extent >= w.stride]


def _pixels(count: int) -> str:
    return "pixel" if count == 1 else f"{count} pixels"


def _help(size: int, w: Window, name: str) -> str:
    """Return the nearest sizes that leave no rest, and the padding that would read all."""
    padding = next((p for p in range(w.before + 1, w.extent) if not max(0, _left(size, Window(
        w.kernel, w.stride, w.dilation, p, p)) - p)), None)  # fmt: skip
    ways = [f"let {size - _left(size, w)} or {size - _left(size, w) + w.stride} pixels arrive"]
    if name in POOLS:
        ways.append("ceil_mode: true lets the last window hang over the end")
    elif padding is not None:
        ways.append(f"padding: {padding} reads them")
    return "; or ".join(ways)
