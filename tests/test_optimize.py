"""Optimised graphs against the modules they come from: the same outputs, and what was merged as torch merges it."""

import copy
import json
import os
import pickle

import pytest
import torch
from click.testing import CliRunner
from graphs import EACH, specs
from hypothesis import assume, given, settings
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval, fuse_linear_bn_eval

import archspec
from archspec.cli import commands
from archspec.optimize import Optimized
from archspec.runtime import bench
from archspec.runtime.inference import inference

NETS = ["lenet5", "resnet-18", "googlenet", "mobilenet-v2", "shufflenet-v2-x0.5", "u-net",
        "article/resnet-18"]  # fmt: skip


def drawn(net: archspec.Architecture) -> nn.Module:
    """Return the module with weights and statistics that leave nothing at its start."""
    module = net.build(seed=0).eval()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        for name, tensor in module.state_dict().items():
            if name.endswith("running_var"):
                tensor.uniform_(0.5, 2)
            elif name.endswith("running_mean") or tensor.dim() == 1:
                tensor.normal_(std=0.5)
            elif tensor.is_floating_point() and not tensor.any():
                tensor.normal_(std=0.02)
    return module


def optimized(net: archspec.Architecture, module: nn.Module) -> tuple[Optimized, nn.Module]:
    return net.optimized, inference(module, net.optimized, net.source(optimize="inference"), net.name)


def outputs(module: nn.Module, inputs: list[torch.Tensor]) -> dict[str, torch.Tensor]:
    with torch.inference_mode():
        given = module(*inputs)
    return given if isinstance(given, dict) else {"": given}


def inputs_of(net: archspec.Architecture) -> list[torch.Tensor]:
    return [
        torch.randint(2, (2, *x.shape)) if x.dtype == "int64" else torch.rand(2, *x.shape)
        for _, x in net.layer_graph.model.inputs
    ]


def agree(module: nn.Module, other: nn.Module, inputs: list[torch.Tensor]) -> None:
    theirs, ours = outputs(module, inputs), outputs(other, inputs)
    assert list(theirs) == list(ours)
    for name, expected in theirs.items():
        assert ours[name].shape == expected.shape
        assert torch.linalg.vector_norm(ours[name] - expected) <= 1e-5 * torch.linalg.vector_norm(expected)


@pytest.mark.parametrize("name", NETS)
def test_a_network_gives_what_it_gave(name: str) -> None:
    net = archspec.load(name)
    net = archspec.load(name, input=net.smallest_input or net.input_shape)
    module = drawn(net)
    found, made = optimized(net, module)
    agree(module, made, inputs_of(net))
    kinds = {type(one) for one in made.modules()}
    assert not kinds & {nn.Dropout, nn.Dropout2d}
    assert all(merge.keeper in found.paths.values() for merge in found.merges)


def test_what_is_merged_is_what_torch_merges() -> None:
    net = archspec.loads("""
        archspec: 1
        input: [6, 9, 9]
        layers:
          conv: {op: Conv2d, out_channels: 8, kernel_size: 3, groups: 2, bias: false}
          bn1: BatchNorm2d
          relu: ReLU
          up: {op: ConvTranspose2d, out_channels: 6, kernel_size: 3, groups: 2, stride: 2}
          bn2: {op: BatchNorm2d, affine: false}
          flat: Flatten
          drop: Dropout
          fc: {op: Linear, out_features: 5}
          bn3: {op: BatchNorm1d, eps: 0.1}
    """)
    module = drawn(net)
    found, made = optimized(net, module)
    assert [name for name, _ in made.named_children()] == ["conv", "relu", "up", "flat", "fc"]
    assert [merge.follower for merge in found.merges] == [("bn1",), ("bn2",), ("bn3",)]
    for keeper, norm, fuse in [("conv", "bn1", fuse_conv_bn_eval), ("fc", "bn3", fuse_linear_bn_eval)]:
        expected = fuse(getattr(module, keeper), getattr(module, norm))
        torch.testing.assert_close(getattr(made, keeper).weight.contiguous(), expected.weight)
        torch.testing.assert_close(getattr(made, keeper).bias, expected.bias)
    agree(module, made, inputs_of(net))


