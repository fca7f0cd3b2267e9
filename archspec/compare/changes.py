"""Which layer is which → what changed: arguments, what is read, shapes, and where a layer stands."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from archspec.compare.item import Item
from archspec.compare.match import Matching
from archspec.graph import Flat, Graph, Node, Path, Ref
from archspec.ops.base import Tensor, Value

__all__ = ["Change", "Move", "changes", "moves"]


@dataclass(frozen=True, slots=True)
class Change:
    """An op that is in both, and differs."""

    before: Path
    after: Path
    op: tuple[str, str]
    arguments: Mapping[str, tuple[Value, Value]]  # defaults filled in
    reads: tuple[tuple[str, ...], tuple[str, ...]] | None  # the layers that it reads, where those differ
    outputs: tuple[tuple[Tensor, ...], tuple[Tensor, ...]]
    weights: bool  # whether a weight has another shape

    @property
    def written(self) -> bool:
        """Whether more than shapes differ, which follow from what changed elsewhere."""
        return self.op[0] != self.op[1] or bool(self.arguments) or self.reads is not None


@dataclass(frozen=True, slots=True)
class Move:
    """A layer that bears another path, with all that is in it."""

    before: Path
    after: Path
    label: str


def moves(matching: Matching) -> Iterator[Move]:
    """Yield the layers whose paths differ, where that does not follow from the block or group around them."""
    known = {one.path: other.path for one, other in matching.pairs}
    for one, other in sorted(matching.pairs, key=lambda pair: _natural(pair[1].path)):
        follows = len(one.path) > 1 and known.get(one.path[:-1]) == other.path[:-1] and one.name == other.name
        if one.path != other.path and not follows:
            yield Move(one.path, other.path, other.label)


def _natural(path: Path) -> tuple[tuple[int, str], ...]:
    """Return what sorts numbers as such."""
    return tuple((int(name), "") if name.isdigit() else (-1, name) for name in path)


def changes(matching: Matching, before: Graph, after: Graph) -> Iterator[Change]:
    """Yield the ops that differ, in the order of the graph after."""
    pairs = {other.path: one for one, other in matching.pairs if one.node and other.node}
    names = {one.path: path for path, one in pairs.items()}
    sources = _Sources(before, names), _Sources(after, {path: path for path in pairs})
    for path, flat in after.nodes.items():
        if path in pairs:
            change = _change(pairs[path], flat, before.nodes[pairs[path].path], sources)
            if change:
                yield change


def _change(one: Item, new: Flat, old: Flat, sources: "tuple[_Sources, _Sources]") -> Change | None:
    a, b = old.node, new.node
    reads = sources[0].of(old), sources[1].of(new)
    change = Change(
        before=one.path,
        after=new.path,
        op=(type(a.op).__name__, type(b.op).__name__),
        arguments=_arguments(a, b) | ({"training": (True, False)} if old.training and not new.training else
                                      {"training": (False, True)} if new.training and not old.training else {}),
        reads=None if _same(*reads) else (_paths(old.inputs), _paths(new.inputs)),
        outputs=(a.outputs, b.outputs),
        weights=a.weights != b.weights,
    )  # fmt: skip
    return change if change.written or a.outputs != b.outputs or change.weights or a.tensors != b.tensors else None


def _arguments(a: Node, b: Node) -> dict[str, tuple[Value, Value]]:
    """Return the arguments that differ; one that was written, and is what would be inferred, does not."""
    if type(a.op) is not type(b.op):
        return {}
    both = a.op.written(), b.op.written()
    spelled = [dict(node.op.spelling(*node.tensors).arguments) for node in (a, b)]
    return {
        name: (getattr(a.op, name), getattr(b.op, name))
        for name in {**both[0], **both[1]}
        if both[0].get(name) != both[1].get(name) and not _inferred(name, a, spelled)
    }


def _inferred(name: str, node: Node, spelled: list[dict[str, Value]]) -> bool:
    """Whether an argument may be left out, and torch is given the same with it and without."""
    optional = type(node.op).model_fields[name].default is None
    return optional and (spelled[0] == spelled[1] or (name in spelled[0] and spelled[0][name] == spelled[1].get(name)))


def _paths(inputs: tuple[Ref, ...]) -> tuple[str, ...]:
    return tuple(".".join(ref.path) or "input" for ref in inputs)


_Source = frozenset[tuple[Path, int]]
_MOST = 32
"""Layers that are looked for behind one that only one graph has."""


def _same(one: "tuple[_Source | None, ...]", other: "tuple[_Source | None, ...]") -> bool:
    """Whether two layers read the same, as far as it could be followed."""
    return len(one) == len(other) and all(a == b or a is None or b is None for a, b in zip(one, other, strict=True))


class _Sources:
    """What layers read: of a layer that only one graph has, what that reads in turn."""

    def __init__(self, graph: Graph, names: Mapping[Path, Path]) -> None:
        self._names = names
        self._through: dict[Path, _Source | None] = {}
        for path, flat in graph.nodes.items():
            if path not in names:
                self._through[path] = self._joined(flat.inputs)

    def of(self, flat: Flat) -> "tuple[_Source | None, ...]":
        """Return for each input where it comes from, as paths of the graph after."""
        return tuple(map(self._source, flat.inputs))

    def _source(self, ref: Ref) -> _Source | None:
        if not ref.path:
            return frozenset({((), ref.index)})
        if ref.path in self._names:
            return frozenset({(self._names[ref.path], ref.index)})
        return self._through[ref.path]

    def _joined(self, inputs: tuple[Ref, ...]) -> _Source | None:
        """Return all that a layer reads; None if that is too much to compare."""
        found: set[tuple[Path, int]] = set()
        for ref in inputs:
            source = self._source(ref)
            if source is None or len(found) > _MOST:
                return None
            found |= source
        return frozenset(found)
