"""Instances of one unit → one merged unit, in which every value that differs between them is a slot.

Instances merge when their layers agree in names, ops and wiring. They may differ in the values of arguments, and in
layers that some of them leave out: what reads such a layer reads, without it, what it stands for.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeVar

from archspec.emit.unit import INPUT, Chain, Item, Key, Leaf, Part, Read, Unit, is_parameter
from archspec.ops.base import Tensor

__all__ = [
    "ABSENT",
    "Absent",
    "DifferentError",
    "Layer",
    "Module",
    "Operation",
    "Raw",
    "Shared",
    "Slot",
    "Stack",
    "argument",
    "argument_names",
    "merge",
    "same",
]


class Absent(Enum):
    """Stands for the value in an instance that has no such layer."""

    ABSENT = 0


ABSENT = Absent.ABSENT


@dataclass(frozen=True, slots=True)
class Raw:
    """A value that is Python text already: the name of a class."""

    text: str


@dataclass(eq=False, slots=True)
class Slot:
    """A place in a class's text: its value in each instance, and once it is settled, the text for all of them."""

    values: tuple[object, ...]
    hint: str  # a name for it, should it become an argument
    written: tuple[str, ...] = ()  # expressions of the spec that may give it
    text: str = ""

    @property
    def constant(self) -> bool:
        """Whether the value is the same wherever there is one."""
        present = [value for value in self.values if value is not ABSENT]
        return all(same(value, present[0]) for value in present)


def same(one: object, other: object) -> bool:
    """Whether two values are written alike: 1, 1.0 and true are not."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and one == other


class DifferentError(Exception):
    """The instances cannot share a class."""


@dataclass(frozen=True, eq=False, slots=True)
class Operation:
    """A merged op."""

    leaf: Leaf  # of the first instance that has it
    constructor: Slot | None
    arguments: tuple[tuple[str, Slot], ...]
    reusable: bool  # its output is new memory that autograd does not keep

    @property
    def function(self) -> bool:
        """Whether it is an expression without a submodule."""
        return "{self}" not in self.leaf.spelling.call and not self.parameter

    @property
    def parameter(self) -> bool:
        """Whether it is a learned tensor itself."""
        return is_parameter(self.leaf.node)


@dataclass(frozen=True, eq=False, slots=True)
class Module:
    """A merged instance of a class of the file; the class's arguments have a slot each."""

    shared: object  # the plan of the class
    arguments: tuple[tuple[str, Slot], ...]


@dataclass(frozen=True, eq=False, slots=True)
class Stack:
    """A merged `nn.Sequential`."""

    layers: "tuple[Layer, ...]"
    listed: bool


@dataclass(eq=False, slots=True)
class Layer:
    """A merged item."""

    key: Key
    items: tuple[Item | None, ...]  # by instance
    content: Operation | Module | Stack
    present: Slot | None  # whether it is there; None where it always is
    inputs: tuple[Read, ...] = ()
    stands_for: int = 0  # which of its inputs it stands for where it is absent

    @property
    def first(self) -> Item:
        """The layer in the first instance that has it."""
        return next(item for item in self.items if item is not None)

    @property
    def name(self) -> str:
        """Its name; in a list that of the first instance."""
        return self.first.name

    @property
    def training(self) -> bool:
        """Whether it runs in training only."""
        return self.first.training


@dataclass(frozen=True, eq=False, slots=True)
class Shared:
    """What the instances of a unit have in common."""

    instances: tuple[Unit, ...]
    layers: tuple[Layer, ...]
    outputs: tuple[tuple[str, Read], ...]
    slots: tuple[Slot, ...] = field(default=())


Resolve = Callable[[Part], tuple[object, tuple[tuple[str, object], ...]]]
"""Gives the plan of a part's class, and the arguments of that instance by name."""


def merge(instances: Sequence[Unit], resolve: Resolve) -> Shared:
    """Return what the instances share.

    Raises: DifferentError: if they differ in more than values and layers left out.
    """
    first = instances[0]
    for unit in instances:
        _agree(unit.listed == first.listed and (unit.chained == first.chained or not unit.listed))
        _agree(len(unit.inputs) == len(first.inputs))
        _agree([name for name, _ in unit.outputs] == [name for name, _ in first.outputs])
    merging = _Merge(instances, resolve)
    layers = merging.layers([unit.items for unit in instances])
    if first.listed and not first.chained:
        _agree(all(layer.present is None for layer in layers))
    wiring = _Wiring(layers)
    for layer in layers:
        reads = [() if item is None else item.inputs for item in layer.items]
        layer.inputs = wiring.settle(reads)
    outputs = wiring.settle([tuple(read for _, read in unit.outputs) for unit in instances])
    named = tuple((name, read) for (name, _), read in zip(first.outputs, outputs, strict=True))
    return Shared(tuple(instances), tuple(layers), named, tuple(merging.slots))


