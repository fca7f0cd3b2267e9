"""A convolution without bias that no norm reads."""

from collections.abc import Iterator

from archspec.graph import Flat
from archspec.lint.kinds import CONVOLUTIONS, kind
from archspec.lint.rule import Finding, Rule
from archspec.lint.subject import Subject

__all__ = ["LonelyBias"]


class LonelyBias(Rule):
    """A convolution has `bias: false`, and an activation reads it, with no norm between them.

    The bias is left out where a norm brings its own. Without one, every channel's activation turns at 0. A norm was
    taken out, and `bias: false` stayed. Some published networks do it on purpose, so that the rule runs only where it
    is selected.

    Source: Ioffe and Szegedy, Batch Normalization (2015), section 3.2.
    """

    code = "AS356"
    default = False
    catches = """\
archspec: 1
input: [3, 32, 32]
layers:
  conv: {op: Conv2d, out_channels: 8, kernel_size: 3, bias: false}
  relu: ReLU
"""
    spares = """\
archspec: 1
input: [3, 32, 32]
layers:
  conv: {op: Conv2d, out_channels: 8, kernel_size: 3, bias: false}
  norm: BatchNorm2d
  relu: ReLU
"""

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Yield the lines without a bias that only activations read in every instance."""
        for line in subject.lines_of(CONVOLUTIONS):
            if all(_bare(flat, subject) for flat in line.layers):
                node = line.layers[0].node
                reader = subject.readers[line.layers[0].path][0].node
                yield Finding(line.where.at("bias"), f"this {kind(node)} has no bias, and no norm that brings one",
                              labels=((reader.where, f"{kind(reader)} reads it as it is"),),
                              help="leave bias out, or put the norm back")  # fmt: skip


def _bare(flat: Flat, subject: Subject) -> bool:
    unbiased = getattr(flat.node.op, "bias", True) is False
    readers = subject.readers[flat.path] if unbiased else ()
    return bool(readers) and all(reader.node.op.family == "activation" for reader in readers)
