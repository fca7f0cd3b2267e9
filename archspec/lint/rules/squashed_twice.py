"""A softmax or sigmoid of what is squashed already."""

from collections.abc import Iterator
from math import e

from archspec.graph import Flat
from archspec.lint.kinds import kind
from archspec.lint.rule import Finding, Rule
from archspec.lint.subject import Subject

__all__ = ["SquashedTwice"]


class SquashedTwice(Rule):
    """A softmax or sigmoid directly reads a sigmoid, a softmax, or the ReLU of a layer with weights.

    They are for logits, which take every sign and size. Of numbers between 0 and 1 a softmax over ten gives none above
    0.23, and a sigmoid none below a half: the network can no longer be sure of anything, and hardly learns.

    Source: PyTorch's documentation of CrossEntropyLoss and BCEWithLogitsLoss, which want logits for the same reason.
    """

    code = "AS350"
    catches = """\
archspec: 1
input: [16]
layers:
  fc: {op: Linear, out_features: 10}
  relu: ReLU
  probabilities: {op: Softmax, dim: 1}
"""
    spares = """\
archspec: 1
input: [16]
layers:
  fc1: {op: Linear, out_features: 32}
  relu: ReLU
  fc2: {op: Linear, out_features: 10}
  probabilities: {op: Softmax, dim: 1}
"""

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Yield the lines that read such an activation in every instance."""
        for line in subject.lines_of(_SOFTMAXES | _SIGMOIDS):
            firsts = [_before(flat, subject) for flat in line.layers]
            if all(firsts) and (first := firsts[0]) is not None:
                yield _finding(first, line.layers[0])


_SOFTMAXES = frozenset({"Softmax", "LogSoftmax", "Softmin", "Softmax2d"})
_SIGMOIDS = frozenset({"Sigmoid", "LogSigmoid", "Hardsigmoid"})
_RECTIFIERS = frozenset({"ReLU", "ReLU6"})
_UNIT = frozenset({"Softmax", "Softmin", "Softmax2d", "Sigmoid", "Hardsigmoid"})


def _before(flat: Flat, subject: Subject) -> Flat | None:
    """Return the activation that this one reads, if it takes the logits' sense away."""
    first = subject.maker(flat.inputs[0])
    if first is None or kind(first) not in _UNIT | _RECTIFIERS | {"LogSoftmax"}:
        return None
    weighted = subject.maker(first.inputs[0])
    logits = weighted is not None and weighted.node.op.family in ("linear", "convolution", "normalization")
    return first if logits or kind(first) not in _RECTIFIERS else None


def _finding(first: Flat, flat: Flat) -> Finding:
    name, before = kind(flat), kind(first)
    return Finding(
        flat.node.where,
        f"{name} reads what {before} gives, not logits",
        name=isinstance(flat.node.where.key[-1], str),
        labels=((first.node.where, f"this {before}"),),
        notes=(_arithmetic(name, before, flat),),
        help=f"take the {before} out, or put a layer between them",
    )


def _arithmetic(name: str, before: str, flat: Flat) -> str:
    if before == "LogSoftmax":
        return "the softmax of a log-softmax is the softmax" if name in _SOFTMAXES else "a log-softmax is below 0"
    if name in _SIGMOIDS:
        return "of numbers from 0 on, a sigmoid is never below 1/2"
    if before not in _UNIT:
        return "every logit below 0 has become 0, and cannot be told from the others"
    count = _count(flat)
    return f"of {count} numbers between 0 and 1, none gets more than e/(e + {count - 1}) = {e / (e + count - 1):.2g}"


def _count(flat: Flat) -> int:
    shape, dim = flat.node.tensors[0].shape, getattr(flat.node.op, "dim", None)
    return shape[0 if dim is None else dim % (len(shape) + 1) - 1]