CHAINS = {
    "two linear layers, the middle one wide": (
        "[4]", "[{op: Linear, out_features: 64}, {op: Linear, out_features: 3}]", 1),
    "two linear layers, the middle one narrow": (
        "[64]", "[{op: Linear, out_features: 2}, {op: Linear, out_features: 64}]", 2),
    "a convolution and a pointwise one": (
        "[3, 8, 8]", "[{op: Conv2d, out_channels: 32, kernel_size: 3}, "
        "{op: Conv2d, out_channels: 4, kernel_size: 1}]", 1),
    "a pointwise one that pads": (
        "[3, 8, 8]", "[{op: Conv2d, out_channels: 32, kernel_size: 3}, "
        "{op: Conv2d, out_channels: 4, kernel_size: 1, padding: 1}]", 2),
    "something between": ("[4]", "[{op: Linear, out_features: 64}, ReLU, {op: Linear, out_features: 3}]", 3),
    "a norm over the channels of a linear layer's rows": ("[5, 4]", "[{op: Linear, out_features: 6}, BatchNorm1d]", 2),
    "a norm by the batch's own statistics": (
        "[3, 8, 8]", "[{op: Conv2d, out_channels: 4, kernel_size: 3}, "
        "{op: BatchNorm2d, track_running_stats: false}]", 2),
    "a norm of what is read twice": (
        "[3, 8, 8]", "{a: {op: Conv2d, out_channels: 3, kernel_size: 1}, "
        "b: BatchNorm2d, c: {op: Add, from: [a, b]}}", 3),
    "images and volumes": (
        "[4, 9, 9]", "{a: {op: Conv2d, out_channels: 1, kernel_size: 1}, b: {op: Stack, from: [a, a]}, "
        "c: {op: Conv3d, out_channels: 1, kernel_size: 1}}", 3),
    "nothing but dropout": ("[4]", "[Dropout, {layers: [Dropout, Identity]}, {op: Linear, out_features: 3}]", 1),
}  # fmt: skip


@pytest.mark.parametrize("what", CHAINS)
def test_layers_are_merged_where_that_is_right_and_saves(what: str) -> None:
    shape, layers, left = CHAINS[what]
    net = archspec.loads(f"archspec: 1\ninput: {shape}\nlayers: {layers}\n")
    module = drawn(net)
    found, made = optimized(net, module)
    assert found.graph.model.layers == left
    assert found.graph.model.macs <= net.macs
    agree(module, made, inputs_of(net))


OUTPUTS = {
    "the first in training alone": "{t: t, a: a, b: b}",
    "the second in training alone": "{a: a, t: t, b: b}",
    "two in training alone": "{t: t, u: u, a: a, d: d, b: b}",
    "one that passes by": "{t: t, d: d, a: a, u: u, b: b}",
}


@pytest.mark.parametrize("what", OUTPUTS)
def test_outputs_of_a_block_stay_apart_where_some_are_gone(what: str) -> None:
    net = archspec.loads(f"""
        archspec: 1
        input: [4]
        blocks:
          B:
            layers:
              t: {{op: Linear, out_features: 4, when: training}}
              u: {{op: Linear, out_features: 4, when: training, from: input}}
              a: {{op: ReLU, from: input}}
              d: {{op: Dropout, from: input}}
              b: {{op: Sigmoid, from: input}}
            output: {OUTPUTS[what]}
          Outer:
            layers:
              b: B
              t: {{op: Linear, out_features: 4, when: training, from: b.t}}
              a: {{op: Tanh, from: b.a}}
            output: {{t: t, b: b.b, a: a, i: input}}
        layers:
          x: {{block: Outer, repeat: 1}}
          y: {{op: Subtract, from: [x.0.a, x.0.b]}}
          z: {{block: B, from: x.0.i}}
          w: {{op: Subtract, from: [z.a, z.b]}}
          all: {{op: Concat, from: [y, w]}}
    """)
    module = drawn(net)
    _, made = optimized(net, module)
    agree(module, made, inputs_of(net))


@settings(EACH, max_examples=int(os.environ.get("ARCHSPEC_EXAMPLES", "100")))
@given(specs())
def test_any_network_gives_what_it_gave(text: str) -> None:
    try:
        net = archspec.loads(text)
    except archspec.SpecError:
        assume(False)  # noqa: FBT003
    module = drawn(net)
    _, made = optimized(net, module)
    inputs = [x if x.is_floating_point() else torch.zeros_like(x) for x in inputs_of(net)]  # a sum is an index, too
    theirs, ours = outputs(module, inputs), outputs(made, inputs)
    assert list(theirs) == list(ours)
    for name, expected in theirs.items():
        assert ours[name].shape == expected.shape
        torch.testing.assert_close(ours[name], expected, rtol=1e-4, atol=1e-4, equal_nan=True)


# Building


