"""The layer graph: frozen values that keep the spec's scopes, and the flat view that algorithms run on.

A *body* is the model or one instance of a block. Inside a body, layers refer to each other by paths that
start at that body, so two instances of a block with equal arguments and equal inputs are one and the same
`Body` value, however often they are called: ResNet-152 has nine bodies, and equal copies are found by `is`.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from archspec.ops.base import Op, Tensor, Value, Weight
from archspec.report import Where

if TYPE_CHECKING:
    import networkx

__all__ = [
    "Body",
    "Call",
    "Flat",
    "Graph",
    "Group",
    "Initialization",
    "Layer",
    "Node",
    "Path",
    "Ref",
    "num_parameters",
]

Path = tuple[str, ...]
"""Names from a body down to a layer: `("layer1", "0", "conv1")`."""


class Ref(NamedTuple):
    """One value inside a body: output `index` of the layer at `path`; the empty path is the body's input."""

    path: Path
    index: int = 0  # type: ignore[assignment]  # a tuple's method of that name is not used


class Node(NamedTuple):
    """A layer that is an op."""

    name: str
    op: Op
    inputs: tuple[Ref, ...]  # in the order in which the op reads them
    tensors: tuple[Tensor, ...]  # what `inputs` carry
    outputs: tuple[Tensor, ...]
    weights: tuple[Weight, ...]
    macs: int  # per sample
    where: Where
    expressions: tuple[tuple[str, str], ...] = ()  # arguments that were written as expressions, and the text
    when: str | None = None  # the condition under which the layer is there, as written
    training: bool = False  # runs in training only (`when: training`)


class Call(NamedTuple):
    """A layer that is an instance of a block."""

    name: str
    body: "Body"
    inputs: tuple[Ref, ...]
    where: Where
    expressions: tuple[tuple[str, str], ...] = ()  # as Node's, for the block's arguments
    when: str | None = None
    training: bool = False


class Group(NamedTuple):
    """Layers under one name, in the same body: a mapping or a list of layers, or the copies of a repeat."""

    name: str
    children: tuple["Layer", ...]
    output: Ref  # what a reader of the group gets
    where: Where
    repeat: bool = False
    listed: bool = False  # the children are numbered, as in nn.Sequential
    when: str | None = None
    training: bool = False  # so are all its children then


Layer = Node | Call | Group


@dataclass(frozen=True, eq=False)
class Body:
    """The model, or a block instantiated for given arguments and inputs.

    `inputs` and `outputs` are named where there are several, and otherwise have one entry with an empty name.
    """

    block: str  # the block's name; empty for the model
    parameters: Mapping[str, Value]  # the block's arguments, or the spec's parameters
    inputs: tuple[tuple[str, Tensor], ...]
    children: tuple[Layer, ...]
    outputs: tuple[tuple[str, Ref], ...]
    tensors: tuple[Tensor, ...]  # what `outputs` carry
    where: Where
    absent: Mapping[Path, str] = field(default_factory=dict)  # layers that a condition left out, and its text
    inlined: Mapping[Path, Sequence[tuple[str, int]]] = field(default_factory=dict)
    """The layers of inline blocks: the blocks that each lies in, and the number that is the first of the block's."""

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of several outputs, or of one that has a name."""
        return tuple(name for name, _ in self.outputs if name)

    @cached_property
    def layers(self) -> int:
        """How many ops the body holds after expansion."""
        return sum([1 if isinstance(layer, Node) else layer.body.layers for _, layer in self._paths])

    @cached_property
    def num_parameters(self) -> int:
        """How many learned numbers the body owns."""
        return sum([num_parameters(layer) for _, layer in self._paths if isinstance(layer, Call) or layer.weights])

    @cached_property
    def macs(self) -> int:
        """The multiply-accumulates of one sample in evaluation; what only trains or never runs is not counted."""
        live = self.live
        running = [layer for path, layer in self._paths if path in live and not layer.training]
        return sum([layer.macs if isinstance(layer, Node) else layer.body.macs for layer in running])

    @cached_property
    def live(self) -> frozenset[Path]:
        """The paths of the ops and block instances that an output needs; others own weights but never run."""
        wanted = {ref.path for _, ref in self.outputs}
        live = []
        for path, layer in reversed(self._paths):
            if path in wanted:
                live.append(path)
                wanted.update([ref.path for ref in layer.inputs])
        return frozenset(live)

    @cached_property
    def training(self) -> tuple[bool, ...]:
        """For each output, whether it is there in training only."""
        layers = dict(self.paths())
        return tuple(_only_trains(layers.get(ref.path), ref.index) for _, ref in self.outputs)

    def leaves(self, *, training: bool = True) -> Iterator[Node | Call]:
        """Yield the ops and block instances in written order, those that only train among them or not."""
        return (layer for _, layer in self.paths() if training or not layer.training)

    def paths(self) -> Iterator[tuple[Path, Node | Call]]:
        """Yield the ops and block instances with their paths, in written order, through groups."""
        return iter(self._paths)

    @cached_property
    def _paths(self) -> tuple[tuple[Path, Node | Call], ...]:
        found: list[tuple[Path, Node | Call]] = []
        stack: list[tuple[Path, Layer]] = [((layer.name,), layer) for layer in reversed(self.children)]
        while stack:
            path, layer = stack.pop()
            if isinstance(layer, Group):
                stack += [((*path, child.name), child) for child in reversed(layer.children)]
            else:
                found.append((path, layer))
        return tuple(found)


def _only_trains(layer: Node | Call | None, output: int) -> bool:
    if layer is None:  # the body's own input
        return False
    return layer.training or (isinstance(layer, Call) and layer.body.training[output])


def num_parameters(layer: Node | Call) -> int:
    """Return how many learned numbers the layer owns."""
    if isinstance(layer, Call):
        return layer.body.num_parameters
    return sum([math.prod(weight.shape) for weight in layer.weights if not weight.buffer])


class Initialization(NamedTuple):
    """One rule of `init`, matched: what becomes of one tensor of one layer."""

    function: str | None  # of torch.nn.init, without its underscore; None: `values`, or torch's default
    arguments: tuple[tuple[str, Value], ...] = ()
    values: Value = None  # a number, or nested numbers that broadcast to the tensor
    trainable: bool = True
    expressions: tuple[tuple[str, str], ...] = ()  # arguments written as expressions, and the text; "" for `values`


class Flat(NamedTuple):
    """An op by its full path, with full refs to what it reads; the empty path is the model's input."""

    path: Path
    node: Node
    inputs: tuple[Ref, ...]
    training: bool


