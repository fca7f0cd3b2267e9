"""A bias that a batch norm takes away again."""

from collections.abc import Iterator

from archspec.graph import Flat, Node
from archspec.lint.kinds import BATCH_NORMS, CONVOLUTIONS, TRANSPOSED, kind
from archspec.lint.rule import Finding, Rule
from archspec.lint.subject import Line, Subject
from archspec.report import fix

__all__ = ["BiasBeforeNorm"]


class BiasBeforeNorm(Rule):
    """A convolution or linear layer has a bias, and only a batch norm reads it.

    The norm subtracts the mean of each channel, and the bias with it: it is learned, stored and added for nothing. The
    norm has a bias of its own. The fix takes keys out of the state_dict, so that it is not safe where weights are
    loaded.

    Source: Ioffe and Szegedy, Batch Normalization (2015), section 3.2, where the bias is left out for this reason.
    """

    code = "AS310"
    catches = """\
archspec: 1
input: [3, 32, 32]
layers:
  conv: {op: Conv2d, out_channels: 8, kernel_size: 3}
  norm: BatchNorm2d
  relu: ReLU
"""
    spares = """\
archspec: 1
input: [3, 32, 32]
layers:
  conv: {op: Conv2d, out_channels: 8, kernel_size: 3, bias: false}
  norm: BatchNorm2d
  conv2: {op: Conv2d, out_channels: 8, kernel_size: 3}
  relu: ReLU
  norm2: BatchNorm2d
"""

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Yield the lines whose every instance has such a bias."""
        for line in subject.lines:
            if all(_in_vain(flat, subject) for flat in line.layers):
                yield _finding(line, subject)


def _in_vain(flat: Flat, subject: Subject) -> bool:
    """Whether the layer has a bias, and batch norms alone read what it gives."""
    readers = subject.readers[flat.path]
    normed = bool(readers) and flat.path not in subject.given_out
    return normed and _biased(flat.node) and all(_always_normed(reader.node) for reader in readers)


def _always_normed(reader: Node) -> bool:
    """Whether the reader is a batch norm, also for other values of the spec's parameters."""
    return kind(reader) in BATCH_NORMS and reader.when is None


def _biased(node: Node) -> bool:
    """Whether the layer adds one number to each channel: of a matrix product, the last axis is the channels alone."""
    adds = kind(node) in CONVOLUTIONS | TRANSPOSED or (kind(node) == "Linear" and len(node.outputs[0].shape) == 1)
    return adds and any(weight.name == "bias" for weight in node.weights)


def _finding(line: Line, subject: Subject) -> Finding:
    flat = line.layers[0]
    norm = subject.readers[flat.path][0].node
    written, owned = line.where.at("bias"), any(weight.name == "bias" for weight in norm.weights)
    there = line.where.source.place(written.key) is not None
    change = written.replaced("false") if there else line.where.added("bias", "false")
    return Finding(
        written if there else line.where,
        f"the bias has no effect: {kind(norm)} subtracts the mean of each channel",
        name=True,
        labels=((norm.where, f"this norm {'has a bias of its own' if owned else 'takes it away'}"),),
        help="write bias: false",
        fixes=fix("write bias: false", change),
    )
