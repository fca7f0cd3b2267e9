"""What a picture holds: panels of boxes and edges, in words and numbers; nothing in it knows Graphviz or a colour."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Box", "Depth", "Edge", "Frame", "Heat", "Kind", "Panel", "Plan"]

Depth = Literal["stages", "blocks", "ops"]
"""How much is opened: a dozen boxes, a box for each block, or a box for each op."""

Heat = Literal["macs", "parameters", "memory"]
"""What a box may be coloured by instead of its family."""

Kind = Literal["op", "block", "port", "merge", "tab", "turn"]
"""An op (with what follows it), a block or several, an input or output, a sum or the like; where a long edge is cut,
the tab that names its other end; where a row ends, the point from which a line leads to the next."""


@dataclass(frozen=True, slots=True)
class Box:
    """One box: its name, and in lines what it is (of a merge the sign alone); a pointer over it shows `tip`."""

    key: str  # unique in the plan
    kind: Kind
    name: str
    lines: tuple[str, ...] = ()
    family: str = "other"
    tip: str = ""
    dashed: bool = False  # optional, or there in training only
    wrong: bool = False
    copies: int = 1
    figures: Mapping[str, int] = field(default_factory=dict)  # what `Heat` names
    frame: str = ""  # the key of the frame that it stands in


@dataclass(frozen=True, slots=True)
class Edge:
    """A value that one box gives to another, with its shape where it is told."""

    source: str
    target: str
    text: str = ""
    dashed: bool = False
    wrong: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """A line around boxes of one block."""

    key: str
    title: str


@dataclass(frozen=True, slots=True)
class Panel:
    """A picture of its own: the network, one block of it, or one row of either. Edges run forward in `boxes`."""

    title: str
    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]
    frames: tuple[Frame, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole picture."""

    name: str
    facts: tuple[str, ...]  # of the title: parameters, MACs, receptive field
    main: Panel
    insets: tuple[Panel, ...] = ()
    notes: tuple[str, ...] = ()  # of the legend
    heat: Heat | None = None

    @property
    def panels(self) -> tuple[Panel, ...]:
        """The network, then its blocks."""
        return (self.main, *self.insets)

    @property
    def boxes(self) -> Iterator[Box]:
        """Every box of every panel."""
        return (box for panel in self.panels for box in panel.boxes)