@dataclass(frozen=True, eq=False)
class Graph:
    """A whole architecture: the model's body, and what stands beside it in the spec."""

    name: str
    description: str
    reference: str
    model: Body
    init: Mapping[Path, Mapping[str, Initialization]]  # by layer and tensor; otherwise torch's default

    @cached_property
    def nodes(self) -> Mapping[Path, Flat]:
        """Every op by its full path, in written order, with calls and groups dissolved."""
        return self._flat[0]

    @cached_property
    def outputs(self) -> tuple[tuple[str, Ref], ...]:
        """The model's outputs by name, as refs to ops (or to the model's input, which has the empty path)."""
        names = (name for name, _ in self.model.outputs)
        return tuple(zip(names, self._flat[1], strict=True))

    @cached_property
    def _flat(self) -> tuple[dict[Path, Flat], tuple[Ref, ...]]:
        nodes: dict[Path, Flat] = {}
        inputs = tuple(Ref((), index) for index in range(len(self.model.inputs)))
        outputs = _flatten(self.model, (), inputs, nodes, training=False)
        return nodes, outputs

    @cached_property
    def networkx(self) -> "networkx.MultiDiGraph[str]":
        """The ops as a networkx graph: a node per op, by its dotted path, and an edge per value read.

        A node has `op`, `arguments`, `input_shapes`, `output_shape`, `parameters`, `macs` and `training`; an edge
        has `operand` (the position among the reader's inputs), `output` (the producer's output) and `shape`. A
        model input is a node of its own, named `input`, or `input.image` where there are several.
        """
        import networkx

        graph: networkx.MultiDiGraph[str] = networkx.MultiDiGraph(name=self.name)
        sources = [f"input.{name}" if name else "input" for name, _ in self.model.inputs]
        for source, (_, tensor) in zip(sources, self.model.inputs, strict=True):
            graph.add_node(source, **_attributes("input", {}, (), (tensor.shape,), 0, 0, training=False))
        for path, flat in self.nodes.items():
            graph.add_node(".".join(path), **_node_attributes(flat))
            for operand, (ref, tensor) in enumerate(zip(flat.inputs, flat.node.tensors, strict=True)):
                producer = ".".join(ref.path) if ref.path else sources[ref.index]
                edge = {"operand": operand, "output": ref.index, "shape": tensor.shape}
                graph.add_edge(producer, ".".join(path), **edge)
        return graph


def _node_attributes(flat: Flat) -> dict[str, object]:
    node = flat.node
    return _attributes(
        type(node.op).__name__,
        node.op.written(),
        tuple(tensor.shape for tensor in node.tensors),
        tuple(tensor.shape for tensor in node.outputs),
        num_parameters(node),
        node.macs,
        training=flat.training,
    )


def _attributes(
    op: str,
    arguments: Mapping[str, Value],
    inputs: tuple[tuple[int, ...], ...],
    outputs: tuple[tuple[int, ...], ...],
    parameters: int,
    macs: int,
    *,
    training: bool,
) -> dict[str, object]:
    return {
        "op": op,
        "arguments": dict(arguments),
        "input_shapes": inputs,
        "output_shape": outputs[0] if len(outputs) == 1 else outputs,
        "parameters": parameters,
        "macs": macs,
        "training": training,
    }


def _flatten(
    body: Body, prefix: Path, inputs: tuple[Ref, ...], nodes: dict[Path, Flat], *, training: bool
) -> tuple[Ref, ...]:
    """Add the body's ops to `nodes` by their full paths and return what its outputs are there.

    `inputs` are the body's inputs as refs of the whole graph; blocks nest at most `Limits.block_depth` deep.
    """
    made: dict[Path, tuple[Ref, ...]] = {(): inputs}
    for path, layer in body.paths():
        reads = tuple(made[ref.path][ref.index] for ref in layer.inputs)
        full, only_training = prefix + path, training or layer.training
        if isinstance(layer, Call):
            made[path] = _flatten(layer.body, full, reads, nodes, training=only_training)
        else:
            nodes[full] = Flat(full, layer, reads, only_training)
            made[path] = tuple(Ref(full, index) for index in range(len(layer.outputs)))
    return tuple(made[ref.path][ref.index] for _, ref in body.outputs)
