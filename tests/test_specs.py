"""The bundled specs: short, without a mistake, and equal to the published networks in every figure."""

import gzip
import json
import math
import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import archspec
from archspec.graph import Body, Call, Graph, Group, Ref

SPECS = Path(__file__).parents[1] / "specs"
FILES = sorted(str(path.relative_to(SPECS).with_suffix("")) for path in SPECS.rglob("*.yaml"))

LINES = {
    "lenet5": 25,
    "alexnet": 35,
    "vgg": 46,
    "resnet": 64,
    "squeezenet": 45,
    "densenet": 55,
    "googlenet": 78,
    "inception-v3": 130,
    "mobilenet-v2": 55,
    "shufflenet-v2": 64,
    "efficientnet": 78,
    "convnext": 60,
    "u-net": 60,
    "vit": 50,
    "article/alexnet": 35,
    "article/vgg": 46,
    "article/resnet": 64,
    "article/conv2d_same": 25,
    "article/filters": 35,
}
"""How many lines a spec may have; one that extends another may have eight."""
VARIANT_LINES, COLUMNS = 8, 110

FACTS = {
    "lenet5": "article:LeNet5",
    "alexnet": "alexnet",
    "vgg": "vgg16_bn",
    "vgg-A": "vgg11_bn",
    "vgg-B": "vgg13_bn",
    "vgg-D": "vgg16_bn",
    "vgg-E": "vgg19_bn",
    "resnet": "resnet50",
    "resnet-18": "resnet18",
    "resnet-34": "resnet34",
    "resnet-50": "resnet50",
    "resnet-101": "resnet101",
    "resnet-152": "resnet152",
    "resnext-50-32x4d": "resnext50_32x4d",
    "resnext-101-32x8d": "resnext101_32x8d",
    "resnext-101-64x4d": "resnext101_64x4d",
    "wide-resnet-50-2": "wide_resnet50_2",
    "wide-resnet-101-2": "wide_resnet101_2",
    "squeezenet": "squeezenet1_0",
    "squeezenet-1.0": "squeezenet1_0",
    "squeezenet-1.1": "squeezenet1_1",
    "densenet": "densenet121",
    "densenet-121": "densenet121",
    "densenet-161": "densenet161",
    "densenet-169": "densenet169",
    "densenet-201": "densenet201",
    "googlenet": "googlenet",
    "inception-v3": "inception_v3",
    "mobilenet-v2": "mobilenet_v2",
    "shufflenet-v2": "shufflenet_v2_x1_0",
    "shufflenet-v2-x0.5": "shufflenet_v2_x0_5",
    "shufflenet-v2-x1.0": "shufflenet_v2_x1_0",
    "shufflenet-v2-x1.5": "shufflenet_v2_x1_5",
    "shufflenet-v2-x2.0": "shufflenet_v2_x2_0",
    "efficientnet": "efficientnet_b0",
    **{f"efficientnet-b{n}": f"efficientnet_b{n}" for n in range(8)},
    "convnext": "convnext_tiny",
    **{f"convnext-{size}": f"convnext_{size}" for size in ("tiny", "small", "base", "large")},
    "vit": "vit_b_16",
    **{f"vit-{size}": f"vit_{size.replace('-', '_')}" for size in ("b-16", "b-32", "l-16", "l-32")},
    "article/alexnet": "article:AlexNet",
    "article/vgg": "article:VGG('D',batch_norm=True)",
    **{f"article/vgg-{c}": f"article:VGG('{c}',batch_norm=True)" for c in "ABDE"},
    "article/resnet": "article:ResNet(50)",
    **{f"article/resnet-{n}": f"article:ResNet({n})" for n in (18, 34, 50, 101, 152)},
}
"""Which published network a spec is."""

UNPUBLISHED = {"u-net", "article/conv2d_same", "article/filters"}

OTHERWISE = [
    *((f"vgg-{c}", "batch_norm", f"vgg{n}") for c, n in (("A", 11), ("B", 13), ("D", 16), ("E", 19))),
    *((f"article/vgg-{c}", "batch_norm", f"article:VGG('{c}',batch_norm=False)") for c in "ABDE"),
    ("googlenet", "aux_logits", "googlenet:aux_logits=False"),
    ("inception-v3", "aux_logits", "inception_v3:aux_logits=False"),
]
"""A spec, a parameter that is made false, and the published network that it then is."""


@cache
def facts() -> Mapping[str, Any]:
    file = Path(__file__).parent / "data" / "reference" / "models.json.gz"
    models: Mapping[str, Any] = json.loads(gzip.decompress(file.read_bytes()))["models"]
    return models


@cache
def load(name: str) -> archspec.Architecture:
    return archspec.load(SPECS / f"{name}.yaml")


