"""The linter's laws on mutated specs: a few of the texts that `fuzz` draws by the million, and those that broke one."""

from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import fuzz
import pytest
from fuzz import ALL, State, campaign, obeys
from mutations import Mutations, Text, corpus

from archspec.diagnostic import CODES
from archspec.lint.judging import Verdict, verdict
from archspec.lint.mend import Mended
from archspec.pipeline import Request
from archspec.source import parse


def text(of: str) -> Text:
    return Text(Path("net.yaml"), of.encode())


def holds(of: Text) -> set[str]:
    """Hold a text to every law, which its number chooses; return the codes that are found in it."""
    return {one.code for number in range(16) for one in obeys(of, number)[0].diagnostics}


def test_mutated_specs_keep_the_laws(tmp_path: Path) -> None:
    state = campaign(State(seed=0), 1_000, keep=tmp_path)
    assert not state.broken, state
    assert state.kinds.total() == 1_000
    assert {"unread", "error", "warning"} <= state.kinds.keys()
    assert len(state.codes) > len(CODES) / 2
    assert not list(tmp_path.iterdir())


def test_a_number_gives_its_text_again_and_no_other_does() -> None:
    one, other = (Mutations(corpus(), seed=3) for _ in range(2))
    texts = [one.text(number).data for number in range(300)]
    assert [other.text(number).data for number in reversed(range(300))] == texts[::-1]
    assert len(set(texts)) > 290
    assert Mutations(corpus(), seed=4).text(7).data != texts[7]


def test_a_run_goes_on_where_it_was(tmp_path: Path) -> None:
    kept, whole = tmp_path / "state.json", campaign(State(seed=5), 60)
    campaign(State(seed=5), 25).save(kept)
    again = campaign(State.load(kept), 60)
    assert (again.next, again.kinds, again.codes) == (whole.next, whole.kinds, whole.codes)


HEAD = "archspec: 1\ninput: [3, 8, 8]\n"
ONCE = {
    "a mapping of no inputs": ("archspec: 1\ninput: {}\nlayers: [ReLU]\n", {"AS102"}),
    "an input without a name": (
        'archspec: 1\ninput: {"": [3], x: [3]}\nlayers: {a: {op: Add, from: [input.x, input.x]}}\n',
        {"AS105"},
    ),
    "an op of 3,000 characters": (HEAD + f"layers: [{'Relu' * 750}]\n", {"AS107"}),
    "a wide blank at the end of a value": (
        HEAD + "layers: {a: {op: ReLU, when: 1\u3000}}\n",
        {"AS114"},
    ),
    "a size in quotes of 5,000 digits": (f'archspec: 1\ninput: [3, 8, "{"9" * 5000}"]\nlayers: [ReLU]\n', {"AS104"}),
    "a probability that must be written, and is none": (
        HEAD + "layers: [{op: StochasticDepth, p: 7, mode: row}, ReLU, {op: StochasticDepth, p: -7, mode: row}]\n",
        {"AS201"},
    ),
    "an input of 2,000 axes": (f"archspec: 1\ninput: [{'3, ' * 1999}3]\nlayers: [ReLU]\n", {"AS009"}),
    "an image and a learned tensor of another width, joined": (
        HEAD + "layers:\n  p: {op: Parameter, shape: [1, 5, 8, 9]}\n  a: {op: Concat, from: [input, p]}\n",
        {"AS203"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ONCE)
def test_what_once_broke_a_law_does_not(name: str) -> None:
    once, codes = ONCE[name]
    assert holds(text(once)) == codes


# The laws themselves

RIGHT = text(HEAD + "layers: [{op: Conv2d, out_channels: 4, kernel_size: 3}, BatchNorm2d]\n")


def misplaced(*arguments: Any) -> Verdict:
    found = verdict(*arguments)
    moved = (replace(one, span=replace(one.span, line=99)) for one in found.diagnostics)
    return found._replace(diagnostics=tuple(moved))


WRONG: dict[str, tuple[str, Any]] = {
    "an exception": ("verdict", lambda *_: 1 // 0),
    "a place that is not in the file": ("verdict", misplaced),
    "another answer each time": ("verdict", Mock(side_effect=[verdict(parse(HEAD), Request(), ALL), Verdict((), ())])),
    "a colour in a format": ("written", lambda *_, **__: "\x1b[31m"),
    "a layout with a second one": ("fmt", lambda source: source.text + "#\n"),
    "a fix that spoils": ("mend", lambda *_, **__: Mended(parse(HEAD))),
    "an answer that takes long": ("SECONDS", 0.0),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_law_can_be_broken(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    holds(RIGHT)
    monkeypatch.setattr(fuzz, *WRONG[name])
    with pytest.raises((AssertionError, ZeroDivisionError)):
        holds(RIGHT)


def test_what_breaks_a_law_is_counted_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(fuzz, "verdict", lambda *_: 1 // 0)
    state = campaign(State(seed=1), 40, keep=tmp_path)
    ((law, count),) = state.broken.items()
    assert law.startswith("ZeroDivisionError in test_fuzz.py")
    assert count == state.kinds["broke a law"] > 1
    (kept,) = tmp_path.iterdir()
    assert kept.read_bytes() == Mutations(corpus(), 1).text(int(kept.stem.partition("-")[2])).data
    assert "ZeroDivisionError" in capsys.readouterr().out
    assert f"{count:>9,}  BROKEN {law}" in str(state)
