"""A plan of what is known, and a line that is refused → the plan with that line in it, marked with what reaches it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from archspec.draw.plan import Box, Edge, Panel, Plan
from archspec.draw.words import clipped, wrapped
from archspec.ops.base import Tensor

__all__ = ["Refused", "known", "marked", "with_refused"]


@dataclass(frozen=True, slots=True)
class Refused:
    """The line: its path, what it makes, and what is wrong with it."""

    name: str
    word: str
    code: str
    message: str
    line: int
    told: str = ""  # all that is said of it, for a page


def marked(plan: Plan, refused: Refused, reaching: Sequence[Tensor]) -> Plan:
    """Return the plan with the refused line in the place of the outputs, which are what reaches it."""
    return replace(plan, facts=(known(refused),), main=with_refused(plan.main, "m.", refused, reaching))


def known(refused: Refused) -> str:
    """Return how far the network is known."""
    return f"as far as it is known: {refused.code} in line {refused.line}"


def with_refused(panel: Panel, prefix: str, refused: Refused, reaching: Sequence[Tensor]) -> Panel:
    """Return the panel of a network with the refused line in the place of the outputs; keys begin with the prefix."""
    ends = [box.key for box in panel.boxes if box.kind == "port" and box.key.startswith(f"{prefix}out")]
    words = wrapped(clipped(refused.message, 90).split(" "), 26, " ")
    box = Box(f"{prefix}refused", "op", clipped(refused.name), (clipped(refused.word), *words), "other",
              tip=f"{refused.code} in line {refused.line}", wrong=True)  # fmt: skip
    shapes = dict(zip(ends, map(str, reaching), strict=True))
    edges = tuple(_into(edge, box.key, shapes[edge.target]) if edge.target in shapes else edge for edge in panel.edges)
    boxes = (*(box for box in panel.boxes if box.key not in shapes), box)
    return replace(panel, boxes=boxes, edges=edges)


def _into(edge: Edge, target: str, shape: str) -> Edge:
    return replace(edge, target=target, text=shape, wrong=True)
