"""A checked spec → the views of it that rules read."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from archspec.graph import Flat, Graph, Path
from archspec.program import Program
from archspec.report import Where
from archspec.source import Key, Source

__all__ = ["Line", "Subject"]


@dataclass(frozen=True, slots=True)
class Line:
    """A layer as written, and every op that it became: one, or one for each copy and instance it stands in."""

    where: Where
    layers: tuple[Flat, ...]


@dataclass(frozen=True, eq=False)
class Subject:
    """A spec without errors: its files, its program and its graph.

    The place of an argument is `node.where.at("kernel_size")`; it may be unwritten. The files' texts and trees are in
    `sources`, the file that is checked first and the whole spec last; what is written of parameters and blocks is in
    `program.base`.
    """

    sources: tuple[Source, ...]
    program: Program
    graph: Graph

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """The lines that became ops, in the order in which they first did."""
        found: dict[Key, list[Flat]] = {}
        for flat in self.graph.nodes.values():
            found.setdefault(flat.node.where.key, []).append(flat)
        return tuple(Line(layers[0].node.where, tuple(layers)) for layers in found.values())

    @cached_property
    def readers(self) -> Mapping[Path, tuple[Flat, ...]]:
        """Who reads each op, and the model's input, whose path is empty; each reader once for each value it reads."""
        found: dict[Path, list[Flat]] = {path: [] for path in ((), *self.graph.nodes)}
        for flat in self.graph.nodes.values():
            for ref in flat.inputs:
                found[ref.path].append(flat)
        return {path: tuple(readers) for path, readers in found.items()}

    @cached_property
    def given_out(self) -> frozenset[Path]:
        """The paths of the ops that are an output of the model."""
        return frozenset(ref.path for _, ref in self.graph.outputs)
