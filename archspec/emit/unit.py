"""What becomes a class each: units, with layers whose plain chains are already one `nn.Sequential`.

A unit is a body (the model, a block's instance) or a group that is no plain chain. Inside a unit, what its
items read is local to it, so instances of one block compare item by item.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from archspec.graph import Body, Node, Path
from archspec.ops.base import Spelling, Tensor

__all__ = ["INPUT", "Chain", "Item", "Key", "Leaf", "Part", "Read", "Unit", "is_parameter"]

Key = tuple[object, ...]
"""What makes an item the same in two instances of its unit: its name, or in a list where it is written."""

INPUT: Key = ()
"""The key of what a unit reads from outside."""


@dataclass(frozen=True, slots=True)
class Read:
    """A value inside a unit: output `index` of an item, or the unit's input `index`."""

    key: Key
    index: int = 0


@dataclass(frozen=True, eq=False, slots=True)
class Leaf:
    """An op."""

    node: Node
    spelling: Spelling


@dataclass(frozen=True, eq=False, slots=True)
class Part:
    """An instance of another unit."""

    unit: "Unit"
    expressions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, eq=False, slots=True)
class Chain:
    """Layers each of which reads the one before: an `nn.Sequential`."""

    items: "tuple[Item, ...]"
    listed: bool


@dataclass(frozen=True, eq=False, slots=True)
class Item:
    """A layer of a unit or of a chain. In a chain, `inputs` are empty: each item reads the one before."""

    key: Key
    name: str
    content: Leaf | Part | Chain
    inputs: tuple[Read, ...]
    tensors: tuple[Tensor, ...]  # its outputs
    when: str | None
    training: bool


@dataclass(frozen=True, eq=False)
class Unit:
    """What becomes a class, or one of several instances of one."""

    site: object  # where it is written: units of one site may share a class
    name: str  # the block's or the group's
    body: Body
    path: Path  # inside the body; empty for the body itself
    listed: bool
    chained: bool  # its items are a chain, so that it is an `nn.Sequential` itself where they are numbered
    inputs: tuple[tuple[str, Tensor], ...]
    items: tuple[Item, ...]
    outputs: tuple[tuple[str, Read], ...]
    absent: Mapping[str, str] = field(default_factory=dict)  # of its own layers, those left out and why

    @property
    def is_model(self) -> bool:
        """Whether it is the whole model."""
        return not self.path and not self.body.block

    @cached_property
    def live(self) -> frozenset[Key]:
        """The items that lead to an output; the others are there, and are not called."""
        found = {read.key for _, read in self.outputs}
        for item in reversed(self.items):
            if item.key in found:
                found.update(read.key for read in item.inputs)
        return frozenset(found)


def is_parameter(node: Node) -> bool:
    """Whether the layer is a learned tensor itself, not a module that owns some."""
    return any(not weight.name for weight in node.weights)
