"""What a layer sees: published figures, and torch itself by the gradient of one pixel with respect to the input."""

from collections.abc import Iterator

import hypothesis
import pytest
import torch
from clock import within
from hypothesis import strategies as st
from torch import nn

import archspec
from archspec.graph import Path
from archspec.measure import Field, axes, receptive_fields


def fields(net: archspec.Architecture, path: str) -> tuple[Field, ...]:
    """Return what a layer sees along each axis of the input."""
    (view,) = receptive_fields(net.layer_graph)[tuple(path.split("."))]
    return tuple(field for field in view if field is not None)


# Araujo, Norris & Sim, "Computing receptive fields of convolutional neural networks" (Distill 2019), its table:
# receptive field and effective stride of the last map; padding too, where the spec pads as TensorFlow's model does.
PUBLISHED = {
    ("vgg-D", "features"): (212, 32),
    ("alexnet", "features"): (195, 32),
    ("inception-v3", "Mixed_7c"): (1311, 32),
}


@pytest.mark.parametrize(("name", "path"), PUBLISHED)
def test_published_figures(name: str, path: str) -> None:
    height, width = fields(archspec.load(name), path)
    assert height == width
    assert (height.size, height.jump) == PUBLISHED[name, path]


@pytest.mark.parametrize(
    ("depths", "own", "paper"), [([3, 4, 6, 3], 427, 483), ([3, 4, 23, 3], 971, 1027), ([3, 8, 36, 3], 1451, 1507)]
)
def test_where_a_bottleneck_has_its_stride_matters(depths: list[int], own: int, paper: int) -> None:
    """torchvision strides in the 3×3 convolution, the paper in the 1×1 before it: that widens what is seen."""
    stages = [
        f"{{block: Unit, repeat: {depth}, width: 8, stride: {2 if stage else 1} if index == 0 else 1}}"
        for stage, depth in enumerate(depths)
    ]
    for where, published in (("three", own), ("one", paper)):
        lines = "".join(f"\n  stage{number}: {stage}" for number, stage in enumerate(stages))
        net = archspec.loads(f"""
archspec: 1
input: [3, 224, 224]
blocks:
  Unit:
    parameters: {{width: int, stride: 1}}
    layers:
      one: {{op: Conv2d, out_channels: width, kernel_size: 1, stride: {"stride" if where == "one" else 1}}}
      three:
        {{op: Conv2d, out_channels: width, kernel_size: 3, padding: 1, stride: {"stride" if where == "three" else 1}}}
      shortcut: {{op: Conv2d, from: input, out_channels: width, kernel_size: 1, stride: stride, when: stride > 1}}
      add: {{op: Add, from: [three, shortcut]}}
layers:
  conv: {{op: Conv2d, out_channels: 8, kernel_size: 7, stride: 2, padding: 3}}
  pool: {{op: MaxPool2d, kernel_size: 3, stride: 2, padding: 1}}{lines}
""")
        height, _ = fields(net, "stage3")
        assert (height.size, height.jump, height.even) == (published, 32, True)


def test_mobilenet_v1() -> None:
    """Published as 315 with a stride of 32."""
    strides = [2, 1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1]
    lines = "".join(f"\n  - {{op: Conv2d, out_channels: 2, kernel_size: 3, padding: 1, stride: {s}}}" for s in strides)
    height, _ = fields(archspec.loads(f"archspec: 1\ninput: [3, 224, 224]\nlayers:{lines}"), "13")
    assert (height.size, height.jump) == (315, 32)


def test_what_reads_a_whole_map_sees_all_that_is_seen() -> None:
    """A squeeze and excitation's gate is part of every value behind it; a pool sees no padding."""
    net = archspec.load("efficientnet-b0")
    gate, _ = fields(net, "features.1.0.block.1.avgpool")
    behind, _ = fields(net, "features.2")
    assert (gate.size, gate.jump, behind.size, behind.jump) == (224, 0, 224, 0)
    cropped = archspec.loads("archspec: 1\ninput: [1, 8, 8]\nlayers: [{op: MaxPool2d, kernel_size: 3}, Flatten]")
    assert [field.spans for field in fields(cropped, "1")] == [((0, 5),)] * 2


def test_branches_of_different_jumps_say_so() -> None:
    net = archspec.loads("""
archspec: 1
input: [1, 9]
layers:
  narrow: {op: Conv1d, out_channels: 1, kernel_size: 3, stride: 2}
  wide: {op: Conv1d, from: input, out_channels: 1, kernel_size: 6}
  add: {op: Add, from: [narrow, wide]}
  out: Softsign
""")
    (field,) = fields(net, "out")
    assert (field.even, field.jump) == (False, 2)
    assert_seen(net, ("out",))


# -- torch: what a value depends on, its gradient reaches


