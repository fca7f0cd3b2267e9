"""An activation that changes nothing, or leaves nothing."""

from collections.abc import Iterator

from archspec.graph import Flat, Path, Ref
from archspec.lint.kinds import kind
from archspec.lint.ranges import ANYTHING, Range
from archspec.lint.rule import Finding, Rule
from archspec.lint.subject import Subject

__all__ = ["IdleActivation"]


class IdleActivation(Rule):
    """Whatever the weights, what an activation reads lies where it changes nothing, or where it gives 0 alone.

    ReLU after ReLU, after a sigmoid, after a softmax, also through pools and reshapes; ReLU after a log-softmax, which
    is never above 0. One of the two was meant to be something else, or a layer between them is missing.

    Source: interval arithmetic (Moore, Interval Analysis, 1966) on the ops' definitions.
    """

    code = "AS322"
    catches = """\
archspec: 1
input: [3, 32, 32]
layers:
  conv1: {op: Conv2d, out_channels: 8, kernel_size: 3}
  relu1: ReLU
  pool: {op: MaxPool2d, kernel_size: 2}
  relu2: ReLU
"""
    spares = """\
archspec: 1
input: [8, 32, 32]
layers:
  relu1: ReLU
  conv: {op: Conv2d, out_channels: 8, kernel_size: 3, padding: 1}
  add: {op: Add, from: [relu1, conv]}
  relu2: ReLU
"""

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Yield the lines that are idle in every instance."""
        sources: dict[Path, Flat] = {}
        for line in subject.lines_of(_KINDS):
            found = {_idle(flat, subject) for flat in line.layers}
            if len(found) == 1 and None not in found:
                yield _finding(line.layers[0], found.pop() or "", subject, sources)


def _idle(flat: Flat, subject: Subject) -> str | None:
    """Return what becomes of the values: `nothing`, they stay as they are; `0`, all are; None if neither is certain."""
    limits = _CHANGELESS.get(kind(flat))
    if kind(flat) == "Hardtanh":
        limits = getattr(flat.node.op, "min_val", -1.0), getattr(flat.node.op, "max_val", 1.0)
    if limits is None:
        return None
    low, high = subject.ranges.get(flat.inputs[0], ANYTHING)
    if limits[0] <= low and high <= limits[1]:
        return "nothing"
    return "0" if high <= 0.0 and kind(flat) in ("ReLU", "ReLU6") else None


_CHANGELESS: dict[str, Range] = {
    **dict.fromkeys(("ReLU", "LeakyReLU", "ELU", "CELU", "PReLU", "RReLU"), (0.0, float("inf"))),
    "ReLU6": (0.0, 6.0),
}
_KINDS = {*_CHANGELESS, "Hardtanh"}


def _finding(flat: Flat, idle: str, subject: Subject, sources: dict[Path, Flat]) -> Finding:
    name = kind(flat)
    low, high = subject.ranges[flat.inputs[0]]
    reads = f"never below {low:g}" if high == float("inf") else f"never above {high:g}"
    reads = f"between {low:g} and {high:g}" if abs(low) != float("inf") != high else reads
    message = f"{name} {'changes nothing' if idle == 'nothing' else 'gives 0 alone'}: what arrives is {reads}"
    source = _source(flat.inputs[0], subject, sources)
    labels = () if source is None else ((source.node.where, f"by this {kind(source)}"),)
    return Finding(flat.node.where, message, name=isinstance(flat.node.where.key[-1], str), labels=labels,
                   help=f"take the {name} out, or put the layer between them that is missing")  # fmt: skip


def _source(ref: Ref, subject: Subject, known: dict[Path, Flat]) -> Flat | None:
    """Return the op that first bounds a value, on the way back along first inputs; the way is gone once."""
    flat, way = subject.maker(ref), []
    while flat is not None and flat.path not in known and flat.inputs and flat.inputs[0] in subject.ranges:
        way.append(flat.path)
        flat = subject.maker(flat.inputs[0])
    if flat is not None:
        flat = known.get(flat.path, flat)
        known.update(dict.fromkeys(way, flat))
    return flat
