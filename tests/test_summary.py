"""The table of layers: torch is the oracle for shapes and parameters, and nothing is lost by folding."""

import csv
import io
import json
from collections.abc import Iterator

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import archspec
from archspec.files import bundled
from archspec.graph import Graph
from archspec.measure import memory
from archspec.summary import FORMATS, Row, rows, summary

NETS = sorted(bundled())


def graph_of(name: str) -> Graph:
    return archspec.load(name).layer_graph


@pytest.fixture(scope="module")
def graphs() -> dict[str, Graph]:
    return {name: graph_of(name) for name in NETS}


def traced(name: str) -> Iterator[tuple[str, nn.Module, list[tuple[int, ...]]]]:
    """Yield the submodules that ran, by path, with the shapes of what they gave, without the batch."""
    net = archspec.load(name)
    module = net.build("meta").eval()
    ran: dict[str, list[tuple[int, ...]]] = {}
    for path, submodule in module.named_modules():

        def keep(_: nn.Module, __: object, output: object, path: str = path) -> None:
            outputs = output if isinstance(output, tuple) else (output,)
            ran[path] = [tuple(tensor.shape[1:]) for tensor in outputs if isinstance(tensor, torch.Tensor)]

        submodule.register_forward_hook(keep)
    shape = net.layer_graph.model.inputs[0][1].shape
    module(torch.empty(2, *shape, device="meta"))
    submodules = dict(module.named_modules())
    return ((path, submodules[path], shapes) for path, shapes in ran.items() if path)


@pytest.mark.parametrize("name", ["resnet-18", "googlenet", "vit-b-32", "u-net", "shufflenet-v2"])
def test_every_row_is_what_torch_has(name: str) -> None:
    """Rows whose path is a submodule's give its output and its parameters; the rest are functions."""
    table = {row.path: row for row in rows(graph_of(name))}
    found = {path: (module, shapes) for path, module, shapes in traced(name) if path in table}
    assert len(found) > len(table) / 2
    for path, (module, shapes) in found.items():
        row = table[path]
        assert [tensor.shape for tensor in row.outputs] == shapes, path
        assert row.parameters == row.copies * sum(weight.numel() for weight in module.parameters()), path


@pytest.mark.parametrize("name", NETS)
def test_folding_loses_nothing(name: str, graphs: dict[str, Graph]) -> None:
    """Each op is in the table once for each of its copies, and the outer rows add up to the totals."""
    graph, copies, ops, leaves = graphs[name], [1], 0, [0, 0, 0]
    top = [0, 0, 0]
    for row in rows(graph):
        copies[row.depth + 1 :] = [copies[row.depth] * row.copies]
        if row.kind == "op":
            ops += copies[-1]
            leaves[0] += copies[row.depth] * row.parameters
            leaves[1] += copies[row.depth] * row.macs
            leaves[2] += copies[row.depth] * row.memory
        if row.depth == 0:
            top[0] += row.parameters
            top[1] += row.macs
            top[2] += row.memory
    assert ops == len(graph.nodes)
    assert top == leaves
    assert top[:2] == [graph.model.num_parameters, graph.model.macs]


def test_resnet_152_fits_a_screen_or_two() -> None:
    """Eight different bottlenecks are opened, of fifty."""
    table = list(rows(graph_of("resnet-152")))
    blocks = [row for row in table if row.op == "Bottleneck"]
    assert [row.copies for row in blocks] == [1, 2, 1, 7, 1, 35, 1, 2]
    assert (blocks[5].path, blocks[5].last) == ("layer3.1", "layer3.35")


@pytest.mark.parametrize("width", [80, 100])
@pytest.mark.parametrize("name", NETS)
def test_text_fits(name: str, width: int, graphs: dict[str, Graph]) -> None:
    lines = summary(graphs[name], width=width).splitlines()
    assert max(map(len, lines[1:])) <= width
    assert "FLOPs = 2 × MACs" in " ".join(lines)
    assert [line.split()[0] for line in lines[-5:] if line] == ["total", "weights", "inference", "saved"]


