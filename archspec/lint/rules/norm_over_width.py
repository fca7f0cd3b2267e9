"""A layer norm over the width of a map."""

from collections.abc import Iterator

from archspec.graph import Flat
from archspec.lint.kinds import axes_word, kind
from archspec.lint.rule import Finding, Rule
from archspec.lint.subject import Subject
from archspec.lint.written import at
from archspec.report import fix

__all__ = ["NormOverWidth"]


class NormOverWidth(Rule):
    """LayerNorm or RMSNorm reads a map whose channels come first, and says nothing of the axes that it is over.

    It takes the last one, the width or the length: each row of pixels is normalized by itself, and the norm owns a
    weight for each column. Over the channels, LayerNorm2d is meant, or a Permute before it. Where `normalized_shape`
    is written, it is meant so.

    Source: Liu et al., A ConvNet for the 2020s (2022), whose code has a layer norm of its own for channels first.
    """

    code = "AS341"
    catches = """\
archspec: 1
input: [3, 32, 32]
layers:
  conv: {op: Conv2d, out_channels: 8, kernel_size: 4, stride: 4}
  norm: LayerNorm
"""
    spares = """\
archspec: 1
input: [3, 32, 32]
layers:
  conv: {op: Conv2d, out_channels: 8, kernel_size: 4, stride: 4}
  norm1: LayerNorm2d
  last: {op: Permute, dims: [0, 2, 3, 1]}
  norm2: LayerNorm
"""

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Yield the lines whose norm is over the width in every instance."""
        for line in subject.lines_of({"LayerNorm", "RMSNorm"}):
            if all(_over_width(flat, subject) for flat in line.layers):
                yield _finding(line.layers[0])


def _over_width(flat: Flat, subject: Subject) -> bool:
    unwritten = getattr(flat.node.op, "normalized_shape", ()) is None
    return unwritten and subject.layouts.get(flat.inputs[0]) == "first"


def _finding(flat: Flat) -> Finding:
    where, x, name = flat.node.where, flat.node.tensors[0], kind(flat)
    image, word = len(x.shape) == 3, axes_word(len(x.shape) - 1)
    instead = "LayerNorm2d is over the channels" if image else "put a Permute before it that moves the channels last"
    plain = at(where)
    op = where.at("op") if isinstance(plain, dict) else where
    simple = isinstance(plain, dict) and plain.keys() <= {"op", "eps", "from"}
    mend = image and name == "LayerNorm" and (simple or not isinstance(plain, dict))
    return Finding(
        where,
        f"{name} is over the last axis of {x}, the {word} of {x.shape[-1]}, not over the {x.shape[0]} channels",
        name=isinstance(where.key[-1], str),
        help=instead,
        fixes=fix("write LayerNorm2d", op.replaced("LayerNorm2d")) if mend else (),
    )
