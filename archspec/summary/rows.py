"""A layer graph → the lines of its table, in written order, equal copies folded into one."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from archspec.arithmetic import Window
from archspec.graph import Body, Call, Graph, Group, Layer, Node, Path, num_parameters
from archspec.measure import Memory, View, memory, receptive_fields
from archspec.ops.base import Tensor, Value

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
    differs: str  # of a block: in what it is other than the copies of it beside it that are most
    parameters: int
    macs: int  # of one sample in evaluation: none for what does not run then
    training: bool  # runs in training only
    unused: bool  # never runs: no output needs it
    memory: int  # bytes that are newly taken for what the layers give, in evaluation
    view: View  # what a value of the last copy's first output sees of the model's inputs


def rows(graph: Graph, taken: Memory | None = None) -> Iterator[Row]:
    """Yield the layers in written order, each block and group before what is in it.

    `taken` is the memory of the graph for a batch and a dtype; of one sample in float32 where it is not given.
    """
    known = _Known(receptive_fields(graph), _whole((taken or memory(graph)).layers))
    stack = _folded(graph.model.children, _Place((), _Body(graph.model, _tensors(graph.model)), ()), repeat=False)[::-1]
    while stack:
        run = stack.pop()
        yield run.row(known)
        stack += run.below()[::-1]


@dataclass(frozen=True, slots=True)
class _Known:
    """What was measured, by path."""

    views: Mapping[Path, tuple[View, ...]]
    memory: Mapping[Path, int]


def _whole(layers: Mapping[Path, int]) -> Mapping[Path, int]:
    """Return the sum of what is below each path, the ops' own paths among them."""
    sums: dict[Path, int] = {}
    for path, size in layers.items():
        for depth in range(1, len(path) + 1):
            sums[path[:depth]] = sums.get(path[:depth], 0) + size
    return sums


@dataclass(frozen=True, slots=True)
class _Body:
    """A body, what each layer in it gives by its path there, and whether it runs at all."""

    body: Body
    tensors: Mapping[Path, tuple[Tensor, ...]]
    training: bool = False
    unused: bool = False


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a scope's layers stand: the path of the body in the model, and of the scope in the body."""

    outer: Path
    body: _Body
    inner: Path

    @property
    def path(self) -> Path:
        """The path of the scope in the model."""
        return self.outer + self.inner


@dataclass(frozen=True, slots=True)
class _Run:
    """Equal layers, one after the other."""

    layers: tuple[Layer, ...]
    place: _Place
    differs: str = ""

    def row(self, known: _Known) -> Row:
        """Return the line that stands for them all."""
        first, copies = self.layers[0], len(self.layers)
        path = (*self.place.path, first.name)
        body = self._inside()
        leaves = _leaves(first, self.place)
        running = [leaf for leaf, live in leaves if live and not leaf.training]
        macs = sum(leaf.macs if isinstance(leaf, Node) else leaf.body.macs for leaf in running)
        return Row(
            path=".".join(path),
            last=".".join((*self.place.path, self.layers[-1].name)),
            copies=copies,
            depth=len(self.place.path),
            kind=_KINDS[type(first)],
            op=_op(first),
            windows=first.op.windows(*first.tensors) if isinstance(first, Node) else (),
            outputs=self._outputs(),
            differs=self.differs,
            parameters=copies * sum(num_parameters(leaf) for leaf, _ in leaves),
            macs=0 if body.training or body.unused else copies * macs,
            training=body.training,
            unused=body.unused,
            memory=copies * known.memory.get(path, 0),
            view=next(iter(known.views.get((*path[:-1], self.layers[-1].name), ())), ()),
        )

    def below(self) -> list["_Run"]:
        """Return what stands in the first copy."""
        first, place = self.layers[0], self.place
        if isinstance(first, Group):
            inner = _Place(place.outer, self._inside(), (*place.inner, first.name))
            return _folded(first.children, inner, repeat=first.repeat)
        if isinstance(first, Call):
            return _folded(first.body.children, _Place((*place.path, first.name), self._inside(), ()), repeat=False)
        return []

    def _inside(self) -> _Body:
        """Return the body that what stands in the first copy is in, and whether that runs."""
        first, body = self.layers[0], self.place.body
        training = body.training or first.training
        unused = body.unused or not any(live for _, live in _leaves(first, self.place))
        if isinstance(first, Call):
            return _Body(first.body, _tensors(first.body), training, unused)
        return _Body(body.body, body.tensors, training, unused)

    def _outputs(self) -> tuple[Tensor, ...]:
        first = self.layers[0]
        if isinstance(first, Node):
            return first.outputs
        if isinstance(first, Call):
            return first.body.tensors
        return (self.place.body.tensors[first.output.path][first.output.index],)