def test_a_module_is_built_optimised() -> None:
    net = archspec.load("resnet-18", input=(3, 64, 64), num_classes=10)
    plain, made = net.build(seed=1).eval(), net.build(seed=1, optimize="inference")
    assert not made.training
    assert not any(tensor.requires_grad for tensor in made.parameters())
    assert made.conv1.weight.is_contiguous(memory_format=torch.channels_last)
    inputs = inputs_of(net)
    agree(plain, made, inputs)
    for copied in (copy.deepcopy(made), pickle.loads(pickle.dumps(made))):  # noqa: S301 - our own
        agree(made, copied, inputs)
    assert net.build(device="meta", optimize="inference").conv1.weight.is_meta
    whole = net.build(dtype="bfloat16", seed=1).float().eval()
    half = net.build(dtype="bfloat16", seed=1, optimize="inference")
    expected, given = outputs(whole, inputs)[""], outputs(half, [x.bfloat16() for x in inputs])[""].float()
    assert torch.linalg.vector_norm(given - expected) <= 1e-2 * torch.linalg.vector_norm(expected)


def test_no_attention_drops_anything() -> None:
    net = archspec.loads(
        "archspec: 1\ninput: [6, 8]\nparameters: {dropout: 0.5}\nlayers:\n"
        "  a: {op: MultiheadAttention, embed_dim: 8, num_heads: 2, dropout: dropout, from: [input, input, input]}\n"
    )
    assert "dropout" not in net.source(optimize="inference").partition('"""')[2].partition('"""')[2]
    module, x = net.build(optimize="inference"), torch.randn(2, 6, 8)
    torch.testing.assert_close(module.train()(x), module.eval()(x))


def test_weights_are_left_uninitialised_where_that_is_asked() -> None:
    net = archspec.load("lenet5")
    before = torch.random.get_rng_state()
    state = net.build(init=False).state_dict()
    assert torch.equal(torch.random.get_rng_state(), before)
    assert {name: tensor.shape for name, tensor in state.items()} == {
        name: tensor.shape for name, tensor in net.build().state_dict().items()
    }


def test_another_word_is_refused() -> None:
    with pytest.raises(archspec.ArchspecError, match="optimize is None or 'inference'"):
        archspec.load("lenet5").build(optimize="training")  # type: ignore[arg-type]


@pytest.mark.compiler
@pytest.mark.filterwarnings("default")
def test_a_compiled_module_gives_the_same_and_keeps_its_keys() -> None:
    net = archspec.load("resnet-18", input=(3, 64, 64), num_classes=10)
    plain = net.build(seed=1).eval()
    keys = set(plain.state_dict())
    for options in ({}, {"optimize": "inference"}):
        made = net.build(seed=1, compile=True, **options).eval()
        assert {key for key in made.state_dict() if key.endswith(".weight")} <= keys
        agree(plain, made, inputs_of(net))


# Timing


def test_modules_are_timed_side_by_side() -> None:
    arguments = [
        "bench",
        "lenet5",
        "--rounds",
        "3",
        "--batch",
        "1",
        "--batch",
        "4",
        "--format",
        "json",
        "--layers",
        "2",
    ]
    result = CliRunner().invoke(commands, arguments, prog_name="archspec")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert [(row["mode"], row["batch"]) for row in report["rows"]] == [
        ("eager", 1), ("optimized", 1), ("eager", 4), ("optimized", 4)
    ]  # fmt: skip
    assert all(0 < row["low"] <= row["median"] <= row["high"] for row in report["rows"])
    assert [row["ratio"] for row in report["rows"] if row["mode"] == "eager"] == [1, 1]
    net = archspec.load("lenet5")
    assert {layer["path"] for layer in report["layers"]} < {".".join(path) for path in net.layer_graph.nodes}
    assert 0 < sum(layer["share"] for layer in report["layers"]) <= 1


@pytest.mark.parametrize(
    ("options", "message"),
    [(("--device", "meta"), "nothing can be timed there"), (("--batch", "1048576"), "it has too little memory")],
)
def test_what_cannot_be_timed_is_told(options: tuple[str, str], message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(*_: object) -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(bench, "timings", no_room)
    monkeypatch.setattr("archspec.runtime.trial.samples", lambda *_: iter(()))
    result = CliRunner().invoke(commands, ["bench", "lenet5", *options], prog_name="archspec")
    assert result.exit_code == 2
    assert message in result.stderr


def test_the_quartiles_of_two_turns_lie_between_them(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = iter([5.0] * bench._WARM + [1.0, 9.0])
    monkeypatch.setattr(bench, "_timed", lambda work, device: (next(taken), None))
    (timing,) = bench.timings({"eager": nn.Identity()}, [torch.zeros(1, 1)], rounds=2)
    assert 1 < timing.low < timing.median == 5 < timing.high < 9
