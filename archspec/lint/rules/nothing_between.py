"""Two linear layers with nothing between them."""

from collections.abc import Iterator
from math import prod

from archspec.graph import Flat
from archspec.lint.kinds import CONVOLUTIONS, kind
from archspec.lint.rule import Finding, Rule
from archspec.lint.subject import Subject

__all__ = ["NothingBetween"]


class NothingBetween(Rule):
    """A linear layer or convolution reads another one, with neither an activation nor a norm between them.

    Two linear maps, one after the other, are one: the pair can give nothing that a single layer cannot, and an
    activation was probably forgotten. Left alone are pairs that are meant: through fewer features than come in or go
    out (a factored matrix), with a 1×1 kernel or in groups (separable convolutions), in one direction each, and where
    something else reads the first, too.

    Source: Goodfellow, Bengio and Courville, Deep Learning (2016), section 6.1.
    """

    code = "AS323"
    catches = """\
archspec: 1
input: [784]
layers:
  fc1: {op: Linear, out_features: 128}
  fc2: {op: Linear, out_features: 10}
"""
    spares = """\
archspec: 1
input: [784]
layers:
  factor: {op: Linear, out_features: 16, bias: false}
  fc1: {op: Linear, out_features: 128}
  relu: ReLU
  fc2: {op: Linear, out_features: 10}
"""

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Yield the lines that read such a layer in every instance."""
        for line in subject.lines_of(_KINDS):
            pairs = [_before(flat, subject) for flat in line.layers]
            if pairs and all(pairs) and (first := pairs[0]) is not None:
                yield _finding(first, line.layers[0])


_KINDS = CONVOLUTIONS | {"Linear"}


def _before(flat: Flat, subject: Subject) -> Flat | None:
    """Return the linear layer whose output this one reads, if the two might as well be one."""
    if not _is_plain(flat):
        return None
    first = subject.maker(flat.inputs[0])
    while first is not None and kind(first) == "Dropout" and _alone(first, subject):
        first = subject.maker(first.inputs[0])
    if first is None or kind(first) != kind(flat) or not _is_plain(first) or not _alone(first, subject):
        return None
    return first if _width(first) >= min(_arriving(first), _width(flat)) else None


def _is_plain(flat: Flat) -> bool:
    if kind(flat) == "Linear":
        return True
    op = flat.node.op
    kernel = getattr(op, "kernel_size", ())
    return kind(flat) in CONVOLUTIONS and min(kernel) > 1 and getattr(op, "groups", 1) == 1


def _alone(flat: Flat, subject: Subject) -> bool:
    return len(subject.readers[flat.path]) == 1 and flat.path not in subject.given_out


def _axis(flat: Flat) -> int:
    return -1 if kind(flat) == "Linear" else 0


def _width(flat: Flat) -> int:
    return flat.node.outputs[0].shape[_axis(flat)]


def _arriving(flat: Flat) -> int:
    """Return from how many numbers one output is made: the features, or the pixels under the kernel."""
    return flat.node.tensors[0].shape[_axis(flat)] * prod(getattr(flat.node.op, "kernel_size", ()))


def _finding(first: Flat, flat: Flat) -> Finding:
    name = kind(flat)
    sizes = f"{first.node.tensors[0].shape[_axis(flat)]} → {_width(first)} → {_width(flat)}"
    what = "matrix" if name == "Linear" else "convolution with a larger kernel"
    return Finding(
        flat.node.where,
        f"there is nothing between this {name} and the one that it reads: the two are one {what}",
        name=True,
        labels=((first.node.where, f"this {name}"),),
        notes=(f"{sizes} {'features' if name == 'Linear' else 'channels'}",),
        help="put an activation between them",
    )
