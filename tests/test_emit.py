"""The emitter: graphs come in, source goes out that a person could have written, and that means what the graph says."""

import ast
import copy
import inspect
import os
import random
import re
import subprocess
import sys
import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import torch
from clock import within
from emitted import SPECS
from hypothesis import given, settings
from hypothesis import strategies as st
from spelled import Spelled
from torch import nn

import archspec
from archspec.emit import emit
from archspec.files import bundled
from archspec.graph import Graph, Ref
from archspec.names import MODULE_ATTRIBUTES
from archspec.runtime import build

torch.set_num_threads(1)  # the tensors are small

ROOT = Path(__file__).parents[1]
GOLDEN = Path(__file__).parent / "data" / "emitted"
BUNDLED = ("resnet-50", "densenet-121", "inception-v3", "mobilenet-v2", "efficientnet-b0", "vit-b-16", "u-net")
CASES = [*SPECS, *BUNDLED]


@cache
def architecture(case: str) -> archspec.Architecture:
    return archspec.loads(SPECS[case]) if case in SPECS else archspec.load(case)


def source(text: str) -> str:
    return archspec.loads(text).source()


def body(text: str) -> str:
    """Return a source without its docstring and imports."""
    return text.partition("class ")[2]


# What the text looks like


@pytest.mark.parametrize("case", CASES)
def test_golden(case: str, request: pytest.FixtureRequest) -> None:
    golden = GOLDEN / f"{case.replace('-', '_')}.py"
    text = architecture(case).source()
    if request.config.getoption("--update"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


def test_there_is_no_golden_of_nothing() -> None:
    assert {path.stem for path in GOLDEN.glob("*.py")} == {case.replace("-", "_") for case in CASES}


def ruff(*arguments: str, at: Path = GOLDEN) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "ruff", *arguments, "--isolated", str(at)], capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_ruff_format_would_change_nothing() -> None:
    ruff("format", "--diff", "--line-length", "100")


def test_ruff_check_finds_nothing() -> None:
    ruff("check")


KINDS = {
    "Conv2d": "{op: Conv2d, out_channels: 8, kernel_size: 1}",
    "ConvTranspose2d": "{op: ConvTranspose2d, out_channels: 8, kernel_size: 1}",
    "Conv2dSameUpper": "{op: Conv2d, out_channels: 8, kernel_size: 3, padding: same_upper}",
    "BatchNorm2d": "BatchNorm2d",
    "GroupNorm": "{op: GroupNorm, num_groups: 2}",
    "InstanceNorm2d": "{op: InstanceNorm2d, affine: true}",
    "LayerNorm": "{op: LayerNorm, normalized_shape: [8, 8, 8]}",
    "Linear": "{op: Linear, out_features: 8}",
}


def conditions() -> Iterator[str]:
    """Yield specs whose weights are drawn under conditions of every length: by class, by name, by both."""
    for count, exceptions, value in product(
        range(1, len(KINDS) + 1), (0, 1, 2, 5), ("ones", "{uniform: {a: -1, b: 1}}")
    ):
        for first in range(len(KINDS) - count + 1):
            some = dict(list(KINDS.items())[first : first + count])
            names = [f"some_layer_that_is_called_{kind.lower()}_{copy}" for copy in range(3) for kind in some]
            layers = [f"  {name}: {layer}" for name, layer in zip(names, 3 * list(some.values()), strict=True)]
            ops = dict.fromkeys(kind.replace("SameUpper", "") for kind in some)
            rules = [f"  - {{op: {op}, bias: {value}}}" for op in ops]
            others = ((name, number % 2) for number, name in enumerate(names[-1 : -1 - exceptions : -1]))
            rules += [f"  - {{layer: {name}, bias: {['ones', 'zeros'][odd]}}}" for name, odd in others]
            yield "\n".join(["archspec: 1", "input: [8, 8, 8]", "layers:", *layers, "init:", *rules])


def test_conditions_of_any_length_are_laid_as_ruff_does(tmp_path: Path) -> None:
    for number, text in enumerate(conditions()):
        (tmp_path / f"conditions_{number}.py").write_text(source(text), encoding="utf-8")
    assert number > 200
    ruff("format", "--diff", "--line-length", "100", at=tmp_path)


def test_every_source_is_laid_as_ruff_does(tmp_path: Path) -> None:
    paths = [*bundled().values(), *(Path(__file__).parent / "data" / "awkward").glob("*.yaml")]
    for number, path in enumerate(paths):
        net = archspec.load(path)
        (tmp_path / f"net_{number}.py").write_text(net.source(), encoding="utf-8")
        (tmp_path / f"net_{number}_inference.py").write_text(net.source(optimize="inference"), encoding="utf-8")
    ruff("format", "--diff", "--line-length", "100", at=tmp_path)
    ruff("check", "--extend-select", "ARG", at=tmp_path)


@pytest.mark.slow
def test_mypy_finds_nothing() -> None:
    files = sorted(map(str, GOLDEN.glob("*.py")))
    run = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", os.devnull, *files], capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout


def test_resnet_50_is_as_short_as_by_hand() -> None:
    assert len(architecture("resnet-50").source().splitlines()) <= 120