def state(graph: Graph) -> list[list[Any]]:
    """Return the keys and shapes of the state_dict, in order."""
    return [
        [".".join((*path, *filter(None, [weight.name]))), list(weight.shape)]
        for path, flat in graph.nodes.items()
        for weight in flat.node.weights
    ]


def shapes(body: Body, ref: Ref) -> list[int]:
    """Return the shape of what a ref inside a body names."""
    if not ref.path:
        return list(body.inputs[ref.index][1].shape)
    layer = dict(body.paths())[ref.path]
    tensors = layer.body.tensors if isinstance(layer, Call) else layer.outputs
    return list(tensors[ref.index].shape)


def layers(body: Body, prefix: tuple[str, ...] = ()) -> Iterator[tuple[str, list[int]]]:
    """Yield the path and the output's shape of every op, block and group that has one output."""
    stack = [(prefix, child) for child in body.children]
    while stack:
        above, layer = stack.pop()
        path = (*above, layer.name)
        if isinstance(layer, Group):
            yield ".".join(path), shapes(body, layer.output)
            stack += [(path, child) for child in layer.children]
        elif isinstance(layer, Call):
            yield ".".join(path), list(layer.body.tensors[0].shape)
            yield from layers(layer.body, path)
        elif len(layer.outputs) == 1:
            yield ".".join(path), list(layer.outputs[0].shape)


def test_every_spec_is_compared() -> None:
    assert set(FILES) == FACTS.keys() | UNPUBLISHED


@pytest.mark.parametrize("name", FILES)
def test_is_short(name: str) -> None:
    lines = (SPECS / f"{name}.yaml").read_text("utf-8").splitlines()
    extends = any(line.startswith("extends:") for line in lines)
    assert len(lines) <= (VARIANT_LINES if extends else LINES[name])
    assert max(map(len, lines)) <= COLUMNS


@pytest.mark.parametrize("name", FILES)
def test_says_what_it_is(name: str) -> None:
    graph = load(name).layer_graph
    assert graph.description
    if not name.startswith("article/"):
        assert graph.reference.startswith("http")
        assert re.search(r"\b(19|20)\d\d\b", graph.description)


@pytest.mark.parametrize("name", FILES)
def test_has_no_mistake(name: str) -> None:
    assert load(name).diagnostics == ()


@pytest.mark.parametrize(("name", "published"), FACTS.items())
def test_has_the_published_weights(name: str, published: str) -> None:
    graph, expected = load(name).layer_graph, facts()[published]
    assert list(graph.model.inputs[0][1].shape) == expected["input"]
    assert state(graph) == expected["state"]
    assert graph.model.num_parameters == expected["parameters"]
    assert graph.model.macs == expected["macs"]


@pytest.mark.parametrize(("name", "parameter", "published"), OTHERWISE)
def test_has_the_published_weights_otherwise(name: str, parameter: str, published: str) -> None:
    graph = archspec.load(SPECS / f"{name}.yaml", **{parameter: False}).layer_graph
    expected = facts()[published]
    assert state(graph) == expected["state"]
    assert graph.model.num_parameters == expected["parameters"]
    assert graph.model.macs == expected["macs"]


@pytest.mark.parametrize(
    ("name", "published"),
    [(name, published) for name, published in FACTS.items() if "layers" in facts()[published]],
)
def test_has_the_published_shapes(name: str, published: str) -> None:
    expected = facts()[published]["layers"]
    found = dict(layers(load(name).layer_graph.model))
    common = found.keys() & expected.keys()
    learned = {key.rpartition(".")[0] for key, _ in facts()[published]["state"]}
    assert common >= learned & expected.keys()
    same = {path for path in common if not re.search(r"denselayer\d+$", path)}  # ours gives its input, too
    assert {path: found[path] for path in same} == {path: expected[path] for path in same}


def test_u_net_has_the_figures_of_a_hand_count() -> None:
    """Two 3×3 convolutions a level and a 2×2 one up: the paper gives no count."""
    widths = [64, 128, 256, 512, 1024]
    down = sum(9 * (before + width) * width + 2 * width for before, width in pairwise([1, *widths]))
    up = sum((4 * 2 * w * w + w) + 9 * (2 * w + w) * w + 2 * w for w in widths[:-1])
    assert load("u-net").layer_graph.model.num_parameters == down + up + 2 * 64 + 2


def test_filters_have_fixed_weights() -> None:
    graph = load("article/filters").layer_graph
    assert len(graph.init) == 6
    assert all(not rule.trainable for rules in graph.init.values() for rule in rules.values())
    assert math.prod([3, 1, 3, 3]) * 6 == graph.model.num_parameters
