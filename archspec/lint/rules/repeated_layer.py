"""A norm or a dropout that reads its like."""

from collections.abc import Iterator

from archspec.graph import Flat
from archspec.lint.kinds import BATCH_NORMS, DROPOUTS, kind
from archspec.lint.rule import Finding, Rule
from archspec.lint.subject import Subject

__all__ = ["RepeatedLayer"]


class RepeatedLayer(Rule):
    """A norm reads a norm of its own kind, or a dropout a dropout, and nothing else reads the first.

    What is normalized is normalized again, to no end; what is dropped twice with p is dropped once with 1 − (1 − p)²,
    more than is written. One is left over, or a layer between them is missing.

    Source: Ioffe and Szegedy, Batch Normalization (2015), algorithm 1; Srivastava et al., Dropout (2014), section 4.
    """

    code = "AS324"
    catches = """\
archspec: 1
input: [3, 32, 32]
layers:
  conv: {op: Conv2d, out_channels: 8, kernel_size: 3, bias: false}
  norm1: BatchNorm2d
  norm2: BatchNorm2d
"""
    spares = """\
archspec: 1
input: [16, 64]
layers:
  patches: LayerNorm
  norm: LayerNorm
  attention: {op: MultiheadAttention, num_heads: 4}
  add: {op: Add, from: [attention, patches]}
"""

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Yield the lines that read their like in every instance."""
        for line in subject.lines_of(_KINDS):
            firsts = [_before(flat, subject) for flat in line.layers]
            if all(firsts) and (first := firsts[0]) is not None:
                yield _finding(first, line.layers[0])


def _before(flat: Flat, subject: Subject) -> Flat | None:
    """Return the op of the same kind that this one reads, if it alone does."""
    first = subject.maker(flat.inputs[0])
    alone = first is not None and len(subject.readers[first.path]) == 1 and first.path not in subject.given_out
    if first is None or not alone or kind(first) != kind(flat):
        return None
    dropping = kind(flat) not in DROPOUTS or all(getattr(one.node.op, "p", 0) for one in (first, flat))
    return first if dropping else None


_KINDS = BATCH_NORMS | DROPOUTS | {"GroupNorm", "LayerNorm", "LayerNorm2d", "RMSNorm"}


def _finding(first: Flat, flat: Flat) -> Finding:
    name = kind(flat)
    return Finding(
        flat.node.where,
        f"this {name} reads another one",
        name=isinstance(flat.node.where.key[-1], str),
        labels=((first.node.where, f"this {name}"),),
        notes=(_dropped(first, flat),) if name in DROPOUTS else (),
        help="take one of them out, or put the layer between them that is missing",
    )


def _dropped(first: Flat, flat: Flat) -> str:
    p, q = (float(getattr(one.node.op, "p", 0)) for one in (first, flat))
    return f"1 − (1 − {p:g})·(1 − {q:g}) = {1 - (1 - p) * (1 - q):g} of the values are dropped"
