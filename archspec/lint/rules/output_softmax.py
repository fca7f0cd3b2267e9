"""A softmax at the end of a classifier."""

from collections.abc import Iterator

from archspec.lint.kinds import kind
from archspec.lint.rule import Finding, Rule
from archspec.lint.subject import Subject

__all__ = ["OutputSoftmax"]


class OutputSoftmax(Rule):
    """The model's output is a softmax, sigmoid or ReLU of a vector, where the loss may expect logits.

    CrossEntropyLoss takes the softmax itself, BCEWithLogitsLoss the sigmoid: a second one makes all gradients small. A
    ReLU takes away the logits below 0. Whether it is a mistake depends on the loss, which a spec does not tell, so that
    the rule runs only where it is selected.

    Source: torch.nn.CrossEntropyLoss: the input holds unnormalized logits.
    """

    code = "AS354"
    default = False
    catches = """\
archspec: 1
input: [16]
layers:
  fc: {op: Linear, out_features: 10}
  probabilities: {op: Softmax, dim: 1}
"""
    spares = """\
archspec: 1
input: [16]
layers:
  fc: {op: Linear, out_features: 10}
"""

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Yield the outputs that are such an activation."""
        for _, ref in subject.graph.outputs:
            flat = subject.maker(ref)
            if flat is not None and kind(flat) in _LOSSES and len(flat.node.outputs[0].shape) == 1:
                yield Finding(flat.node.where, f"the output is a {kind(flat)}, not logits",
                              name=isinstance(flat.node.where.key[-1], str), help=_LOSSES[kind(flat)])  # fmt: skip


_LOSSES = {
    "Softmax": "leave it out: CrossEntropyLoss takes the softmax itself",
    "Sigmoid": "leave it out: BCEWithLogitsLoss takes the sigmoid itself",
    "ReLU": "leave it out: logits may be below 0",
}