def test_the_same_text_comes_every_time() -> None:
    program = "import archspec; print(archspec.load('efficientnet-b0').source())"
    runs = {
        subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1


OF_AN_INSTANCE = re.compile(
    r'^class (\w+)\(.*\):\n {4}"""The shapes beside the lines are those of (.+)\."""', re.MULTILINE
)


@pytest.mark.parametrize("case", ["residual", "mobile", "efficientnet-b0"])
def test_the_shapes_beside_the_lines_are_those_of_the_instance_that_is_named(case: str) -> None:
    """Each as torch gives it there; of a layer that this instance has not, none is told."""
    net = architecture(case)
    text, module = net.source(), net.build().eval()
    found: dict[nn.Module, tuple[int, ...]] = {}

    def note(layer: nn.Module, _: object, output: torch.Tensor) -> None:
        found[layer] = tuple(output.shape[1:])

    for layer in module.modules():
        layer.register_forward_hook(note)
    with torch.no_grad():
        module(*inputs_of(net.layer_graph, 1))
    named = OF_AN_INSTANCE.findall(text)
    assert named
    for name, path in named:
        lines = text.partition(f"class {name}(")[2].partition("\n\n\nclass ")[0].splitlines()
        calls = [match for line in lines if (match := re.match(r" +\w+ = self\.(\w+)\(\w+\)(?:  # (\S+))?$", line))]
        assert calls
        for match in calls:
            shape = found.get(getattr(module.get_submodule(path), match[1]))
            assert match[2] == (None if shape is None else "×".join(map(str, shape)))


# What it means


def keys(graph: Graph) -> list[tuple[str, tuple[int, ...]]]:
    """Return the state_dict's entries in written order."""
    return [
        (".".join((*path, *filter(None, [weight.name]))), weight.shape)
        for path, flat in graph.nodes.items()
        for weight in flat.node.weights
    ]


def inputs_of(graph: Graph, batch: int = 3) -> list[torch.Tensor]:
    torch.manual_seed(1)
    return [
        torch.randn(batch, *x.shape) if x.dtype == "float32" else torch.randint(0, 9, (batch, *x.shape))
        for _, x in graph.model.inputs
    ]


def ran(module: nn.Module, inputs: Sequence[torch.Tensor]) -> dict[str, torch.Tensor]:
    torch.manual_seed(2)  # for what training draws
    output = module(*inputs)
    return dict(output) if isinstance(output, dict) else {"": output}


def walked(graph: Graph, module: nn.Module, inputs: Sequence[torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return what torch gives for the layers of the graph, called one by one, each with the module's own weights."""
    carried = {Ref((), index): x for index, x in enumerate(inputs)}
    outputs = {name: ref for name, ref in graph.outputs if module.training or not trains(graph, ref)}
    live = {ref.path for ref in outputs.values()}
    for path, flat in reversed(graph.nodes.items()):
        if path in live:
            live.update(ref.path for ref in flat.inputs)
    ones = {path: Spelled(graph.nodes[path].node.op, *graph.nodes[path].node.tensors) for path in live if path}
    torch.manual_seed(2)
    for path, flat in graph.nodes.items():
        if path in live:
            one = ones[path]
            if hasattr(one, "layer"):
                one.layer = getattr(module.get_submodule(".".join(path[:-1])), path[-1])
            output = one(*(carried[ref] for ref in flat.inputs))
            several = isinstance(output, tuple | list)
            carried |= {Ref(path, index): y for index, y in enumerate(output if several else [output])}
    return {name: carried[ref] for name, ref in outputs.items()}


def trains(graph: Graph, ref: Ref) -> bool:
    return ref.path in graph.nodes and graph.nodes[ref.path].training


def agrees(net: archspec.Architecture) -> nn.Module:
    """Compare a built module with the walk: outputs, gradients and statistics, in training and evaluation."""
    graph, module = net.layer_graph, net.build(seed=0)
    assert sorted((key, tuple(x.shape)) for key, x in module.state_dict().items()) == sorted(keys(graph))
    for training in (False, True):
        other = copy.deepcopy(module.train(training))
        inputs = inputs_of(graph)
        found, wanted = ran(module, inputs), walked(graph, other, [x.clone() for x in inputs])
        torch.testing.assert_close(found, wanted, equal_nan=True)
        if training and all(y.requires_grad for y in wanted.values()):
            torch.stack([y.sum() for y in found.values()]).sum().backward()
            torch.stack([y.sum() for y in wanted.values()]).sum().backward()
        for one, two in zip(module.parameters(), other.parameters(), strict=True):
            torch.testing.assert_close(one.grad, two.grad, equal_nan=True, rtol=1e-3, atol=1e-4)
        torch.testing.assert_close(dict(module.named_buffers()), dict(other.named_buffers()), equal_nan=True)
    return module


@pytest.mark.parametrize("case", SPECS)
def test_the_module_does_what_the_graph_says(case: str) -> None:
    agrees(architecture(case))


@pytest.mark.parametrize("case", CASES)
def test_keys_come_in_written_order(case: str) -> None:
    net = architecture(case)
    found = [(key, tuple(x.shape)) for key, x in net.build("meta").state_dict().items()]
    assert found == keys(net.layer_graph)


def test_torch_puts_a_modules_own_tensors_before_its_layers() -> None:
    text = """
archspec: 1
input: [4]
layers:
  fc: {op: Linear, out_features: 4}
  scale: {op: Parameter, shape: [4]}
  product: {op: Multiply, from: [fc, scale]}
"""
    assert list(archspec.loads(text).build("meta").state_dict()) == ["scale", "fc.weight", "fc.bias"]


_CONDITIONS = ("p", "q", "not p", "w != 8", "s == 2", "p and w > 8", "input.channels != w")


def random_block(draw: random.Random) -> list[str]:
    """Return the lines of a block whose layers come and go with its parameters and read each other at will."""
    lines, names = ["  Unit:", "    parameters: {w: int, p: true, q: false, s: 1}", "    layers:"], ["input"]
    for number in range(draw.randint(2, 8)):
        read = f", from: {draw.choice(names)}" if draw.random() < 0.4 else ""
        when = f", when: {draw.choice(_CONDITIONS)}" if draw.random() < 0.5 else ""
        kernel = draw.choice(["1", "3, padding: 1", "3, padding: 1, groups: s"])
        line = draw.choice(
            [
                f"{{op: Conv2d, out_channels: 8, kernel_size: {kernel}{read}{when}}}",
                f"{{op: Conv2d, out_channels: 8, kernel_size: {kernel}{read}{when}}}",
                f"{{op: BatchNorm2d{read}{when}}}",
                f"{{op: {draw.choice(['ReLU', 'Tanh'])}, from: {names[-1]}{when}}}",
                f"{{{read[2:]}{', ' if read else ''}{when[2:]}{', ' if when else ''}layers: "
                "[{op: Conv2d, out_channels: w, kernel_size: 1}, {op: BatchNorm2d, when: q}, "
                "{op: Conv2d, out_channels: 8, kernel_size: 1}]}",
                f"{{op: {draw.choice(['Add', 'Add', 'Multiply'])}, "
                f"from: [{', '.join(draw.sample([names[-1], draw.choice(names)], 2))}]{when}}}",
            ]
        )
        lines.append(f"      m{number}: {line}")
        names.append(f"m{number}")
    return lines


@given(st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_instances_of_a_block_share_classes_and_keep_their_meaning(draw: random.Random) -> None:
    calls = [
        f"  c{number}: {{block: Unit, w: {draw.choice([8, 16])}, p: {draw.choice(['true', 'false'])}, "
        f"q: {draw.choice(['true', 'false'])}, s: {draw.choice([1, 2])}, repeat: {draw.choice([1, 2])}}}"
        for number in range(draw.randint(2, 4))
    ]
    text = "\n".join(["archspec: 1", "input: [8, 5, 5]", "blocks:", *random_block(draw), "layers:", *calls])
    agrees(archspec.loads(text))


# Arguments of the model's class


@pytest.mark.parametrize(
    ("case", "kept"),
    [
        ("residual", ["num_classes"]),
        ("dense", []),
        ("tokens", ["hidden", "dropout"]),
        ("resnet-50", ["num_classes"]),
        ("vit-b-16", ["mlp_dim", "dropout", "num_classes"]),
        ("efficientnet-b0", ["dropout", "norm_eps", "norm_momentum", "num_classes"]),
    ],
)
def test_parameters_that_are_copied_stay_arguments(case: str, kept: list[str]) -> None:
    net = architecture(case)
    assert list(inspect.signature(type(net.build("meta"))).parameters) == kept


def test_an_argument_gives_what_the_spec_gives() -> None:
    net = architecture("tokens")
    made = build(net.source(), net.name, hidden=33, dropout=0.5)
    other = archspec.loads(SPECS["tokens"], hidden=33, dropout=0.5)
    assert [(k, tuple(x.shape)) for k, x in made.state_dict().items()] == keys(other.layer_graph)
    assert {m.p for m in made.modules() if isinstance(m, nn.Dropout)} == {0.5}


DRAWN = """
archspec: 1
input: [4]
parameters: {{classes: 10, {name}: 4}}
layers:
  fc: {{op: Linear, out_features: classes}}
init:
  - {{op: Linear, weight: {{uniform: {{a: {a}, b: {b}}}}}, bias: {bias}}}
"""


@pytest.mark.parametrize("name", ["spread", "half", "reset_parameters", "has_fc"])
@pytest.mark.parametrize(
    ("a", "b", "bias"),
    [
        ("-1 / sqrt(classes)", "1 / sqrt(classes)", "{name} + 0.5"),
        ("-{name} - 1", "(classes * 2 - {name}) / 4", "1.0"),
        ("-{name} * 1.5", "{name} + classes / 7", "{name} / (classes + 1)"),
    ],
)
def test_an_argument_that_init_reads_gives_what_the_spec_gives(name: str, a: str, b: str, bias: str) -> None:
    text = DRAWN.format(name=name, a=a.format(name=name), b=b.format(name=name), bias=bias.format(name=name))
    net = archspec.loads(text)
    for values in ({"classes": 3}, {name: 2}, {"classes": 5, name: 7}):
        other = archspec.loads(text, **values)
        made = build(net.source(), net.name, seed=1, **values)
        torch.testing.assert_close(made.state_dict(), other.build(seed=1).state_dict(), rtol=0, atol=0)


@pytest.mark.parametrize(
    "bias",
    ["floor(classes / 3)", "[[1, classes]]", "[classes // 3]", "1.0 if classes > 1 else 0.5", '"min(1, classes)"'],
)
def test_what_python_cannot_write_is_folded_in(bias: str) -> None:
    text = DRAWN.format(name="spread", a=-1.0, b=1.0, bias=bias)
    assert "Folded in: classes = 2." in archspec.loads(text, classes=2).source()


def test_efficientnets_head_is_drawn_for_its_classes() -> None:
    """The bound is one over the square root of the classes, as torchvision has it."""
    net = archspec.load("efficientnet-b0")
    weight = build(net.source(), net.name, seed=0, num_classes=25).classifier[1].weight
    assert weight.shape == (25, 1280)
    assert 0.19 < float(weight.detach().abs().max()) <= 0.2


def test_what_is_folded_in_is_named() -> None:
    assert "Folded in: stem = 16." in architecture("residual").source()


GROUPS = """\
archspec: 1
input: [4, 16, 16]
blocks:
  Tower:
    parameters: {n: int}
    layers:
      body:
        repeat: n
        layers: {conv: {op: Conv2d, out_channels: 4, kernel_size: 1}, act: {op: Hardswish, inplace: true}}
layers:
  encoder:
    layers:
      fine: [{block: Tower, n: 1}, {op: Conv2d, out_channels: 8, kernel_size: 1}]
      coarse: [{op: MaxPool2d, kernel_size: 2}, {block: Tower, n: 2}]
  decoder:
    layers:
      up: {op: Upsample, scale_factor: 2}
      join: {op: Concat, from: [up, encoder.fine]}
output: {fine: decoder, coarse: encoder.coarse}
"""


def test_what_leaves_a_list_is_called_as_the_list() -> None:
    text = source(GROUPS)
    assert "def forward(self, x: torch.Tensor, fine: torch.Tensor)" in text
    assert re.search(r"coarse, fine = self\.encoder\(x\)", text)


def test_a_value_that_is_the_same_wherever_it_is_stays_a_literal() -> None:
    assert re.findall(r"inplace=(\w+)", source(GROUPS)) == ["True", "True"]


# Values are freed when they are dead


def most_alive(module: nn.Module, *inputs: torch.Tensor) -> int:
    """Return the greatest number of layers' outputs that were alive at once when a layer had run."""
    alive: list[weakref.ref[torch.Tensor]] = []
    counts = []

    def note(layer: nn.Module, given: Any, output: torch.Tensor) -> None:
        alive.append(weakref.ref(output))
        counts.append(sum(one() is not None for one in alive))

    for layer in module.modules():
        if not list(layer.children()):
            layer.register_forward_hook(note)
    with torch.no_grad():
        module(*inputs)
    return max(counts)


class Contracting(nn.Module):
    """What the spec `long` says, by hand, with every value dropped where it is read last."""

    def __init__(self) -> None:
        super().__init__()
        self.stages = nn.ModuleList(nn.Conv2d(4, 4, 3, padding=1) for _ in range(4))
        self.back = nn.ModuleList(nn.Conv2d(4, 4, 3, padding=1) for _ in range(4))
        self.tail = nn.Sequential(*(nn.Conv2d(4, 4, 1) for _ in range(6)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        skips = []
        for stage in self.stages:
            x = stage(x)
            skips.append(x)
        for back in self.back:
            x = back(x) + skips.pop()
        return self.tail(x)


LONG = "\n".join(
    [
        "archspec: 1",
        "input: [4, 8, 8]",
        "layers:",
        *(f"  down{i}: {{op: Conv2d, out_channels: 4, kernel_size: 3, padding: 1}}" for i in range(4)),
        *(
            f"  up{i}: {{op: Conv2d, out_channels: 4, kernel_size: 3, padding: 1}}\n"
            f"  add{i}: {{op: Add, from: [up{i}, down{3 - i}]}}"
            for i in range(4)
        ),
        *(f"  tail{i}: {{op: Conv2d, out_channels: 4, kernel_size: 1}}" for i in range(6)),
    ]
)


def test_no_more_values_are_alive_than_by_hand() -> None:
    x = torch.randn(2, 4, 8, 8)
    assert most_alive(archspec.loads(LONG).build(), x) <= most_alive(Contracting(), x)


def test_a_value_is_dropped_before_more_work_is_done() -> None:
    text = source(LONG)
    assert re.search(r"x \+= down0 .*\n +del down0\n +x = self\.tail0", text)


@pytest.mark.parametrize(
    ("layers", "in_place"),
    [
        ("{a: BatchNorm2d, b: {op: Add, from: [a, input]}}", True),
        ("{a: {op: Conv2d, out_channels: 4, kernel_size: 1}, b: {op: Add, from: [a, input]}}", True),
        ("{a: {layers: [ReLU, BatchNorm2d]}, b: {op: Add, from: [a, input]}}", True),
        ("{a: BatchNorm2d, b: {op: Add, from: [input, a]}}", False),  # the input is the caller's
        ("{a: Sigmoid, b: {op: Add, from: [a, input]}}", False),  # autograd keeps it
        ("{a: Dropout, b: {op: Add, from: [a, input]}}", False),  # in evaluation it is the input
        ("{a: Identity, b: {op: Add, from: [a, input]}}", False),
        ("{a: BatchNorm2d, b: {op: Add, from: [a, a]}}", False),
        ("{a: BatchNorm2d, t: Tanh, b: {op: Add, from: [a, t]}}", False),  # Tanh's backward reads it
        ("{a: BatchNorm2d, p: {op: Parameter, shape: [1, 4, 1, 1]}, b: {op: Add, from: [a, p]}}", True),
        ("{p: {op: Parameter, shape: [4, 1, 1]}, a: {op: BatchNorm2d}, b: {op: Add, from: [p, a]}}", False),
        # the sum is larger than its first operand
        ("{a: {op: AdaptiveAvgPool2d, output_size: 1}, c: BatchNorm2d, b: {op: Add, from: [c, input]}}", False),
    ],
)
def test_sums_are_in_place_where_that_is_safe(layers: str, in_place: bool) -> None:
    net = archspec.loads(f"archspec: 1\ninput: [4, 5, 5]\nlayers: {layers}")
    assert ("+=" in net.source()) is in_place
    agrees(net)


# Initialisation


def drawn(text: str) -> tuple[nn.Module, list[tuple[str, str]]]:
    """Return a module, and the tensors that functions of torch.nn.init filled, in order, with the function."""
    calls: list[tuple[torch.Tensor, str]] = []

    def recorder(name: str, function: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
        def record(tensor: torch.Tensor, *rest: Any, **named: Any) -> torch.Tensor:
            calls.append((tensor, name))
            return function(tensor, *rest, **named)

        return record

    net = archspec.loads(text)
    made = build(net.source(), net.name)  # torch's own layers draw while they are made
    reset = next(name for name in vars(type(made)) if name.startswith("reset_parameters"))
    functions = [name for name in dir(nn.init) if name.endswith("_") and not name.startswith("_")]
    with mock.patch.multiple(nn.init, **{name: recorder(name, getattr(nn.init, name)) for name in functions}):
        getattr(made, reset)()
    names = {id(tensor): name for name, tensor in [*made.named_parameters(), *made.named_buffers()]}
    return made, [(names[id(tensor)], name) for tensor, name in calls]


@pytest.mark.parametrize("case", ["residual", "tokens"])
def test_every_weight_is_drawn_once_in_written_order(case: str) -> None:
    _, calls = drawn(SPECS[case])
    order = [key for key, _ in keys(architecture(case).layer_graph)]
    places = [order.index(key) for key, _ in calls]
    assert places == sorted(set(places))


@pytest.mark.parametrize("case", ["residual", "tokens"])
def test_every_rule_is_followed(case: str) -> None:
    graph = architecture(case).layer_graph
    _, calls = drawn(SPECS[case])
    wanted = {
        ".".join((*path, tensor)): f"{rule.function or 'constant'}_"
        for path, rules in graph.init.items()
        for tensor, rule in rules.items()
    }
    assert dict(calls) == wanted


INITIALISED = """
archspec: 1
input: [1, 6, 6]
blocks:
  Pair: {layers: [{op: Conv2d, out_channels: 2, kernel_size: 3, bias: false}, {op: BatchNorm2d, affine: false}]}
layers:
  blur: {op: Conv2d, out_channels: 1, kernel_size: 3, padding: 1, bias: false}
  pair: {block: Pair, repeat: 2}
  flatten: Flatten
  attention: {op: Linear, out_features: 6}
  unflatten: {op: Unflatten, dim: 1, unflattened_size: [2, 3]}
  self_attention: {op: MultiheadAttention, num_heads: 1}
  scale: {op: Parameter, shape: [3]}
  product: {op: Multiply, from: [self_attention, scale]}
init:
  - {op: Linear, weight: ones, bias: zeros}
  - {layer: blur, weight: [[1, 2, 1], [2, 4, 2], [1, 2, 1]], trainable: false}
  - {layer: pair.1, weight: {constant: {val: 0.5}}}
  - {layer: self_attention, in_proj_bias: {constant: {val: 2.0}}}
"""


def test_values_paths_and_frozen_weights() -> None:
    module = archspec.loads(INITIALISED).build()
    assert module.blur.weight.tolist() == [[[[1, 2, 1], [2, 4, 2], [1, 2, 1]]]]
    assert [name for name, p in module.named_parameters() if not p.requires_grad] == ["blur.weight"]
    assert (module.pair[1][0].weight == 0.5).all()
    assert not (module.pair[0][0].weight == 0.5).any()
    assert (module.attention.weight == 1).all()
    assert (module.self_attention.in_proj_bias == 2).all()
    assert not (module.self_attention.out_proj.weight == 1).any()  # attention's own layers are no op of the spec


def test_a_rule_reaches_the_layer_of_an_inline_block_by_its_number_in_the_block() -> None:
    text = """
archspec: 1
input: [3, 16, 16]
blocks:
  Pair: {layers: [ReLU, {op: Conv2d, out_channels: 4, kernel_size: 1}]}
  Stage: {layers: [{op: Conv2d, out_channels: 4, kernel_size: 3}, BatchNorm2d, {block: Pair, inline: true}]}
layers:
  features: [BatchNorm2d, {block: Stage, inline: true, repeat: 2}, {block: Pair, inline: true}]
  pair: Pair
init:
  - {layer: Stage.0, weight: {constant: {val: 2.0}}}
  - {layer: Pair.1, weight: {constant: {val: 3.0}}}
  - {layer: Stage.1, weight: zeros}
"""
    module = archspec.loads(text).build()
    filled = {name: weight.unique().tolist() for name, weight in module.named_parameters() if "weight" in name}
    assert filled == {
        "features.0.weight": [1.0], "features.1.weight": [2.0], "features.2.weight": [0.0],
        "features.4.weight": [3.0], "features.5.weight": [2.0], "features.6.weight": [0.0],
        "features.8.weight": [3.0], "features.10.weight": [3.0], "pair.1.weight": [3.0],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("op", "without"),
    [
        ("LayerNorm, normalized_shape: 8", "elementwise_affine: false"),
        ("RMSNorm, normalized_shape: 8", "elementwise_affine: false"),
        ("GroupNorm, num_groups: 2", "affine: false"),
        ("InstanceNorm2d, affine: true", "affine: false"),
        ("BatchNorm2d", "affine: false, track_running_stats: false"),
    ],
)
def test_a_rule_passes_by_a_layer_without_the_tensor(op: str, without: str) -> None:
    kind = op.partition(",")[0]
    plain = f"{op.replace(', affine: true', '')}, {without}"
    text = f"""
archspec: 1
input: [8, 8, 8]
layers: {{plain: {{op: {plain}}}, a: {{op: {op}}}, also: {{layers: {{plain: {{op: {plain}}}, b: {{op: {op}}}}}}}}}
init: [{{op: {kind}, weight: 2}}, {{layer: also.b, weight: 3}}]
"""
    module = archspec.loads(text).build()
    assert {name: x.unique().tolist() for name, x in module.named_parameters() if name.endswith("weight")} == {
        "a.weight": [2.0],
        "also.b.weight": [3.0],
    }


DERIVED = {
    "attention's own layer, by its start": ("[5, 8]", """
  e:
    layers:
      attn: {op: MultiheadAttention, num_heads: 2}
      a: {op: Linear, out_features: 8}
      b: {op: Linear, out_features: 8}
  h: [{op: Linear, out_features: 8}, {op: Linear, out_features: 8}, {op: Linear, out_features: 8}]
init:
  - {op: Linear, weight: zeros}
  - {op: MultiheadAttention, out_proj.weight: 0.25, in_proj_weight: 0.5}
  - {layer: e.a, weight: ones}
  - {layer: e.b, weight: ones}""",
        {"e.attn.in_proj": 0.5, "e.attn.out_proj": 0.25, "e.a": 1, "e.b": 1, "h.0": 0, "h.1": 0, "h.2": 0}),
    "attention's own layer, by its end": ("[5, 8]", """
  attn: {op: MultiheadAttention, num_heads: 2}
  a: {layers: {out_proj: {op: Linear, out_features: 8}}}
  b: {layers: {out_proj: {op: Linear, out_features: 8}}}
  h: [{op: Linear, out_features: 8}, {op: Linear, out_features: 8}, {op: Linear, out_features: 8}]
init:
  - {op: Linear, weight: zeros}
  - {op: MultiheadAttention, out_proj.weight: 0.25, in_proj_weight: 0.5}
  - {layer: a.out_proj, weight: ones}
  - {layer: b.out_proj, weight: ones}""",
        {"attn.in_proj": 0.5, "attn.out_proj": 0.25, "a.out_proj": 1, "b.out_proj": 1, "h.0": 0, "h.1": 0, "h.2": 0}),
    "a convolution that pads": ("[4, 9, 9]", """
  e:
    layers:
      same: {op: Conv2d, out_channels: 4, kernel_size: 2, padding: same_upper}
      a: {op: Conv2d, out_channels: 4, kernel_size: 1}
      b: {op: Conv2d, out_channels: 4, kernel_size: 1}
  h: {op: Conv2d, out_channels: 4, kernel_size: 1, repeat: 3}
init:
  - {op: Conv2d, weight: zeros}
  - {layer: e.same, weight: 0.25}
  - {layer: e.a, weight: ones}
  - {layer: e.b, weight: ones}""",
        {"e.same": 0.25, "e.a": 1, "e.b": 1, "h.0": 0, "h.1": 0, "h.2": 0}),
    "a norm over channels, and one over rows": ("[8, 8, 8]", """
  e:
    layers:
      images: LayerNorm2d
      a: {op: LayerNorm, normalized_shape: 8}
      b: {op: LayerNorm, normalized_shape: 8}
      c: {op: Linear, out_features: 8}
  h: {op: LayerNorm, normalized_shape: 8, repeat: 3}
  i: {op: Linear, out_features: 8, repeat: 2}
init:
  - {op: LayerNorm, weight: zeros}
  - {op: LayerNorm2d, weight: 0.25}
  - {op: Linear, weight: 0.5}
  - {layer: e.a, weight: ones, bias: zeros}
  - {layer: e.b, weight: ones, bias: zeros}
  - {layer: e.c, weight: ones, bias: zeros}""",
        {"e.images": 0.25, "e.a": 1, "e.b": 1, "e.c": 1, "h.0": 0, "h.1": 0, "h.2": 0, "i.0": 0.5, "i.1": 0.5}),
}  # fmt: skip


@pytest.mark.parametrize("what", DERIVED)
def test_a_rule_reaches_no_module_of_a_derived_class(what: str) -> None:
    shape, layers, wanted = DERIVED[what]
    module = archspec.loads(f"archspec: 1\ninput: {shape}\nlayers:{layers}").build()
    weights = {name[:-7]: x.unique().tolist() for name, x in module.named_parameters() if name.endswith("weight")}
    assert weights == {name: [value] for name, value in wanted.items()}


@pytest.mark.slow
def test_mypy_finds_nothing_where_every_tensor_has_a_rule(tmp_path: Path) -> None:
    ops = ["{op: MultiheadAttention, num_heads: 2}", "{op: Linear, out_features: 8}", "PReLU", "BatchNorm1d"]
    ops += ["{op: InstanceNorm1d, affine: true, track_running_stats: true}", "{op: LayerNorm, normalized_shape: 8}"]
    ops += [f"{{op: Conv1d, out_channels: 4, kernel_size: 2, padding: {padding}}}" for padding in (0, "same_upper")]
    for number, op in enumerate(ops):
        text = f"archspec: 1\nname: all\ninput: [4, 8]\nlayers: {{a: {op}, b: {op}}}\n"
        node = archspec.loads(text).layer_graph.nodes["a",].node
        rules = ", ".join(f"{weight.name}: 3" for weight in node.weights)
        text += f"init: [{{op: {type(node.op).__name__}, {rules}}}, {{layer: b, {node.weights[-1].name}: 2}}]"
        (tmp_path / f"all_{number}.py").write_text(archspec.loads(text).source(), encoding="utf-8")
    files = sorted(map(str, tmp_path.iterdir()))
    run = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", os.devnull, *files], capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout


def test_thousands_of_inline_blocks_are_initialised_at_once() -> None:
    text = """
archspec: 1
input: [4, 8, 8]
blocks: {Pair: {layers: [ReLU, {op: Conv2d, out_channels: 4, kernel_size: 1}]}}
layers: {features: [REPEATS]}
init: [{layer: Pair.1, weight: zeros}]
""".replace("REPEATS", ", ".join(["{block: Pair, inline: true, repeat: 1000}"] * 4))
    net = within(2, lambda: archspec.loads(text))
    assert list(net.layer_graph.init) == [("features", str(number)) for number in range(1, 8000, 2)]


# Nothing in a spec can leave its place in the text


def skeleton(text: str) -> str:
    """Return a source's structure: everything but the words of its docstring."""
    tree = ast.parse(text)
    assert isinstance(tree.body[0], ast.Expr)
    return ast.dump(ast.Module(tree.body[1:], []))


def with_words(description: str, reference: str = "") -> str:
    net = archspec.loads("archspec: 1\nname: words\ninput: [4]\nlayers: {fc: {op: Linear, out_features: 2}}")
    graph = net.layer_graph
    return emit(replace(graph, description=description, reference=reference))


@given(st.text(), st.text())
@settings(deadline=None)
def test_words_stay_in_the_docstring(description: str, reference: str) -> None:
    assert skeleton(with_words(description, reference)) == skeleton(with_words(""))


HOSTILE = [
    '"""\nimport os\n"""',
    '\\"""; import os; """',
    'ends in a quote"',
    "ends in a backslash\\",
    "\\N{BULLET} \\x41 \\",
    "a\u202ereversed\u2066 \u200bhidden\x00\x1b[31m",
    "line\u2028separator\x0cfeed\x85next",
    "lone \ud800 surrogate",
]


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words(words: str, tmp_path: Path) -> None:
    text = with_words(words, words)
    assert skeleton(text) == skeleton(with_words(""))
    assert re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff]", text) is None
    (tmp_path / "words.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--diff", "--line-length", "100"]
    assert subprocess.run([*command, str(tmp_path)], capture_output=True).returncode == 0


NAMES = [
    *("self", "torch", "nn", "x", "y", "identity", "inputs", "print", "list", "l", "I", "O", "OrderedDict", "super"),
    *("reset_parameters", "name", "module", "layer", "match", "_", "i", "range", "has_add", "x1"),
    "a" * 64,
]


@pytest.mark.parametrize("name", NAMES)
def test_names_hide_nothing(name: str) -> None:
    """Layers and inputs of any name: one that is read long after, one in a sum, one in a group."""
    text = f"""
archspec: 1
name: names
input: {{{name}: [4, 6, 6], other: [4, 6, 6]}}
layers:
  {name}: {{op: Conv2d, from: input.{name}, out_channels: 4, kernel_size: 1}}
  add: {{op: Add, from: [{name}, input.other]}}
  group:
    layers:
      {name}: {{op: Conv2d, out_channels: 4, kernel_size: 1}}
      sum: {{op: Add, from: [{name}, add]}}
  join: {{op: Concat, from: [group, group.{name}, {name}]}}
init: [{{op: Conv2d, bias: zeros}}]
"""
    net = archspec.loads(text)
    agrees(net)
    hidden = set(dir(__builtins__)) | {"torch", "nn", "OrderedDict"}
    for node in ast.walk(ast.parse(net.source())):
        stored = node.id if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) else None
        stored = node.arg if isinstance(node, ast.arg) and node.arg != "self" else stored
        assert stored not in hidden
        assert stored is None or stored != "self"


@pytest.mark.parametrize(
    "name", ["OrderedDict", "Exception", "Residual", "F", "I", "Permute", "StochasticDepth", "None_"]
)
def test_blocks_of_any_name(name: str) -> None:
    text = f"""
archspec: 1
name: residual
input: [4, 6, 6]
blocks:
  {name}:
    layers: {{conv: {{op: Conv2d, out_channels: 4, kernel_size: 1}}, p: {{op: StochasticDepth, p: 0.0, mode: row}}}}
layers:
  group: {{layers: {{a: {{block: {name}}}, b: ReLU, c: {{op: Permute, dims: [0, 2, 3, 1]}}}}}}
"""
    agrees(archspec.loads(text))


def test_a_helper_class_may_be_an_argument() -> None:
    text = """
archspec: 1
input: [8, 6, 6]
blocks:
  Unit: {parameters: {norm: op}, layers: {conv: {op: Conv2d, out_channels: 8, kernel_size: 1}, norm: {op: norm}}}
layers:
  one: {block: Unit, norm: BatchNorm2d}
  two: {block: Unit, norm: LayerNorm2d}
"""
    net = archspec.loads(text)
    assert "self.two = Unit(LayerNorm2d)" in net.source()
    agrees(net)


def test_parameters_of_any_name() -> None:
    names = ["self_", "torch", "nn", "max", "int", "x", "in_channels", "type"]
    convs = "\n".join(
        f"      conv{i}: {{op: Conv2d, out_channels: {name}, kernel_size: 1}}" for i, name in enumerate(names)
    )
    call = ", ".join(f"{name}: {{}}" for name in names)
    text = f"""
archspec: 1
input: [4, 6, 6]
blocks:
  Unit:
    parameters: {{{", ".join(f"{name}: int" for name in names)}}}
    layers:
{convs}
layers:
  one: {{block: Unit, {call.format(*range(10, 18))}}}
  two: {{block: Unit, {call.format(*range(30, 14, -2))}}}
"""
    agrees(archspec.loads(text))


def test_no_layer_may_be_called_as_what_nn_sequential_has() -> None:
    own = {name for name in dir(nn.Sequential()) if not name.startswith("__")}
    assert {name for name in own if not name.startswith("_")} <= MODULE_ATTRIBUTES | {"training"}


# Size


def large() -> Iterator[tuple[str, str]]:
    head = "archspec: 1\ninput: [8, 4, 4]\n"
    conv = "{op: Conv2d, out_channels: 8, kernel_size: 1}"
    yield "a long chain", head + "layers:\n" + "".join(f"  a{i}: {conv}\n" for i in range(8_000))
    lists = "".join(f"  g{i}: {{layers: [{conv[:-1]}, repeat: 990}}]}}\n" for i in range(19))
    yield "long lists", head + "layers:\n" + lists
    blocks = "blocks:\n  Unit: {layers: [{op: Conv2d, out_channels: 8, kernel_size: 1}, BatchNorm2d]}\n"
    called = "".join(f"  u{i}: Unit\n  r{i}: {{op: ReLU, inplace: true}}\n" for i in range(2_000))
    yield "readers of blocks", head + blocks + "layers:\n" + called
    long = "".join(
        f"  {'a' * 40}{i}: {conv}\n  s{i}: {{op: Add, from: [{'a' * 40}{i}, input]}}\n" for i in range(2_000)
    )
    yield "long names", head + "layers:\n" + long
    skips = "".join(
        f"  a{i}: {conv}\n  b{i}: {{op: Add, from: [a{i}, {f'b{i - 1}' if i else 'input'}]}}\n" for i in range(4_000)
    )
    yield "skips", head + "layers:\n" + skips
    growing = """blocks:
  Unit:
    layers: {c: {op: Conv2d, out_channels: 2, kernel_size: 1}, j: {op: Concat, from: [input, c]}}
layers:
"""
    yield "instances", head + growing + "".join(f"  g{i}: {{block: Unit, repeat: 900}}\n" for i in range(9))
    group = f"{{repeat: 700, layers: {{c: {conv}, j: {{op: Add, from: [input, c]}}}}}}"
    yield "groups", head + "layers:\n" + "".join(f"  g{i}: {group}\n" for i in range(9))


@pytest.mark.slow
@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in large()])
def test_large_specs_take_seconds(text: str) -> None:
    net = archspec.loads(text)
    ast.parse(within(10, net.source))


def test_what_is_repeated_takes_a_line() -> None:
    text = "archspec: 1\ninput: [8]\nlayers: {a: {op: Linear, out_features: 8, repeat: 900}}"
    assert "nn.Sequential(*[nn.Linear(8, 8) for _ in range(900)])" in source(text)


def test_numbers_that_grow_evenly_are_counted() -> None:
    assert '(f"layer{i + 1}", Layer(8 + 4 * i)) for i in range(4)' in architecture("dense").source()


def test_deep_nesting_needs_no_deep_stack() -> None:
    blocks = "".join(
        f"  B{i}:\n    layers:\n      g: {'{layers: {a: ReLU, g: ' * 3}"
        f"{f'{{block: B{i + 1}}}' if i < 14 else '{op: Conv2d, out_channels: 8, kernel_size: 1}'}{'}}' * 3}\n"
        "      j: {op: Add, from: [input, g]}\n"
        for i in range(15)
    )
    agrees(archspec.loads(f"archspec: 1\ninput: [8, 4, 4]\nblocks:\n{blocks}layers: {{b: {{block: B0}}}}\n"))
