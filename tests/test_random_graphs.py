"""The laws that hold for every spec, on specs drawn anew at every run, and on those that once broke one.

`ARCHSPEC_EXAMPLES=10000 pytest tests/test_random_graphs.py` draws so many; see `graphs` for more than that.
"""

import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from textwrap import dedent

import pytest
from graphs import EACH, NAMES, specs
from hypothesis import event, given, settings
from laws import obeys, refusals
from refused import torch_runs

import archspec
from archspec.ops import find, names
from archspec.ops.base import Tensor
from archspec.ops.conv import Conv2d
from archspec.ops.merge import Add

EXAMPLES = int(os.environ.get("ARCHSPEC_EXAMPLES", "500"))


@settings(EACH, max_examples=EXAMPLES)
@given(specs())
def test_a_spec_is_what_torch_makes_of_it_or_refused_by_torch_as_well(text: str) -> None:
    event(obeys(text))


def test_a_source_is_laid_as_ruff_does(tmp_path: Path) -> None:
    @settings(EACH, max_examples=EXAMPLES // 5)
    @given(specs())
    def write(text: str) -> None:
        try:
            source = archspec.loads(text).source()
        except archspec.SpecError:
            return
        (tmp_path / f"net_{sha256(text.encode()).hexdigest()}.py").write_text(source, encoding="utf-8")

    write()
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--diff", "--line-length", "100"]
    run = subprocess.run([*command, str(tmp_path)], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout


def body(text: str) -> str:
    return f"archspec: 1\n{text}"


ONCE = {
    "a number for each sample is the input of a group": """
        input: [3]
        layers:
          one: {op: Select, dim: 1, index: 0}
          group: {layers: {same: Identity}}
    """,
    "the first output runs in training only": """
        input: [4, 9, 9]
        layers:
          head: {op: ReLU, when: training}
          body: Tanh
        output: {head: head, body: body}
    """,
    "a group's layer that runs in training only is an output": """
        input: [4, 9, 9]
        layers:
          stage:
            layers:
              a: ReLU
              head: {op: Sigmoid, from: a, when: training}
              b: {op: Tanh, from: a}
        output: {body: stage, head: stage.head}
    """,
    "a block's output is there in training only": """
        input: [4, 9, 9]
        blocks:
          Stage:
            layers:
              a: ReLU
              head: {op: Sigmoid, from: a, when: training}
              b: {op: Tanh, from: a}
            output: {body: b, head: head}
        layers:
          stage: Stage
          last: {op: Flatten, from: stage.body}
          next: {op: Tanh, from: stage.head, when: training}
        output: {body: last, head: stage.head, next: next}
    """,
    "copies of a group read from outside of it": """
        input: [4, 9, 9]
        layers:
          a: ReLU
          b: {repeat: 2, layers: [ReLU, {op: Tanh, from: a}, Sigmoid]}
    """,
    "a repeated group has no layer": """
        input: [4, 9, 9]
        blocks: {Empty: {layers: {a: {repeat: 1, layers: [{op: ReLU, when: false}]}}}}
        layers: [ReLU, Empty]
    """,
    "the last of a list is a list without a layer": """
        input: [4, 9, 9]
        layers: [{op: AvgPool2d, kernel_size: 1}, [{op: ReLU, when: false}]]
    """,
    "what is written over is read again": """
        input: [4]
        layers:
          a: {op: ReLU, inplace: true}
          b: {op: Subtract, from: [a, input]}
    """,
    "what is written over is kept for the gradient": """
        input: [4, 9, 9]
        layers:
          conv: {op: Conv2d, out_channels: 2, kernel_size: 1}
          a: Sigmoid
          b: {op: ReLU, inplace: true}
    """,
    "what is written over is another's memory": """
        input: [4, 9]
        layers:
          conv: {op: Conv1d, out_channels: 4, kernel_size: 1}
          flat: Flatten
          over: {op: ReLU, inplace: true}
          both: {op: Flatten, from: conv}
          out: {op: Subtract, from: [over, both]}
    """,
    "one value for each channel": """
        input: [4, 1, 1]
        layers: [{op: GroupNorm, num_groups: 4}]
    """,
}  # fmt: skip


@pytest.mark.parametrize("name", ONCE)
def test_what_once_broke_a_law_does_not(name: str) -> None:
    assert obeys(body(dedent(ONCE[name]))) == "accepted"


AWKWARD = sorted((Path(__file__).parent / "data" / "awkward").glob("*.yaml"))


@pytest.mark.parametrize("path", AWKWARD, ids=[path.stem for path in AWKWARD])
def test_instances_that_differ_oddly_are_written_right(path: Path) -> None:
    assert obeys(path.read_text(encoding="utf-8")) == "accepted"


REFUSED = {
    "an output without a batch": ("{a: {op: Parameter, shape: [3, 1]}, b: {op: Add, from: [a, a]}}", "AS121"),
    "a mistake, and a layer in its group that is read": (
        "{g: {layers: {a: {op: Parameter, shape: [3, 8]}, b: {op: Chunk, from: input, chunks: 0}}}, "
        "c: {op: Add, from: [input, g.a]}}",
        "AS201",
    ),
    "no output in evaluation": ("{a: {op: ReLU, from: input, when: training}}\noutput: a", "AS121"),
    "no output in evaluation, by name": ("{a: {op: ReLU, from: input, when: training}}\noutput: {o: a}", "AS121"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_once_was_accepted_is_refused(name: str) -> None:
    layers, code = REFUSED[name]
    with pytest.raises(archspec.SpecError) as caught:
        archspec.loads(body(f"input: [3, 8]\nlayers: {layers}\n"))
    assert [found.code for found in caught.value.diagnostics] == [code]


def test_a_block_s_output_that_only_trains_is_read_by_nothing_else() -> None:
    text = body(
        "input: [4]\nblocks:\n  B:\n    layers: {a: ReLU, b: {op: Tanh, from: input, when: training}}\n"
        "    output: {a: a, b: b}\nlayers: {x: B, y: {op: ReLU, from: x.b}}\n"
    )
    with pytest.raises(archspec.SpecError) as caught:
        archspec.loads(text)
    assert [found.code for found in caught.value.diagnostics] == ["AS118"]


# The laws themselves


def test_the_laws_can_be_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules that are wrong in one thing each break a law; so the laws see it."""
    conv = body("input: [3, 8, 8]\nlayers: [{op: Conv2d, out_channels: 4, kernel_size: 3}]\n")
    large = conv.replace("kernel_size: 3", "kernel_size: 9")
    assert (obeys(conv), obeys(large)) == ("accepted", "refused for its shapes")
    right = Conv2d.infer, Conv2d.macs, Conv2d.weights
    wrong = {
        "infer": lambda self, x: (Tensor((self.out_channels, *x.shape[1:])),),
        "macs": lambda self, x: 0,
        "weights": lambda self, x: right[2](self, x)[:1],
    }
    for name, rule in wrong.items():
        with monkeypatch.context() as patch:
            patch.setattr(Conv2d, name, rule)
            with pytest.raises(AssertionError):
                obeys(conv)
    with monkeypatch.context() as patch:
        patch.setattr(Conv2d, "infer", lambda self, x: right[0](self, Tensor((3, 1, 1))))
        with pytest.raises(AssertionError, match="torch runs Conv2d"):
            obeys(conv)


def test_a_refusal_is_found_with_what_arrives() -> None:
    text = body(
        "input: [3, 8, 8]\nlayers: {a: {op: Conv2d, out_channels: 5, kernel_size: 1}, b: {op: Add, from: [a, input]}}\n"
    )
    ((op, tensors),) = refusals(text)
    assert isinstance(op, Add)
    assert [x.shape for x in tensors] == [(5, 8, 8), (3, 8, 8)]
    assert not torch_runs(op, tensors)
    assert torch_runs(op, [tensors[0], tensors[0]])


def test_torch_runs_no_circular_pad_of_what_it_never_wrote() -> None:
    pad = find("CircularPad3d")
    assert pad
    x = Tensor((4, 5, 5, 2))
    assert torch_runs(pad(padding=(0, 2, 0, 0, 0, 0)), [x])
    assert not torch_runs(pad(padding=(-1, 2, 0, 0, 0, 0)), [x])  # one pixel is left, and two are to be copied


def test_every_op_of_one_input_may_be_drawn() -> None:
    assert len(NAMES) > 100
    assert set(NAMES) <= set(names())
