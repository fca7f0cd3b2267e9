"""What is said of a layer: torch is the oracle for what it reads, for its neighbours, and for its figures."""

import json
from typing import Any

import hypothesis
import pytest
import torch
import yaml
from hypothesis import strategies as st
from torch import nn

import archspec
from archspec.explain import Explanation, explain


def alone(op: str, shape: list[int], **arguments: Any) -> Explanation | None:
    """Return the explanation of an op by itself; None where it refuses."""
    line = json.dumps({"op": op, **arguments})
    try:
        net = archspec.loads(f"archspec: 1\ninput: {shape}\nlayers:\n  layer: {line}\n")
    except archspec.SpecError:
        return None
    return explain(net.layer_graph, "layer")


def module(one: Explanation) -> nn.Module:
    """Return the layer that the line of torch makes."""
    made: nn.Module = eval(one.torch.partition(" = ")[2], {"nn": nn})  # noqa: S307 - our own line
    return made.double()


def read(layer: nn.Module, shape: tuple[int, ...], axis: int, place: int) -> set[int]:
    """Return the pixels along an axis that reach a place of the output, wherever it stands along the others."""
    for weight in layer.parameters():
        nn.init.uniform_(weight, 0.5, 1.0)
    x = torch.rand(1, *shape, dtype=torch.float64).add_(0.5).requires_grad_()
    (gradient,) = torch.autograd.grad(layer(x).select(axis + 1, place).sum(), x)
    others = [n for n in range(gradient.dim()) if n != axis + 1]
    return set(gradient.abs().sum(others).nonzero().flatten().tolist())


WINDOWED = ["Conv1d", "Conv2d", "AvgPool1d", "AvgPool2d", "ConvTranspose1d", "ConvTranspose2d", "AdaptiveAvgPool1d"]


@st.composite
def layers(draw: st.DrawFn) -> tuple[str, list[int], dict[str, Any]]:
    op = draw(st.sampled_from(WINDOWED))
    shape = [2, *(draw(st.integers(1, 14)) for _ in range(int(op[-2])))]
    if op.startswith("Adaptive"):
        return op, shape, {"output_size": draw(st.integers(1, 9))}
    kernel = draw(st.integers(1, 5))
    arguments = {"kernel_size": kernel, "stride": draw(st.integers(1, 4)), "padding": draw(st.integers(0, 3))}
    if "Conv" in op:
        arguments |= {"out_channels": 2, "dilation": draw(st.integers(1, 3))}
    else:
        arguments["ceil_mode"] = draw(st.booleans())
    return op, shape, arguments


@hypothesis.given(layers())
@hypothesis.settings(deadline=None, max_examples=150)
def test_what_an_output_reads_is_what_its_gradient_reaches(drawn: tuple[str, list[int], dict[str, Any]]) -> None:
    op, shape, arguments = drawn
    one = alone(op, shape, **arguments)
    if one is None:
        hypothesis.reject()
    layer = module(one)
    for axis, along in enumerate(one.axes, 1):
        every = [read(layer, one.inputs[0].shape, axis, place) for place in range(along.result)]
        hypothesis.assume(any(every))  # else it reads padding alone, along another axis
        for place, first, last in along.examples:
            within = {pixel for pixel in range(along.size) if first <= pixel <= last}
            gaps = along.window is not None and along.window.dilation > 1
            assert every[place] <= within
            assert gaps or every[place] == within
        assert along.unread is not None
        unread = {pixel for first, last in along.unread for pixel in range(first, last + 1)}
        assert unread == set(range(along.size)) - set().union(*every)


