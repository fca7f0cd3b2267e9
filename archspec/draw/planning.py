"""A layer graph → the plan of its picture: a dozen boxes, each block once beside them, and what stands above."""

from collections.abc import Iterator

from archspec.draw.boxes import Manner
from archspec.draw.facts import facts
from archspec.draw.insets import insets
from archspec.draw.panel import Drawing, Size, panel, plain
from archspec.draw.parts import parts
from archspec.draw.plan import Depth, Heat, Panel, Plan
from archspec.draw.runs import Run, runs
from archspec.draw.symbolic import symbolic
from archspec.draw.units import Opener, units
from archspec.draw.words import clipped, dotted
from archspec.graph import Call, Graph, Path

__all__ = ["MANY", "plan"]

MANY = 14
"""Boxes beyond which neighbours of one block are one box, whatever their arguments."""


def plan(graph: Graph, depth: Depth = "stages", *, heat: Heat | None = None, symbols: bool = False) -> Plan:
    """Return what is drawn of a graph.

    Args:
        graph: the architecture.
        depth: how much of it is opened.
        heat: what the boxes are coloured by, if not by family.
        symbols: whether sizes are told as shares of the input's, where they are.
    """
    size = (symbolic(graph) if symbols else None) or plain
    name = clipped(dotted((graph.name,)) or "network", 60)
    if depth == "ops":
        return Plan(name, tuple(facts(graph)), _opened(graph, size), notes=_notes((), size), heat=heat)
    opener = Opener()
    found, outputs = parts(graph.model, opener)
    whole = units(found, outputs)
    shown = runs(whole, outputs, "same" if depth == "blocks" else "line")
    if depth == "stages" and len(shown) > MANY:
        shown = runs(whole, outputs, "block")
    main = panel(graph.model, shown, outputs, Drawing("m.", manner=Manner(costs=True), size=size))
    inside, more = insets(graph, shown, opener)
    notes = _notes(shown, size)
    if more:
        notes = (*notes, f"{more} more blocks are not drawn inside")
    return Plan(name, tuple(facts(graph)), main, inside, notes, heat)


def _opened(graph: Graph, size: Size) -> Panel:
    """Return the panel in which every op is a box, and each block of the model a frame."""
    found, outputs = parts(graph.model, lambda _: True)
    shown = runs(units(found, outputs, fuse=False), outputs, "none")
    manner = Manner(whole=True, inside=True)
    return panel(graph.model, shown, outputs, Drawing("m.", manner=manner, frames=dict(_frames(graph)), size=size))


def _frames(graph: Graph) -> Iterator[tuple[Path, str]]:
    for path, layer in graph.model.paths():
        if isinstance(layer, Call):
            yield path, clipped(f"{dotted(path)} {dotted((layer.body.block,))}", 60)


def _notes(shown: tuple[Run, ...], size: Size) -> tuple[str, ...]:
    """Return what the legend explains beside the colours."""
    notes = []
    if any(run.calls for run in shown):
        notes.append("block: parameters · MACs")
    if any(len(run.units) > 1 for run in shown):
        notes.append("×n: n in a row")
    if size is not plain:
        notes.append("H/4: where 4 divides H")
    return tuple(notes)
