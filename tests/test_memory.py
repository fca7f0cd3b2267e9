"""What memory a network takes: torch's own tracker and autograd's own hooks are the oracle."""

from pathlib import Path

import pytest
from clock import within
from measured import kept, peak, weight_bytes

import archspec
from archspec.measure import memory

# CrossMapLRN2d is missing: it keeps a third tensor where no hook sees it.
OPS = (Path(__file__).parent / "data" / "memory" / "ops.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize("line", OPS)
def test_what_an_op_takes_is_what_torch_measures(line: str) -> None:
    """Behind a convolution, so that there is a gradient, and before a layer that keeps nothing."""
    first = "{op: Conv2d, out_channels: 4, kernel_size: 1}"
    text = f"archspec: 1\ninput: [4, 9, 8]\nlayers: [{first}, {line}, {{op: Scale, scale: 2.0}}]"
    net = archspec.loads(text)
    found = memory(net.layer_graph, batch=3)
    assert (found.inference, found.training) == (peak(net, 3), kept(net, 3))


NETS = {
    "convnext-tiny": 32,
    "densenet-121": 32,
    "efficientnet-b0": 32,
    "googlenet": 64,
    "lenet5": 32,
    "mobilenet-v2": 32,
    "resnet-18": 32,
    "shufflenet-v2": 32,
    "u-net": 32,
    "vit-b-32": 64,
}


@pytest.mark.parametrize("name", NETS)
def test_what_a_network_takes_is_what_torch_measures(name: str) -> None:
    side = NETS[name]
    width = {"width": 4} if name == "u-net" else {}
    net = archspec.load(name, input=(1 if name == "lenet5" else 3, side, side), **width)
    found = memory(net.layer_graph, batch=2)
    assert found.weights == weight_bytes(net.build("meta"))
    assert found.inference == peak(net, 2)
    assert found.training == kept(net, 2)


BRANCHES = """
archspec: 1
input: [4, 16, 16]
blocks:
  Unit:
    layers:
      conv: {op: Conv2d, out_channels: 4, kernel_size: 3, padding: 1}
      relu: {op: ReLU, inplace: true}
      gate: {op: Sigmoid, from: conv}
      scaled: {op: Multiply, from: [relu, gate]}
      add: {op: Add, from: [scaled, input]}
layers:
  first: {op: Conv2d, out_channels: 4, kernel_size: 1}
  units: {block: Unit, repeat: 3}
  split: {op: Chunk, chunks: 2}
  side: {op: Tanh, from: split.1}
  turned: {op: Permute, from: split.0, dims: [0, 2, 3, 1]}
  flat: {op: Reshape, shape: [-1]}
  also: {op: Flatten, from: side}
  join: {op: Concat, from: [flat, also]}
  drop: {op: Dropout, p: 0.5}
  fc: {op: Linear, out_features: 3}
output: {logits: fc, features: flat}
init:
  - {layer: first, trainable: false}
"""


def test_views_copies_branches_and_frozen_weights() -> None:
    """MemTracker wants every weight to learn, so that it sees the net without its frozen layer."""
    net, frozen = archspec.loads(BRANCHES.replace("false", "true")), archspec.loads(BRANCHES)
    assert memory(net.layer_graph, batch=2).inference == peak(net, 2)
    assert memory(net.layer_graph, batch=2).training == kept(net, 2)
    assert memory(frozen.layer_graph, batch=2).training == kept(frozen, 2) < kept(net, 2)


LEARNED = {
    "out of a group": "g: {layers: {p: {op: Parameter, shape: [4]}, r: ReLU}}, m: {op: Multiply, from: [g, g.p]}",
    "out of a repeat": "g: {repeat: 2, layers: {p: {op: Parameter, shape: [4]}, r: Sigmoid}}, "
    "m: {op: Multiply, from: [g, g.1.p]}, a: {op: Add, from: [m, g.0.p]}",
    "out of a block": "b: B, m: {op: Multiply, from: [b.r, b.p]}",
    "out of a list": "g: {layers: [{op: Parameter, shape: [4]}, ReLU]}, m: {op: Multiply, from: [g, g.0]}",
    "out of a block in which some layers only train": "t: T, m: {op: Multiply, from: [t.r, t.p]}, "
    "n: {op: Add, from: [t.t, m], when: training}, o: {op: ReLU, from: m}",
}


@pytest.mark.parametrize("what", LEARNED)
def test_a_learned_tensor_that_a_part_gives_is_a_weight(what: str) -> None:
    net = archspec.loads(f"""
        archspec: 1
        input: [4]
        blocks:
          B: {{layers: {{p: {{op: Parameter, shape: [4]}}, r: ReLU}}, output: {{r: r, p: p}}}}
          T:
            layers:
              p: {{op: Parameter, shape: [4]}}
              t: {{op: Tanh, when: training}}
              r: {{op: Sigmoid, from: input}}
            output: {{t: t, p: p, r: r}}
        layers: {{first: {{op: Linear, out_features: 4}}, {LEARNED[what]}}}
    """)
    assert memory(net.layer_graph, batch=2).inference == peak(net, 2)
    assert memory(net.layer_graph, batch=2).training == kept(net, 2)
    assert "m" in net.summary()


def test_batch_and_dtype_scale_what_they_should() -> None:
    graph = archspec.loads(BRANCHES).layer_graph
    one, many, half = memory(graph), memory(graph, batch=8), memory(graph, dtype="bfloat16")
    assert many.inference == 8 * one.inference
    assert many.weights == one.weights == 2 * half.weights
    assert half.inference * 2 == one.inference


def test_nothing_is_kept_of_what_does_not_learn() -> None:
    assert memory(archspec.load("article/filters").layer_graph).training == 0


def test_a_deep_net_is_followed_once_for_each_kind_of_block() -> None:
    graph = archspec.load("resnet-152").layer_graph
    within(0.5, lambda: memory(graph))
