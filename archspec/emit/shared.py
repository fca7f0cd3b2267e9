"""What the instances of a class have in common: their layers, with a slot for every value that differs."""

from dataclasses import dataclass, field
from enum import Enum

from archspec.emit.unit import Item, Key, Leaf, Read, Unit, is_parameter

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
    "agree",
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
    """A place in a class's text: its value in each instance, and once it is settled, the text for all."""

    values: tuple[object, ...]
    hint: str  # a name for it, should it become an argument
    written: tuple[str, ...] = ()  # expressions of the spec that may give it
    text: str = ""
    fixed: bool = False  # whether the text is a literal

    @property
    def constant(self) -> bool:
        """Whether the value is the same wherever there is one."""
        return all(value is ABSENT or same(value, self.first) for value in self.values)

    @property
    def first(self) -> object:
        """The first value that there is."""
        return next(value for value in self.values if value is not ABSENT)


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


def agree(agreed: bool) -> None:
    """Raise DifferentError unless the instances agree."""
    if not agreed:
        raise DifferentError