@pytest.mark.filterwarnings("ignore:Initializing zero-element")
@hypothesis.given(layers())
@hypothesis.settings(deadline=None, max_examples=100)
def test_sizes_that_give_the_same_and_steps_aside_are_torchs(drawn: tuple[str, list[int], dict[str, Any]]) -> None:
    op, shape, arguments = drawn
    one = alone(op, shape, **arguments)
    if one is None:
        hypothesis.reject()
    for axis, along in enumerate(one.axes, 1):
        least, most = along.same_sizes
        for size in {least, most, (least + most) // 2}:
            assert torch_gives(one, op, {**arguments}, axis, size) == along.result
        if not along.open:
            assert torch_gives(one, op, {**arguments}, axis, most + 1) != along.result
        if least > 1:
            assert torch_gives(one, op, {**arguments}, axis, least - 1) != along.result
    for move in one.moves:
        made = torch_layer(op, one, {**arguments, move.argument: move.value})
        output = None if made is None else run(made, one.inputs[0].shape)
        assert output == (None if move.output is None else move.output.shape), move
        if made is not None and output is not None:
            assert move.parameters == sum(weight.numel() for weight in made.parameters())


def torch_layer(op: str, one: Explanation, arguments: dict[str, Any]) -> nn.Module | None:
    channels = {"in_channels": one.inputs[0].shape[0]} if "Conv" in op else {}
    try:
        made: nn.Module = getattr(nn, op)(**channels, **arguments)
    except (RuntimeError, ValueError):
        return None
    return made


def run(layer: nn.Module, shape: tuple[int, ...]) -> tuple[int, ...] | None:
    try:
        output = tuple(layer(torch.zeros(1, *shape)).shape[1:])
    except RuntimeError:
        return None
    return output if all(output) else None


def torch_gives(one: Explanation, op: str, arguments: dict[str, Any], axis: int, size: int) -> int | None:
    layer = torch_layer(op, one, arguments)
    shape = one.inputs[0].shape
    output = None if layer is None else run(layer, (*shape[:axis], size, *shape[axis + 1 :]))
    return None if output is None else output[axis]


def test_the_first_layer_of_resnet() -> None:
    one = explain(archspec.load("resnet-50").layer_graph, "conv1")
    height = one.axes[0]
    assert (height.formula, height.relationship) == ("⌊(224 + 2·3 − 1·(7−1) − 1)/2⌋ + 1 = 112", 6)
    assert (height.reads, height.unread, height.unread_padding) == ("2r − 3 … 2r + 3", (), 1)
    assert height.same_sizes == (223, 224)
    assert one.weights[0].factors == (64, 3, 7, 7)
    assert (one.weights[0].total, one.macs) == (9_408, 118_013_952)
    assert one.macs_product is not None
    assert one.macs_product.factors == (9_408, 112, 112)
    text = archspec.load("resnet-50").explain("conv1")
    assert "weight 64·3·7·7 = 9,408" in text
    assert "self.conv1 = nn.Conv2d(3, 64, kernel_size=7, stride=2, padding=3, bias=False)" in text


@pytest.mark.parametrize("name", ["resnet-18", "googlenet", "vit-b-32", "u-net", "shufflenet-v2", "efficientnet-b0"])
def test_every_layer_is_explained(name: str) -> None:
    """Products come to the figures, the line of torch makes a layer with those weights, and JSON says the same."""
    net = archspec.load(name)
    for path, flat in list(net.layer_graph.nodes.items())[::5]:
        one = explain(net.layer_graph, ".".join(path))
        assert sum(product.total for product in one.weights) == one.parameters
        assert one.macs_product is None or one.macs_product.total == one.macs == flat.node.macs
        written = json.loads(net.explain(".".join(path), "json"))
        assert (written["parameters"], written["macs"], written["torch"]) == (one.parameters, one.macs, one.torch)
        assert [axis["formula"] for axis in written["axes"]] == [axis.formula for axis in one.axes]
        assert one.path in net.explain(".".join(path), width=80)
        if one.torch.startswith("self.") and " = nn." in one.torch and one.op != "Parameter":
            with torch.device("meta"):
                made = eval(one.torch.partition(" = ")[2], {"nn": nn})  # noqa: S307 - our own line
            assert sum(weight.numel() for weight in made.parameters()) == one.parameters


def test_blocks_groups_and_what_is_misspelt() -> None:
    net = archspec.load("resnet-50")
    graph = net.layer_graph
    assert explain(graph, "Bottleneck.conv2").path == "layer1.0.conv2"
    block, group = explain(graph, "layer2.0"), explain(graph, "layer2")
    assert (block.kind, block.op, block.outputs[0].shape) == ("block", "Bottleneck", (512, 28, 28))
    assert (group.kind, group.macs, group.parameters) == ("group", 1_027_604_480, 1_219_584)
    assert ([one.shape for one in group.inputs], group.outputs[0].shape) == ([(256, 56, 56)], (512, 28, 28))
    with pytest.raises(archspec.NotFoundError, match=r"no layer layer1.0.cnv1; did you mean layer1.0.conv1\?"):
        explain(graph, "layer1.0.cnv1")
    with pytest.raises(archspec.NotFoundError, match=r"did you mean layer1.0.conv3\?"):
        explain(graph, "conv3")


def test_hostile_numbers_are_no_work() -> None:
    """Kernels, padding and axes of thousands of millions are said, not walked through."""
    one = alone("Conv1d", [1, 1 << 20], out_channels=1, kernel_size=1 << 30, padding=1 << 29)
    assert one is not None
    assert len(as_rows(one)) < 40
    huge = alone("MaxPool1d", [1, 2**31 - 1], kernel_size=2, dilation=2**20)
    assert huge is not None
    assert huge.axes[0].unread is None


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        ("norm", "net is without norm here: its condition does not hold: wide"),
        ("more", "net is without more here: repeat: 0"),
        ("first.skip", "net is without first.skip here: its condition does not hold: input.channels == 4"),
        ("first.skip.0", "net is without first.skip.0 here: its condition does not hold: input.channels == 4"),
        ("norm3", "net has no layer norm3; did you mean norm2?"),
    ],
)
def test_a_layer_that_is_left_out_is_no_misspelt_one(layer: str, said: str) -> None:
    net = archspec.loads("""archspec: 1
name: net
input: [3, 8, 8]
parameters: {wide: false, more: 0}
blocks:
  Unit:
    layers:
      skip: {when: input.channels == 4, layers: [ReLU]}
      conv: {op: Conv2d, out_channels: 4, kernel_size: 1}
layers:
  norm: {op: BatchNorm2d, when: wide}
  norm2: BatchNorm2d
  more: {op: ReLU, repeat: more}
  first: Unit
  second: Unit
""")
    with pytest.raises(archspec.NotFoundError) as raised:
        net.explain(layer)
    assert str(raised.value) == said
    assert net.explain("Unit.skip").startswith("second.skip")


