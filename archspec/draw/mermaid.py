"""A plan → Mermaid, which GitHub and many note-books draw from text."""

import re

from archspec.draw.dot import Direction
from archspec.draw.plan import Box, Edge, Panel, Plan
from archspec.draw.theme import Theme
from archspec.draw.type import box_lines

__all__ = ["mermaid"]

_WAYS = {"right": "LR", "down": "TB"}
_SHAPES = {"merge": ("((", "))"), "port": ("([", "])"), "block": ("[[", "]]")}


def mermaid(plan: Plan, theme: Theme, direction: Direction = "right") -> str:
    """Return a flowchart: the network, and a subgraph for each block."""
    way = _WAYS[direction]
    lines = [f"%% {_text(plan.name)}: {_text(', '.join(plan.facts))}", f"flowchart {way}"]
    lines += _panel(plan.main)
    for number, panel in enumerate(plan.insets):
        body = [f"  {line}" for line in _panel(panel)]
        lines += [f'  subgraph inside{number} ["{_text(panel.title)}"]', f"    direction {way}", *body, "  end"]
    lines += _classes(plan, theme)
    return "\n".join(lines) + "\n"


def _panel(panel: Panel) -> list[str]:
    loose = [_box(box) for box in panel.boxes if not box.frame]
    framed = []
    for number, frame in enumerate(panel.frames):
        inside = [f"  {_box(box)}" for box in panel.boxes if box.frame == frame.key]
        framed += [f'  subgraph frame{number} ["{_text(frame.title)}"]', *inside, "  end"]
    return [*loose, *framed, *map(_edge, panel.edges)]


def _box(box: Box) -> str:
    start, end = _SHAPES.get(box.kind, ("[", "]"))
    text = "<br/>".join(_text(line) for line, _, _ in box_lines(box))
    return f'  {_key(box.key)}{start}"{text}"{end}'


def _edge(edge: Edge) -> str:
    arrow = "-.->" if edge.dashed else "-->"
    text = f'|"{_text(edge.text)}"|' if edge.text else ""
    return f"  {_key(edge.source)} {arrow}{text} {_key(edge.target)}"


def _classes(plan: Plan, theme: Theme) -> list[str]:
    """Return the colours, each with the boxes that have it."""
    boxes: dict[str, list[str]] = {}
    for box in plan.boxes:
        boxes.setdefault(theme.fill(box, plan), []).append(_key(box.key))
    lines = []
    for number, (fill, keys) in enumerate(boxes.items()):
        lines.append(f"  classDef c{number} fill:{fill},stroke:{theme.faint},color:{theme.on(fill)}")
        lines.append(f"  class {','.join(keys)} c{number}")
    return lines


def _key(key: str) -> str:
    return key.replace(".", "_")


_SPECIAL = re.compile(r'["&<>#;`\\*_~|{}()\[\]]')


def _text(text: str) -> str:
    """Return text as Mermaid shows it: what means something to it or to HTML, by its code."""
    return _SPECIAL.sub(lambda found: f"#{ord(found[0])};", _plain(text))


def _plain(text: str) -> str:
    return " ".join(text.split())
