"""Panels and Graphviz' SVG of them → where everything stands, in one frame of reference for each panel."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from archspec.draw.plan import Box, Edge, Frame, Panel
from archspec.draw.type import box_size

__all__ = ["Area", "Curve", "Placed", "number", "placed"]


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle by its left upper corner."""

    x: float
    y: float
    wide: float
    high: float


@dataclass(frozen=True, slots=True)
class Curve:
    """An edge: its path, its arrowhead as a polygon, and where the middle of its text stands on the line."""

    path: str
    head: str
    text: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Placed:
    """A panel with places; `x` and `y` run from the left upper corner of the whole."""

    panel: Panel
    wide: float
    high: float
    boxes: tuple[tuple[Box, Area], ...]
    edges: tuple[tuple[Edge, Curve], ...]
    frames: tuple[tuple[Frame, Area], ...]

    def turn(self, end: str) -> tuple[float, float] | None:
        """Return the point at which a line comes `in` from the row above, or goes `out` to the next."""
        for box, area in self.boxes:
            if box.kind == "turn" and box.name == end:
                return area.x + area.wide / 2, area.y + area.high / 2
        return None


_GROUP = re.compile(r'<g id="([^"]+)" class="(node|edge|cluster)">(.*?)</g>', re.DOTALL)
_SIZE = re.compile(r'viewBox="[-\d.]+ [-\d.]+ ([\d.]+) ([\d.]+)"')
_SHIFT = re.compile(r"translate\(([-\d.]+) ([-\d.]+)\)")
_PATH = re.compile(r'<path [^>]*d="([^"]+)"')
_POINTS = re.compile(r'<polygon [^>]*points="([^"]+)"')
_ROUND = re.compile(r'<ellipse [^>]*cx="([-\d.]+)" cy="([-\d.]+)" rx="([\d.]+)"')
_TEXT = re.compile(r'<text [^>]*x="([-\d.]+)" y="([-\d.]+)"')
_PAIR = re.compile(r"(-?[\d.]+),(-?[\d.]+)")


def placed(panel: Panel, svg: str) -> Placed:
    """Return the panel with the places that Graphviz gave its boxes, edges and frames."""
    size, shift = _SIZE.search(svg), _SHIFT.search(svg)
    if size is None or shift is None:
        raise AssertionError("Graphviz writes a viewBox and a translation")
    reader = _Reader(float(shift[1]), float(shift[2]))
    groups = {found[1]: found[3] for found in _GROUP.finditer(svg)}
    boxes = tuple((box, reader.around(groups[box.key], box)) for box in panel.boxes)
    edges = tuple((edge, reader.curve(groups[f"e{number}"])) for number, edge in enumerate(panel.edges))
    frames = tuple((frame, reader.polygon(groups[frame.key])) for frame in panel.frames)
    return Placed(panel, float(size[1]), float(size[2]), boxes, edges, frames)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads what Graphviz wrote, moved by its own translation."""

    right: float
    down: float

    def around(self, group: str, box: Box) -> Area:
        found = _ROUND.search(group)
        if found is None:
            return self.polygon(group)
        wide, high = box_size(box)
        return Area(float(found[1]) + self.right - wide / 2, float(found[2]) + self.down - high / 2, wide, high)

    def polygon(self, group: str) -> Area:
        points = list(self._pairs(_first(_POINTS, group)))
        left, top = min(x for x, _ in points), min(y for _, y in points)
        return Area(left, top, max(x for x, _ in points) - left, max(y for _, y in points) - top)

    def curve(self, group: str) -> Curve:
        head, text = _POINTS.search(group), _TEXT.search(group)
        return Curve(
            self._moved(_first(_PATH, group)),
            self._moved(head[1]) if head else "",
            (float(text[1]) + self.right, float(text[2]) + self.down) if text else None,
        )

    def _moved(self, path: str) -> str:
        return _PAIR.sub(
            lambda pair: f"{number(float(pair[1]) + self.right)},{number(float(pair[2]) + self.down)}", path
        )

    def _pairs(self, points: str) -> Iterator[tuple[float, float]]:
        return ((float(x) + self.right, float(y) + self.down) for x, y in _PAIR.findall(points))


def _first(pattern: re.Pattern[str], group: str) -> str:
    found = pattern.search(group)
    if found is None:
        raise AssertionError("Graphviz draws every node and edge")
    return found[1]


def number(value: float) -> str:
    """Return a coordinate in a hundredth of a unit."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
