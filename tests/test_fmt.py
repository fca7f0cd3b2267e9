"""`archspec fmt`: the one layout, and that it keeps what a spec says."""

import os
import random
import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result
from clock import within
from hypothesis import given, settings
from hypothesis import strategies as st

from archspec import SpecError
from archspec.cli import commands
from archspec.fmt import fmt
from archspec.fmt.order import ORDERS
from archspec.keys import BlockKeys, ExpectKeys, FileKeys, InitKeys, LayerKeys, ParameterKeys
from archspec.lint.judging import judge
from archspec.source import parse

ROOT = Path(__file__).parents[1]
SPECS = sorted((ROOT / "specs").rglob("*.yaml"))
CASES = sorted((ROOT / "tests" / "data" / "fmt").glob("*.yaml"))
DIVIDER = "# =====\n"


def laid_out(text: str) -> str:
    return fmt(parse(text))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_file_is_laid_out_so(path: Path, request: pytest.FixtureRequest) -> None:
    before, _, after = path.read_text(encoding="utf-8").partition(DIVIDER)
    found = laid_out(before)
    if request.config.getoption("--update"):
        path.write_text(before + DIVIDER + found, encoding="utf-8")
    assert found == after
    assert laid_out(after) == after


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_bundled_specs_are_in_the_layout(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert laid_out(text) == text


def test_a_first_spec_is_in_the_layout() -> None:
    text = CliRunner().invoke(commands, ["new", "-"]).stdout
    assert laid_out(text) == text


@pytest.mark.parametrize(
    ("kind", "model"),
    [
        ("file", FileKeys),
        ("block", BlockKeys),
        ("parameter", ParameterKeys),
        ("expect", ExpectKeys),
        ("rule", InitKeys),
        ("layer", LayerKeys),
    ],
)
def test_every_key_of_the_language_has_its_place(kind: str, model: type[FileKeys]) -> None:
    known = {field.alias or name for name, field in model.model_fields.items()}
    assert known == {key for key in ORDERS[kind] if key}


# Laws


def disturbed(text: str, chance: random.Random) -> str:
    """Return a spec with the same meaning in another layout: deeper, with blanks and breaks where none are needed."""
    deeper = chance.randint(1, 4)
    lines = [" " * (deeper - 1) * (len(line) - len(line.lstrip())) + line for line in text.splitlines()]
    parts = re.split(r"(?m)(\"[^\"]*\"|#.*|^ *(?:description|reference): .*)", "\n".join(lines) + "\n")
    parts[::2] = [loosened(part, chance) for part in parts[::2]]
    return "".join(parts)


def loosened(part: str, chance: random.Random) -> str:
    def blanks(match: re.Match[str]) -> str:
        gap = chance.choice(["", " ", "   ", "\n" + " " * chance.randint(60, 70)])
        if match[0] in "{[":
            return match[0] + gap
        return gap + match[0] if match[0] in "}]" else chance.choice(["", " "]) + "," + (gap or " ")

    part = re.sub(r"[{}\[\]]|, *(?=\S)", blanks, part)
    return re.sub(r": (?=\S)", lambda _: ": " + " " * chance.randint(0, 3), part)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_the_layout_does_not_depend_on_the_one_before(path: Path) -> None:
    """Whatever blanks and breaks a spec is written with, the same text comes out."""
    text = re.sub(r"(?m)(?<=\S) +#.*", "", path.read_text(encoding="utf-8"))
    for seed in range(3):
        chance = random.Random(seed)  # noqa: S311
        assert laid_out(disturbed(text, chance)) == text


BITS = (
    *("\n", " ", "  ", "\n\n", "# c\n", "\n# c\n", "  # c", "\n    # c\n", ",", "{", "}", "[", "]", "'", '"', ": "),
    *(":", "- ", "\n- ", "|\n", ">\n", "|+\n", ">-\n", "|2\n", "? ", "\t", "~", "\\", "\r\n", "\n---\n", "...\n", "é"),
)
TEXTS = [text for path in SPECS if len(text := path.read_text(encoding="utf-8")) < 1500] + [
    part for path in CASES for part in path.read_text(encoding="utf-8").split(DIVIDER)
]


@st.composite
def mutated(draw: st.DrawFn) -> str:
    text = draw(st.sampled_from(TEXTS))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        left_out = draw(st.integers(0, 3))
        text = text[:at] + draw(st.sampled_from(BITS)) + text[at + left_out :]
    return text


@settings(max_examples=500, deadline=None, derandomize=True)
@given(mutated())
def test_what_can_be_read_is_laid_out_once_and_says_the_same(text: str) -> None:
    """PyYAML reads the same values before and after, and a second time nothing changes."""
    try:
        found = laid_out(text)
    except SpecError:
        return
    assert laid_out(found) == found
    if "\t" not in text:  # libyaml leaves one behind a plain value in the value
        values = [yaml.load(each, Loader=yaml.CBaseLoader) for each in (text, found)]  # noqa: S506 - text alone
        assert values[0] == values[1]


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "[x, " * 60 + ", ".join(["1234567"] * 99_000) + "]" * 60,
        "".join(f"k{index}: v # c\n" for index in range(49_000)),
        "a: |\n  x\n" + " \n" * 60_000 + "  y",
        "a:\n" + "\n".join("  " * depth + "k:" for depth in range(1, 60)) + " v\n" + "      # c\n" * 90_000,
    ],
    ids=["deep list", "lines", "blank lines", "comments of many levels"],
)
def test_a_large_file_takes_its_size(text: str) -> None:
    within(8, lambda: laid_out(f"archspec: 1\n{text}\n"))


