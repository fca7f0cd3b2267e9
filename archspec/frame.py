"""What a line is expanded in, and what becomes of it."""

from dataclasses import dataclass, field
from typing import NamedTuple

from archspec.diagnostic import place
from archspec.evaluate import Known
from archspec.graph import Layer as GraphLayer
from archspec.graph import Path
from archspec.lines import Layer
from archspec.program import Program
from archspec.report import Origin, Where
from archspec.scope import Entry, Names, Wire
from archspec.spec import Block

__all__ = ["Frame", "Line", "Made", "unknown"]


@dataclass(frozen=True, slots=True)
class Frame:
    """The body that is being made: the model, or an instance of a block."""

    block: Block | None = None
    caller: Where | None = None
    around: tuple[str, ...] = ()  # the blocks that this is an instance inside of, itself last
    absent: dict[Path, str] = field(default_factory=dict)  # what conditions left out so far
    inlined: dict[Path, list[tuple[str, int]]] = field(default_factory=dict)  # layers of inline blocks so far
    reads: tuple[Wire, ...] = ()  # what the instance reads outside

    def given(self, name: str, program: Program) -> Origin | None:
        """Return where a parameter has its value from; None where the name is none."""
        if self.block is None or name not in self.block.parameters:
            return program.given(name)
        if self.caller is not None and self.caller.source.place((*self.caller.key, name)) is not None:
            return Origin(self.caller.at(name))
        return Origin(self.block.parameters[name].where)

    def note(self) -> tuple[str, ...]:
        """Return which instance of a block a message is about."""
        span = self.caller.span(name=True) if self.caller else None
        return (f"in {self.block.name} as used at {place(span)}",) if self.block and span else ()


@dataclass(slots=True)
class Line:
    """A layer that is being expanded, with what was settled before its op or block is looked at."""

    layer: Layer
    names: Names
    frame: Frame
    known: Known  # what names mean in its values
    training: bool
    when: str | None = None  # the condition as written
    index: int | None = None  # which copy of a repeat


class Made(NamedTuple):
    """What became of one copy of a line: a layer of the graph, unless something about it is unknown."""

    layer: GraphLayer | None
    entry: Entry
    passive: bool = False  # never "the layer before": a learned tensor


def unknown(line: Line, *, passive: bool = False) -> Made:
    """Return a line of which an earlier mistake, or its own, leaves nothing known."""
    return Made(None, Entry(line.layer.where, None, training=line.training), passive)
