"""A layer that gives what it reads."""

from collections.abc import Callable, Iterator, Mapping

from archspec.graph import Node
from archspec.lint.kinds import DROPOUTS, POOLS, kind
from archspec.lint.rule import Finding, Rule
from archspec.lint.subject import Subject
from archspec.lint.written import is_literal, shown
from archspec.ops.base import Op

__all__ = ["NoEffect"]


class NoEffect(Rule):
    """With the numbers that are written, the layer gives just what it reads.

    A pool of one pixel, a dropout of 0, padding by 0, a factor of 1; a Concat without `from`, which reads the layer
    before alone. It is what is left of a layer that was switched off, or what was forgotten. Numbers that are worked
    out, and Identity, are left alone.

    Source: torch.nn's documentation of each op: with these arguments it is the identity.
    """

    code = "AS320"
    catches = """\
archspec: 1
input: [3, 32, 32]
layers:
  conv: {op: Conv2d, out_channels: 8, kernel_size: 3}
  pool: {op: MaxPool2d, kernel_size: 1}
  relu: ReLU
"""
    spares = """\
archspec: 1
input: [3, 32, 32]
parameters: {dropout: 0.0}
layers:
  conv: {op: Conv2d, out_channels: 8, kernel_size: 3}
  pool: {op: MaxPool2d, kernel_size: 1, stride: 2}
  drop: {op: Dropout, p: dropout}
"""

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Yield the lines that have no effect in any instance, by numbers that are written there."""
        for line in subject.lines_of({"Concat"}):
            named = line.where.source.place(line.where.at("from").key) is not None
            if not named and all(len(flat.node.inputs) == 1 for flat in line.layers):
                message = "Concat without from reads the layer before alone, and gives what it reads"
                yield Finding(line.where, message, help="name all that it joins: from: [first, second]")
        for line in subject.lines_of(_KINDS):
            argument = _idle(line.layers[0].node)
            if argument is None or not is_literal(line.where.at(argument)):
                continue
            if all(_idle(flat.node) == argument for flat in line.layers):
                name = kind(line.layers[0])
                message = f"{name} with {argument} {shown(line.where.at(argument))} gives what it reads"
                yield Finding(line.where.at(argument), message, help=f"take the {name} out, or write another number")


def _idle(node: Node) -> str | None:
    """Return the argument that makes the layer give what it reads, if one does."""
    name, op = kind(node), node.op
    if name in POOLS:
        one = all(w == type(w)(1) for w in op.windows(*node.tensors))
        return "kernel_size" if one and not getattr(op, "divisor_override", None) and name[:2] != "LP" else None
    argument, idle = _IDLE.get(name, ("", _never))
    return argument if idle(op) else None


def _never(_: Op) -> bool:
    return False


def _is(argument: str, value: object) -> tuple[str, Callable[[Op], bool]]:
    return argument, lambda op: getattr(op, argument) == value


def _padding(op: Op) -> bool:
    padding = getattr(op, "padding", 1)
    return not any(padding) if isinstance(padding, tuple) else padding == 0


_PADS = tuple(f"{mode}Pad{axes}d" for mode in ("Circular", "Constant", "Reflection", "Replication", "Zero")
              for axes in (1, 2, 3))  # fmt: skip
_IDLE: Mapping[str, tuple[str, Callable[[Op], bool]]] = {
    **{name: _is("p", 0.0) for name in (*sorted(DROPOUTS), "StochasticDepth")},
    **dict.fromkeys(_PADS, ("padding", _padding)),
    **{name: _is("scale_factor", 1.0) for name in ("Upsample", "UpsamplingNearest2d", "UpsamplingBilinear2d")},
    "PixelShuffle": _is("upscale_factor", 1),
    "PixelUnshuffle": _is("downscale_factor", 1),
    "ChannelShuffle": _is("groups", 1),
    "Chunk": _is("chunks", 1),
    "Scale": _is("scale", 1.0),
    "Permute": ("dims", lambda op: tuple(getattr(op, "dims", ())) == tuple(range(len(getattr(op, "dims", ()))))),
}
"""The argument of each op that can make it idle, and whether it does."""
_KINDS = POOLS | _IDLE.keys()
