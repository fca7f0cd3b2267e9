"""A layer of a graph → its `Explanation`: arithmetic, weights, MACs, what it sees, what a step aside would do."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Any

from archspec.diagnostic import NotFoundError, Span, did_you_mean, printable
from archspec.emit.text import literal
from archspec.explain.axis import AxisArithmetic, arithmetic
from archspec.graph import Body, Call, Graph, Group, Layer, Node, Path, num_parameters
from archspec.measure import Axis, View, axes, receptive_fields
from archspec.ops.base import ShapeError, Tensor, Value, Weight
from archspec.source.entry import Entry

__all__ = ["Explanation", "Move", "Product", "explain", "explanations"]


@dataclass(frozen=True, slots=True)
class Product:
    """A number as the product that it is: `weight`, (64, 3, 7, 7)."""

    name: str
    factors: tuple[int, ...]

    @property
    def total(self) -> int:
        """The number."""
        return prod(self.factors)


@dataclass(frozen=True, slots=True)
class Move:
    """What an argument of one more, or one less, would do."""

    argument: str
    value: Value
    output: Tensor | None  # None where the op refuses
    parameters: int
    macs: int
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything there is to say of one layer, as numbers; `formats` puts it into words."""

    path: str
    kind: str  # op, block or group
    op: str  # the op's or the block's name; empty for a group
    where: Span
    written: Entry  # as the spec has it
    arguments: Mapping[str, Value]
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    torch: str  # the line of torch; empty of what is no op
    axes: tuple[AxisArithmetic, ...]
    weights: tuple[Product, ...]
    parameters: int
    macs: int
    macs_product: Product | None  # of weights and places, where it is one
    input_axes: tuple[Axis, ...]
    seen: View  # along each of `input_axes`
    seen_before: View  # by what the layer reads
    moves: tuple[Move, ...]


def explain(graph: Graph, layer: str) -> Explanation:
    """Return what there is to say of a layer.

    Args:
        graph: the architecture.
        layer: its path, as `layer1.0.conv1`, also of a block or a group; or `Bottleneck.conv1`, the layer of a
            block where it is used first.

    Raises:
        NotFoundError: there is no such layer.

    Example:
        >>> import archspec
        >>> explain(archspec.load("resnet-50").layer_graph, "conv1").axes[0].formula
        '⌊(224 + 2·3 − 1·(7−1) − 1)/2⌋ + 1 = 112'
    """
    found = {".".join(path): (path, each, inputs) for path, each, inputs in _layers(graph)}
    path, each, inputs = found[_meant(graph, layer, found)]
    return _explained(graph, path, each, inputs, receptive_fields(graph))


def explanations(graph: Graph) -> Iterator[Explanation]:
    """Yield what there is to say of every op, block and group, in written order; equal copies are looked at once."""
    fields = receptive_fields(graph)
    known: dict[int, Explanation] = {}
    for path, each, inputs in _layers(graph):
        one = known.get(id(each))
        if one is None or not isinstance(each, Node):
            known[id(each)] = one = _explained(graph, path, each, inputs, fields)
        else:
            before = _before(graph, path, fields)
            one = replace(one, path=".".join(path), seen=_seen(path, fields), seen_before=before)
        yield one


def _seen(path: Path, fields: Mapping[Path, tuple[View, ...]]) -> View:
    return fields[path][0] if fields.get(path) else ()


def _explained(
    graph: Graph, path: Path, each: Layer, inputs: tuple[Tensor, ...], fields: Mapping[Path, tuple[View, ...]]
) -> Explanation:
    seen = _seen(path, fields)
    if isinstance(each, Node):
        return _op(graph, path, each, seen, _before(graph, path, fields))
    inputs, outputs = (inputs, each.body.tensors) if isinstance(each, Call) else _group_ends(graph, path)
    return Explanation(
        path=".".join(path),
        kind="block" if isinstance(each, Call) else "group",
        op=each.body.block if isinstance(each, Call) else "",
        where=each.where.span(name=True),
        written=each.where.entry(),
        arguments=dict(each.body.parameters) if isinstance(each, Call) else {},
        inputs=inputs,
        outputs=outputs,
        torch="",
        axes=(),
        weights=(),
        parameters=sum(num_parameters(flat.node) for flat in _below(graph, path)),
        macs=_macs(graph, path),
        macs_product=None,
        input_axes=axes(graph),
        seen=seen,
        seen_before=(),
        moves=(),
    )