_KINDS = {Node: "op", Call: "block", Group: "group"}


def _tensors(body: Body) -> dict[Path, tuple[Tensor, ...]]:
    """Return what each layer of a body gives; the empty path is the body's input."""
    given = {path: layer.outputs if isinstance(layer, Node) else layer.body.tensors for path, layer in body.paths()}
    return {(): tuple(tensor for _, tensor in body.inputs), **given}


def _op(layer: Layer) -> str:
    if isinstance(layer, Node):
        return type(layer.op).__name__
    return layer.body.block if isinstance(layer, Call) else ""


def _folded(layers: Iterable[Layer], place: _Place, *, repeat: bool) -> list[_Run]:
    """Return the layers of a scope; numbered neighbours that differ only in their place are one run."""
    runs: list[list[Layer]] = []
    for layer in layers:
        if runs and (repeat or layer.name.isdigit()) and _alike(runs[-1][0], layer, place):
            runs[-1].append(layer)
        else:
            runs.append([layer])
    return [_Run(tuple(run), place, _differs(runs, index)) for index, run in enumerate(runs)]


def _differs(runs: list[list[Layer]], index: int) -> str:
    """Return in what numbered blocks are other than most of their kind next to them: arguments, and layers."""
    first, kin = runs[index][0], _kin(runs, index)
    usual = max(reversed(kin), key=len)[0]
    if not isinstance(first, Call) or not isinstance(usual, Call) or usual is first:
        return ""
    common = usual.body.parameters
    words = [f"{name} {_shown(value)}" for name, value in first.body.parameters.items() if common.get(name) != value]
    names = [[child.name for child in call.body.children] for call in (first, usual)]
    words += [f"+{name}" for name in names[0] if name not in names[1]]
    words += [f"−{name}" for name in names[1] if name not in names[0]]
    return ", ".join(words)


def _kin(runs: list[list[Layer]], index: int) -> list[list[Layer]]:
    """Return the run and those of its block that stand in a row with it."""

    def block(run: list[Layer]) -> object:
        layer = run[0]
        return layer.body.block if isinstance(layer, Call) and layer.name[-1:].isdigit() else None

    first = last = index
    if block(runs[index]) is None:
        return [runs[index]]
    while first > 0 and block(runs[first - 1]) == block(runs[index]):
        first -= 1
    while last + 1 < len(runs) and block(runs[last + 1]) == block(runs[index]):
        last += 1
    return runs[first : last + 1]


def _shown(value: Value) -> str:
    """Return an argument as a person writes it."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(_shown, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _alike(one: Layer, other: Layer, place: _Place) -> bool:
    """Whether two layers are equal but for their names and what feeds them, and run alike."""
    live = [[live for _, live in _leaves(layer, place)] for layer in (one, other)]
    return live[0] == live[1] and _equal(one, other)


def _equal(one: Layer, other: Layer) -> bool:
    if one.training != other.training:
        return False
    if isinstance(one, Call) and isinstance(other, Call):
        return one.body is other.body
    if isinstance(one, Node) and isinstance(other, Node):
        return (one.op, one.tensors) == (other.op, other.tensors)
    if isinstance(one, Group) and isinstance(other, Group):
        names = [[child.name for child in group.children] for group in (one, other)]
        return names[0] == names[1] and all(map(_equal, one.children, other.children))
    return False


def _leaves(layer: Layer, place: _Place) -> list[tuple[Node | Call, bool]]:
    """Return the ops and block instances of a layer, each with whether an output of its body needs it."""
    leaves = []
    stack: list[tuple[Path, Layer]] = [((*place.inner, layer.name), layer)]
    while stack:
        path, top = stack.pop()
        if isinstance(top, Group):
            stack.extend(((*path, child.name), child) for child in top.children)
        else:
            leaves.append((top, path in place.body.body.live))
    return leaves
