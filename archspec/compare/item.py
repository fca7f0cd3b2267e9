"""A layer graph → the tree of its layers, each with its path and with what makes it equal to another."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass

from archspec.graph import Call, Graph, Group, Layer, Node, Path

__all__ = ["Item", "Items", "leaves"]


@dataclass(frozen=True, eq=False)
class Item:
    """A layer with its whole path, and the layers in it."""

    path: Path
    label: str  # the op's or the block's name; empty for a group
    node: Node | None  # of an op
    training: bool
    children: tuple["Item", ...]
    structure: int  # equal where ops, arguments, shapes, weights and the names inside are
    arguments: int  # equal where the op and its arguments are; of a block or group, its label

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path[-1]

    @property
    def layers(self) -> int:
        """How many ops it holds."""
        return sum(1 for _ in leaves(self))

    @property
    def parameters(self) -> int:
        """How many learned numbers it owns."""
        return sum(_size(weight.shape) for leaf in leaves(self) for weight in leaf.weights if not weight.buffer)


def _size(shape: tuple[int, ...]) -> int:
    size = 1
    for length in shape:
        size *= length
    return size


def leaves(item: Item) -> Iterator[Node]:
    """Yield the ops of a layer in written order."""
    stack = [item]
    while stack:
        top = stack.pop()
        if top.node is not None:
            yield top.node
        stack += top.children[::-1]


class Items:
    """Makes the trees of graphs that are to be compared: what is equal in them has equal numbers."""

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}

    def of(self, graph: Graph) -> tuple[Item, ...]:
        """Return the layers of the model."""
        return tuple(self._item(layer, (), training=False) for layer in graph.model.children)

    def _number(self, what: Hashable) -> int:
        return self._numbers.setdefault(what, len(self._numbers))

    def _item(self, layer: Layer, above: Path, *, training: bool) -> Item:
        path, training = (*above, layer.name), training or layer.training
        if isinstance(layer, Node):
            return self._op(layer, path, training=training)
        below = layer.children if isinstance(layer, Group) else layer.body.children
        label = layer.body.block if isinstance(layer, Call) else ""
        children = tuple(self._item(child, path, training=training) for child in below)
        structure = self._number((label, *((child.name, child.structure) for child in children)))
        return Item(path, label, None, training, children, structure, self._number(("group", label)))

    def _op(self, node: Node, path: Path, *, training: bool) -> Item:
        label = type(node.op).__name__
        arguments = self._number(("op", label, tuple(node.op.written().items())))
        shapes = node.tensors, node.outputs, node.weights
        return Item(path, label, node, training, (), self._number((arguments, training, *shapes)), arguments)
