"""A checked spec → the views of it that rules read."""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from archspec.graph import Body, Call, Flat, Graph, Path, Ref
from archspec.lint.kinds import kind
from archspec.lint.layout import Layout, layouts
from archspec.lint.ranges import Range, ranges
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
    def _of_kind(self) -> Mapping[str, list[Line]]:
        found: dict[str, list[Line]] = {}
        for line in self.lines:
            found.setdefault(kind(line.layers[0]), []).append(line)
        return found

    def lines_of(self, kinds: Container[str]) -> Iterator[Line]:
        """Yield the lines that are an op of one of these names in every instance."""
        for name, lines in self._of_kind.items():
            if name in kinds:
                yield from (line for line in lines if all(kind(flat) in kinds for flat in line.layers))

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

    @cached_property
    def bodies(self) -> tuple[Body, ...]:
        """The model's body, and that of each set of arguments and inputs with which a block is called."""
        found, left = {id(self.graph.model): self.graph.model}, [self.graph.model]
        while left:
            for layer in left.pop().leaves():
                if isinstance(layer, Call) and id(layer.body) not in found:
                    found[id(layer.body)] = layer.body
                    left.append(layer.body)
        return tuple(found.values())

    def maker(self, ref: Ref) -> Flat | None:
        """Return the op that gives a value; None for the model's input."""
        return self.graph.nodes.get(ref.path)

    @cached_property
    def layouts(self) -> Mapping[Ref, Layout]:
        """Where the channels of values are, as far as it is known."""
        return layouts(self.graph)

    @cached_property
    def ranges(self) -> Mapping[Ref, Range]:
        """Between which numbers values lie, as far as it is known."""
        return ranges(self.graph)