def _layers(graph: Graph) -> Iterator[tuple[Path, Layer, tuple[Tensor, ...]]]:
    """Yield every op, block and group with its full path and, where it is a block, what arrives."""
    stack: list[tuple[Path, Layer]] = [((layer.name,), layer) for layer in reversed(graph.model.children)]
    while stack:
        path, layer = stack.pop()
        inputs = tuple(tensor for _, tensor in layer.body.inputs) if isinstance(layer, Call) else ()
        yield path, layer, inputs
        below = layer.body.children if isinstance(layer, Call) else layer.children if isinstance(layer, Group) else ()
        stack.extend(((*path, child.name), child) for child in reversed(below))


def _meant(graph: Graph, layer: str, found: Mapping[str, object]) -> str:
    """Return the path that is named, or that of a block's layer where the block is used first."""
    if layer in found:
        return layer
    block, _, rest = layer.partition(".")
    for path, each, _ in _layers(graph):
        if isinstance(each, Call) and each.body.block == block:
            place = ".".join((*path, rest)) if rest else ".".join(path)
            if place in found:
                return place
    _left_out(graph, layer)
    blocks = {f"{each.body.block}.{path[-1]}" for _, each, _ in _layers(graph) if isinstance(each, Call)
              for path, _ in each.body.paths()}  # fmt: skip
    inside = next((name for name in found if name.endswith(f".{layer}")), None)
    near = f"did you mean {inside}?" if inside else did_you_mean(layer, [*found, *blocks], _some(found))
    raise NotFoundError(f"{printable(graph.name)} has no layer {printable(layer)}; {near}")


def _left_out(graph: Graph, layer: str) -> None:
    """Say of a layer that it is in the spec, and not in this graph; what is inside it is as absent.

    Raises: NotFoundError: a condition left it out, or it is repeated no times.
    """
    calls = [((), graph.model), *((path, each.body) for path, each, _ in _layers(graph) if isinstance(each, Call))]
    for path, body in calls:
        for below, reason in body.absent.items():
            names = {".".join((*path, *below)), ".".join((body.block, *below))}
            if any(f"{layer}.".startswith(f"{name}.") for name in names):
                why = reason if reason.startswith("repeat:") else f"its condition does not hold: {reason}"
                raise NotFoundError(f"{printable(graph.name)} is without {printable(layer)} here: {printable(why)}")


def _some(found: Mapping[str, object]) -> str:
    names = [name for name in found if "." not in name]
    return f"there are {', '.join(names[:12])}{', …' if names[12:] else ''}"


def _op(graph: Graph, path: Path, node: Node, seen: View, before: View) -> Explanation:
    weights = tuple(Product(w.name or path[-1], w.shape) for w in node.weights if not w.buffer)
    return Explanation(
        path=".".join(path),
        kind="op",
        op=type(node.op).__name__,
        where=node.where.span(name=True),
        written=node.where.entry(),
        arguments=node.op.written(),
        inputs=node.tensors,
        outputs=node.outputs,
        torch=_torch(path[-1], node),
        axes=arithmetic(node),
        weights=weights,
        parameters=num_parameters(node),
        macs=node.macs,
        macs_product=_macs_product(node),
        input_axes=axes(graph),
        seen=seen,
        seen_before=before,
        moves=tuple(_moves(node)),
    )


def _before(graph: Graph, path: Path, fields: Mapping[Path, tuple[View, ...]]) -> View:
    """Return what the first input of an op sees; nothing of the model's own input."""
    inputs = graph.nodes[path].inputs
    return fields[inputs[0].path][inputs[0].index] if inputs and inputs[0].path else ()


