"""Runs → a panel: a box for each, ports for what goes in and comes out, and an edge for each value read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from archspec.draw.boxes import Manner, box
from archspec.draw.plan import Box, Edge, Frame, Panel
from archspec.draw.runs import Run
from archspec.draw.words import clipped, dotted, shape
from archspec.graph import Body, Node, Path, Ref
from archspec.ops.base import Tensor

__all__ = ["Drawing", "Size", "panel", "plain"]


Size = Callable[[Ref, Tensor], str]
"""How the shape of a value is written."""


def plain(_: Ref, tensor: Tensor) -> str:
    """Return a shape in numbers."""
    return shape(tensor)


@dataclass(frozen=True, slots=True)
class Drawing:
    """How a body is drawn, beside its runs."""

    prefix: str  # of its boxes' keys
    title: str = ""
    manner: Manner = field(default_factory=Manner)
    frames: Mapping[Path, str] = field(default_factory=dict)  # titles of the blocks that are opened, by path
    size: Size | None = plain
    """What an edge tells of a value; None: nothing."""


def panel(body: Body, found: Sequence[Run], outputs: Sequence[Ref], drawing: Drawing) -> Panel:
    """Return the panel of a body."""
    sheet = _Sheet(body, drawing)
    for run in found:
        sheet.run(run, found)
    sheet.ports(outputs)
    used = {box.frame for box in sheet.boxes.values()}
    keys = {path: drawing.prefix + dotted(path) for path in drawing.frames}
    frames = tuple(Frame(keys[path], title) for path, title in drawing.frames.items() if keys[path] in used)
    return Panel(drawing.title, tuple(sheet.boxes.values()), tuple(sheet.edges), frames)


class _Sheet:
    """Gathers the boxes and edges of one body."""

    def __init__(self, body: Body, drawing: Drawing) -> None:
        self.body = body
        self.drawing = drawing
        self.boxes: dict[str, Box] = {}
        self.edges: list[Edge] = []
        self.owner: dict[Path, str] = {}
        self.tensors = {Ref((), index): tensor for index, (_, tensor) in enumerate(body.inputs)}
        self.arriving: dict[str, Tensor] = {}  # by box, what it reads first
        self.told: set[Ref] = set()
        for index, (name, _) in enumerate(body.inputs):
            self._port(f"in{index}", name or "input")

    def ports(self, outputs: Sequence[Ref]) -> None:
        """Add the ports of the outputs."""
        for index, ((name, _), ref) in enumerate(zip(self.body.outputs, outputs, strict=True)):
            key = self._port(f"out{index}", name or "output", dashed=self.body.training[index])
            self._edge(ref, key)

    def _port(self, key: str, name: str, *, dashed: bool = False) -> str:
        key = self.drawing.prefix + key
        self.boxes[key] = Box(key, "port", clipped(dotted((name,))), family="port", dashed=dashed)
        return key

    def run(self, run: Run, found: Sequence[Run]) -> None:
        """Add a run's box, and an edge for each value that it reads."""
        key = f"{self.drawing.prefix}b{len(self.boxes)}"
        made = box(key, run, found, self.drawing.manner)
        label = run.first.lead.label
        self.boxes[key] = replace(
            made, frame=self.drawing.prefix + dotted(label) if label in self.drawing.frames else ""
        )
        for part in (part for unit in run.units for part in unit.parts):
            self.owner[part.path] = key
            given = part.layer.outputs if isinstance(part.layer, Node) else part.layer.body.tensors
            self.tensors |= {Ref(part.path, index): tensor for index, tensor in enumerate(given)}
        for ref in run.first.parts[0].inputs:
            self.arriving.setdefault(key, self.tensors[ref])
            self._edge(ref, key)

    def _edge(self, ref: Ref, target: str) -> None:
        source = self.owner[ref.path] if ref.path else f"{self.drawing.prefix}in{ref.index}"
        dashed = self.boxes[source].dashed or self.boxes[target].dashed
        self.edges.append(Edge(source, target, self._told(ref, source), dashed))

    def _told(self, ref: Ref, source: str) -> str:
        """Return the shape of a value where it is a new one, once."""
        tensor, before = self.tensors[ref], self.arriving.get(source)
        if self.drawing.size is None or ref in self.told or (before is not None and before.shape == tensor.shape):
            return ""
        self.told.add(ref)
        return self.drawing.size(ref, tensor)
