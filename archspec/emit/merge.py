"""Instances of one unit → what they share, with every value that differs between them as a slot.

Instances merge when their layers agree in names, ops and wiring. They may differ in the values of arguments,
and in layers that some of them leave out: what reads such a layer reads, without it, what it stands for.
"""

from collections.abc import Callable, Iterable, Sequence

from archspec.emit.align import alike, argument, argument_names, common_order
from archspec.emit.rewire import Rewiring
from archspec.emit.shared import (
    ABSENT,
    Layer,
    Module,
    Operation,
    Raw,
    Shared,
    Slot,
    Stack,
    agree,
)
from archspec.emit.unit import Chain, Item, Key, Leaf, Part, Unit, is_parameter

__all__ = ["merge"]

Resolve = Callable[[Part], tuple[object, tuple[tuple[str, object], ...]]]
"""Gives the plan of a part's class, and the arguments of that instance by name."""


def merge(instances: Sequence[Unit], resolve: Resolve) -> Shared:
    """Return what the instances share.

    Raises: DifferentError: if they differ in more than values and layers left out.
    """
    first = instances[0]
    for unit in instances:
        agree(unit.listed == first.listed and (unit.chained == first.chained or not unit.listed))
        agree(len(unit.inputs) == len(first.inputs))
        agree([name for name, _ in unit.outputs] == [name for name, _ in first.outputs])
    merging = _Merge(instances, resolve)
    layers = merging.layers([unit.items for unit in instances])
    if first.listed and not first.chained:
        agree(all(layer.present is None for layer in layers))
    wiring = Rewiring(layers)
    for layer in layers:
        held = [unit for unit, item in zip(instances, layer.items, strict=True) if item is not None]
        agree(len({layer.key in unit.live for unit in held}) == 1)
        reads = [() if item is None else item.inputs for item in layer.items]
        layer.inputs = wiring.settle(reads)
    outputs = wiring.settle([tuple(read for _, read in unit.outputs) for unit in instances])
    named = tuple((name, read) for (name, _), read in zip(first.outputs, outputs, strict=True))
    return Shared(tuple(instances), tuple(layers), named, tuple(merging.slots))


class _Merge:
    def __init__(self, instances: Sequence[Unit], resolve: Resolve) -> None:
        self.instances = instances
        self.resolve = resolve
        self.slots: list[Slot] = []

    def layers(self, columns: Sequence[tuple[Item, ...] | None]) -> list[Layer]:
        """Merge the items of a scope; None is an instance that lacks the scope."""
        by_key = [{item.key: item for item in column or ()} for column in columns]
        order = common_order([list(keys) for keys, column in zip(by_key, columns, strict=True) if column is not None])
        lacking = [column is None for column in columns]
        return [self._layer(key, tuple(keys.get(key) for keys in by_key), lacking) for key in order]

    def _layer(self, key: Key, items: tuple[Item | None, ...], lacking: list[bool]) -> Layer:
        found = [item for item in items if item is not None]
        first = found[0]
        for item in found:
            agree(type(item.content) is type(first.content) and item.training == first.training)
            agree(len(item.tensors) == len(first.tensors) and len(item.inputs) == len(first.inputs))
        present = self._present(items, lacking)
        content = self._content(first, items)
        agree(present is None or not (first.training or (isinstance(content, Operation) and content.parameter)))
        return Layer(key, items, content, present)

    def _present(self, items: tuple[Item | None, ...], lacking: list[bool]) -> Slot | None:
        if all(item is not None or lacks for item, lacks in zip(items, lacking, strict=True)):
            return None
        first = next(item for item in items if item is not None)
        why = {item.when for item in items if item is not None}
        why |= {unit.absent.get(first.name) for unit in self.instances}
        values = tuple(ABSENT if lacks else item is not None for item, lacks in zip(items, lacking, strict=True))
        written = tuple(sorted(text for text in why if text))
        return self._slot(values, f"has_{first.name}" if not first.name.isdecimal() else "full", written)

    def _content(self, first: Item, items: tuple[Item | None, ...]) -> Operation | Module | Stack:
        if isinstance(first.content, Leaf):
            return self._operation([_leaf(item) for item in items])
        if isinstance(first.content, Part):
            return self._module([_part(item) for item in items])
        chains = [item.content if item is not None and isinstance(item.content, Chain) else None for item in items]
        layers = self.layers([None if chain is None else chain.items for chain in chains])
        return Stack(tuple(layers), first.content.listed)

    def _operation(self, leaves: list[Leaf | None]) -> Operation:
        found = [leaf for leaf in leaves if leaf is not None]
        first = found[0]
        for leaf in found:
            agree(leaf.spelling.call == first.spelling.call and leaf.node.op.family == first.node.op.family)
            agree(is_parameter(leaf.node) == is_parameter(first.node))
        written = {text for leaf in found for text in leaf.node.expressions}
        constructor = self._constructor(leaves, first)
        arguments = []
        for place, name in argument_names(found):
            values = [ABSENT if leaf is None else argument(leaf, place, name) for leaf in leaves]
            own = tuple(sorted(text for argument, text in written if argument == name))
            others = tuple(sorted(text for argument, text in written if argument != name and not name))
            hint = name or ("in_channels" if place == 0 else "out_channels")
            arguments.append((name, self._slot(alike(values, first.node.op.family), hint, own + others)))
        return Operation(first, constructor, tuple(arguments), all(map(_is_reusable, found)))

    def _constructor(self, leaves: list[Leaf | None], first: Leaf) -> Slot | None:
        """Return the class of the submodule as a slot; None where there is none, or it is an expression."""
        names = {leaf.spelling.constructor for leaf in leaves if leaf is not None}
        whole = first.spelling.constructor or ""
        if None in names or "(" in whole:
            agree(len(names) == 1)
            return None
        raw = [ABSENT if leaf is None else Raw(leaf.spelling.constructor or "") for leaf in leaves]
        return self._slot(raw, first.node.op.family)

    def _module(self, parts: list[Part | None]) -> Module:
        resolved = [None if part is None else self.resolve(part) for part in parts]
        found = [entry for entry in resolved if entry is not None]
        shared = found[0][0]
        agree(all(entry[0] is shared for entry in found))
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
