"""`inplace: true` on a value that something else reads."""

from collections import Counter
from collections.abc import Iterator
from functools import partial

from archspec.graph import Flat, Ref
from archspec.lint.rule import Finding, Rule
from archspec.lint.subject import Subject
from archspec.report import fix

__all__ = ["VoidInplace"]


class VoidInplace(Rule):
    """`inplace: true` is written on a layer whose input something else reads as well.

    In torch the other reader would silently get the changed values, or autograd would refuse. archspec keeps values as
    they are, and leaves `inplace` out of the module there: it saves no memory, and who copies the line into torch code
    gets another network.

    Source: PyTorch's notes, "Autograd mechanics", section In-place operations with autograd.
    """

    code = "AS328"
    catches = """\
archspec: 1
input: [3, 32, 32]
layers:
  conv: {op: Conv2d, out_channels: 8, kernel_size: 3}
  relu: {op: ReLU, inplace: true}
  add: {op: Add, from: [relu, conv]}
"""
    spares = """\
archspec: 1
input: [8, 32, 32]
layers:
  conv: {op: Conv2d, out_channels: 8, kernel_size: 3, padding: 1}
  relu: {op: ReLU, inplace: true}
  add: {op: Add, from: [relu, input]}
"""

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Yield the lines whose input is read elsewhere, too, in every instance."""
        reads = Counter(ref for flat in subject.graph.nodes.values() for ref in flat.inputs)
        reads.update(ref for _, ref in subject.graph.outputs)
        shared = partial(_shared, reads)
        for line in subject.lines:
            if all(map(shared, line.layers)):
                yield _finding(line.layers[0], subject)


def _shared(reads: Counter[Ref], flat: Flat) -> bool:
    op = flat.node.op
    return "inplace" in op.model_fields_set and op.written().get("inplace") is True and reads[flat.inputs[0]] > 1


def _finding(flat: Flat, subject: Subject) -> Finding:
    ref, where = flat.inputs[0], flat.node.where.at("inplace")
    readers = subject.readers[ref.path]
    other = next((other for other in readers if ref in other.inputs and other.path != flat.path), None)
    labels = () if other is None else ((other.node.where, "reads it, too"),)
    return Finding(where, "inplace has no effect: what this layer reads is read elsewhere as well", name=True,
                   labels=labels, help="leave inplace out",
                   fixes=fix("leave inplace out", where.removed(), safe=True))  # fmt: skip
