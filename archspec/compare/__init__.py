"""Two layer graphs → how one differs from the other: layers, figures, and the keys of their weights."""

from collections.abc import Mapping
from dataclasses import dataclass

from archspec.compare.changes import Change, Move, changes, moves
from archspec.compare.figures import Figures, figures
from archspec.compare.item import Item, Items
from archspec.compare.keys import Keys, keys
from archspec.compare.match import match
from archspec.graph import Graph, Ref

__all__ = ["Change", "Difference", "Item", "Move", "compare"]


@dataclass(frozen=True, eq=False)
class Difference:
    """How an architecture differs from another. Layers are told by their paths."""

    graphs: tuple[Graph, Graph]
    figures: tuple[Figures, Figures]
    changed: tuple[Change, ...]
    moved: tuple[Move, ...]
    removed: tuple[Item, ...]
    added: tuple[Item, ...]
    ports: bool  # whether the inputs differ, or what the outputs are named and read
    keys: Keys

    @property
    def same(self) -> bool:
        """Whether it is one architecture, with one state_dict."""
        return not (self.changed or self.moved or self.removed or self.added or self.ports)

    @property
    def outputs(self) -> Mapping[str, tuple[str | None, str | None]]:
        """The outputs that other layers give: by name, the layers' paths before and after."""
        before, after = ({name or "output": _given(ref) for name, ref in graph.outputs} for graph in self.graphs)
        names = {**before, **after} if self.ports else {}
        return {name: (before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)}


def _given(ref: Ref) -> str:
    return (".".join(ref.path) or "input") + (f", output {ref.index}" if ref.index else "")


def compare(before: Graph, after: Graph) -> Difference:
    """Return how `after` differs from `before`.

    Names of blocks and parameters, how weights begin and what a spec expects are no part of an architecture.

    Example:
        >>> import archspec
        >>> one, other = archspec.load("vgg-A"), archspec.load("vgg-A", num_classes=10)
        >>> [change.after for change in compare(one.layer_graph, other.layer_graph).changed]
        [('classifier', '6')]
    """
    items = Items()
    matching = match(items.of(before), items.of(after))
    return Difference(
        graphs=(before, after),
        figures=(figures(before), figures(after)),
        changed=tuple(changes(matching, before, after)),
        moved=tuple(moves(matching)),
        removed=matching.removed,
        added=matching.added,
        ports=_ports(before, {}) != _ports(after, {other.path: one.path for one, other in matching.pairs}),
        keys=keys(before, after, matching),
    )


def _ports(graph: Graph, names: Mapping[tuple[str, ...], tuple[str, ...]]) -> object:
    outputs = [(name, Ref(names.get(ref.path, ref.path), ref.index)) for name, ref in graph.outputs]
    return graph.model.inputs, outputs