def test_text_is_read_by_a_person() -> None:
    """Conv2d(1, 6, 5) has 6·25 + 6 parameters and 6·25·28² multiply-accumulates, and so on."""
    text = """
archspec: 1
name: small
input: [1, 32, 32]
layers:
  c1: {op: Conv2d, out_channels: 6, kernel_size: 5}
  s2: {op: AvgPool2d, kernel_size: 2}
  wide: {op: Conv2d, out_channels: 6, kernel_size: [1, 7], padding: [0, 3], dilation: 1}
  thin: {op: Conv2d, out_channels: 6, kernel_size: 3, padding: 2, dilation: 2}
  same: {op: Conv2d, out_channels: 6, kernel_size: 4, padding: same}
  more: {op: Linear, out_features: 14, repeat: 3}
  list: [[ReLU, ReLU], Flatten, {op: Linear, out_features: 10}]
"""
    expected = """\
layer    op         k/s/p      output   params     MACs    memory    RF/jump
c1       Conv2d     5/1/0      6×28×28     156  117,600  18.82 kB        5/1
s2       AvgPool2d  2/2/0      6×14×14       0        0  4.704 kB        6/2
wide     Conv2d     1×7/1/0×3  6×14×14     258   49,392  4.704 kB     6×18/2
thin     Conv2d     3/1/2/2    6×14×14     330   63,504  4.704 kB    14×26/2
same     Conv2d     4/1/1+2    6×14×14     582  112,896  4.704 kB    20×32/2
more                           6×14×14     630   49,392  14.11 kB  20×32/2×0
  0–2    Linear ×3             6×14×14     630   49,392  14.11 kB  20×32/2×0
list                           10       11,770   11,760  9.448 kB        all
  0                            6×14×14       0        0  9.408 kB  20×32/2×0
    0–1  ReLU ×2               6×14×14       0        0  9.408 kB  20×32/2×0
  1      Flatten               1176          0        0         0        all
  2      Linear                10       11,770   11,760      40 B        all
total                                   13,726  404,544

weights             54.9 kB, float32
inference peak      27.62 kB, batch 1: values alive at once, without weights
saved for training  61.24 kB, batch 1: what autograd keeps, without weights
"""
    shown = archspec.loads(text).summary()
    assert shown.splitlines()[0] == "small  1×32×32 → 10"
    assert shown.partition("\n\n")[2] == expected.rstrip()


def test_what_never_runs_is_marked() -> None:
    """The article's ResNet-18 makes two layers in each block that it never calls: 530,048 dead parameters."""
    unused = [row for row in rows(graph_of("article/resnet-18")) if row.unused and row.kind == "op"]
    assert sum(row.parameters for row in unused) == 530_048
    assert {row.macs for row in unused} == {0}
    assert "(unused)" in archspec.load("article/resnet-18").summary()


def test_the_machine_formats_agree(graphs: dict[str, Graph]) -> None:
    graph = graphs["googlenet"]
    whole = json.loads(summary(graph, "json"))
    table = list(csv.DictReader(io.StringIO(summary(graph, "csv"))))
    marked = summary(graph, "markdown").splitlines()
    assert (whole["parameters"], whole["macs"], whole["flops"]) == (13004888, 1498376192, 2 * 1498376192)
    assert whole["inputs"] == {"input": [3, 224, 224]}
    assert whole["outputs"]["logits"] == [1000]
    assert len(whole["layers"]) == len(table) == len(marked) - 8
    for layer, line, mark in zip(whole["layers"], table, marked[4:-4], strict=True):
        figures = [int(line[figure]) for figure in ("parameters", "macs", "memory")]
        assert [line["path"], *figures] == [layer["path"], layer["parameters"], layer["macs"], layer["memory"]]
        assert mark.startswith(f"| `{layer['path']}")
        assert mark.count(" | ") == 7
    assert not any(layer["unused"] for layer in whole["layers"])
    trained = {layer["path"].split(".")[0] for layer in whole["layers"] if layer["training"]}
    assert trained == {"aux1", "aux2"}


