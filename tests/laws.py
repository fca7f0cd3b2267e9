"""What holds for every spec: its text comes in, and it is compiled and held against torch.

1. What is accepted builds and runs, for every batch, in training and evaluation; every shape, weight, key and MAC
   is what was inferred, and the module computes what the layer graph says.
2. What is refused for its shapes alone, torch refuses too: each layer that was refused is made in torch and run
   on what arrives there.
"""

import ast
import inspect
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any
from unittest import mock

import torch
import yaml
from refused import torch_runs
from spelled import Spelled
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

import archspec
from archspec import layers
from archspec.graph import Body, Call, Flat, Graph, Node, Path, Ref
from archspec.instantiate import Instantiator
from archspec.ops.base import Op, Tensor
from archspec.runtime import build

torch.set_num_threads(1)

BATCHES = (2, 3)
SHAPES = frozenset({"AS201", "AS202", "AS203", "AS204", "AS205", "AS206"})


def obeys(text: str) -> str:
    """Hold a spec to the laws; return which of them applied."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what torch warns of and runs, it accepts
        try:
            net = archspec.loads(text)
        except archspec.SpecError as error:
            return is_refused(text, error)
        is_what_it_says(text, net)
    return "accepted"


# The second law


def is_refused(text: str, error: archspec.SpecError) -> str:
    assert str(error)
    codes = {found.code for found in error.diagnostics if found.severity == "error"}
    if codes == {"AS210"}:
        return obeys(yaml.dump(without_expectations(yaml.safe_load(text)), sort_keys=False))
    if not codes <= SHAPES:
        return f"refused otherwise: {' '.join(sorted(codes - SHAPES))}"
    found = refusals(text)
    assert found
    for op, tensors in found:
        assert not torch_runs(op, tensors), f"torch runs {op!r} on {[str(x) for x in tensors]}\n{error}"
    return "refused for its shapes"


def without_expectations(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {name: without_expectations(value) for name, value in tree.items() if name != "expect"}
    return [without_expectations(value) for value in tree] if isinstance(tree, list) else tree


def refusals(text: str) -> list[tuple[Op, tuple[Tensor, ...]]]:
    """Return the layers that are refused for their shapes, with what arrives at each."""
    found = []

    class Recorder(Instantiator):
        def infer(self, op: Op, layer: Any, tensors: tuple[Tensor, ...], *rest: Any) -> Any:
            inference = super().infer(op, layer, tensors, *rest)
            if inference is None:
                found.append((op, tensors))
            return inference

    with mock.patch.object(layers, "Instantiator", Recorder):
        try:
            archspec.loads(text)
        except archspec.SpecError:
            return found
    raise AssertionError("it is refused only now and then")


# The first law


def is_what_it_says(text: str, net: archspec.Architecture) -> None:
    graph, source = net.layer_graph, net.source()
    assert source == archspec.loads(text).source()
    ast.parse(source)
    assert net.summary()
    assert net.draw()
    torch.manual_seed(0)
    module = net.build()
    has_its_weights(module, graph)
    for batch in BATCHES:
        for training in (True, False):
            runs_as_inferred(module.train(training), graph, batch)
    counts_its_macs(module, graph)
    computes_the_graph(module.eval(), graph)
    takes_other_arguments(text, net, module)


def has_its_weights(module: nn.Module, graph: Graph) -> None:
    assert sum(weight.numel() for weight in module.parameters()) == graph.model.num_parameters
    expected = [(".".join((*path, *filter(None, [weight.name]))), weight.shape) for path, weight in weights(graph)]
    assert [(key, tuple(value.shape)) for key, value in module.state_dict().items()] == expected


def weights(graph: Graph) -> Iterator[tuple[Path, Any]]:
    """Yield the weights in order: written order, but in each module its own tensors before its layers'."""
    return walked(tree(graph), ())


def tree(graph: Graph) -> dict[str, Any]:
    root: dict[str, Any] = {}
    for path, flat in graph.nodes.items():
        scope = root
        for name in path[:-1]:
            scope = scope.setdefault(name, {})
        scope[path[-1]] = flat.node
    return root


def walked(scope: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, Any]]:
    own = [name for name, layer in scope.items() if isinstance(layer, Node) and type(layer.op).__name__ == "Parameter"]
    for name in own:
        yield (*path, name), scope[name].weights[0]
    for name, layer in scope.items():
        if name in own:
            continue
        if isinstance(layer, Node):
            yield from (((*path, name), weight) for weight in layer.weights)
        else:
            yield from walked(layer, (*path, name))


def runs_as_inferred(module: nn.Module, graph: Graph, batch: int) -> None:
    """Run a batch, and compare the output of every module, and which of them ran, with the graph."""
    seen: dict[str, list[tuple[int, ...]]] = {}
    hooks = [
        one.register_forward_hook(lambda _, __, y, name=name: seen.setdefault(name, []).append(shapes_of(y)))
        for name, one in module.named_modules()
    ]
    # In training, inputs have gradients: torch 2.13 dies in GroupNorm's backward where one of channels last has none.
    inputs = batch_of(graph, batch)
    if module.training:
        inputs = [x.requires_grad_().clone() if x.is_floating_point() else x for x in inputs]
    outputs = ran(module, inputs)
    for hook in hooks:
        hook.remove()
    live = live_nodes(graph, training=module.training)
    for path, flat in graph.nodes.items():
        name, spelling = ".".join(path), flat.node.op.spelling(*flat.node.tensors)
        inferred = tuple((batch, *x.shape) if x.batched else x.shape for x in flat.node.outputs)
        if name in seen:
            assert seen[name] == [inferred], f"{name}: inferred {inferred}, torch gives {seen[name]}"
        elif "{self}" in spelling.call and type(flat.node.op).__name__ != "Parameter":
            assert isinstance(module.get_submodule(name), nn.Module)
            assert path not in live, f"{name} does not run"
    for name, shape in blocks(graph.model, ()):
        assert seen.get(name, [((batch, *shape),)]) == [((batch, *shape),)], f"{name} gives {seen[name]}"
    expected = {
        name: (batch, *x.shape)
        for (name, _), x, flat in zip(graph.model.outputs, graph.model.tensors, ends(graph), strict=True)
        if module.training or flat is None or not flat.training
    }
    assert {name: tuple(y.shape) for name, y in outputs.items()} == expected
    if module.training and any(y.requires_grad for y in outputs.values()):
        torch.stack([y.sum() for y in outputs.values() if y.requires_grad]).sum().backward()