def _agree(agreed: bool) -> None:  # noqa: FBT001
    if not agreed:
        raise DifferentError


class _Merge:
    def __init__(self, instances: Sequence[Unit], resolve: Resolve) -> None:
        self.instances = instances
        self.resolve = resolve
        self.slots: list[Slot] = []

    def layers(self, columns: Sequence[tuple[Item, ...] | None]) -> list[Layer]:
        """Merge the items of a scope; None is an instance that lacks the scope."""
        by_key = [{item.key: item for item in column or ()} for column in columns]
        order = _common_order(
            [list(keys) for keys, column in zip(by_key, columns, strict=True) if column is not None]
        )
        lacking = [column is None for column in columns]
        return [self._layer(key, tuple(keys.get(key) for keys in by_key), lacking) for key in order]

    def _layer(self, key: Key, items: tuple[Item | None, ...], lacking: list[bool]) -> Layer:
        found = [item for item in items if item is not None]
        first = found[0]
        for item in found:
            _agree(type(item.content) is type(first.content) and item.training == first.training)
            _agree(len(item.tensors) == len(first.tensors) and len(item.inputs) == len(first.inputs))
        present = self._present(items, lacking)
        content = self._content(first, items)
        _agree(
            present is None or not (first.training or (isinstance(content, Operation) and content.parameter))
        )
        return Layer(key, items, content, present)

    def _present(self, items: tuple[Item | None, ...], lacking: list[bool]) -> Slot | None:
        if all(item is not None or lacks for item, lacks in zip(items, lacking, strict=True)):
            return None
        first = next(item for item in items if item is not None)
        why = {item.when for item in items if item is not None}
        why |= {unit.absent.get(first.name) for unit in self.instances}
        values = tuple(
            ABSENT if lacks else item is not None for item, lacks in zip(items, lacking, strict=True)
        )
        written = tuple(sorted(text for text in why if text))
        return self._slot(values, f"has_{first.name}" if not first.name.isdecimal() else "full", written)

    def _content(self, first: Item, items: tuple[Item | None, ...]) -> Operation | Module | Stack:
        if isinstance(first.content, Leaf):
            return self._operation([_leaf(item) for item in items])
        if isinstance(first.content, Part):
            return self._module([_part(item) for item in items])
        chains = [
            item.content if item is not None and isinstance(item.content, Chain) else None for item in items
        ]
        layers = self.layers([None if chain is None else chain.items for chain in chains])
        return Stack(tuple(layers), first.content.listed)

    def _operation(self, leaves: list[Leaf | None]) -> Operation:
        found = [leaf for leaf in leaves if leaf is not None]
        first = found[0]
        for leaf in found:
            _agree(leaf.spelling.call == first.spelling.call and leaf.node.op.family == first.node.op.family)
            _agree(is_parameter(leaf.node) == is_parameter(first.node))
        written = {text for leaf in found for text in leaf.node.expressions}
        constructor = self._constructor(leaves, first)
        arguments = []
        for place, name in argument_names(found):
            values = [ABSENT if leaf is None else argument(leaf, place, name) for leaf in leaves]
            own = tuple(sorted(text for argument, text in written if argument == name))
            others = tuple(sorted(text for argument, text in written if argument != name and not name))
            hint = name or ("in_channels" if place == 0 else "out_channels")
            arguments.append((name, self._slot(_alike(values), hint, own + others)))
        return Operation(first, constructor, tuple(arguments), all(map(_is_reusable, found)))

    def _constructor(self, leaves: list[Leaf | None], first: Leaf) -> Slot | None:
        """Return the class of the submodule as a slot; None where there is none, or it is an expression."""
        names = {leaf.spelling.constructor for leaf in leaves if leaf is not None}
        whole = first.spelling.constructor or ""
        if None in names or "(" in whole:
            _agree(len(names) == 1)
            return None
        raw = [ABSENT if leaf is None else Raw(leaf.spelling.constructor or "") for leaf in leaves]
        return self._slot(raw, first.node.op.family)

    def _module(self, parts: list[Part | None]) -> Module:
        resolved = [None if part is None else self.resolve(part) for part in parts]
        found = [entry for entry in resolved if entry is not None]
        shared = found[0][0]
        _agree(all(entry[0] is shared for entry in found))
        written = {text for part in parts if part is not None for text in part.expressions}
        arguments = []
        for place, (name, _) in enumerate(found[0][1]):
            values = [ABSENT if entry is None else entry[1][place][1] for entry in resolved]
            own = tuple(sorted(text for argument, text in written if argument == name))
            arguments.append((name, self._slot(values, name, own)))
        return Module(shared, tuple(arguments))

    def _slot(self, values: Iterable[object], hint: str, written: tuple[str, ...] = ()) -> Slot:
        slot = Slot(tuple(values), hint, written)
        self.slots.append(slot)
        return slot


