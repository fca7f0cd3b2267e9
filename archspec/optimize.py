"""A layer graph → one that computes the same in evaluation with fewer layers, and what becomes of their weights.

What only trains goes, dropouts among it, and what no output needs. A batch norm behind a convolution or a linear
layer is one more factor for each channel, which the weights can hold themselves (Jacob et al. 2018,
https://arxiv.org/abs/1712.05877, section 3.2). Two linear maps in a row, the second on each position alone, are
one, which is taken where it has fewer multiply-accumulates. Activations and sums write over what nobody else
reads.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import prod

from archspec.graph import Body, Call, Graph, Group, Layer, Node, Path, Ref
from archspec.ops.base import Op, Spelling, Tensor
from archspec.ops.merge import Add

__all__ = ["Merge", "Optimized", "optimize"]

_IDENTITIES = frozenset({"Identity", "StochasticDepth"})
"""With the family of dropouts, the ops that give in evaluation what they read."""
_MAPS = frozenset({f"{kind}{axes}d" for kind in ("Conv", "ConvTranspose") for axes in (1, 2, 3)} | {"Linear"})
_NORMS = frozenset({"BatchNorm1d", "BatchNorm2d", "BatchNorm3d"})


class _Accumulate(Add):
    """The sum of two inputs of one shape, written over the first: (…), (…) -> (…)."""

    inplace: bool = True

    def spelling(self, *inputs: Tensor) -> Spelling:
        return Spelling(call="{0}.add_({1})") if self.inplace else super().spelling(*inputs)


@dataclass(frozen=True, slots=True)
class Merge:
    """A layer whose weights go into those of the layer before it: `follower` is gone, `keeper` stays."""

    keeper: Path
    follower: Path
    before: Op  # what the keeper was
    merged: Op  # what the follower was


@dataclass(frozen=True, slots=True)
class Optimized:
    """A graph for evaluation alone, and how its weights follow from the first graph's, in this order."""

    graph: Graph
    merges: tuple[Merge, ...]
    paths: Mapping[Path, Path]  # where each op of `graph` was in the first graph


def optimize(graph: Graph) -> Optimized:
    """Return the graph as it is in evaluation, with what can be computed beforehand left to the weights.

    Layers that stay keep their names; those that are numbered close ranks, as in nn.Sequential. The graph has no
    `init`: its weights are the first one's, merged.

    Example:
        >>> import archspec
        >>> net = archspec.load("resnet-18")
        >>> optimized = optimize(net.layer_graph)
        >>> net.layer_graph.model.layers - optimized.graph.model.layers, len(optimized.merges)
        (20, 20)
    """
    bodies: dict[int, _Evaluation] = {}
    model = _evaluation(graph.model, bodies)
    merges, paths = tuple(_merges(graph.model, (), bodies)), dict(_paths(graph.model, (), (), bodies))
    return Optimized(replace(graph, model=model.body, init={}), merges, paths)


def _evaluation(body: Body, bodies: dict[int, "_Evaluation"]) -> "_Evaluation":
    """Return what becomes of a body; equal copies of a block stay one body."""
    if id(body) not in bodies:
        for layer in body.leaves():
            if isinstance(layer, Call):
                _evaluation(layer.body, bodies)
        bodies[id(body)] = _Evaluation(body, bodies)
    return bodies[id(body)]


def _merges(body: Body, prefix: Path, bodies: dict[int, "_Evaluation"]) -> Iterator[Merge]:
    made = bodies[id(body)]
    for merge in made.merges:
        yield replace(merge, keeper=prefix + merge.keeper, follower=prefix + merge.follower)
    for path, layer in body.paths():
        if isinstance(layer, Call) and path in made.kept:
            yield from _merges(layer.body, prefix + path, bodies)


def _paths(body: Body, new: Path, old: Path, bodies: dict[int, "_Evaluation"]) -> Iterator[tuple[Path, Path]]:
    made, layers = bodies[id(body)], dict(body.paths())
    for path, name in made.names.items():
        layer = layers[path]
        if isinstance(layer, Call):
            yield from _paths(layer.body, new + name, old + path, bodies)
        else:
            yield new + name, old + path


