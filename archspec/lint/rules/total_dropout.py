"""A dropout that leaves nothing."""

from collections.abc import Iterator

from archspec.lint.kinds import DROPOUTS, kind
from archspec.lint.rule import Finding, Rule
from archspec.lint.subject import Subject

__all__ = ["TotalDropout"]


class TotalDropout(Rule):
    """A dropout has `p: 1`: in training everything becomes 0, and nothing before it learns.

    `p` is the probability to drop a value, not to keep it, as it was in TensorFlow 1; or a per cent was meant.

    Source: torch.nn.Dropout: p is the probability of an element to be zeroed.
    """

    code = "AS352"
    catches = """\
archspec: 1
input: [16]
layers:
  fc: {op: Linear, out_features: 10}
  drop: {op: Dropout, p: 1}
  relu: ReLU
"""
    spares = """\
archspec: 1
input: [16]
layers:
  fc: {op: Linear, out_features: 10}
  drop: {op: Dropout, p: 0.9}
  relu: ReLU
"""

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Yield the lines that drop everything in every instance."""
        for line in subject.lines_of(_KINDS):
            if all(getattr(flat.node.op, "p", 0.0) == 1 for flat in line.layers):
                yield Finding(line.where.at("p"), f"{kind(line.layers[0])} with p 1 gives 0 alone in training",
                              help="p is the probability to drop: 0.5 drops half")  # fmt: skip


_KINDS = DROPOUTS | {"StochasticDepth"}
