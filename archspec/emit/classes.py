"""Units → the classes of the file: which instances share one, what its constructor takes, and its name."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from graphlib import TopologicalSorter

from archspec.emit.argument import Argument
from archspec.emit.arguments import Arguments
from archspec.emit.merge import merge
from archspec.emit.names import Names, camel_case
from archspec.emit.shared import DifferentError, Layer, Shared
from archspec.emit.unit import Chain, Item, Key, Leaf, Part, Unit
from archspec.graph import Graph
from archspec.names import MODULE_ATTRIBUTES

__all__ = ["Class", "classes", "parts"]


@dataclass(eq=False)
class Class:
    """A class of the file."""

    shared: Shared
    arguments: Arguments
    names: Names  # taken among its attributes
    name: str = ""
    found: list[Argument] = field(default_factory=list)
    attributes: dict[tuple[Key, str], str] = field(default_factory=dict)  # that keep what a layer's call needs

    @property
    def first(self) -> Unit:
        """Its first instance."""
        return self.shared.instances[0]

    @property
    def is_model(self) -> bool:
        """Whether it is the whole model's."""
        return self.first.is_model

    @property
    def sequential(self) -> bool:
        """Whether it is an `nn.Sequential` with numbered layers."""
        return self.first.listed and self.first.chained

    @cached_property
    def shapes_differ(self) -> bool:
        """Whether the shapes beside the lines are not those of every instance."""
        layers = self.shared.layers
        return any(item is not None and item.tensors != layer.first.tensors for layer in layers for item in layer.items)

    def attribute(self, layer: Layer, argument: str, wanted: str) -> str:
        """Return the attribute that keeps something of a layer: as wanted, or like it where that is taken."""
        key = (layer.key, argument)
        if key not in self.attributes:
            self.attributes[key] = self.names.new(wanted)
        return self.attributes[key]

    def given(self, instance: int) -> tuple[tuple[str, object], ...]:
        """Return the constructor's arguments in one instance."""
        return tuple((argument.name, argument.values[instance]) for argument in self.found)


def classes(name: str, origins: Mapping[int, Graph], models: Sequence[Unit], taken: Names) -> list[Class]:
    """Return the classes, each after those it uses; the model's is the last.

    Args:
        name: the model's.
        origins: the graph that each unit belongs to, by the unit's id.
        models: the model, and the model as other values of its parameters make it.
        taken: names that the file's classes may not have.
    """
    by_site: dict[object, list[Unit]] = {}
    below: dict[object, dict[object, None]] = {}
    for unit in _all(models):
        by_site.setdefault(unit.site, []).append(unit)
        below.setdefault(unit.site, {}).update((part.site, None) for part in parts(unit.items))
    maker = _Maker(origins)
    for site in TopologicalSorter(below).static_order():
        maker.make(by_site[site])
    _name(maker.made, name, taken)
    return maker.made


def parts(items: Sequence[Item]) -> Iterator[Unit]:
    """Yield the units that items use, through chains."""
    stack = list(reversed(items))
    while stack:
        content = stack.pop().content
        if isinstance(content, Part):
            yield content.unit
        elif isinstance(content, Chain):
            stack.extend(reversed(content.items))


def _all(models: Sequence[Unit]) -> Iterator[Unit]:
    """Yield every unit once, in written order."""
    seen: set[int] = set()
    stack = list(reversed(models))
    while stack:
        unit = stack.pop()
        if id(unit) not in seen:
            seen.add(id(unit))
            yield unit
            stack.extend(reversed(list(parts(unit.items))))


class _Maker:
    def __init__(self, origins: Mapping[int, Graph]) -> None:
        self.origins = origins
        self.made: list[Class] = []
        self.places: dict[int, tuple[Class, int]] = {}  # a unit's class, and which instance of it the unit is

    def make(self, units: list[Unit]) -> None:
        """Make one class of all instances of a site, or as few as their structures need."""
        for shared in self._together(units):
            self._make(shared)

    def _together(self, units: list[Unit]) -> list[Shared]:
        try:
            return [merge(units, self._resolve)]
        except DifferentError:
            alike: dict[object, list[Unit]] = {}
            for unit in units:
                alike.setdefault((self._structure(unit.items), unit.live), []).append(unit)
            groups = list(alike.values()) if len(alike) > 1 else [[unit] for unit in units]
            return [shared for group in groups for shared in self._together(group)]

    def _make(self, shared: Shared) -> None:
        constants = [self.origins[id(unit)].model.parameters for unit in shared.instances]
        arguments = Arguments(shared.instances, constants, Names())
        for slot in shared.slots:
            arguments.settle(slot)
        made = Class(shared, arguments, Names({*MODULE_ATTRIBUTES, *(layer.name for layer in shared.layers)}))
        made.found = arguments.ordered()
        self.made.append(made)
        self.places.update((id(unit), (made, place)) for place, unit in enumerate(shared.instances))

    def _resolve(self, part: Part) -> tuple[Class, tuple[tuple[str, object], ...]]:
        made, instance = self.places[id(part.unit)]
        return made, made.given(instance)

    def _structure(self, items: Sequence[Item]) -> object:
        """Return what instances of one class have in common at least."""
        return tuple((item.key, item.training, item.inputs, self._kind(item)) for item in items)

    def _kind(self, item: Item) -> object:
        if isinstance(item.content, Leaf):
            return item.content.spelling.call, item.content.spelling.constructor
        if isinstance(item.content, Part):
            return id(self.places[id(item.content.unit)][0])
        return self._structure(item.content.items)


def _name(made: Sequence[Class], model: str, taken: Names) -> None:
    """Name the classes: blocks as in the spec, groups after their paths, the model after the spec."""
    for one in made:
        if one.first.body.block and not one.first.path:
            one.name = taken.new(one.first.name)
    for one in made:
        if one.first.path:
            one.name = taken.new(camel_case(one.first.name))
    for one in made:
        if one.is_model:
            one.name = taken.new(camel_case(model))
