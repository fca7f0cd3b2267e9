"""A layer that reads one value twice."""

from collections.abc import Iterator

from archspec.lint.kinds import kind
from archspec.lint.rule import Finding, Rule
from archspec.lint.subject import Subject

__all__ = ["SameOperand"]


class SameOperand(Rule):
    """Add, Subtract or a distance reads the same value twice.

    A sum of a value and itself is twice the value, a difference and a distance are 0, a similarity is 1, whatever the
    weights. Of a residual block, the branch or the shortcut was meant.

    Source: as two sides of an operator that are the same: Clang-Tidy's misc-redundant-expression.
    """

    code = "AS327"
    catches = """\
archspec: 1
input: [8, 32, 32]
layers:
  conv: {op: Conv2d, out_channels: 8, kernel_size: 3, padding: 1}
  relu: ReLU
  add: {op: Add, from: [relu, relu]}
"""
    spares = """\
archspec: 1
input: [8, 32, 32]
layers:
  conv: {op: Conv2d, out_channels: 8, kernel_size: 3, padding: 1}
  relu: ReLU
  add: {op: Add, from: [relu, input]}
  square: {op: Multiply, from: [add, add]}
"""

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Yield the lines that read one value twice in every instance."""
        for line in subject.lines_of(_GIVES):
            if all(len(set(flat.inputs)) < len(flat.inputs) for flat in line.layers):
                name = kind(line.layers[0])
                yield Finding(line.where.at("from"), f"{name} reads the same value twice, and gives {_GIVES[name]}",
                              help="name the other value that is meant")  # fmt: skip


_GIVES = {"Add": "twice the value", "Subtract": "0 alone", "PairwiseDistance": "no distance", "CosineSimilarity": "1"}
