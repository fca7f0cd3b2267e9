"""A condition that does not depend on anything."""

from collections.abc import Iterator

from archspec.lines import Layer
from archspec.lint.rule import Finding, Rule
from archspec.lint.subject import Subject
from archspec.lint.written import layers
from archspec.report import fix
from archspec.source import Scalar

__all__ = ["ConstantCondition"]


class ConstantCondition(Rule):
    """`when` is written `true` or `false`: the layer is always there, or never.

    `when: false` is a layer that was switched off for a try and forgotten; who reads the file takes it for a part of
    the network. `when: true` says nothing.

    Source: as a constant condition of a program: ESLint's no-constant-condition.
    """

    code = "AS315"
    catches = """\
archspec: 1
input: [3, 32, 32]
layers:
  conv: {op: Conv2d, out_channels: 8, kernel_size: 3}
  norm: {op: BatchNorm2d, when: false}
  relu: ReLU
"""
    spares = """\
archspec: 1
input: [3, 32, 32]
parameters: {normalize: false}
layers:
  conv: {op: Conv2d, out_channels: 8, kernel_size: 3}
  norm: {op: BatchNorm2d, when: normalize}
  relu: ReLU
"""

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Yield the layers as written whose condition is a literal."""
        for layer in layers(subject.program.base):
            if isinstance(layer.when, Scalar) and isinstance(layer.when.value, bool):
                yield _finding(layer, there=layer.when.value)


def _finding(layer: Layer, *, there: bool) -> Finding:
    where = layer.where.at("when")
    if there:
        message, advice = "this layer is always there, without a condition too", "leave when out"
        return Finding(where, message, help=advice, fixes=fix(advice, where.removed(), safe=True))
    return Finding(
        where,
        "this layer is never there",
        help="take it out, or let a parameter decide: when: name, and name: false among the parameters",
    )
