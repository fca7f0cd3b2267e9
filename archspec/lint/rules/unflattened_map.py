"""A linear layer over the width of a map."""

from collections.abc import Iterator
from math import prod

from archspec.diagnostic import Fix
from archspec.graph import Flat, Path
from archspec.lint.kinds import kind
from archspec.lint.rule import Finding, Rule
from archspec.lint.subject import Subject
from archspec.lint.written import at
from archspec.report import Where, fix

__all__ = ["UnflattenedMap"]


class UnflattenedMap(Rule):
    """A linear layer reads a map whose channels come first: it multiplies each row of pixels by itself.

    A linear layer is over the last axis, which of channels, height and width is the width. `in_features` is taken from
    it, so that nothing refuses the net; in torch, too, it only comes out where the number of features is written. A
    Flatten is missing. (Where `in_features` is written and is another number, it is an error, AS203.)

    Source: torch.nn.Linear: (*, H_in) → (*, H_out); PyTorch's forum, "mat1 and mat2 shapes cannot be multiplied".
    """

    code = "AS340"
    catches = """\
archspec: 1
input: [3, 32, 32]
layers:
  conv: {op: Conv2d, out_channels: 8, kernel_size: 3}
  relu: ReLU
  fc: {op: Linear, out_features: 10}
"""
    spares = """\
archspec: 1
input: [3, 32, 32]
layers:
  conv: {op: Conv2d, out_channels: 8, kernel_size: 3}
  last: {op: Permute, dims: [0, 2, 3, 1]}
  pixels: {op: Linear, out_features: 10}
"""

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Yield the lines whose linear layer reads such a map in every instance, and is not behind another such."""
        behind: set[Path] = set()
        for path, flat in subject.graph.nodes.items():
            if not behind.isdisjoint(ref.path for ref in flat.inputs) or _over_width(flat, subject):
                behind.add(path)
        for line in subject.lines_of({"Linear"}):
            if all(_over_width(flat, subject) and flat.inputs[0].path not in behind for flat in line.layers):
                yield _finding(line.layers[0], subject)


def _over_width(flat: Flat, subject: Subject) -> bool:
    return (
        kind(flat) == "Linear"
        and len(flat.node.tensors[0].shape) > 2
        and subject.layouts.get(flat.inputs[0]) == "first"
    )


def _finding(flat: Flat, subject: Subject) -> Finding:
    x, maker = flat.node.tensors[0], subject.maker(flat.inputs[0])
    where = subject.program.input_where if maker is None else maker.node.where
    width = f"{x.shape[-1]} values" if x.shape[-1] > 1 else "one value"
    return Finding(
        flat.node.where,
        f"Linear reads the last axis of {x} alone, the width: {width}",
        name=True,
        labels=((where, f"this gives {x}"),),
        notes=(f"flattened, {'·'.join(map(str, x.shape))} = {prod(x.shape)} features",),
        help="put a Flatten before it; or, for a layer at each pixel, a Permute that moves the channels to the end",
        fixes=_flatten(flat.node.where),
    )


def _flatten(where: Where) -> tuple[Fix, ...]:
    """Return the edit that writes a Flatten before a layer that reads the one before it."""
    written, around = at(where), at(Where(where.source, where.key[:-1]))
    if not isinstance(written, dict) or "from" in written or "repeat" in written:
        return ()
    taken = around if isinstance(around, dict) else ()
    name = next((name for name in ("flatten", f"flatten_{where.key[-1]}") if name not in taken), None)
    return () if name is None else fix("put a Flatten before it", where.inserted(name, "Flatten"))
