"""Channels that an accelerator pads."""

from collections.abc import Iterator

from archspec.lint.kinds import CONVOLUTIONS, kind
from archspec.lint.rule import Finding, Rule
from archspec.lint.subject import Subject

__all__ = ["OddChannels"]


class OddChannels(Rule):
    """A convolution or linear layer inside the network has a number of channels that 8 does not divide.

    Tensor cores work on multiples of 8 of half-precision numbers (4 of TF32, 16 of int8): other sizes are padded, or
    leave the fast path. What the model gives is left alone, as are depthwise convolutions. It is a matter of speed on
    some machines, so that the rule runs only where it is selected.

    Source: NVIDIA, Deep Learning Performance: Matrix Multiplication Background, "Requirements to use Tensor Cores".
    """

    code = "AS357"
    default = False
    severity = "note"
    catches = """\
archspec: 1
input: [3, 32, 32]
layers:
  conv: {op: Conv2d, out_channels: 100, kernel_size: 3}
  relu: ReLU
  pool: {op: AdaptiveAvgPool2d, output_size: 1}
  flatten: Flatten
  fc: {op: Linear, out_features: 10}
"""
    spares = """\
archspec: 1
input: [3, 32, 32]
layers:
  conv: {op: Conv2d, out_channels: 96, kernel_size: 3}
  relu: ReLU
  pool: {op: AdaptiveAvgPool2d, output_size: 1}
  flatten: Flatten
  fc: {op: Linear, out_features: 10}
"""

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Yield the lines with such a number in any instance."""
        for line in subject.lines_of(CONVOLUTIONS | {"Linear"}):
            for flat in line.layers:
                name = kind(flat)
                argument = "out_features" if name == "Linear" else "out_channels"
                width = getattr(flat.node.op, argument, 0)
                plain = getattr(flat.node.op, "groups", 1) == 1
                if plain and width % 8 and flat.path not in subject.given_out:
                    low = width - width % 8
                    yield Finding(
                        line.where.at(argument),
                        f"8 does not divide {width} {argument.removeprefix('out_')}",
                        notes=(f"{width} = 8·{width // 8} + {width % 8}",),
                        help=f"{low} or {low + 8}" if low else "8, or a multiple of it",
                    )
                    break