def shapes_of(output: Any) -> tuple[tuple[int, ...], ...]:
    listed = output.values() if isinstance(output, dict) else output if isinstance(output, tuple) else [output]
    return tuple(tuple(y.shape) for y in listed if y is not None)  # attention's weights are not asked for


def ends(graph: Graph) -> list[Flat | None]:
    return [graph.nodes.get(ref.path) for _, ref in graph.outputs]


def batch_of(graph: Graph, batch: int) -> list[torch.Tensor]:
    return [
        torch.randn(batch, *x.shape) if x.dtype == "float32" else torch.zeros(batch, *x.shape, dtype=torch.int64)
        for _, x in graph.model.inputs
    ]


def ran(module: nn.Module, inputs: Sequence[torch.Tensor]) -> dict[str, torch.Tensor]:
    output = module(*inputs)
    return dict(output) if isinstance(output, dict) else {"": output}


def live_nodes(graph: Graph, *, training: bool) -> set[Path]:
    """Return the paths of the ops that an output needs."""
    live: set[Path] = set()
    stack = [ref.path for _, ref in graph.outputs]
    while stack:
        path = stack.pop()
        flat = graph.nodes.get(path)
        if flat is not None and path not in live and (training or not flat.training):
            live.add(path)
            stack += [ref.path for ref in flat.inputs]
    return live


def blocks(body: Body, prefix: Path) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield the path and the output's shape of every instance of a block that has one output."""
    for path, layer in body.paths():
        if isinstance(layer, Call):
            if len(layer.body.tensors) == 1 and not layer.body.outputs[0][0] and layer.body.tensors[0].batched:
                yield ".".join((*prefix, *path)), layer.body.tensors[0].shape
            yield from blocks(layer.body, (*prefix, *path))


def counts_its_macs(module: nn.Module, graph: Graph) -> None:
    """Compare the MACs of a batch with torch's; products of learned tensors alone are made once for all samples."""
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):  # torch counts no fused attention
        module.eval()(*batch_of(graph, 2))
    live = live_nodes(graph, training=False)
    once = sum(graph.nodes[path].node.macs for path in live if not graph.nodes[path].node.outputs[0].batched)
    assert counter.get_total_flops() // 2 == 2 * graph.model.macs - once


# What the graph says


def computes_the_graph(module: nn.Module, graph: Graph) -> None:
    """Compare the module with a walk over the graph that calls the module's own layers, one after the other."""
    inputs = batch_of(graph, 2)
    carried = {Ref((), index): x for index, x in enumerate(inputs)}
    live = live_nodes(graph, training=False)
    with torch.no_grad():
        for path, flat in graph.nodes.items():
            if path in live:
                given = [carried[ref].clone() for ref in flat.inputs]
                output = Walked(flat.node, module, path)(*given)
                several = isinstance(output, tuple | list)
                carried |= {Ref(path, index): y for index, y in enumerate(output if several else [output])}
        found = ran(module, [x.clone() for x in inputs])
    for (name, ref), flat in zip(graph.outputs, ends(graph), strict=True):
        if flat is None or not flat.training:
            torch.testing.assert_close(found[name], carried[ref], equal_nan=True)


class Walked(Spelled):
    """An op as its spelling says, with the layer that a built module has for it."""

    def __init__(self, node: Node, module: nn.Module, path: Path) -> None:
        super().__init__(node.op, *node.tensors)
        if hasattr(self, "layer"):
            parent = module.get_submodule(".".join(path[:-1]))
            self.layer = getattr(parent, path[-1])


# The arguments that the model's class keeps


@dataclass(frozen=True)
class Other:
    """Another value of a parameter, as a spec has it."""

    name: str
    value: Any


def others(net: archspec.Architecture, module: nn.Module) -> Iterator[Other]:
    for name in list(inspect.signature(type(module)).parameters):
        value = net.parameters.get(name)
        if isinstance(value, bool) or not isinstance(value, int):
            continue
        yield Other(name, value + 2)
        if value > 1:
            yield Other(name, value - 1)


def takes_other_arguments(text: str, net: archspec.Architecture, module: nn.Module) -> None:
    """A parameter that the class keeps as an argument makes the same module there as in the spec."""
    for other in others(net, module):
        try:
            spec = archspec.loads(text, **{other.name: other.value})
        except archspec.SpecError:
            continue
        if sum(prod(x.shape) for flat in spec.layer_graph.nodes.values() for x in flat.node.outputs) > 1_000_000:
            continue
        made = build(net.source(), net.name, **{other.name: other.value})
        has_its_weights(made, spec.layer_graph)
        computes_the_graph(made.eval(), spec.layer_graph)
