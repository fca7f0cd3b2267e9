"""A panel → rows or columns that are no longer than a page: cut where few edges cross, cut edges named at both ends."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from archspec.draw.dot import Direction
from archspec.draw.metrics import width
from archspec.draw.plan import Box, Edge, Panel
from archspec.draw.type import EDGE, SMALL, box_size

__all__ = ["GAP", "rows"]

GAP = 15.0
"""Between two boxes, where nothing is written on the edge."""

_AROUND = 16.0
"""What the lines of frames between them add."""

_TOLD, _TITLED = 29.0, 36.0
"""Between two boxes one below the other, where a text is written on the edge; what a frame and its title add there."""

_TAB, _FRAME = 0.35, 0.8
"""What a cut edge costs, and a cut frame, where a row costs 1."""


def rows(panel: Panel, limit: float, direction: Direction = "right") -> tuple[Panel, ...]:
    """Return the panel in rows about as wide as each other, each at most `limit` wide by estimate.

    Of a network that runs down, they are columns, and as high.

    A value that goes from the end of a row to the next is a `turn` at both ends; others are cut, with a `tab`
    at each end that names the other.
    """
    starts = _Cutter(panel, limit, direction).starts()
    if len(starts) == 1:
        return (panel,)
    return _Paper(panel, starts).rows()


class _Cutter:
    """Finds the rows that cost least; of columns, what is called wide is their height."""

    def __init__(self, panel: Panel, limit: float, direction: Direction) -> None:
        self.boxes = panel.boxes
        self.down = direction == "down"
        self.wides = [box_size(box)[self.down] for box in panel.boxes]
        self.limit = limit
        self.titles = {} if self.down else {one.key: width(one.title, SMALL) + _AROUND for one in panel.frames}
        place = {box.key: index for index, box in enumerate(panel.boxes)}
        self.into: list[list[tuple[int, float]]] = [[] for _ in panel.boxes]
        self.crossing = [0] * (len(panel.boxes) + 1)
        for edge in panel.edges:
            source, target = place[edge.source], place[edge.target]
            framed = panel.boxes[source].frame != panel.boxes[target].frame
            self.into[target].append((source, self._way(edge.text, framed=framed)))
            self.crossing[source + 1] += 1
            self.crossing[target + 1] -= 1
        for index in range(1, len(self.crossing)):
            self.crossing[index] += self.crossing[index - 1]

    def _way(self, text: str, *, framed: bool) -> float:
        """Return how far apart two boxes are for a text between them, and for the frame that ends or begins there."""
        if self.down:
            return (_TOLD if text else GAP) + (_TITLED if framed else 0.0)
        return max(GAP, width(text, EDGE) + 9) + (_AROUND if framed else 0.0)

    def starts(self) -> list[int]:
        """Return where each row begins."""
        count = len(self.boxes)
        best: list[tuple[float, int]] = [(0.0, 0)] + [(float("inf"), 0)] * count
        for start in range(count):
            for end, wide in self._widths(start):
                slack = 1 - wide / self.limit
                price = best[start][0] + 1 + 1.2 * slack**2 + self._cut(end)
                if price < best[end][0]:
                    best[end] = (price, start)
        places, end = [], count
        while end:
            end = best[end][1]
            places.append(end)
        return places[::-1]

    def _widths(self, start: int) -> Iterable[tuple[int, float]]:
        """Yield the ends that a row from `start` may have, and how wide it is then; at least one box is in it.

        A rank is as wide as its widest box, and the way to it as the longest text; a frame is as wide as its title.
        """
        ranks: list[int] = []
        wides: dict[tuple[str, int], float] = {}
        total = begun = lacking = before_frame = 0.0
        for index in range(start, len(self.boxes)):
            if index == start or self.boxes[index].frame != self.boxes[index - 1].frame:
                begun, before_frame = total, lacking
            edges = [(source, gap) for source, gap in self.into[index] if source >= start]
            ranks.append(max((ranks[source - start] + 1 for source, _ in edges), default=0))
            room = [("box", self.wides[index]), *(("way", gap) for _, gap in edges)]
            for what, wide in room:
                before = wides.get((what, ranks[-1]), 0.0)
                total += max(wide - before, 0.0)
                wides[what, ranks[-1]] = max(wide, before)
            lacking = before_frame + max(self.titles.get(self.boxes[index].frame, 0.0) - (total - begun), 0.0)
            if total + lacking > self.limit and index > start:
                return
            yield index + 1, min(total + lacking, self.limit)

    def _cut(self, end: int) -> float:
        if end == len(self.boxes):
            return 0.0
        frame = self.boxes[end].frame
        whole = frame and frame == self.boxes[end - 1].frame
        return _TAB * max(self.crossing[end] - 1, 0) + (_FRAME if whole else 0.0)


@dataclass(frozen=True)
class _Paper:
    """A panel and where its rows begin."""

    panel: Panel
    starts: Sequence[int]

    def rows(self) -> tuple[Panel, ...]:
        """Return the rows."""
        return tuple(self._row(number) for number in range(len(self.starts)))

    @cached_property
    def place(self) -> dict[str, int]:
        return {box.key: index for index, box in enumerate(self.panel.boxes)}

    @cached_property
    def box(self) -> dict[str, Box]:
        return {box.key: box for box in self.panel.boxes}

    @cached_property
    def row_of(self) -> dict[str, int]:
        bounds = [*self.starts[1:], len(self.panel.boxes)]
        found, row = {}, 0
        for index, box in enumerate(self.panel.boxes):
            row += index == bounds[row]
            found[box.key] = row
        return found

    @cached_property
    def turns(self) -> dict[int, Edge]:
        """The edge that leads out of a row into the next: to its first box, from as late as may be."""
        found: dict[int, Edge] = {}
        for edge in self.panel.edges:
            row = self.row_of[edge.source]
            if self.row_of[edge.target] == row + 1:
                before = found.get(row)
                if before is None or self._order(edge) < self._order(before):
                    found[row] = edge
        return found

    @cached_property
    def edges(self) -> dict[int, list[Edge]]:
        """The edges of which an end or both are in each row."""
        found: dict[int, list[Edge]] = {number: [] for number in range(len(self.starts))}
        for edge in self.panel.edges:
            for row in {self.row_of[edge.source], self.row_of[edge.target]}:
                found[row].append(edge)
        return found

    def _order(self, edge: Edge) -> tuple[int, int]:
        return self.place[edge.target], -self.place[edge.source]

    def _row(self, number: int) -> Panel:
        boxes = self.panel.boxes[self.starts[number] : [*self.starts[1:], None][number]]
        added: dict[str, Box] = {}
        edges = []
        for edge in self.edges[number]:
            here = (self.row_of[edge.source] == number, self.row_of[edge.target] == number)
            if all(here):
                edges.append(edge)
            else:
                end = self._end(edge, number, outward=here[0])
                if end.key not in added:
                    added[end.key] = end
                    edges.append(replace(edge, target=end.key) if here[0] else replace(edge, source=end.key, text=""))
                elif not here[0]:
                    edges.append(replace(edge, source=end.key, text=""))
        used = {box.frame for box in boxes}
        frames = tuple(frame for frame in self.panel.frames if frame.key in used)
        return Panel(self.panel.title, (*added.values(), *boxes), tuple(edges), frames)

    def _end(self, edge: Edge, number: int, *, outward: bool) -> Box:
        """Return the tab or turn at which a cut edge ends in a row."""
        row = self.row_of[edge.source]
        if self.turns.get(row) is edge:
            return Box(f"turn{'out' if outward else 'in'}", "turn", "out" if outward else "in")
        if outward:
            target = self.box[edge.target]
            return Box(f"{edge.source}.to{number}.{edge.target}", "tab", f"→ {target.name}")
        source = self.box[edge.source]
        return Box(f"{edge.source}.from{number}", "tab", f"{source.name} →")
