"""A rule of `init` for an op that no layer is, or that owns no tensor."""

from collections.abc import Iterator

from archspec.diagnostic import suggest
from archspec.lint.kinds import kind
from archspec.lint.rule import Finding, Rule
from archspec.lint.subject import Subject
from archspec.lint.written import words
from archspec.report import fix
from archspec.source import Source

__all__ = ["DeadInit"]


class DeadInit(Rule):
    """A rule of `init` is for an op that stands nowhere among the layers, or that owns no tensor.

    It draws nothing, and the weights it was written for keep torch's default. Most often it is for another number of
    axes, or the layers were changed since. An op that some value of a parameter brings in is spared.

    Source: as a pattern that matches no file: Ruff's `unused-ignore` and Flake8's per-file-ignores; torch's
    `Module.apply` draws as little.
    """

    code = "AS319"
    catches = """\
archspec: 1
input: [3, 32, 32]
layers:
  conv: {op: Conv2d, out_channels: 8, kernel_size: 3}
init:
  - {op: Conv3d, weight: {kaiming_normal: {mode: fan_out}}}
"""
    spares = """\
archspec: 1
input: [3, 32, 32]
parameters: {batch_norm: false}
layers:
  conv: {op: Conv2d, out_channels: 8, kernel_size: 3}
  norm: {op: BatchNorm2d, when: batch_norm}
init:
  - {op: BatchNorm2d, weight: ones}
"""

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Yield the rules of `init` whose op no file names among its layers, or that own no tensor."""
        written = frozenset().union(*map(_called, subject.sources))
        nodes = [(kind(flat), flat.node) for flat in subject.graph.nodes.values()]
        there, owners = sorted({op for op, _ in nodes}), {op for op, node in nodes if node.weights or node.expressions}
        for rule in subject.program.init:
            if rule.op in there and rule.op not in owners:
                yield Finding(rule.where.at("op"), f"no {rule.op} owns a tensor: this draws nothing")
            if rule.op is not None and rule.op not in written:
                where, meant = rule.where.at("op"), suggest(rule.op, there)
                yield Finding(
                    where,
                    f"no layer is {rule.op}: this draws nothing",
                    help=f"did you mean {meant}?" if meant else f"the layers are of {', '.join(there)}",
                    fixes=fix(f"write {meant}", where.replaced(meant)) if meant else (),
                )


def _called(source: Source) -> frozenset[str]:
    """Return the words of a file that may name an op."""
    root = source.root if isinstance(source.root, dict) else {}
    return frozenset().union(*(words(root.get(key)) for key in ("parameters", "blocks", "layers")))