def as_rows(one: Explanation) -> list[str]:
    from archspec.explain import as_text

    return as_text(one).splitlines()


def test_which_sizes_a_spec_accepts() -> None:
    text = archspec.load("u-net").sizes()
    assert "16, 32, 48, …, 512 (every 16)" in text
    for axes in (1, 2, 3):
        pool = f"{{op: AvgPool{axes}d, kernel_size: 2}}"
        net = archspec.loads(f"{{archspec: 1, input: {[2, *[4] * axes]}, layers: {{pool: {pool}}}}}")
        assert net.sizes().startswith(f"network reads 2{'×n' * axes}; ")
    narrow = archspec.load("vgg-A").sizes(width=60).splitlines()
    assert max(map(len, narrow)) <= 60
    assert narrow[3].startswith("refused   1: a kernel of 2")
    assert narrow[4].startswith("          that arrives")
    runs = json.loads(archspec.load("lenet5").sizes("json"))["sizes"]
    assert [run["first"] for run in runs if not run["refusal"]] == [16]
    flat = archspec.loads("archspec: 1\ninput: [16]\nlayers: [Tanh]")
    assert "is no question" in flat.sizes()


ENTRIES = """\
archspec: 1
name: net
input: [3, 32, 32]
layers:
  conv1:  # the first
    op: Conv2d
    out_channels: 8
    # a comment inside
    kernel_size: 3

  # of the next
  conv2: {op: Conv2d, out_channels: 8,
          kernel_size: 3}  # as it comes
  rest:
    - {op: ReLU}
    - op: Conv2d
      out_channels: 4
      kernel_size: 1
  last: {layers: {a: {op: Tanh}, b: {op: Conv2d,
    out_channels: 2, kernel_size: 1}}}
"""


