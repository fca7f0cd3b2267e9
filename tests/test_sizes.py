"""The smallest input of a spec: against measured minima of published networks, and against torch itself."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from clock import within
from plain.unet import UNet
from test_specs import FACTS, SPECS, load
from torch import nn

import archspec
from archspec.pipeline import Request, check
from archspec.sizes import Refusal, accepted, smallest
from archspec.source import Scalar, parse, read

MEASURED = json.loads((Path(__file__).parent / "data" / "reference" / "smallest_inputs.json").read_text())["sizes"]
PUBLISHED = {name: published for name, published in FACTS.items() if ":" not in published}


def at(name: str, side: int) -> list[str]:
    """Return the codes of what is wrong with a bundled spec at another size."""
    request = Request(input=[Scalar(text) for text in ("3", str(side), str(side))])
    return [found.code for found in check(read(SPECS / f"{name}.yaml"), request).diagnostics if found.code < "AS3"]


@pytest.mark.parametrize(("name", "published"), PUBLISHED.items())
def test_the_smallest_input_is_the_one_measured(name: str, published: str) -> None:
    """A spec is accepted where training and evaluation run; a ViT's position embedding follows from the input."""
    least = {"vit_b_16": 16, "vit_l_16": 16, "vit_b_32": 32, "vit_l_32": 32}.get(published)
    assert load(name).smallest_input == (3, *[least or MEASURED[published]["training"]] * 2)


def test_an_inception_without_its_auxiliary_head_takes_less() -> None:
    assert MEASURED["inception_v3"] == {"evaluation": 75, "training": 299}
    assert archspec.load(SPECS / "inception-v3.yaml", aux_logits=False).smallest_input == (3, 75, 75)


@pytest.mark.parametrize("name", ["vgg-A", "densenet-121", "googlenet", "convnext-tiny", "mobilenet-v2", "vit-b-32"])
def test_one_less_is_refused(name: str) -> None:
    least = load(name).smallest_input
    assert least
    assert at(name, least[-1]) == []
    assert least[-1] == 1 or at(name, least[-1] - 1)[:1] == ["AS202"]


def runs(module: nn.Module, *shape: int) -> bool:
    try:
        with torch.no_grad():
            module.eval()(torch.zeros(2, *shape))
    except RuntimeError:
        return False
    return True


def sides(source: archspec.source.Source, most: int) -> list[int]:
    result = check(source)
    return [side for side, refusal in accepted(Request(), result, most) if refusal is None]


def test_what_a_u_net_accepts_has_holes() -> None:
    """Its skips fit only where every pooling halves evenly; torch says so of the same network by hand."""
    plain = UNet(2)
    expected = [side for side in range(1, 71) if runs(plain, 1, side, side)]
    assert expected == [16, 32, 48, 64]
    assert sides(read(SPECS / "u-net.yaml"), 70) == expected


HOLES = """
archspec: 1
input: [1, 12, 12]
layers:
  split: {op: PixelUnshuffle, downscale_factor: 3}
  conv: {op: Conv2d, out_channels: 2, kernel_size: 2}
"""


def test_any_size_may_be_refused_between_others() -> None:
    plain = nn.Sequential(nn.PixelUnshuffle(3), nn.Conv2d(9, 2, 2))
    source = parse(HOLES)
    expected = [side for side in range(1, 20) if runs(plain, 1, side, side)]
    assert expected == sides(source, 19) == [6, 9, 12, 15, 18]
    least, refusal = smallest(Request(), check(source)) or (0, None)
    assert least == 6
    assert refusal == Refusal("downscale_factor 3 does not divide 5 pixels", refusal.span)  # type: ignore[union-attr]
    assert refusal.span.line == 5


@pytest.mark.parametrize(
    "text",
    [
        "input: [16]\nlayers: [Tanh]",
        "input: {a: [3, 8, 8], b: [3, 8, 8]}\nlayers: {add: {op: Add, from: [input.a, input.b]}}",
        "input: {a: {shape: [8, 8], dtype: int64}}\nlayers: {e: {op: Embedding, from: input.a, num_embeddings: 2, "
        "embedding_dim: 3}}",
        "input: [1, 4, 9]\nlayers: {r: {op: Reshape, shape: [36]}}",  # no square of these many numbers up to 9 but 6
        "input: [1, 4, 10]\nlayers: {r: {op: Reshape, shape: [40]}}",
    ],
)
def test_there_is_not_always_an_answer(text: str) -> None:
    net = archspec.loads(f"archspec: 1\n{text}\n")
    assert net.smallest_input == ((1, 6, 6) if "36" in text else None)
    assert ("smallest" in net.summary()) is (net.smallest_input is not None)


