"""A layer graph → what its blocks look like inside, each block once, with its own expressions."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from archspec.draw.boxes import Manner
from archspec.draw.panel import Drawing, panel
from archspec.draw.parts import parts
from archspec.draw.plan import Panel
from archspec.draw.runs import Run, runs
from archspec.draw.units import Opener, units
from archspec.draw.words import clipped, dotted, tidy
from archspec.draw.written import written
from archspec.graph import Body, Call, Graph, Path
from archspec.program import TYPES
from archspec.source import Scalar

__all__ = ["MOST", "insets"]

MOST = 12
"""Blocks that are drawn inside; a spec may have hundreds."""


def insets(graph: Graph, shown: Iterable[Run], opener: Opener) -> tuple[tuple[Panel, ...], int]:
    """Return a panel for each block that the runs show closed, and how many more there would be."""
    bodies = _bodies(graph)
    waiting = list(_closed(shown))
    known = dict.fromkeys(waiting)
    made: list[Panel] = []
    while waiting:
        block = waiting.pop(0)
        if len(made) == MOST:
            return tuple(made), len(waiting) + 1
        inset, below = _inset(bodies[block], f"i{len(made)}.", opener)
        made.append(inset)
        waiting += [other for other in below if other not in known]
        known |= dict.fromkeys(below)
    return tuple(made), 0


def _closed(shown: Iterable[Run]) -> Iterator[str]:
    return iter(dict.fromkeys(call.body.block for run in shown for call in run.calls))


def _bodies(graph: Graph) -> dict[str, Counter[Body]]:
    """Return the bodies of each block, each with the number of its copies."""
    found: dict[str, Counter[Body]] = {}
    stack = [graph.model]
    while stack:
        for layer in stack.pop().leaves():
            if isinstance(layer, Call):
                found.setdefault(layer.body.block, Counter())[layer.body] += 1
                stack.append(layer.body)
    return found


def _title(body: Body) -> str:
    """Return a block's name, its parameters, and what follows from them: `Unit(width, stride = 1, inner = 4·width)`."""
    tree = written(body.where.at("parameters"))
    words = []
    for name, given in tree.items() if isinstance(tree, dict) else ():
        text = given.text if isinstance(given, Scalar) and given.text not in TYPES else ""
        words.append(f"{name} = {tidy(text)}" if text else dotted((name,)))
    block = clipped(dotted((body.block,)))
    return clipped(f"{block}({', '.join(words)})", 110) if words else block


def _inset(bodies: Counter[Body], prefix: str, opener: Opener) -> tuple[Panel, Sequence[str]]:
    """Return the panel of a block, from the copy that has most of what it can have, and the blocks closed in it."""
    fullest = max(bodies, key=lambda body: (-len(body.absent), body.layers))
    found, outputs = parts(fullest, opener)
    shown = runs(units(found, outputs), outputs, "line")

    def optional(path: Path) -> str:
        """Return in how many of the copies a layer is there, where it is not in all."""
        ends = {path[:end] for end in range(1, len(path) + 1)}
        there = sum(copies for body, copies in bodies.items() if not ends & body.absent.keys())
        return "" if there == bodies.total() else f"in {there} of {bodies.total()}"

    drawing = Drawing(prefix, _title(fullest), Manner(symbolic=True, optional=optional), size=None)
    return panel(fullest, shown, outputs, drawing), tuple(_closed(shown))
