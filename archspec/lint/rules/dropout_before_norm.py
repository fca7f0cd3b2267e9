"""A batch norm that reads a dropout."""

from collections.abc import Iterator

from archspec.graph import Flat
from archspec.lint.kinds import BATCH_NORMS, DROPOUTS, kind
from archspec.lint.rule import Finding, Rule
from archspec.lint.subject import Subject

__all__ = ["DropoutBeforeNorm"]


class DropoutBeforeNorm(Rule):
    """A batch norm directly reads a dropout.

    Dropout makes the variance of its values larger in training than in evaluation. The norm learns the variance of
    training, and divides by it in evaluation, where it is wrong: the shift grows from norm to norm and costs accuracy.
    Behind the last norm, dropout does no harm.

    Source: Li et al., Understanding the Disharmony between Dropout and Batch Normalization by Variance Shift (2018).
    """

    code = "AS351"
    catches = """\
archspec: 1
input: [3, 32, 32]
layers:
  conv: {op: Conv2d, out_channels: 8, kernel_size: 3, bias: false}
  drop: {op: Dropout, p: 0.5}
  norm: BatchNorm2d
"""
    spares = """\
archspec: 1
input: [3, 32, 32]
layers:
  conv: {op: Conv2d, out_channels: 8, kernel_size: 3, bias: false}
  norm: BatchNorm2d
  drop: {op: Dropout, p: 0.5}
"""

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Yield the lines whose batch norm reads a dropout that is not 0 in every instance."""
        for line in subject.lines_of(BATCH_NORMS):
            firsts = [_before(flat, subject) for flat in line.layers]
            if all(firsts) and (first := firsts[0]) is not None:
                yield _finding(first, line.layers[0])


def _before(flat: Flat, subject: Subject) -> Flat | None:
    first = subject.maker(flat.inputs[0])
    return first if first is not None and kind(first) in DROPOUTS and _probability(first) > 0 else None


def _probability(flat: Flat) -> float:
    return float(getattr(flat.node.op, "p", 0))


def _finding(first: Flat, flat: Flat) -> Finding:
    p = _probability(first)
    larger = f"in training the mean square is 1/(1 − {p:g}) = {1 / (1 - p):.3g} times as large" if p < 1 else ""
    return Finding(
        flat.node.where,
        f"{kind(flat)} reads a dropout, which changes the variance in training alone",
        name=isinstance(flat.node.where.key[-1], str),
        labels=((first.node.where, f"this {kind(first)}"),),
        notes=(larger,) if larger else (),
        help="drop out behind the norm",
    )