def seen(net: archspec.Architecture, path: Path) -> Iterator[tuple[tuple[int, ...], list[tuple[int, int]]]]:
    """Yield places of what a layer gives, and the first and the last pixel of each axis that reach them.

    Weights are positive and so is the input, so that nothing cancels out; the middle and the corners are looked at.
    """
    module = net.build(seed=0).double().eval()
    for weight in module.parameters():
        nn.init.uniform_(weight, 0.5, 1.0)
    for name, pool in list(module.named_modules()):  # of a maximum, the gradient reaches one pixel alone
        if isinstance(pool, nn.MaxPool2d):
            module.set_submodule(name, nn.AvgPool2d(pool.kernel_size, pool.stride, pool.padding, pool.ceil_mode))
    made: list[torch.Tensor] = []
    module.get_submodule(".".join(path)).register_forward_hook(lambda _, __, output: made.append(output))
    x = torch.rand(1, *net.layer_graph.model.inputs[0][1].shape, dtype=torch.float64).add_(0.5).requires_grad_()
    module(x)
    sizes = made[0].shape[2:]
    for place in {tuple(0 for _ in sizes), tuple(n // 2 for n in sizes), tuple(n - 1 for n in sizes)}:
        (gradient,) = torch.autograd.grad(made[0][(0, slice(None), *place)].sum(), x, retain_graph=True)
        marked = gradient[0].abs().sum(0).nonzero()
        if len(marked):  # else it reads padding alone
            yield place, list(zip(marked.amin(0).tolist(), marked.amax(0).tolist(), strict=True))


def assert_seen(net: archspec.Architecture, path: Path, *, exact: bool = True) -> None:
    """Compare what is seen with the field; where `exact` is false, at the borders, the field may hold more."""
    found = fields(net, ".".join(path))
    sizes = [axis.size for axis in axes(net.layer_graph)]
    for place, extents in seen(net, path):
        for field, at, size, (first, last) in zip(found, place, sizes, extents, strict=True):
            wanted = tuple(min(max(pixel, 0), size - 1) for pixel in field.at(at if field.jump else 0))
            assert wanted[0] <= first <= last <= wanted[1], (path, place, field)
            assert (first, last) == wanted or not (exact and field.even), (path, place, field)


_BARE = (
    "{{op: Conv{d}d, out_channels: 2, kernel_size: {k}, stride: {s}, dilation: {e}}}",
    "{{op: AvgPool{d}d, kernel_size: {k}, stride: {s}}}",
    "{{op: Upsample, scale_factor: {s}}}",
    "{{op: AdaptiveAvgPool{d}d, output_size: {k}}}",
    "{{op: Slice, dim: 2, start: {p}, step: {s}}}",
    "{{op: LocalResponseNorm, size: {k}}}",
    "Softsign",
)
_PADDED = (
    *_BARE,
    "{{op: Upsample, scale_factor: {s}, mode: {linear}}}",  # repeats the pixels at the borders
    "{{op: Conv{d}d, out_channels: 2, kernel_size: {k}, stride: {s}, padding: {p}, dilation: {e}}}",
    "{{op: ConvTranspose{d}d, out_channels: 2, kernel_size: {k}, stride: {s}, padding: {q}}}",
    "{{op: ZeroPad{d}d, padding: {p}}}",
)


@st.composite
def rows(draw: st.DrawFn, kinds: tuple[str, ...]) -> str:
    """Draw a net of one or two axes, layers in a row."""
    axes = draw(st.sampled_from([1, 1, 2]))
    sides = [draw(st.integers(6, 19)) for _ in range(axes)]
    lines = ""
    for _ in range(draw(st.integers(1, 5))):
        k, s, p = draw(st.integers(1, 4)), draw(st.integers(1, 3)), draw(st.integers(0, 3))
        linear = ("linear", "bilinear")[axes - 1]
        kind = draw(st.sampled_from(kinds))
        lines += "\n  - " + kind.format(d=axes, k=k, s=s, p=p, q=k // 2, e=draw(st.integers(1, 2)), linear=linear)
    return f"archspec: 1\ninput: {[2, *sides]}\nlayers:{lines}"


@pytest.mark.parametrize(("kinds", "exact"), [(_BARE, True), (_PADDED, False)])
def test_fields_of_random_nets_are_what_the_gradient_reaches(kinds: tuple[str, ...], exact: bool) -> None:
    """Padding counts as pixels, so that at the borders of a padded net there may be less than its fields say."""

    @hypothesis.given(rows(kinds))
    @hypothesis.settings(deadline=None, max_examples=50)
    def law(text: str) -> None:
        try:
            net = archspec.loads(text)
        except archspec.SpecError:
            hypothesis.reject()
        assert_seen(net, tuple(net.layer_graph.nodes)[-1], exact=exact)

    law()


@pytest.mark.parametrize(
    ("name", "path", "side"),
    [
        ("resnet-18", "layer2.1", 64),
        ("u-net", "up1", 32),
        ("densenet-121", "features.transition1", 64),
        ("shufflenet-v2-x0.5", "stage2", 64),
    ],
)
def test_fields_of_bundled_specs_are_what_the_gradient_reaches(name: str, path: str, side: int) -> None:
    width = {"width": 4} if name == "u-net" else {}
    assert_seen(archspec.load(name, input=(3, side, side), **width), tuple(path.split(".")))


def test_many_layers_are_linear() -> None:
    """Twice the layers take twice the steps: no field grows with what is before it."""
    line = "{op: Conv2d, out_channels: 1, kernel_size: 3, padding: 1, repeat: 1000}"
    text = f"archspec: 1\ninput: [1, 64, 64]\nlayers: [{line}]"
    graph = archspec.loads(text).layer_graph
    within(0.2, lambda: receptive_fields(graph))
