"""Boxes, edges and text with places → the elements of an SVG; everything of a spec's is escaped here."""

import re
from xml.sax.saxutils import escape, quoteattr

from archspec.draw.legend import SWATCH, Legend
from archspec.draw.metrics import width
from archspec.draw.placing import Area, Curve, Placed, number
from archspec.draw.plan import Box, Edge, Plan
from archspec.draw.stack import Stack
from archspec.draw.theme import Theme
from archspec.draw.type import EDGE, FAMILY, LINE, SMALL, box_lines

__all__ = ["Painter"]

_LEADING, _ROUND, _BEHIND = 12.5, 5.0, 3.0


class Painter:
    """Gathers the elements."""

    def __init__(self, theme: Theme, plan: Plan) -> None:
        self.theme = theme
        self.plan = plan
        self.elements: list[str] = []

    def svg(self, wide: float, high: float) -> str:
        """Return the whole document."""
        size = f'width="{number(wide)}" height="{number(high)}" viewBox="0 0 {number(wide)} {number(high)}"'
        head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" font-family={quoteattr(FAMILY)}>'
        said = ", ".join(self.plan.facts)
        title = f"<title>{escape(_clean(f'{self.plan.name}: {said}'))}</title>"
        paper = f'<rect width="100%" height="100%" fill="{self.theme.paper}"/>'
        return "\n".join((head, title, paper, *self.elements, "</svg>\n"))

    def text(self, text: str, x: float, y: float, size: float, ink: str, *, bold: bool = False,
             anchor: str = "middle") -> None:  # fmt: skip
        """Add a line of text; `y` is where it stands."""
        weight = ' font-weight="bold"' if bold else ""
        place = f'x="{number(x)}" y="{number(y)}" font-size="{size:g}"'
        self.elements.append(f'<text {place} text-anchor="{anchor}" fill="{ink}"{weight}>{escape(_clean(text))}</text>')

    def frame(self, title: str, x: float, y: float, wide: float, high: float) -> None:
        """Add the frame of a block's inside, with its title."""
        self.elements.append(_rect(Area(x, y, wide, high), "none", self.theme.faint, 8, dashes="5 3"))
        self.text(title, x + 9, y + 15, LINE, self.theme.ink, bold=True, anchor="start")

    def legend(self, legend: Legend, x: float, y: float) -> None:
        """Add the legend with its left upper corner at a place."""
        for right, down, fill, text in legend.entries:
            if fill:
                self.elements.append(_rect(Area(x + right, y + down, SWATCH, SWATCH), fill, self.theme.faint, 2))
            self.text(text, x + right + (SWATCH + 5 if fill else 0), y + down + 9, SMALL, self.theme.faint,
                      anchor="start")  # fmt: skip

    def stack(self, stack: Stack, x: float, y: float) -> None:
        """Add the rows of a panel with their left upper corner at a place."""
        self.elements.append(f'<g transform="translate({number(x)} {number(y)})">')
        for path, dashed in stack.lines:
            self._line(path, self.theme.faint, 1.0, dashed=dashed)
        for right, down, row in stack.rows:
            self.elements.append(f'<g transform="translate({number(right)} {number(down)})">')
            self._row(row)
            self.elements.append("</g>")
        self.elements.append("</g>")

    def _row(self, row: Placed) -> None:
        for _, area in row.frames:
            self.elements.append(_rect(area, "none", self.theme.faint, 6, dashes="4 3"))
        for edge, curve in row.edges:
            self._edge(edge, curve)
        for frame, area in row.frames:
            self._title(frame.title, area)
        for box, area in row.boxes:
            if box.kind != "turn":
                self._box(box, area)

    def _title(self, title: str, area: Area) -> None:
        """Add the title of a frame, which interrupts a line that leads through it."""
        behind = Area(area.x + 4, area.y + 2, width(title, SMALL) + 4, SMALL + 3)
        self.elements.append(f'<rect {_place(behind)} fill="{self.theme.paper}"/>')
        self.text(title, area.x + 6, area.y + 11, SMALL, self.theme.faint, anchor="start")

    def _edge(self, edge: Edge, curve: Curve) -> None:
        ink = self.theme.wrong if edge.wrong else self.theme.faint
        self._line(curve.path, ink, 2.0 if edge.wrong else 1.0, dashed=edge.dashed)
        if curve.head:
            self.elements.append(f'<polygon points="{curve.head}" fill="{ink}"/>')
        if curve.text and edge.text:
            self.text(edge.text, *curve.text, EDGE, self.theme.wrong if edge.wrong else self.theme.ink)

    def _line(self, path: str, ink: str, wide: float, *, dashed: bool) -> None:
        dashes = ' stroke-dasharray="4 3"' if dashed else ""
        self.elements.append(f'<path d="{path}" fill="none" stroke="{ink}" stroke-width="{wide:g}"{dashes}/>')

    def _box(self, box: Box, area: Area) -> None:
        fill = self.theme.fill(box, self.plan)
        edge = self.theme.wrong if box.wrong else self.theme.faint
        ink = self.theme.on(fill)
        self.elements.append("<g>")
        if box.tip:
            self.elements.append(f"<title>{escape(_clean(box.tip))}</title>")
        if box.copies > 1:
            behind = Area(area.x + _BEHIND, area.y - _BEHIND, area.wide, area.high)
            self.elements.append(_rect(behind, fill, edge, _ROUND))
        dashes = "4 3" if box.dashed else ""
        round_ = area.high / 2 if box.kind in ("port", "merge", "tab") else _ROUND
        self.elements.append(_rect(area, fill, edge, min(round_, 11.0), dashes, 2.0 if box.wrong else 1.0))
        self._lines(box, area, ink)
        self.elements.append("</g>")

    def _lines(self, box: Box, area: Area, ink: str) -> None:
        lines = box_lines(box)
        middle = area.x + area.wide / 2
        top = area.y + area.high / 2 - _LEADING * len(lines) / 2
        for index, (text, size, bold) in enumerate(lines):
            self.text(text, middle, top + _LEADING * (index + 0.5) + size * 0.36, size, ink, bold=bold)


def _place(area: Area) -> str:
    return f'x="{number(area.x)}" y="{number(area.y)}" width="{number(area.wide)}" height="{number(area.high)}"'


def _rect(area: Area, fill: str, stroke: str, rounded: float, dashes: str = "", wide: float = 1.0) -> str:
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<rect {_place(area)} rx="{rounded:g}" fill="{fill}" stroke="{stroke}" stroke-width="{wide:g}"{dashed}/>'


_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _clean(text: str) -> str:
    """Return text without what XML cannot hold."""
    return _FORBIDDEN.sub("\ufffd", text)
