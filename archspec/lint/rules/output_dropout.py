"""A dropout of the logits."""

from collections.abc import Iterator

from archspec.lint.kinds import DROPOUTS, kind
from archspec.lint.rule import Finding, Rule
from archspec.lint.subject import Subject

__all__ = ["OutputDropout"]


class OutputDropout(Rule):
    """The model's output is the dropout of a linear layer that gives a vector: logits are set to 0 at random.

    The loss then sees a class with the logit 0 that it did not have. Dropout belongs before the last layer.

    Source: Srivastava et al., Dropout (2014), section 4: input and hidden units are dropped.
    """

    code = "AS353"
    catches = """\
archspec: 1
input: [16]
layers:
  fc: {op: Linear, out_features: 10}
  drop: {op: Dropout, p: 0.2}
"""
    spares = """\
archspec: 1
input: [16]
layers:
  drop: {op: Dropout, p: 0.2}
  fc: {op: Linear, out_features: 10}
"""

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Yield the outputs that are such a dropout."""
        for _, ref in subject.graph.outputs:
            flat = subject.maker(ref)
            before = None if flat is None or kind(flat) not in DROPOUTS else subject.maker(flat.inputs[0])
            if flat is not None and kind(before) == "Linear" and len(flat.node.outputs[0].shape) == 1:
                yield Finding(flat.node.where, f"the output is a {kind(flat)} of logits",
                              name=isinstance(flat.node.where.key[-1], str),
                              labels=() if before is None else ((before.node.where, "the last layer"),),
                              help="drop out before the last layer")  # fmt: skip
