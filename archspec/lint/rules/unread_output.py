"""One of several outputs that nothing reads."""

from collections.abc import Iterator

from archspec.graph import Body, Call, Node, Ref
from archspec.lint.kinds import kind
from archspec.lint.rule import Finding, Rule
from archspec.lint.subject import Subject
from archspec.report import Where
from archspec.source import Key

__all__ = ["UnreadOutput"]


class UnreadOutput(Rule):
    """An op or a block has several outputs, and one of them is never read, wherever it is called.

    What gives it runs, or is cut off and thrown away. Most often two layers read the same piece. A block's output that
    one of its calls reads is left alone.

    Source: as an unused variable of an unpacked tuple: Ruff's RUF059.
    """

    code = "AS314"
    catches = """\
archspec: 1
input: [16, 32, 32]
layers:
  split: {op: Chunk, chunks: 2}
  left: {op: ReLU, from: split.0}
  right: {op: Tanh, from: split.0}
  join: {op: Concat, from: [left, right]}
"""
    spares = """\
archspec: 1
input: [16, 32, 32]
layers:
  split: {op: Chunk, chunks: 2}
  left: {op: ReLU, from: split.0}
  right: {op: Tanh, from: split.1}
  join: {op: Concat, from: [left, right]}
"""

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Yield the outputs that are read in no instance of the line, or in no call of the block."""
        several: dict[tuple[Key, int], tuple[Where, str]] = {}
        read: set[tuple[Key, int]] = set()
        for body in subject.bodies:
            taken = _read(body)
            for path, layer in body.paths():
                for index, (key, where, text) in enumerate(_outputs(layer) if path in body.live else ()):
                    several.setdefault((key, index), (where, text))
                    if Ref(path, index) in taken:
                        read.add((key, index))
        for one, (where, text) in several.items():
            if one not in read:
                yield Finding(where, text, name=True, help="read it, or do without it")


def _read(body: Body) -> frozenset[Ref]:
    """Return the values of a body that are its outputs, or that something reads which runs."""
    inner = (ref for path, layer in body.paths() if path in body.live for ref in layer.inputs)
    return frozenset((*inner, *(ref for _, ref in body.outputs)))


def _outputs(layer: Node | Call) -> Iterator[tuple[Key, Where, str]]:
    """Yield, for each of several outputs, what owns it, where that stands, and what is said if it is dead."""
    if isinstance(layer, Node):
        for index in range(len(layer.outputs)) if len(layer.outputs) > 1 else ():
            text = f"nothing reads output {index} of {kind(layer)}, {layer.outputs[index]}"
            yield layer.where.key, layer.where, text
    elif len(layer.body.outputs) > 1:
        for name, _ in layer.body.outputs:
            where = layer.body.where.at("output", name)
            yield where.key, where, f"no call of {layer.body.block} has its output {name} read"
