"""The linter's corpus: specs with one mistake each beside the very output, and specs in which nothing is found.

What is wrong with shapes is shown to be wrong by torch itself.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from refused import by_rule, torch_runs

import archspec
from archspec.diagnostic import CODES, Diagnostic, SpecError, render
from archspec.instantiate import Instantiator
from archspec.lint import judge
from archspec.lint.rules import RULES
from archspec.lint.settings import Choice, Settings
from archspec.ops.base import Op, Tensor
from archspec.pipeline import check
from archspec.source import parse, read
from archspec.source.edits import edited

DATA = Path(__file__).parent / "data" / "lint"
BAD = sorted((DATA / "bad").glob("*.yaml"))
GOOD = sorted((DATA / "good").glob("*.yaml"))
OPT_IN = {rule.code for rule in RULES if not rule.default}
NOT_IN_A_FILE = {"AS001", "AS303"}  # a file that cannot be read, and an override by the caller

each_bad = pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)


def code(path: Path) -> str:
    """Return the code that a file's name begins with."""
    return path.name[:5].upper()


def lint(path: Path) -> tuple[Diagnostic, ...]:
    """Return what is found by default, and what the file is named for."""
    settings = Settings((Choice(extend=(code(path),)),) if code(path) in OPT_IN else ())
    try:
        return judge(read(path, name=path.name), settings=settings)
    except SpecError as error:
        return error.diagnostics


@each_bad
def test_a_mistake_is_found_once_and_said_so(path: Path, request: pytest.FixtureRequest) -> None:
    found = lint(path)
    assert [one.code for one in found] == [code(path)]
    said = f"{render(found[0])}\n"
    golden = path.with_suffix(".txt")
    if request.config.getoption("--update"):
        golden.write_text(said, encoding="utf-8")
    assert golden.read_text(encoding="utf-8") == said


def test_every_code_and_every_rule_is_shown() -> None:
    assert {code(path) for path in BAD} == set(CODES) - NOT_IN_A_FILE
    assert {path.stem for path in BAD} == {path.stem for path in (DATA / "bad").glob("*.txt")}
    assert len(BAD) >= 120


def helps(node: ast.expr) -> Iterator[str]:
    """Yield what an argument may say, as patterns; what is put into a text may be any."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield re.escape(node.value)
    elif isinstance(node, ast.JoinedStr):
        yield "".join(re.escape(part.value) if isinstance(part, ast.Constant) else ".*" for part in node.values)  # type: ignore[arg-type]
    elif isinstance(node, ast.IfExp):
        yield from (*helps(node.body), *helps(node.orelse))
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from helps(value)


def test_every_help_is_shown() -> None:
    said = [line for path in (DATA / "bad").glob("*.txt") for line in path.read_text().splitlines()]
    shown = {line.partition("= help: ")[2] for line in said if "= help: " in line}
    written = [
        (f"{path.relative_to(PACKAGE)}:{node.value.lineno}", pattern)
        for room in ("*.py", "lint/**/*.py", "ops/*.py", "expression/*.py")
        for path in PACKAGE.glob(room)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.keyword) and node.arg == "help"
        for pattern in helps(node.value)
    ]
    assert len(written) > 100
    wanted = [(place, text) for place, text in written if text not in OF_A_CALLER]
    assert [each for each in wanted if not any(re.fullmatch(each[1], line) for line in shown)] == []


PACKAGE = Path(archspec.__file__).parent
OF_A_CALLER = {re.escape("the inputs are ") + ".*"}
"""What is said of sizes that the caller gives, which no file shows."""

SHAPES = [path for path in BAD if "AS201" <= code(path) <= "AS206"]


@pytest.mark.parametrize("path", SHAPES, ids=lambda path: path.stem)
def test_torch_refuses_it_too(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refused: list[tuple[Op, tuple[Tensor, ...]]] = []
    infer = Instantiator.infer

    def watched(self: Instantiator, op: Op, layer: Any, tensors: tuple[Tensor, ...], *rest: Any) -> Any:
        result = infer(self, op, layer, tensors, *rest)
        if result is None:
            refused.append((op, tensors))
        return result

    monkeypatch.setattr(Instantiator, "infer", watched)
    lint(path)
    ((op, tensors),) = refused
    assert by_rule(op, tensors) == (path.stem in BY_RULE)
    assert not torch_runs(op, tensors)


NAMED = re.compile(r"\b[a-z_]+: [-\w\[]")  # a value of an argument, in a help


@pytest.mark.parametrize(
    "path", [path for path in SHAPES if code(path) in ("AS201", "AS202")], ids=lambda path: path.stem
)
def test_a_value_that_the_help_names_is_an_edit_that_mends(path: Path) -> None:
    (found,) = lint(path)
    source = read(path, name=path.name)
    assert bool(found.fixes) == bool(NAMED.search(found.help or "")) or path.stem in SEVERAL
    for fix in found.fixes:
        assert fix.message.removeprefix("write ") in (found.help or "")
        assert not check(parse(edited(source, fix.edits), path.name)).failed


SEVERAL = {
    "as201-index-outside-its-axis",
    "as201-padding-index-outside-its-table",
    "as201-softmax-over-the-batch",
}
"""The help names several values, of which none is likelier."""

BY_RULE = {
    "as201-indices-of-a-pool",
    "as201-softmax-over-the-batch",
    "as201-softmax-without-its-axis",
    "as204-batch-in-the-input",
    "as204-convolution-behind-flatten",
    "as204-image-into-attention",
    "as204-image-into-conv1d",
    "as204-learned-tensor-without-a-batch",
    "as204-permute-without-the-batch",
    "as204-softmax-of-a-sequence",
}
"""What the language refuses whatever torch does: the batch for another axis, or none; indices for MaxUnpool."""


TEN: Sequence[tuple[str, int, int, str | None, str | None]] = [
    ("as107-op-misspelt", 4, 14, None, "did you mean Conv2d?"),
    ("as108-argument-misspelt", 4, 39, None, "did you mean kernel_size?"),
    ("as104-number-in-quotes", 4, 36, None, None),
    ("as120-add-of-one", 5, 3, None, "name them: from: [first, second]"),
    ("as112-cycle", 4, 30, None, None),
    ("as203-residual-of-two-shapes", 7, 32, "channels: 128 and 64", "out_channels: 128, kernel_size: 1, stride: 2"),
    ("as202-kernel-41-on-32", 4, 52, "⌊(32 + 2·0 − 1·(41−1) − 1)/1⌋ + 1 = −8", "kernel_size: 32"),
    ("as203-wrong-in-features-on-a-map", 6, 33, "16·15·15 = 3600", "put a Flatten before it, and in_features: 3600"),
    ("as005-two-layers-of-one-name", 6, 3, None, "delete one of the two, or rename it"),
    ("as003-bracket-not-closed", 2, 8, None, "close it with ]"),
]


@pytest.mark.parametrize(("name", "line", "column", "arithmetic", "advice"), TEN)
def test_ten_mistakes_that_others_fumble(
    name: str, line: int, column: int, arithmetic: str | None, advice: str | None
) -> None:
    (found,) = lint(DATA / "bad" / f"{name}.yaml")
    assert (found.span.line, found.span.column) == (line, column)
    assert arithmetic is None or arithmetic in " ".join(found.notes)
    assert advice is None or advice in (found.help or "")


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_nothing_is_found_in_a_good_spec(path: Path) -> None:
    assert [render(one) for one in lint(path)] == []


def test_there_are_enough_good_specs() -> None:
    assert len(GOOD) >= 60