class _Evaluation:
    """One body as it is in evaluation."""

    def __init__(self, body: Body, bodies: dict[int, "_Evaluation"]) -> None:
        self.bodies = bodies
        self.merges: list[Merge] = []
        self.kept: dict[Path, Node | Call] = {}
        self._instead: dict[Ref, Ref] = {}  # what is read in place of what is gone
        self._index: dict[Ref, int] = {}  # of what a block's instance gives: where it comes now
        self.outputs = [index for index, trains in enumerate(body.training) if not trains]
        running = [(path, layer) for path, layer in body.paths() if path in body.live and not layer.training]
        for path, layer in running:
            self._enter(path, layer)
        ends = tuple((body.outputs[i][0], self._read(body.outputs[i][1])) for i in self.outputs)
        self._merge(ref for _, ref in ends)
        self.names: dict[Path, Path] = {}  # of what is kept: where it was, and where it is
        self._name(body.children, (), ())
        self.body = replace(
            body,
            children=tuple(self._children(body.children, ())),
            outputs=tuple((name, self._new(ref)) for name, ref in ends),
            tensors=tuple(body.tensors[i] for i in self.outputs),
        )

    def _read(self, ref: Ref) -> Ref:
        while ref in self._instead:
            ref = self._instead[ref]
        return ref

    def _new(self, ref: Ref) -> Ref:
        read = self._read(ref)
        return Ref(self.names[read.path], self._index.get(read, read.index)) if read.path else read

    def _enter(self, path: Path, layer: Node | Call) -> None:
        reads = tuple(map(self._read, layer.inputs))
        if isinstance(layer, Call):
            inside = self.bodies[id(layer.body)]
            for index, output in enumerate(inside.outputs):
                source = inside.body.outputs[index][1]
                self._index[Ref(path, output)] = index
                if not source.path:
                    self._instead[Ref(path, output)] = reads[source.index]
            if inside.kept:
                self.kept[path] = layer._replace(body=inside.body, inputs=reads)
        elif layer.op.family == "dropout" or type(layer.op).__name__ in _IDENTITIES:
            self._instead[Ref(path)] = reads[0]
        else:
            self.kept[path] = _evaluated(layer)._replace(inputs=reads)

    def _merge(self, ends: Iterable[Ref]) -> None:
        """Let each layer take in the one behind it, where it can and nothing else reads it."""
        readers = Counter(ends)
        for layer in self.kept.values():
            readers.update(layer.inputs)
        for path, layer in list(self.kept.items()):
            reads = tuple(map(self._read, layer.inputs))
            if reads != layer.inputs:
                layer = self.kept[path] = layer._replace(inputs=reads)
            keeper = self.kept.get(reads[0].path) if len(reads) == 1 else None
            if not isinstance(layer, Node) or not isinstance(keeper, Node) or readers[layer.inputs[0]] != 1:
                continue
            merged = _merged(keeper, layer)
            if merged is None:
                continue
            self.merges.append(Merge(reads[0].path, path, keeper.op, layer.op))
            self.kept[reads[0].path] = merged
            self._instead[Ref(path)] = reads[0]
            readers[reads[0]] = readers[Ref(path)]
            del self.kept[path]
        self._accumulate(readers)

    def _accumulate(self, readers: Mapping[Ref, int]) -> None:
        """Let sums write over an operand; where it is read again, they are not emitted so."""
        for path, layer in self.kept.items():
            if isinstance(layer, Node) and type(layer.op) is Add and len(set(layer.tensors)) == 1:
                first, *rest = sorted(layer.inputs, key=lambda ref: (readers[ref] > 1, ref.path not in self.kept))
                self.kept[path] = layer._replace(op=_Accumulate(inplace=not rest[1:]), inputs=(first, *rest))

    def _name(self, children: Iterable[Layer], old: Path, new: Path) -> bool:
        """Name what is kept of some layers, by numbers that close ranks in a list; return whether anything is."""
        count = 0
        for layer in children:
            before, after = (*old, layer.name), (*new, str(count) if layer.name.isdecimal() else layer.name)
            if isinstance(layer, Group):
                count += self._name(layer.children, before, after)
            elif before in self.kept:
                self.names[before] = after
                count += 1
        return count > 0

    def _children(self, children: Iterable[Layer], old: Path) -> Iterator[Layer]:
        for layer in children:
            path = (*old, layer.name)
            if not isinstance(layer, Group) and path in self.kept:
                kept = self.kept[path]
                yield kept._replace(name=self.names[path][-1], inputs=tuple(map(self._new, kept.inputs)))
            elif isinstance(layer, Group) and (inner := tuple(self._children(layer.children, path))):
                last = self._last(layer, path)
                read = self._read(layer.output)  # a group that nothing reads may end in what is gone
                output = self._new(read) if read.path in self.names or not read.path else Ref(last)
                yield layer._replace(name=last[len(old)], children=inner, output=output)

    def _last(self, group: Group, path: Path) -> Path:
        """Return the name of the last layer that is kept of a group of which one is."""
        left: list[tuple[Layer, Path]] = [(group, path)]
        while left:
            layer, old = left.pop()
            if isinstance(layer, Group):
                left += [(child, (*old, child.name)) for child in layer.children]
            elif old in self.names:
                return self.names[old]
        raise AssertionError("a group of which nothing is kept is left out")


