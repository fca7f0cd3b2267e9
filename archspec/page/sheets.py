"""A layer graph → sheets: the pictures of the network, of each block, and of each box that opens, each placed once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any

from archspec.diagnostic import ArchspecError
from archspec.draw.boxes import Manner
from archspec.draw.dot import skeleton
from archspec.draw.engine import Engine, laid_out
from archspec.draw.metrics import width
from archspec.draw.panel import Drawing, panel
from archspec.draw.parts import parts
from archspec.draw.placing import Placed, number, placed
from archspec.draw.plan import Box, Edge, Panel
from archspec.draw.planning import MANY
from archspec.draw.refused import Refused, with_refused
from archspec.draw.rows import rows
from archspec.draw.runs import Run, runs
from archspec.draw.theme import family_of
from archspec.draw.type import EDGE, box_lines
from archspec.draw.units import Opener, Unit, units
from archspec.graph import Body, Call, Graph, Path, Ref

__all__ = ["sheets", "word"]

_WIDE = 900.0
"""Units of a row, so that a window shows it in its own size beside what is told of a layer."""

_MOST = 10_000
"""Boxes of one page."""


def sheets(graph: Graph, engine: Engine = "embedded", refused: Refused | None = None) -> list[dict[str, Any]]:
    """Return the sheets as plain values, the whole network first; equal blocks have one sheet together.

    With a refused line, the graph's outputs are what reaches it.

    A box has the `paths` of its layers, from the block that the sheet is of, and the sheet that it `opens`; `enters`
    says that the paths of that one start at the box's own layer.

    Raises:
        ArchspecError: there are too many boxes, or the engine is not there or gives up.
    """
    made = _Sheets()
    made.body(graph.model)
    if refused is not None:
        made.sheets[0].panel = with_refused(made.sheets[0].panel, "", refused, graph.model.tensors)
    count = sum(len(sheet.panel.boxes) for sheet in made.sheets)
    if count > _MOST:
        raise ArchspecError(f"the page would have {count:,} boxes, and at most {_MOST:,} are drawn")
    cut = [rows(sheet.panel, _WIDE) for sheet in made.sheets]
    drawn = iter(laid_out([skeleton(row, "right") for each in cut for row in each], engine))
    return [
        {"rows": [_row(placed(row, svg), sheet) for row, svg in zip(each, islice(drawn, len(each)), strict=True)]}
        for sheet, each in zip(made.sheets, cut, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Place:
    """What a box stands for."""

    paths: tuple[str, ...]
    opens: int | None = None
    enters: bool = False


@dataclass(slots=True)
class _Sheet:
    """A panel, and what its boxes stand for, by their keys."""

    panel: Panel
    places: dict[str, _Place] = field(default_factory=dict)


class _Sheets:
    """Gathers the sheets; one that opens others stands before them."""

    def __init__(self) -> None:
        self.sheets: list[_Sheet] = []
        self.bodies: dict[Body, int] = {}
        self.opener = Opener()

    def body(self, body: Body) -> int:
        """Return the sheet of a block, or of the model; blocks nest at most a few deep."""
        if body in self.bodies:
            return self.bodies[body]
        found, outputs = parts(body, self.opener)
        whole = units(found, outputs)
        shown = runs(whole, outputs, "line")
        if len(shown) > MANY:
            shown = runs(whole, outputs, "block")
        self.bodies[body] = index = len(self.sheets)
        sheet = _Sheet(_panel(body, shown, outputs))
        self.sheets.append(sheet)
        inner = _Inner(body, outputs, whole, units(found, outputs, fuse=False))
        for box, run in _boxes(sheet.panel, shown):
            sheet.places[box.key] = self._place(run, inner)
        return index

    def _place(self, run: Run, inner: "_Inner") -> _Place:
        paths = tuple(".".join(part.path) for unit in run.units for part in unit.parts)
        layer = run.first.lead.layer
        if len(paths) > 1:
            kept = {part.path for unit in run.units for part in unit.parts}
            return _Place(paths, self._among(inner, kept, inner.fused if len(run.units) > 1 else inner.single))
        return _Place(paths, self.body(layer.body), enters=True) if isinstance(layer, Call) else _Place(paths)

    def _among(self, inner: "_Inner", kept: set[Path], whole: "_Whole") -> int:
        """Return the sheet of those units of a block that stand for some of its layers."""
        chosen = [whole.boxes[path] for path in sorted(kept & whole.boxes.keys(), key=whole.order.__getitem__)]
        keys = {box.key for box, _ in chosen}
        edges = tuple(edge for box, _ in chosen for edge in whole.into.get(box.key, ()) if edge.source in keys)
        index = len(self.sheets)
        sheet = _Sheet(Panel("", tuple(box for box, _ in chosen), edges))
        self.sheets.append(sheet)
        for box, run in chosen:
            sheet.places[box.key] = self._place(run, inner)
        return index


@dataclass(frozen=True, slots=True)
class _Whole:
    """A body with a box for each of its units: boxes by the path that leads them, and the edges that end at each."""

    boxes: dict[Path, tuple[Box, Run]]
    order: dict[Path, int]
    into: dict[str, list[Edge]]


@dataclass(frozen=True)
class _Inner:
    """A body with its units, a convolution with what follows it as one of them or not."""

    body: Body
    outputs: tuple[Ref, ...]
    joined: tuple[Unit, ...]
    alone: tuple[Unit, ...]

    @cached_property
    def fused(self) -> _Whole:
        return self._whole(self.joined)

    @cached_property
    def single(self) -> _Whole:
        return self._whole(self.alone)

    def _whole(self, among: Sequence[Unit]) -> _Whole:
        shown = runs(among, self.outputs, "none")
        made = _panel(self.body, shown, self.outputs)
        boxes = {run.first.lead.path: (box, run) for box, run in _boxes(made, shown)}
        into: dict[str, list[Edge]] = {}
        for edge in made.edges:
            into.setdefault(edge.target, []).append(edge)
        return _Whole(boxes, {path: number for number, path in enumerate(boxes)}, into)


def _panel(body: Body, shown: Sequence[Run], outputs: Sequence[Ref]) -> Panel:
    return panel(body, shown, outputs, Drawing("", manner=Manner(costs=True)))


def _boxes(made: Panel, shown: Sequence[Run]) -> list[tuple[Box, Run]]:
    """Return the boxes that are no ports, each with its run."""
    return list(zip((box for box in made.boxes if box.kind != "port"), shown, strict=True))


def _row(row: Placed, sheet: _Sheet) -> dict[str, Any]:
    turns = {name: [*map(_short, point)] for name in ("in", "out") if (point := row.turn(name))}
    boxes = []
    for box, area in row.boxes:
        if box.kind == "turn":
            continue
        place = sheet.places.get(box.key, _Place(()))
        boxes.append(
            {
                "at": [*map(_short, (area.x, area.y, area.wide, area.high))],
                "kind": box.kind,
                "family": word("" if box.kind == "tab" else family_of(box.family)),
                "lines": [_line(*line) for line in box_lines(box)],
                "name": box.name,
                "tip": box.tip,
                "copies": box.copies,
                "dashed": box.dashed,
                "wrong": box.wrong,
                "paths": place.paths,
                "opens": place.opens,
                "enters": place.enters,
            }
        )
    edges = [
        {
            "path": _to_tip(curve.path, curve.head),
            "arrow": bool(curve.head),
            "text": edge.text,
            "long": _short(width(edge.text, EDGE)),
            "at": [*map(_short, curve.text)] if curve.text and edge.text else None,
            "dashed": edge.dashed,
            "wrong": edge.wrong,
        }
        for edge, curve in row.edges
    ]
    return {"wide": _short(row.wide), "high": _short(row.high), "turns": turns, "boxes": boxes, "edges": edges,
            "dashed": _dashed(row.edges)}  # fmt: skip


def _line(text: str, size: float, bold: bool) -> list[Any]:
    return [text, size, int(bold), _short(width(text, size, bold=bold))]


def _dashed(edges: Sequence[tuple[Edge, object]]) -> bool:
    """Return whether the line that leads into the row is dashed."""
    return any(edge.dashed for edge, _ in edges if edge.source == "turnin")


def _to_tip(path: str, head: str) -> str:
    """Return an edge's path as far as the tip of its arrowhead, whose second corner it is."""
    return f"{path} L{head.split()[1]}" if head else path


def _short(value: float) -> float:
    return float(number(round(value, 1)))


def word(family: str) -> str:
    """Return the one word by which the style knows a family of the legend."""
    return family.split(" ")[0].strip(",") or "plain"
