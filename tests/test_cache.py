"""What lint remembers: the same answer as without it, and never one that is out of date."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archspec.cli import commands
from archspec.cli.cache import Cache
from archspec.cli.checking import check_files
from archspec.cli.finding import look
from archspec.limits import Limits
from archspec.lint.settings import Settings

ROOT = Path(__file__).parents[1]
WRONG = sorted((ROOT / "tests" / "data").rglob("*.yaml"))
GOOD = "archspec: 1\ninput: [3, 8, 8]\nlayers: [ReLU]\n"
BIASED = "archspec: 1\ninput: [3, 8, 8]\nlayers:\n  - {op: Conv2d, out_channels: 8, kernel_size: 3}\n  - BatchNorm2d\n"
VARIANT = "archspec: 1\nextends: base.yaml\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with specs, and a cache that is new."""
    monkeypatch.setenv("ARCHSPEC_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "nets").mkdir()
    monkeypatch.chdir(tmp_path / "nets")
    for name, text in {"good.yaml": GOOD, "biased.yaml": BIASED}.items():
        Path(name).write_text(text)
    return tmp_path


def lint(*arguments: str) -> Result:
    result = CliRunner().invoke(commands, ["lint", "--format", "json-lines", *arguments], prog_name="archspec")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def codes(*arguments: str) -> list[str]:
    return [json.loads(line)["code"] for line in lint(*arguments).stdout.splitlines()]


@contextmanager
def database(folder: Path) -> Iterator[sqlite3.Connection]:
    """The cache, to be looked at and changed; a connection's own context commits, but leaves it open."""
    with closing(sqlite3.connect(folder / "cache" / "lint.sqlite")) as store, store:
        yield store


def rows(folder: Path) -> int:
    with database(folder) as store:
        (count,) = store.execute("SELECT COUNT(*) FROM findings").fetchone()
    return int(count)


def test_what_is_known_is_not_checked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = lint(".")
    assert rows(folder) == 2
    monkeypatch.setattr("archspec.cli.checking.check_files", None)
    assert (lint(".").output, lint(".").exit_code) == (first.output, first.exit_code)
    with pytest.raises(AssertionError, match="NoneType"):
        lint(".", "--no-cache")


def test_nothing_is_loaded_to_say_it_again(folder: Path) -> None:
    program = (
        "import atexit, sys\n"
        "heavy = {'pydantic', 'yaml', 'rich', 'networkx', 'archspec.ops', 'archspec.source', 'difflib', 'shutil'}\n"
        "atexit.register(lambda: print(sorted(heavy & set(sys.modules))))\n"
        "sys.argv = ['archspec', 'lint', '.']\n"
        "from archspec.cli import main\n"
        "main()\n"
    )
    command = [sys.executable, "-c", program]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    first, again = (subprocess.run(command, capture_output=True, text=True, env=environment) for _ in range(2))
    assert first.stdout.splitlines()[:-1] == again.stdout.splitlines()[:-1]
    assert "'pydantic'" in first.stdout.splitlines()[-1]
    assert again.stdout.splitlines()[-1] == "[]"


def test_every_diagnostic_comes_back_as_it_was(folder: Path) -> None:
    """Of specs with fixes, labels, notes and trails; what could not be read is not kept."""
    Path("base.yaml").write_text(BIASED)
    Path("variant.yaml").write_text(VARIANT)
    files = [str(path) for path in WRONG] + ["good.yaml", "biased.yaml", "variant.yaml"]
    answers = {one.file: one for one in check_files(files, Settings(), Limits(), (), "-")}
    with Cache(folder / "cache" / "lint.sqlite", "") as cache:
        for one in answers.values():
            if one.reads:
                cache.keep(one.file, one.reads, one.diagnostics)
    look.cache_clear()
    with Cache(folder / "cache" / "lint.sqlite", "") as cache:
        known = cache.known(files)
    assert known == {file: one.diagnostics for file, one in answers.items() if one.reads}
    assert any(one.fixes for found in known.values() for one in found)
    assert any(one.trail for found in known.values() for one in found)
    assert {"good.yaml", "biased.yaml", "variant.yaml"} <= set(known)


# What changes the answer


def test_another_text_is_another_answer(folder: Path) -> None:
    assert codes("good.yaml") == []
    Path("good.yaml").write_text(GOOD.replace("ReLU", "ReLu"))
    assert codes("good.yaml") == ["AS107"]
    Path("good.yaml").write_text(GOOD)
    assert codes("good.yaml") == []


def test_another_base_is_another_answer(folder: Path) -> None:
    Path("base.yaml").write_text(GOOD)
    Path("variant.yaml").write_text(VARIANT)
    assert codes("variant.yaml") == []
    assert rows(folder) == 1
    Path("base.yaml").write_text(BIASED)
    assert codes("variant.yaml") == ["AS310"]
    Path("base.yaml").unlink()
    assert codes("variant.yaml") == ["AS007"]
    Path("base.yaml").write_text(GOOD)
    assert codes("variant.yaml") == []


def test_the_same_text_beside_another_base_is_another_answer(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, base in (("one", GOOD), ("two", BIASED)):
        (folder / name).mkdir()
        (folder / name / "base.yaml").write_text(base)
        (folder / name / "variant.yaml").write_text(VARIANT)
    monkeypatch.chdir(folder / "one")
    assert codes("variant.yaml") == []
    monkeypatch.chdir(folder / "two")
    assert codes("variant.yaml") == ["AS310"]


def test_a_base_that_leads_elsewhere_is_another_answer(folder: Path) -> None:
    """A link may come to lead out of the folder, though the text there is the same."""
    Path("inside.yaml").write_text(GOOD)
    (folder / "outside.yaml").write_text(GOOD)
    Path("base.yaml").symlink_to("inside.yaml")
    Path("variant.yaml").write_text(VARIANT)
    assert codes("variant.yaml") == []
    Path("base.yaml").unlink()
    Path("base.yaml").symlink_to(folder / "outside.yaml")
    assert codes("variant.yaml") == ["AS007"]


@pytest.mark.parametrize("option", [("--ignore", "AS310"), ("--select", "AS2"), ("--limit", "layers=1")])
def test_another_question_is_another_answer(folder: Path, option: tuple[str, str]) -> None:
    before = codes("biased.yaml")
    assert codes("biased.yaml", *option) != before
    assert codes("biased.yaml") == before


def test_another_name_is_another_answer(folder: Path) -> None:
    assert json.loads(lint("biased.yaml").stdout)["file"] == "biased.yaml"
    shutil.copy("biased.yaml", "copy.yaml")
    assert json.loads(lint("copy.yaml").stdout)["file"] == "copy.yaml"
    whole = str(Path("biased.yaml").absolute())
    assert json.loads(lint(whole).stdout)["file"] == whole


def test_another_archspec_is_another_answer(folder: Path) -> None:
    """A changed line of archspec, though its version is the same."""
    shutil.copytree(ROOT / "archspec", folder / "lib" / "archspec", ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "archspec", "lint", "biased.yaml", "--format", "concise"]
    environment = {**os.environ, "PYTHONPATH": str(folder / "lib")}

    def said() -> str:
        return subprocess.run(command, capture_output=True, text=True, env=environment).stdout

    before = said()
    rule = folder / "lib" / "archspec" / "lint" / "rules" / "bias_before_norm.py"
    text = rule.read_text()
    assert "the bias has no effect" in text
    assert "the bias has no effect" in before
    rule.write_text(text.replace("the bias has no effect", "the bias is in vain"))
    assert "the bias is in vain" in said()


# A cache that cannot be used


@pytest.mark.parametrize("garbage", [b"no database", b"SQLite format 3\0" + bytes(200), b""])
def test_a_broken_cache_is_thrown_away(folder: Path, garbage: bytes) -> None:
    before = lint(".").output
    (folder / "cache" / "lint.sqlite").write_bytes(garbage)
    assert lint(".").output == before
    assert lint(".").output == before
    assert rows(folder) == 2


def test_a_broken_row_is_none(folder: Path) -> None:
    before = lint(".").output
    with database(folder) as store:
        store.execute("UPDATE findings SET found = '[{\"code\": 3}]'")
    assert lint(".").output == before


def test_a_folder_that_cannot_be_written_is_no_fuss(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = lint(".", "--no-cache").output
    (folder / "file").write_text("in the way")
    monkeypatch.setenv("ARCHSPEC_CACHE_DIR", str(folder / "file" / "cache"))
    assert lint(".").output == before


def test_another_process_may_hold_the_cache(folder: Path) -> None:
    before = lint("good.yaml").output
    with database(folder) as store:
        store.execute("BEGIN EXCLUSIVE")
        assert lint("good.yaml").output == before
        store.execute("ROLLBACK")


def test_no_cache_leaves_nothing(folder: Path) -> None:
    lint(".", "--no-cache")
    assert not (folder / "cache").exists()


def test_what_is_long_unused_is_dropped(folder: Path) -> None:
    lint("good.yaml")
    with database(folder) as store:
        store.execute("UPDATE findings SET used = used - 365")
    lint("biased.yaml")
    assert rows(folder) == 1
