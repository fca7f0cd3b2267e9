"""A plan, or one panel of it → DOT."""

from collections import Counter
from collections.abc import Mapping
from math import ceil
from typing import TYPE_CHECKING, Any, Literal

from archspec.draw.metrics import width
from archspec.draw.plan import Edge, Panel, Plan
from archspec.draw.theme import Theme
from archspec.draw.type import EDGE, LINE, SMALL, box_lines, box_size

if TYPE_CHECKING:
    from graphviz import Digraph  # type: ignore[import-untyped]

__all__ = ["Direction", "skeleton", "whole"]

Direction = Literal["right", "down"]
"""Which way the network runs."""

_RANKDIR = {"right": "LR", "down": "TB"}
_LOOKS = {"nodesep": "0.16", "fontname": "Arial"}


def skeleton(panel: Panel, direction: Direction) -> str:
    """Return what Graphviz needs to place the boxes of a panel: sizes, edges and shapes; no name of a spec is in it."""
    from graphviz import Digraph

    told = any(edge.text for edge in panel.edges)  # then Graphviz puts a rank for the texts between any two
    looks = {**_LOOKS, "rankdir": _RANKDIR[direction], "ranksep": "0.1" if told else "0.2"}
    drawn = Digraph(graph_attr=looks, edge_attr=_type(EDGE, arrowsize="0.6"),
                    node_attr={"label": "", "fixedsize": "true"})  # fmt: skip
    frames = _frames(panel, drawn, fontname="Arial", fontsize=f"{SMALL:g}", labeljust="l")
    for frame in panel.frames:
        frames[frame.key].attr(label="n" * ceil(width(frame.title, SMALL) / width("n", SMALL)))  # as wide as the title
    for box in panel.boxes:
        wide, high = box_size(box)
        shape = "circle" if box.kind == "merge" else "box"
        frames[box.frame].node(box.key, id=box.key, shape=shape, width=f"{wide / 72:.4f}", height=f"{high / 72:.4f}")
    _close(frames, drawn)
    turns = {box.key for box in panel.boxes if box.kind == "turn"}
    through, lead = _through(panel), " " if direction == "down" else ""  # a text beside a line keeps off it
    for number, edge in enumerate(panel.edges):
        open_end = {"arrowhead": "none"} if edge.target in turns else {}
        straight = {"weight": "8"} if number in through else {}
        drawn.edge(
            edge.source, edge.target, lead + edge.text if edge.text else None, id=f"e{number}", **open_end, **straight
        )
    return str(drawn.source)


def _through(panel: Panel) -> set[int]:
    """Return the edges that the way through goes along, drawn straight: where few edges meet, the first of them."""
    edges = sorted(enumerate(panel.edges), key=lambda numbered: (numbered[1].dashed, numbered[0]), reverse=True)
    into, out = Counter(edge.target for _, edge in edges), Counter(edge.source for _, edge in edges)
    first_in = {edge.target: number for number, edge in edges}
    first_out = {edge.source: number for number, edge in edges}
    return {
        number
        for number, edge in edges
        if first_in[edge.target] == number == first_out[edge.source] and into[edge.target] < 3 and out[edge.source] < 4
    }


def _frames(panel: Panel, drawn: "Digraph", **attributes: str) -> "dict[str, Digraph]":
    """Return where the boxes of each frame go; those of none go into the graph itself."""
    from graphviz import Digraph

    made = {
        frame.key: Digraph(f"cluster_{frame.key}", graph_attr={"id": frame.key, "margin": "6", **attributes})
        for frame in panel.frames
    }
    return {"": drawn, **made}


def _close(frames: "Mapping[str, Digraph]", drawn: "Digraph") -> None:
    for key, frame in frames.items():
        if key:
            drawn.subgraph(frame)


def whole(plan: Plan, theme: Theme, direction: Direction) -> str:
    """Return the whole plan as one graph, for Graphviz elsewhere: each panel a cluster, with names and colours."""
    from graphviz import Digraph

    title = _label(plan.name, " · ".join(plan.facts))
    drawn = Digraph(
        graph_attr={**_LOOKS, "ranksep": "0.2", "rankdir": _RANKDIR[direction], "label": title, "labelloc": "t",
                    "fontcolor": theme.ink, "bgcolor": theme.paper},
        node_attr=_type(LINE, shape="box", style="filled,rounded", color=theme.faint, margin="0.1,0.05"),
        edge_attr=_type(EDGE, arrowsize="0.6", color=theme.faint, fontcolor=theme.ink),
    )  # fmt: skip
    for number, panel in enumerate(plan.panels):
        _panel(panel, plan, theme, drawn, number)
    return str(drawn.source)


def _panel(panel: Panel, plan: Plan, theme: Theme, drawn: "Digraph", number: int) -> None:
    from graphviz import Digraph

    looks = {"style": "dashed,rounded", "color": theme.faint, "fontcolor": theme.ink, "labeljust": "l"}
    sheet = Digraph(f"cluster_{number}", graph_attr={"label": _label(panel.title), **looks}) if number else drawn
    frames = _frames(panel, sheet, **looks)
    for frame in panel.frames:
        frames[frame.key].attr(label=_label(frame.title))
    for box in panel.boxes:
        fill = theme.fill(box, plan)
        shape = {"shape": "circle", "margin": "0"} if box.kind == "merge" else {}
        style = {"style": "filled,rounded,dashed"} if box.dashed else {}
        label = _label(*(text for text, _, _ in box_lines(box)))
        frames[box.frame].node(box.key, label, fillcolor=fill, fontcolor=theme.on(fill), **shape, **style)
    _close(frames, sheet)
    for edge in panel.edges:
        _edge(edge, theme, sheet)
    if number:
        drawn.subgraph(sheet)


def _edge(edge: Edge, theme: Theme, sheet: "Digraph") -> None:
    style = {"style": "dashed"} if edge.dashed else {}
    wrong = {"color": theme.wrong, "fontcolor": theme.wrong, "penwidth": "2"} if edge.wrong else {}
    sheet.edge(edge.source, edge.target, _label(f" {edge.text} ") if edge.text else None, **style, **wrong)


def _type(size: float, **attributes: str) -> dict[str, str]:
    return {"fontname": "Arial", "fontsize": f"{size:g}", **attributes}


def _label(*lines: str) -> Any:
    """Return lines as a label in which nothing is an escape or HTML; a spec's name may hold anything."""
    from graphviz import escape, nohtml

    return nohtml(r"\n".join(escape(line) for line in lines if line))