@pytest.mark.parametrize(("layer", "line", "entry"), [
    ("conv1", 5, "conv1:  # the first\n  op: Conv2d\n  out_channels: 8\n  # a comment inside\n  kernel_size: 3"),
    ("conv2", 12, "conv2: {op: Conv2d, out_channels: 8,\n        kernel_size: 3}  # as it comes"),
    ("rest.0", 15, "- {op: ReLU}"),
    ("rest.1", 16, "- op: Conv2d\n  out_channels: 4\n  kernel_size: 1"),
    ("last.a", 19, "a: {op: Tanh}"),
    ("last.b", 19, "b: {op: Conv2d,\n  out_channels: 2, kernel_size: 1}"),
])  # fmt: skip
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_the_whole_entry_is_shown(layer: str, line: int, entry: str, newline: str) -> None:
    net = archspec.loads(ENTRIES.replace("\n", newline))
    said = json.loads(net.explain(layer, "json"))["where"]
    assert (said["line"], said["text"], said["left_out"]) == (line, entry, "")
    rows = net.explain(layer).splitlines()
    start = next(number for number, row in enumerate(rows) if row.startswith("written"))
    lines = entry.split("\n")
    if len(lines) == 1:
        assert rows[start].split("  ")[-1] == f"<string>:{line}: {entry}"
    else:
        label = len(rows[start]) - len(f"<string>:{line}")
        assert [row[label:] for row in rows[start : start + len(lines) + 1]] == [f"<string>:{line}", *lines]


@pytest.mark.parametrize("name", ["alexnet", "resnet-50", "googlenet", "densenet-121", "vit-b-16", "efficientnet-b0"])
def test_an_entry_says_what_stands_in_the_file(name: str) -> None:
    """PyYAML reads the entry alone as it reads it in the file."""
    places = {flat.node.where.key: flat.node.where for flat in archspec.load(name).layer_graph.nodes.values()}
    files = {where.source: yaml.safe_load(where.source.text) for where in places.values()}
    for key, where in places.items():
        value = files[where.source]
        for part in key:
            value = value[part]
        entry = where.entry()
        read = yaml.safe_load(entry.text)
        assert entry.left_out == ""
        assert read in ([value], value) if isinstance(key[-1], int) else read == {key[-1]: value}


@pytest.mark.parametrize(("text", "shown", "left_out"), [
    ("  a:\n" + "    - Tanh\n" * 40, "a:\n  - Tanh\n", "25 more lines"),
    ("  a: [" + ", ".join(["Tanh"] * 400) + "]\n", "a: [Tanh, Tanh", "characters"),
])  # fmt: skip
def test_of_a_long_entry_the_beginning_is_shown(text: str, shown: str, left_out: str) -> None:
    net = archspec.loads(f"archspec: 1\ninput: [3, 8, 8]\nlayers:\n{text}")
    said = json.loads(net.explain("a", "json"))["where"]
    assert said["text"].startswith(shown)
    assert len(said["text"]) <= 1_600
    assert said["left_out"].endswith(left_out)
    assert f"… {said['left_out']}" in net.explain("a")


def test_a_window_is_told_by_name() -> None:
    said = json.loads(archspec.load("resnet-50").explain("layer1.0.conv2", "json"))
    window = {"kernel": 3, "stride": 1, "dilation": 1, "before": 1, "after": 1}
    assert [axis["window"] for axis in said["axes"]] == [window, window]