@pytest.mark.parametrize(
    ("above", "behind"), [("", "  # archspec: ignore[AS310] as published"), ("  # archspec: ignore[AS310]\n", "")]
)
def test_a_suppression_stays_with_its_entry(above: str, behind: str) -> None:
    """A layer that is laid out on two lines has its finding on the first, and a comment behind the second."""
    conv = "{op: Conv2d, out_channels: 8, kernel_size: [3, 3], stride: [1, 1], padding: [1, 1], dilation: [1, 1]"
    text = f"archspec: 1\ninput: [3, 8, 8]\nlayers:\n{above}  conv: {conv}, groups: 1}}{behind}\n  norm: BatchNorm2d\n"
    found = laid_out(text)
    assert len(found.splitlines()) == len(text.splitlines()) + 1
    assert judge(parse(text)) == judge(parse(found)) == ()


# The command


def run(*arguments: str, stdin: bytes | None = None) -> Result:
    result = CliRunner().invoke(commands, ["fmt", *arguments], input=stdin, prog_name="archspec")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


LOOSE = "archspec: 1\ninput: [3,8,8]\nlayers: [ReLU]   \n"
TIGHT = "archspec: 1\ninput: [3, 8, 8]\nlayers: [ReLU]\n"
WRONG = "archspec: 1\ninput: [3, 8\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("deep").mkdir()
    for name, text in {"loose.yaml": LOOSE, "deep/tight.yml": TIGHT, "deep/other.yaml": "jobs:   {}\n"}.items():
        Path(name).write_text(text)
    return tmp_path


def test_files_are_rewritten() -> None:
    result = run()
    assert (result.exit_code, result.stderr) == (0, "1 file changed, 1 file left as is\n")
    assert Path("loose.yaml").read_text() == TIGHT
    assert Path("deep/other.yaml").read_text() == "jobs:   {}\n"
    assert (run().exit_code, run().stderr) == (0, "2 files left as is\n")


def test_check_names_the_files_and_writes_nothing() -> None:
    result = run("--check")
    assert (result.exit_code, result.stdout) == (1, "would change loose.yaml\n")
    assert Path("loose.yaml").read_text() == LOOSE
    assert run("--check", "deep").exit_code == 0


def test_diff_shows_the_lines_and_writes_nothing() -> None:
    result = run("--diff")
    assert result.exit_code == 1
    assert "\n-input: [3,8,8]\n-layers: [ReLU]   \n+input: [3, 8, 8]\n+layers: [ReLU]\n" in result.stdout
    assert Path("loose.yaml").read_text() == LOOSE


def test_stdin_goes_to_stdout() -> None:
    result = run("-", stdin=LOOSE.encode())
    assert (result.exit_code, result.stdout, result.stderr) == (0, TIGHT, "")
    assert run("-", "--check", "--stdin-filename", "net.yaml", stdin=LOOSE.encode()).stdout == "would change net.yaml\n"


def test_line_ends_stay_as_they_are() -> None:
    windows = LOOSE.replace("\n", "\r\n").encode()
    Path("loose.yaml").write_bytes(b"\xef\xbb\xbf" + windows)
    assert run("loose.yaml").exit_code == 0
    assert Path("loose.yaml").read_bytes() == TIGHT.replace("\n", "\r\n").encode()


@pytest.mark.parametrize(
    ("text", "status", "said"),
    [
        (WRONG, 1, "error[AS003]"),
        (TIGHT + "input: [3, 8, 8]\n", 1, "error[AS005]: the key `input` is already in this mapping"),
        (TIGHT + "x: &a 1\n", 1, "error[AS004]"),
        ("a: 1\n", 1, "error[AS101]: the spec does not say which version of the language it is in"),
        ("archspec: 1\nlayers: [[1, 2,  3], ReLu]\n", 0, ""),
    ],
)
def test_what_is_no_spec_is_left_alone(text: str, status: int, said: str) -> None:
    """The layout is that of the language; whether the layers are right is a question for lint."""
    Path("net.yaml").write_text(text)
    result = run("net.yaml", "loose.yaml")
    assert result.exit_code == status
    assert said in result.stderr
    assert (Path("net.yaml").read_text() == text) is bool(status)
    assert Path("loose.yaml").read_text() == TIGHT


def test_only_files_are_rewritten() -> None:
    result = run("resnet-50", "nowhere/*.yaml")
    assert result.exit_code == 2
    assert "there is no file resnet-50" in result.stderr
    assert "no file matches nowhere/*.yaml" in result.stderr


def test_a_file_that_cannot_be_written_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("held.yaml").write_text(LOOSE)
    monkeypatch.setattr(
        "archspec.output.os.access", lambda path, mode: mode != os.W_OK or Path(path).name != "held.yaml"
    )
    result = run("held.yaml", "loose.yaml")
    assert result.exit_code == 2
    assert result.stderr == "error: cannot write held.yaml: it is read-only\n1 file changed, 1 file not written\n"
    assert (Path("held.yaml").read_text(), Path("loose.yaml").read_text()) == (LOOSE, TIGHT)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_file_that_cannot_be_written_is_whole() -> None:
    Path("loose.yaml").chmod(0o444)
    assert run("loose.yaml").exit_code == 2
    assert Path("loose.yaml").read_text() == LOOSE
