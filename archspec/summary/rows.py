"""A layer graph → the lines of its table, in written order, equal copies folded into one."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from archspec.arithmetic import Window
from archspec.graph import Body, Call, Graph, Group, Layer, Node, Path, num_parameters
from archspec.ops.base import Tensor

__all__ = ["Row", "rows"]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: an op, a block or a group, or equal copies of one that follow each other.

    `parameters` and `macs` count all the copies. What is in a block or a group follows it, once for all.
    """

    path: str  # of the first copy; its state_dict prefix
    last: str  # the path of the last copy
    copies: int
    depth: int  # how many blocks and groups the layer is in
    kind: str  # op, block or group
    op: str  # the op's or the block's name; empty for a group
    windows: tuple[Window, ...]  # for each spatial axis, where the op slides over any
    outputs: tuple[Tensor, ...]
    parameters: int
    macs: int  # of one sample
    training: bool  # runs in training only


def rows(graph: Graph) -> Iterator[Row]:
    """Yield the layers in written order, each block and group before what is in it."""
    runs = _folded(graph.model.children, _Place((), 0, _tensors(graph.model), training=False), repeat=False)
    stack = runs[::-1]
    while stack:
        run = stack.pop()
        yield run.row()
        stack += run.below()[::-1]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a scope's layers stand."""

    prefix: Path
    depth: int
    tensors: Mapping[Path, tuple[Tensor, ...]]  # of the body that they are in, by the paths in it
    training: bool


@dataclass(frozen=True, slots=True)
class _Run:
    """Equal layers, one after the other."""

    layers: tuple[Layer, ...]
    place: _Place

    def row(self) -> Row:
        """Return the line that stands for them all."""
        first, copies = self.layers[0], len(self.layers)
        parameters, macs = _counts(first)
        return Row(
            path=".".join((*self.place.prefix, first.name)),
            last=".".join((*self.place.prefix, self.layers[-1].name)),
            copies=copies,
            depth=self.place.depth,
            kind=_KINDS[type(first)],
            op=_op(first),
            windows=first.op.windows(*first.tensors) if isinstance(first, Node) else (),
            outputs=self._outputs(),
            parameters=copies * parameters,
            macs=copies * macs,
            training=self.place.training or first.training,
        )

    def below(self) -> list["_Run"]:
        """Return what stands in the first copy."""
        first, place = self.layers[0], self.place
        if isinstance(first, Node):
            return []
        inside = place.tensors if isinstance(first, Group) else _tensors(first.body)
        below = _Place((*place.prefix, first.name), place.depth + 1, inside, place.training or first.training)
        if isinstance(first, Group):
            return _folded(first.children, below, repeat=first.repeat)
        return _folded(first.body.children, below, repeat=False)

    def _outputs(self) -> tuple[Tensor, ...]:
        first = self.layers[0]
        if isinstance(first, Node):
            return first.outputs
        if isinstance(first, Call):
            return first.body.tensors
        return (self.place.tensors[first.output.path][first.output.index],)


_KINDS = {Node: "op", Call: "block", Group: "group"}


def _op(layer: Layer) -> str:
    if isinstance(layer, Node):
        return type(layer.op).__name__
    return layer.body.block if isinstance(layer, Call) else ""


def _tensors(body: Body) -> dict[Path, tuple[Tensor, ...]]:
    """Return what each layer of a body gives; the empty path is the body's input."""
    given = {
        path: layer.outputs if isinstance(layer, Node) else layer.body.tensors for path, layer in body.paths()
    }
    return {(): tuple(tensor for _, tensor in body.inputs), **given}


def _folded(layers: Iterable[Layer], place: _Place, *, repeat: bool) -> list[_Run]:
    """Return the layers of a scope; numbered neighbours that differ only in their place are one run."""
    runs: list[list[Layer]] = []
    for layer in layers:
        if runs and (repeat or layer.name.isdigit()) and _alike(runs[-1][0], layer):
            runs[-1].append(layer)
        else:
            runs.append([layer])
    return [_Run(tuple(run), place) for run in runs]


def _alike(one: Layer, other: Layer) -> bool:
    """Whether two layers are equal but for their names and what feeds them."""
    if one.training != other.training:
        return False
    if isinstance(one, Call) and isinstance(other, Call):
        return one.body is other.body
    if isinstance(one, Node) and isinstance(other, Node):
        return (one.op, one.tensors) == (other.op, other.tensors)
    if isinstance(one, Group) and isinstance(other, Group):
        names = [[child.name for child in group.children] for group in (one, other)]
        return names[0] == names[1] and all(map(_alike, one.children, other.children))
    return False


def _counts(layer: Layer) -> tuple[int, int]:
    """Return the parameters and the MACs, as the model's totals count them: what trains only has no MACs."""
    parameters = macs = 0
    for leaf in _leaves(layer):
        parameters += num_parameters(leaf)
        if not leaf.training:
            macs += leaf.macs if isinstance(leaf, Node) else leaf.body.macs
    return parameters, macs


def _leaves(layer: Layer) -> Iterator[Node | Call]:
    stack = [layer]
    while stack:
        top = stack.pop()
        if isinstance(top, Group):
            stack.extend(top.children)
        else:
            yield top
