"""A baseline: findings that are known are not told again, however the lines move, and new ones are."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archspec.cli import commands

NORMED = """\
archspec: 1
input: [3, 32, 32]
layers:
  conv: {op: Conv2d, out_channels: 8, kernel_size: 3}
  norm: BatchNorm2d
  relu: ReLU
"""
COUNTED = '{"version": 1, "findings": [{"file": "net.yaml", "code": "AS310", "line": "", "count": %s}]}'


def lint(*arguments: str) -> Result:
    return CliRunner().invoke(commands, ["lint", "--no-cache", "--format", "concise", *arguments], prog_name="archspec")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a spec whose only finding is known."""
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets/net.yaml").write_text(NORMED)
    monkeypatch.chdir(tmp_path)
    result = lint("--baseline", "known.json", "--write-baseline")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "known.json: 1 known" in result.stderr
    return tmp_path


def test_a_baseline_can_be_read_by_a_person(folder: Path) -> None:
    (known,) = json.loads((folder / "known.json").read_text())["findings"]
    line = NORMED.splitlines()[3].strip()
    assert known == {"file": "nets/net.yaml", "code": "AS310", "line": line, "count": 1}


def test_what_is_known_is_not_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert lint().exit_code == 1
    assert lint("--baseline", "known.json").exit_code == 0
    monkeypatch.chdir(folder / "nets")
    assert lint("net.yaml", "--baseline", "../known.json").exit_code == 0


def test_it_is_known_where_lines_have_moved(folder: Path) -> None:
    moved = NORMED.replace("layers:", "\n# more\nlayers:").replace("  conv:", "    conv:").replace("  norm", "    norm")
    (folder / "nets/net.yaml").write_text(moved.replace("  relu", "    relu"))
    assert lint("--baseline", "known.json").exit_code == 0


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("kernel_size: 3}", "kernel_size: 1}"),
        ("  relu: ReLU", "  conv2: {op: Conv2d, out_channels: 8, kernel_size: 3}\n  norm2: BatchNorm2d"),
        ("  norm: BatchNorm2d", "  relu0: ReLu"),
    ],
)
def test_what_is_new_is_told(folder: Path, before: str, after: str) -> None:
    (folder / "nets/net.yaml").write_text(NORMED.replace(before, after))
    result = lint("--baseline", "known.json")
    assert (result.exit_code, len(result.stdout.splitlines())) == (1, 1)


def test_the_same_line_once_more_is_new(folder: Path) -> None:
    head, conv, norm, _ = NORMED.partition("  conv")[0], *NORMED.splitlines()[3:]
    group = f"    layers:\n    {conv}\n    {norm}\n"
    (folder / "nets/net.yaml").write_text(f"{head}  a:\n{group}  b:\n{group}")
    result = lint("--baseline", "known.json")
    assert (result.exit_code, len(result.stdout.splitlines())) == (1, 1)


def test_what_was_mended_can_be_forgotten(folder: Path) -> None:
    (folder / "nets/net.yaml").write_text(NORMED.replace("3}", "3, bias: false}"))
    assert "known.json: 1 known, and no longer found" in lint("--baseline", "known.json").stderr
    lint("--baseline", "known.json", "--write-baseline")
    assert json.loads((folder / "known.json").read_text())["findings"] == []


def test_what_is_not_checked_stays_known(folder: Path) -> None:
    (folder / "nets/other.yaml").write_text(NORMED)
    lint("--baseline", "known.json", "--write-baseline")
    both = (folder / "known.json").read_text()
    (folder / "nets/net.yaml").write_text(NORMED.replace("3}", "3, bias: false}"))
    for only in (["nets/other.yaml"], ["--ignore", "AS310"]):
        result = lint(*only, "--baseline", "known.json")
        assert (result.exit_code, "no longer found" in result.stderr) == (0, False)
        assert "2 known" in lint(*only, "--baseline", "known.json", "--write-baseline").stderr
        assert (folder / "known.json").read_text() == both
    assert "1 known, and no longer found" in lint("nets/net.yaml", "--baseline", "known.json").stderr
    assert "1 known" in lint("nets/net.yaml", "--baseline", "known.json", "--write-baseline").stderr
    assert [one["file"] for one in json.loads((folder / "known.json").read_text())["findings"]] == ["nets/other.yaml"]


def test_what_is_known_of_a_file_that_is_no_more_can_be_forgotten(folder: Path) -> None:
    (folder / "nets/net.yaml").rename(folder / "moved.yaml")
    result = lint("--baseline", "known.json")
    assert (result.exit_code, "1 known, and no longer found" in result.stderr) == (1, True)


def test_what_a_base_shows_is_known_for_one_variant(folder: Path) -> None:
    variant = "archspec: 1\nextends: vgg-D\nparameters: {depths: [2, 2, 3, 3]}\n"
    (folder / "nets/net.yaml").write_text(variant)
    assert "1 known" in lint("--baseline", "known.json", "--write-baseline").stderr
    (known,) = json.loads((folder / "known.json").read_text())["findings"]
    assert (known["checked"], known["file"], known["code"]) == ("nets/net.yaml", "vgg.yaml", "AS115")
    assert lint("--baseline", "known.json").exit_code == 0
    (folder / "nets/other.yaml").write_text(variant)
    assert lint("nets/other.yaml", "--baseline", "known.json").exit_code == 1


def test_what_is_known_of_a_base_is_known_of_what_extends_it(folder: Path) -> None:
    (folder / "nets/variant.yaml").write_text("archspec: 1\nextends: net.yaml\n")
    assert lint("nets/variant.yaml").exit_code == 1
    result = lint("nets/variant.yaml", "--baseline", "known.json")
    assert (result.exit_code, "no longer found" in result.stderr) == (0, False)


def test_what_keeps_from_harm_is_never_known(folder: Path) -> None:
    (folder / "nets/net.yaml").write_text(NORMED + "input: [3, 8, 8]\n")
    result = lint("--baseline", "known.json", "--write-baseline")
    assert (result.exit_code, "[AS005]" in result.stdout) == (1, True)
    assert "AS005" not in (folder / "known.json").read_text()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "there is no baseline known.json; --write-baseline writes one"),
        ("", "known.json cannot be read as a baseline"),
        ('{"version": 1, "findings": [3]}', "known.json cannot be read as a baseline"),
        ('{"version": 2, "findings": []}', "known.json is a baseline of version 2"),
        ("[" * 100_000, "known.json cannot be read as a baseline"),
        (COUNTED % "-1", "known.json cannot be read as a baseline"),
        (COUNTED % "1e400", "known.json cannot be read as a baseline"),
        (COUNTED % '"1"', "known.json cannot be read as a baseline"),
        (COUNTED % ("9" * 4000), "known.json cannot be read as a baseline"),
    ],
)
def test_what_is_no_baseline(folder: Path, text: str | None, said: str) -> None:
    (folder / "known.json").unlink()
    if text is not None:
        (folder / "known.json").write_text(text)
    result = lint("--baseline", "known.json")
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_baseline_is_written_where_it_is_named() -> None:
    assert "--write-baseline goes with --baseline FILE" in lint("--write-baseline").stderr