def _leaf(item: Item | None) -> Leaf | None:
    return item.content if item is not None and isinstance(item.content, Leaf) else None


def _part(item: Item | None) -> Part | None:
    return item.content if item is not None and isinstance(item.content, Part) else None


_FRESH = frozenset({"convolution", "normalization", "linear"})
"""Families whose ops make new memory, never a view of what they read."""


def _is_reusable(leaf: Leaf) -> bool:
    return leaf.node.op.family in _FRESH and not leaf.node.op.keeps_output


def argument_names(leaves: list[Leaf]) -> list[tuple[int, str]]:
    """Return every argument that any of the leaves writes: its place, and its name unless it is positional."""
    counts = {sum(1 for name, _ in leaf.spelling.arguments if not name) for leaf in leaves}
    _agree(len(counts) == 1)
    named = [[name for name, _ in leaf.spelling.arguments if name] for leaf in leaves]
    return [*((place, "") for place in range(counts.pop())), *((0, name) for name in _common_order(named))]


def argument(leaf: Leaf, place: int, name: str) -> object:
    """Return an argument's value in one instance; one that is not written has its default."""
    arguments = leaf.spelling.arguments
    if not name:
        return [value for given, value in arguments if not given][place]
    for given, value in arguments:
        if given == name:
            return value
    _agree(name in type(leaf.node.op).model_fields)
    return getattr(leaf.node.op, name)


def _alike(values: list[object]) -> list[object]:
    """Write one size for every axis as one size, where that is how it is written elsewhere."""
    if all(isinstance(value, tuple) or value is ABSENT for value in values):
        return values
    return [v[0] if isinstance(v, tuple) and len(set(v)) == 1 else v for v in values]


T = TypeVar("T")


def _common_order(columns: list[list[T]]) -> list[T]:
    """Return every key of the columns in an order that each of them keeps. Raises DifferentError without one."""
    order: list[T] = max(columns, key=len, default=[])
    for column in columns:
        if column != order:
            order = _woven(order, column)
    for column in columns:
        if column != order:
            keys = set(column)
            _agree([key for key in order if key in keys] == column)
    return order


def _woven(order: list[T], column: list[T]) -> list[T]:
    """Return `order` with what only `column` has put after what precedes it there."""
    known = set(order)
    after: dict[T | None, list[T]] = {}
    last: T | None = None
    for key in column:
        if key in known:
            last = key
        else:
            after.setdefault(last, []).append(key)
    woven = list(after.get(None, ()))
    for key in order:
        woven += [key, *after.get(key, ())]
    return woven


class _Wiring:
    """Finds one wiring for all instances: what reads a layer that is absent reads what it stands for."""

    def __init__(self, layers: list[Layer]) -> None:
        self.layers = {layer.key: layer for layer in layers}
        self.places = {layer.key: place for place, layer in enumerate(layers)} | {INPUT: -1}
        self.decided: set[Key] = set()

    def settle(self, reads: list[tuple[Read, ...]]) -> tuple[Read, ...]:
        """Return the reads that are right in every instance; an empty entry is an instance without the layer."""
        count = max(map(len, reads))
        columns = [[entry[i] if entry else None for entry in reads] for i in range(count)]
        return tuple(map(self._settle, columns))

    def _settle(self, column: list[Read | None]) -> Read:
        latest = max((read for read in column if read is not None), key=lambda read: self.places[read.key])
        for instance, read in enumerate(column):
            if read is not None:
                _agree(self._leads_to(latest, read, instance))
        return latest

    def _leads_to(self, read: Read, wanted: Read, instance: int) -> bool:
        """Whether a read is the wanted one in an instance, through the layers that are absent there."""
        while read != wanted:
            layer = self.layers.get(read.key)
            if layer is None or layer.items[instance] is not None or not layer.inputs:
                return False
            if read.key not in self.decided and len(layer.inputs) > 1:
                ways = range(len(layer.inputs))
                layer.stands_for = next(
                    (way for way in ways if self._leads_to(layer.inputs[way], wanted, instance)), 0
                )
            self.decided.add(read.key)
            read = layer.inputs[layer.stands_for]
        return True