def _evaluated(node: Node) -> Node:
    """Take the dropout inside an attention out, and let an activation write over its input.

    Where the input is read again, it is not emitted so.
    """
    op = node.op
    if op.family == "attention" and getattr(op, "dropout", 0.0) > 0.0:
        texts = tuple(each for each in node.expressions if each[0] != "dropout")
        return node._replace(op=op.model_copy(update={"dropout": 0.0}), expressions=texts)
    if op.family == "activation" and getattr(op, "inplace", True) is False:
        return node._replace(op=op.model_copy(update={"inplace": True}))
    return node


def _merged(keeper: Node, follower: Node) -> Node | None:
    """Return the layer that does what the two do, one after the other; None where none does, or at a higher cost."""
    if type(keeper.op).__name__ not in _MAPS:
        return None
    op = _with_norm(keeper, follower.op) or _with_map(keeper, follower)
    if op is None:
        return None
    made = keeper._replace(
        op=op,
        outputs=follower.outputs,
        weights=op.weights(*keeper.tensors),
        macs=op.macs(*keeper.tensors),
    )
    return made if made.macs <= keeper.macs + follower.macs else None


def _with_norm(keeper: Node, norm: Op) -> Op | None:
    channels_last = type(keeper.op).__name__ == "Linear" and len(keeper.outputs[0].shape) > 1
    if type(norm).__name__ not in _NORMS or not getattr(norm, "track_running_stats", False) or channels_last:
        return None
    return keeper.op.model_copy(update={"bias": True})


def _with_map(keeper: Node, follower: Node) -> Op | None:
    first, second = keeper.op, follower.op
    if not _pointwise(first, second):
        return None
    name = "out_features" if type(first).__name__ == "Linear" else "out_channels"
    bias = bool(getattr(first, "bias", False) or getattr(second, "bias", False))
    return first.model_copy(update={name: getattr(second, name), "bias": bias})


def _pointwise(first: Op, second: Op) -> bool:
    """Whether the second is the same matrix on every position of what the first, ungrouped, gives."""
    kinds = type(first).__name__, type(second).__name__
    if kinds == ("Linear", "Linear"):
        return True
    if kinds[0] != kinds[1] or kinds[0].startswith("ConvTranspose"):
        return False
    arguments = dict(second)
    window = (arguments["kernel_size"], arguments["stride"])
    padded = arguments["padding"] not in ("valid", "same", (0,) * len(window[0]))
    return prod(window[0]) == prod(window[1]) == 1 and not padded and dict(first)["groups"] == arguments["groups"] == 1