def _below(graph: Graph, path: Path) -> Iterator[Any]:
    return (flat for inner, flat in graph.nodes.items() if inner[: len(path)] == path)


def _group_ends(graph: Graph, path: Path) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """Return what a group reads from outside, each value once, and what it gives; nothing for what is none."""
    body: Body = graph.model
    children, inner = body.children, 0
    layer: Layer | None = None
    for depth, name in enumerate(path, 1):
        layer = next(child for child in children if child.name == name)
        if isinstance(layer, Call):
            body, inner = layer.body, depth
        children = body.children if isinstance(layer, Call) else layer.children if isinstance(layer, Group) else ()
    if not isinstance(layer, Group) or inner == len(path):
        return (), ()
    made = {p: each.outputs if isinstance(each, Node) else each.body.tensors for p, each in body.paths()}
    made[()] = tuple(tensor for _, tensor in body.inputs)
    below = path[inner:]
    inside = [each for p, each in body.paths() if p[: len(below)] == below]
    read = [ref for each in inside for ref in each.inputs if ref.path[: len(below)] != below]
    inputs, output = (made[ref.path][ref.index] for ref in dict.fromkeys(read)), layer.output
    return tuple(inputs), (made[output.path][output.index],)


def _macs(graph: Graph, path: Path) -> int:
    running = [flat for flat in _below(graph, path) if not flat.training]
    return sum(flat.node.macs for flat in running)


def _torch(name: str, node: Node) -> str:
    """Return the line that makes the layer in torch, or the expression that it is in `forward`."""
    spelling = node.op.spelling(*node.tensors)
    target = f"self.{name}" if name.isidentifier() else f"self[{name}]" if name.isdecimal() else name
    given = dict(spelling.arguments)
    if spelling.constructor and "(" not in spelling.constructor:
        words = [f"{key}={literal(value)}" if key else literal(value) for key, value in spelling.arguments]
        return f"{target} = {spelling.constructor}({', '.join(words)})"
    text = spelling.constructor or spelling.call
    texts = {str(index): f"x{index}" if len(node.tensors) > 1 else "x" for index in range(len(node.tensors))}
    for key, value in given.items():
        elements = ", ".join(map(literal, value)) if isinstance(value, tuple) else literal(value)
        text = text.replace(f"{{*{key}}}", elements).replace(f"{{{key}}}", literal(value))
    for key, value in texts.items():
        text = text.replace(f"{{{key}}}", value)
    return f"{target} = {text}" if spelling.constructor else text


def _macs_product(node: Node) -> Product | None:
    """Return the MACs as the weights times the places at which they are used, if that is what they are."""
    if not node.macs or not node.weights:
        return None
    weight = prod(node.weights[0].shape)
    for tensor in (*node.outputs, *node.tensors):
        for places in (tensor.shape[1:], tensor.shape[:-1]):
            if weight * prod(places) == node.macs:
                return Product("MACs", (weight, *places))
    return None


def _moves(node: Node) -> Iterator[Move]:
    """Yield what one more and one less of kernel, stride and padding would do, where there can be one less."""
    for argument in ("kernel_size", "stride", "padding"):
        value = getattr(node.op, argument, None)
        if not isinstance(value, tuple) or not node.op.windows(*node.tensors):
            continue
        for step in (-1, 1):
            moved = tuple(number + step for number in value)
            if min(moved) >= (argument != "padding"):
                yield _moved(node, argument, moved)


def _moved(node: Node, argument: str, value: tuple[int, ...]) -> Move:
    op = node.op.model_copy(update={argument: value})
    try:
        outputs = op.infer(*node.tensors)
        weights: tuple[Weight, ...] = op.weights(*node.tensors)
        macs = op.macs(*node.tensors)
    except ShapeError as error:
        return Move(argument, value, None, 0, 0, error.message)
    return Move(argument, value, outputs[0], sum(prod(w.shape) for w in weights if not w.buffer), macs)
