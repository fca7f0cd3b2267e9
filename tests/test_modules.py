"""What a built module is to its user: an ordinary torch module that trains, moves, pickles, compiles and exports."""

import ast
import copy
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import archspec

NET = """
archspec: 1
name: small
input: [3, 16, 16]
parameters: {num_classes: 5}
blocks:
  Residual:
    parameters: {width: int, stride: 1}
    layers:
      conv: {op: Conv2d, out_channels: width, kernel_size: 3, stride: stride, padding: 1, bias: false}
      bn: BatchNorm2d
      shortcut: {op: Conv2d, from: input, out_channels: width, kernel_size: 1, stride: stride,
                 when: stride != 1 or input.channels != width}
      add: {op: Add, from: [bn, shortcut]}
      relu: ReLU
layers:
  stage1: {block: Residual, repeat: 2, width: 4}
  stage2: {block: Residual, repeat: 2, width: 8, stride: 2 if index == 0 else 1}
  pool: {op: AdaptiveAvgPool2d, output_size: 1}
  flatten: Flatten
  fc: {op: Linear, out_features: num_classes}
init: [{op: Conv2d, weight: {kaiming_normal: {mode: fan_out}}}]
"""


@pytest.fixture
def net() -> archspec.Architecture:
    return archspec.loads(NET)


def same(one: torch.nn.Module, other: torch.nn.Module) -> bool:
    left, right = one.state_dict(), other.state_dict()
    return list(left) == list(right) and all(torch.equal(left[key], right[key]) for key in left)


def test_the_state_dict_is_the_graphs_weights_in_order(net: archspec.Architecture) -> None:
    flat = [
        (".".join([*path, *([weight.name] if weight.name else [])]), weight.shape)
        for path, layer in net.layer_graph.nodes.items()
        for weight in layer.node.weights
    ]
    assert [(key, tuple(value.shape)) for key, value in net.build().state_dict().items()] == flat


def test_it_trains(net: archspec.Architecture) -> None:
    torch.manual_seed(0)
    module = net.build(seed=0)
    x, y = torch.randn(16, 3, 16, 16), torch.randint(5, (16,))
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1, momentum=0.9)
    losses = []
    for _ in range(20):
        loss = torch.nn.functional.cross_entropy(module(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0]
    assert all(parameter.grad is not None for parameter in module.parameters())


def test_blocks_are_callable_submodules_with_hooks(net: archspec.Architecture) -> None:
    module, seen = net.build(), []
    module.stage2[-1].register_forward_hook(lambda _module, _inputs, output: seen.append(tuple(output.shape)))
    module(torch.randn(2, 3, 16, 16))
    assert seen == [(2, 8, 8, 8)]
    assert module.stage2[-1](torch.randn(1, 8, 4, 4)).shape == (1, 8, 4, 4)


def test_a_seed_makes_the_weights_and_leaves_the_callers_state(net: archspec.Architecture) -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    one = net.build(seed=3)
    assert torch.equal(torch.get_rng_state(), before)
    torch.randn(7)
    assert same(one, net.build(seed=3))
    assert not same(one, net.build(seed=4))


def test_deepcopy_pickle_and_save(net: archspec.Architecture, tmp_path: Path) -> None:
    module = net.build(seed=0).eval()
    x = torch.randn(2, 3, 16, 16)
    twin = copy.deepcopy(module)
    assert type(twin) is type(module)
    assert torch.equal(twin(x), module(x))
    assert torch.equal(pickle.loads(pickle.dumps(module))(x), module(x))  # noqa: S301
    torch.save(module.state_dict(), tmp_path / "net.pt")
    other = net.build()
    other.load_state_dict(torch.load(tmp_path / "net.pt", weights_only=True))
    assert same(other, module)


def test_a_pickle_is_read_by_another_process(net: archspec.Architecture, tmp_path: Path) -> None:
    module = net.build(seed=0).eval()
    torch.save((module, torch.ones(1, 3, 16, 16)), tmp_path / "whole.pt")
    script = "import sys, torch\nmodule, x = torch.load(sys.argv[1], weights_only=False)\nprint(module(x).sum().item())"
    command = [sys.executable, "-c", script, str(tmp_path / "whole.pt")]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert float(ran.stdout) == pytest.approx(module(torch.ones(1, 3, 16, 16)).sum().item(), rel=1e-5)


def test_it_compiles_as_one_graph_and_exports_with_any_batch(net: archspec.Architecture) -> None:
    module = net.build(seed=0).eval()
    x = torch.randn(4, 3, 16, 16)
    compiled = torch.compile(module, fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(x), module(x))
    batch = torch.export.Dim("batch", min=2)
    program = torch.export.export(module, (x,), dynamic_shapes=({0: batch},))
    other = torch.randn(7, 3, 16, 16)
    torch.testing.assert_close(program.module()(other), module(other))


def test_devices_and_dtypes(net: archspec.Architecture) -> None:
    assert {parameter.device.type for parameter in net.build(device="meta").parameters()} == {"meta"}
    half = net.build(dtype="bfloat16")
    assert half(torch.randn(2, 3, 16, 16, dtype=torch.bfloat16)).dtype is torch.bfloat16
    with pytest.raises(archspec.DeviceError, match="did you mean cuda"):
        net.build(device="cud")
    with pytest.raises(archspec.DeviceError):
        net.build(dtype="float7")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_without_cuda_it_is_said(net: archspec.Architecture) -> None:
    with pytest.raises(archspec.DeviceError, match="CUDA"):
        net.build(device="cuda")


def test_what_is_shown_is_what_runs(net: archspec.Architecture) -> None:
    scope: dict[str, type[torch.nn.Module]] = {}
    exec(net.source(), scope)  # noqa: S102
    alone = scope["Small"](num_classes=5).eval()
    built = net.build(seed=0).eval()
    alone.load_state_dict(built.state_dict())
    x = torch.randn(2, 3, 16, 16)
    assert torch.equal(alone(x), built(x))
    assert scope["Small"](num_classes=7)(x).shape == (2, 7)


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_no_description_leaves_its_docstring(text: str) -> None:
    quoted = '"' + "".join(f"\\U{ord(character):08x}" for character in text) + '"'
    spec = NET.replace("name: small", f"name: small\ndescription: {quoted}") if text else NET
    plain, hostile = (ast.parse(archspec.loads(one).source()) for one in (NET, spec))
    assert [ast.dump(node) for node in plain.body[1:]] == [ast.dump(node) for node in hostile.body[1:]]