CHOOSES = """
archspec: 1
input: [2, 32, 32]
layers:
  pool: {op: MaxPool2d, kernel_size: 4, when: input.height > 8}
  conv: {op: Conv2d, out_channels: 4, kernel_size: 5}
"""
TOKENS = """
archspec: 1
input: [4, 8, 8]
layers:
  tokens: {op: Flatten, start_dim: 2}
  turned: {op: Permute, dims: [0, 2, 1]}
  mix:
    layers:
      pad: {op: ConstantPad1d, padding: 0, value: 0, when: input.channels > 10}
      select: {op: Slice, dim: 1, start: input.channels - 9}
      conv: {op: Conv1d, out_channels: 6, kernel_size: 1, groups: 3 if input.channels > 8 else 2}
"""


def test_a_size_that_makes_other_layers_is_expanded_anew() -> None:
    """Below 9 there is no pooling, so that 5 to 8 are accepted; from 9 to 19 it leaves less than the kernel."""
    source = parse(CHOOSES)
    assert sides(source, 24) == [5, 6, 7, 8, 20, 21, 22, 23, 24]
    assert archspec.loads(CHOOSES).smallest_input == (2, 5, 5)


@pytest.mark.parametrize("text", [CHOOSES, TOKENS])
def test_sizes_are_judged_as_a_whole_check_judges_them(text: str) -> None:
    source, channels = parse(text), {CHOOSES: 2, TOKENS: 4}[text]
    expected = [
        side
        for side in range(1, 25)
        if not check(source, Request(input=[Scalar(str(size)) for size in (channels, side, side)])).failed
    ]
    assert 3 < len(expected) < 24
    assert sides(source, 24) == expected


def test_the_answer_takes_no_time() -> None:
    """The layers that a size meets are judged once for each shape: DenseNet-201 has 700, and 29 sizes are tried."""
    load("densenet-201")
    assert within(2, lambda: load("densenet-201").smallest_input) == (3, 29, 29)


def test_the_search_is_bounded() -> None:
    """A long input whose every part is needed is a size that no search of a second comes to."""
    text = "archspec: 1\ninput: [1, 2000000000]\nlayers: [{op: AvgPool1d, kernel_size: 1999999999}]\n"
    chosen = text.replace("{op: AvgPool1d,", "{op: AvgPool1d, when: input.length > 0,")
    for spec in (text, chosen):
        assert within(2, lambda: archspec.loads(spec).smallest_input) is None  # noqa: B023


def test_pieces_may_be_fewer_in_a_smaller_input() -> None:
    """Of 10 values there are two pieces, and of one there is one: what reads the second is refused then."""
    text = "archspec: 1\ninput: [1, 10]\nlayers: {f: Flatten, c: {op: Chunk, chunks: 2}, r: {op: ReLU, from: c.1}}\n"
    least, refusal = smallest(Request(), check(parse(text))) or (0, None)
    assert least == 2
    assert refusal
    assert "c.1" in refusal.message


def test_the_summary_says_it() -> None:
    net = archspec.loads(HOLES)
    assert (
        " ".join(net.summary().split())
        .partition("MACs")[0]
        .endswith(
            "smallest square input 1×6×6; 5 is refused: downscale_factor 3 does not divide 5 pixels (<string>, line 5) "
        )
    )
    written = json.loads(net.summary("json"))["smallest_input"]
    assert written == {
        "shape": [1, 6, 6],
        "refused_below": "downscale_factor 3 does not divide 5 pixels (<string>, line 5)",
    }
    assert (
        json.loads(archspec.loads("archspec: 1\ninput: [16]\nlayers: [Tanh]").summary("json"))["smallest_input"] is None
    )


@pytest.mark.parametrize(
    "sizes", ["3x64x64", ["classes"], (), 3, (3, 64.0, 64), (3, 0, 64), (3, 2**31, 64), {"x": "3"}]
)
def test_sizes_given_in_python_are_numbers(sizes: Any) -> None:
    text = "archspec: 1\ninput: [3, 8, 8]\nparameters: {classes: 2}\nlayers: [Flatten]"
    with pytest.raises(archspec.ArchspecError, match="sizes are integers, at least 1 and below 2³¹"):
        archspec.loads(text, input=sizes)
