"""A plan of what is known, and a line that is refused → the plan with that line in it, marked with what reaches it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from archspec.draw.plan import Box, Edge, Plan
from archspec.draw.words import clipped, wrapped
from archspec.ops.base import Tensor

__all__ = ["Refused", "marked"]


@dataclass(frozen=True, slots=True)
class Refused:
    """The line: its path, what it makes, and what is wrong with it."""

    name: str
    word: str
    code: str
    message: str
    line: int


def marked(plan: Plan, refused: Refused, reaching: Sequence[Tensor]) -> Plan:
    """Return the plan with the refused line in the place of the outputs, which are what reaches it."""
    main = plan.main
    ends = [box.key for box in main.boxes if box.key.startswith("m.out")]
    words = wrapped(clipped(refused.message, 90).split(" "), 26, " ")
    box = Box("m.refused", "op", clipped(refused.name), (clipped(refused.word), *words), "other",
              tip=f"{refused.code} in line {refused.line}", wrong=True)  # fmt: skip
    shapes = dict(zip(ends, map(str, reaching), strict=True))
    edges = tuple(_into(edge, box.key, shapes[edge.target]) if edge.target in shapes else edge for edge in main.edges)
    boxes = (*(box for box in main.boxes if box.key not in shapes), box)
    facts = (f"as far as it is known: {refused.code} in line {refused.line}",)
    return replace(plan, facts=facts, main=replace(main, boxes=boxes, edges=edges))


def _into(edge: Edge, target: str, shape: str) -> Edge:
    return replace(edge, target=target, text=shape, wrong=True)