FAMILIES = [
    *("alexnet", "convnext", "densenet", "efficientnet", "googlenet", "inception-v3", "lenet5", "mobilenet-v2"),
    *("resnet", "resnext-50-32x4d", "shufflenet-v2", "squeezenet", "u-net", "vgg", "vit", "wide-resnet-50-2"),
]


@pytest.mark.parametrize("name", FAMILIES)
def test_macs_are_half_of_what_torch_counts(name: str) -> None:
    """Both count convolutions and matrix products, attention's two among them, and nothing else."""
    net = archspec.load(name)
    module = net.build("meta").eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module(torch.empty(1, *net.layer_graph.model.inputs[0][1].shape, device="meta"))
    assert 2 * json.loads(net.summary("json"))["macs"] == counter.get_total_flops()


def test_memory_and_receptive_fields_are_written_whole() -> None:
    net = archspec.load("resnet-50")
    whole = json.loads(net.summary("json", batch=8, dtype="bfloat16"))
    taken = memory(net.layer_graph, 8, "bfloat16")
    assert whole["memory"] == {
        "batch": 8,
        "dtype": "bfloat16",
        "weights": taken.weights,
        "inference_peak": taken.inference,
        "saved_for_training": taken.training,
    }
    last = next(layer for layer in whole["layers"] if layer["path"] == "layer4")
    assert last["receptive_field"] == [{"size": 427, "jump": 32, "start": -213, "even": True}] * 2
    maps = 3 * 4 * 512 * 49 + 2 * 512 * 147 + 2 * 4 * 2048 * 49  # of 512 channels; two of them at 14×14; of 2048
    assert last["memory"] == 8 * 2 * maps


def test_a_folded_row_says_in_what_the_first_copy_differs() -> None:
    table = {row.path: row for row in rows(graph_of("resnet-50"))}
    assert table["layer1.0"].differs == "+downsample"
    assert table["layer2.0"].differs == "stride 2, +downsample"
    assert table["layer2.1"].differs == ""


def test_a_row_is_not_compared_with_another_block() -> None:
    text = """
archspec: 1
input: [16, 8, 8]
blocks:
  Gate: {parameters: {stride: 1}, layers: {wx: {op: AvgPool2d, kernel_size: stride}, relu: ReLU}}
  Plain: {parameters: {width: 16}, layers: {conv: {op: Conv2d, out_channels: width, kernel_size: 1}}}
layers: {gate: {block: Gate, stride: 2}, plain: {block: Plain, width: 8}}
"""
    graph = archspec.loads(text).layer_graph
    assert [row.differs for row in rows(graph) if row.kind == "block"] == ["", ""]


@pytest.mark.parametrize("form", FORMATS)
def test_depth_hides_what_is_deeper(form: str, graphs: dict[str, Graph]) -> None:
    graph = graphs["resnet-50"]
    top = [row for row in rows(graph) if row.depth == 0]
    text = summary(graph, form, depth=1)
    assert "layer1" in text
    assert "Bottleneck" not in text
    assert len(summary(graph, "csv", depth=1).splitlines()) == len(top) + 1


def test_a_hostile_name_stays_in_its_cell() -> None:
    text = 'archspec: 1\nname: "a`|\\n\\e[31m"\ninput: [3]\nlayers: {relu: ReLU}\n'
    graph = archspec.loads(text).layer_graph
    for form in FORMATS:
        assert "\x1b" not in summary(graph, form)
    head = summary(graph, "markdown").splitlines()[0]
    assert head.startswith("**`a'¦\\x0a\\x1b[31m`**: 3 → 3")


def test_deep_nesting_is_no_matter() -> None:
    """Groups in blocks in groups, as deep as the limits allow."""
    nested = "ReLU"
    for _ in range(12):
        nested = f"[{nested}]"
    blocks = "".join(f"  B{i}: {{layers: {nested.replace('ReLU', f'{{block: B{i + 1}}}')}}}\n" for i in range(4))
    text = f"archspec: 1\ninput: [3]\nblocks:\n{blocks}  B4: {{layers: {nested}}}\nlayers: [{{block: B0}}]\n"
    table = list(rows(archspec.loads(text).layer_graph))
    assert isinstance(table[-1], Row)
    assert table[-1].path.count(".") == table[-1].depth == 60
