"""`archspec lint`: which files it reads, what it prints, and the status it ends with."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from clock import within

from archspec.cli import commands
from archspec.diagnostic import CODES

DATA = Path(__file__).parent / "data"
SPECS = Path(__file__).parents[1] / "specs"
HOSTILE = sorted((DATA / "hostile").glob("*.yaml"))

GOOD = "archspec: 1\ninput: [3, 8, 8]\nlayers: {relu: ReLU}\n"
WRONG = "archspec: 1\ninput: [3, 8, 8]\nlayers: {relu: ReLu, flat: {op: Flatten, from: input, start_dim: 9}}\n"
TRAP = "archspec: 1\ninput: [3, 8, 8]\nname: no\nlayers: {relu: ReLU}\n"
NOTE = "archspec: 1\nextends: lenet5\ninput: [1, 32, 32]\n"
OTHER = "jobs: {build: {steps: []}}\n"


def lint(*arguments: str | Path, stdin: str | bytes | None = None) -> Result:
    result = CliRunner().invoke(commands, ["lint", *map(str, arguments)], input=stdin, prog_name="archspec")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with good and wrong specs, and files that are none."""
    monkeypatch.chdir(tmp_path)
    for name, text in {
        "good.yaml": GOOD,
        "deep/er/wrong.yml": WRONG,
        "deep/workflow.yaml": OTHER,
        "deep/notes.txt": GOOD,
        ".hidden/wrong.yaml": WRONG,
        "deep/.wrong.yaml": WRONG,
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


# The status, and the closing line


@pytest.mark.parametrize(
    ("text", "status", "closing"),
    [
        (GOOD, 0, "1 file checked, nothing found"),
        (WRONG, 1, "1 file checked, 2 errors"),
        (TRAP, 1, "1 file checked, 1 warning"),
        (OTHER, 1, "1 file checked, "),
        ("", 1, "1 file checked, 1 error"),
    ],
)
def test_the_status_is_that_of_the_worst(tmp_path: Path, text: str, status: int, closing: str) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(text)
    result = lint(path)
    assert result.exit_code == status
    assert result.stderr.splitlines()[-1].startswith(closing)


@pytest.mark.parametrize(
    ("text", "fail_on", "status"),
    [
        (WRONG, "error", 1),
        (WRONG, "never", 0),
        (TRAP, "error", 0),
        (TRAP, "warning", 1),
        (GOOD, "note", 0),
        ("", "never", 0),
    ],
)
def test_what_counts_can_be_chosen(tmp_path: Path, text: str, fail_on: str, status: int) -> None:
    (tmp_path / "net.yaml").write_text(text)
    assert lint(tmp_path / "net.yaml", "--fail-on", fail_on).exit_code == status


def test_an_unreadable_file_always_counts(folder: Path) -> None:
    (folder / "gone.yaml").symlink_to("nowhere.yaml")
    assert lint("gone.yaml", "--fail-on", "never").exit_code == 2


def test_notes_alone_are_clean(tmp_path: Path) -> None:
    """A base's expectation that a file leaves out of force is no fault of the file."""
    path = tmp_path / "net.yaml"
    path.write_text(NOTE)
    assert lint(path).exit_code == 0


@pytest.mark.parametrize("name", ["missing.yaml", "missing/", "vit.yaml", "*.missing", "no such spec", "a" * 5000])
def test_what_is_not_there_is_usage(folder: Path, name: str) -> None:
    result = lint(name, "deep")
    assert result.exit_code == 2
    assert "error: " in result.stderr
    assert "wrong.yml" in result.output  # what is there is looked at all the same
    assert "nothing found" not in lint(name).stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
@pytest.mark.parametrize("what", ["good.yaml", "deep/er"])
def test_what_cannot_be_read_is_usage(folder: Path, what: str) -> None:
    (folder / what).chmod(0)
    try:
        result = lint(".")
    finally:
        (folder / what).chmod(0o755)
    assert result.exit_code == 2
    assert what in result.stdout + result.stderr


def test_a_link_that_leads_nowhere_is_usage(folder: Path) -> None:
    (folder / "gone.yaml").symlink_to("nowhere.yaml")
    result = lint(".")
    assert result.exit_code == 2
    assert "gone.yaml:1:1: error[AS001]" in result.stdout


def test_our_own_failure_is_3(folder: Path) -> None:
    program = (
        "import archspec.cli, archspec.cli.checking, sys\n"
        "def broken(*_): raise ZeroDivisionError('deep inside')\n"
        "archspec.cli.checking.verdict = broken\n"
        "sys.argv = ['archspec', 'lint', 'good.yaml']\n"
        "archspec.cli.main()\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment())
    assert run.returncode == 3
    assert "deep inside" in run.stderr
    assert "mistake in archspec" in run.stderr


# Which files


@pytest.mark.parametrize(
    ("paths", "files"),
    [
        ((), 2),
        ((".",), 2),
        (("deep",), 1),
        (("good.yaml", "./good.yaml", "good.yaml"), 1),
        (("deep/workflow.yaml",), 1),
        (("**/*.yml",), 1),
        (("**/*.y*ml",), 3),
        (("good.*", "de*"), 2),
        (("lenet5", "LeNet_5"), 1),
        (("deep/.wrong.yaml",), 1),
    ],
)
def test_which_files_are_meant(folder: Path, paths: tuple[str, ...], files: int) -> None:
    assert f"{files} file{'s' * (files > 1)} checked" in lint(*paths).stderr


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (GOOD, True),
        ("# a comment\n---\n" + GOOD, True),
        ("\ufeff" + GOOD, True),
        ("{archspec: 1, input: [3, 8, 8], layers: {relu: ReLU}}", True),
        ('"archspec": 1\n', True),
        ("archspec : 1\n", True),
        ("  archspec: 1\n", False),
        ("tools: {archspec: 1}\n", False),
        ("# archspec: 1\n", False),
        ("archspec_version: 1\n", False),
    ],
)
def test_a_spec_in_a_folder_says_so_at_its_top(tmp_path: Path, text: str, meant: bool) -> None:
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    assert f"{int(meant)} file" in lint(tmp_path).stderr


def test_a_pipe_in_a_folder_is_passed_by(folder: Path) -> None:
    os.mkfifo(folder / "pipe.yaml")
    assert "2 files checked" in lint(".").stderr


def test_a_circle_of_folders_ends(folder: Path) -> None:
    (folder / "deep" / "up").symlink_to(folder)
    assert "2 files checked" in lint(".").stderr


def test_all_bundled_specs_are_clean() -> None:
    result = lint(SPECS)
    assert (result.exit_code, result.stdout) == (0, "")


@pytest.mark.parametrize(
    ("text", "fixes"), [("services: {web: {image: nginx}}\n", 0), (GOOD[len("archspec: 1\n") :], 1)]
)
def test_only_a_spec_is_made_to_say_so(folder: Path, text: str, fixes: int) -> None:
    (folder / "compose.yaml").write_text(text)
    assert f"{fixes} fix{'es' * (fixes != 1)} made" in lint("compose.yaml", "--fix").stderr
    assert (folder / "compose.yaml").read_text() == "archspec: 1\n" * fixes + text


def test_a_file_that_cannot_be_written_stops_no_other(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slip = GOOD.replace("ReLU", "ReLu")
    for name in ("free.yaml", "held.yaml"):
        (folder / name).write_text(slip)
    monkeypatch.setattr(
        "archspec.output.os.access", lambda path, mode: mode != os.W_OK or Path(path).name != "held.yaml"
    )
    result = lint("held.yaml", "free.yaml", "--fix", "--format", "concise")
    assert result.exit_code == 2
    assert result.stdout.startswith("held.yaml:3:16: error[AS107]")
    assert "error: cannot write held.yaml: it is read-only\n1 fix made\n" in result.stderr
    assert ((folder / "held.yaml").read_text(), (folder / "free.yaml").read_text()) == (slip, GOOD)


def test_stdin_is_a_file(folder: Path) -> None:
    result = lint("-", "--stdin-filename", "from/editor.yaml", "--format", "concise", stdin=WRONG)
    assert result.exit_code == 1
    assert result.stdout.startswith("from/editor.yaml:3:16: error[AS107]")
    assert lint("-", stdin=GOOD).exit_code == 0


def test_a_mistake_in_a_base_is_told_once(folder: Path) -> None:
    (folder / "base.yaml").write_text(WRONG.replace("ReLu", "{op: ReLu}"))
    for index in range(3):
        (folder / f"variant{index}.yaml").write_text("archspec: 1\nextends: base.yaml\n")
    result = lint("base.yaml", *(f"variant{index}.yaml" for index in range(3)), "--format", "concise")
    assert len(result.stdout.splitlines()) == len(set(result.stdout.splitlines())) == 2
    assert "4 files checked, 2 errors" in result.stderr


# Formats


def test_full_shows_the_line(folder: Path) -> None:
    out = lint("deep/er/wrong.yml").stdout
    assert "deep/er/wrong.yml:3:16: error[AS107]: there is no op or block ReLu" in out
    assert "3 | layers: {relu: ReLu, flat" in out
    assert "  |                ^^^^" in out
    assert "= help: did you mean ReLU?" in out


def test_concise_is_a_line_for_each(folder: Path) -> None:
    lines = lint("deep", "--format", "concise").stdout.splitlines()
    assert len(lines) == 2
    for line in lines:
        assert re.fullmatch(r"deep/er/wrong\.yml:3:\d+: error\[AS\d{3}\]: \S.*", line)


def test_json_is_for_programs(folder: Path) -> None:
    first, second = json.loads(lint("deep", "--format", "json").stdout)
    assert set(first) == set(second) == {
        *("code", "name", "severity", "message", "file", "line", "column", "end_line", "end_column"),
        *("help", "notes", "labels", "fixes", "trail"),
    }  # fmt: skip
    assert (first["file"], first["line"], first["column"], first["end_column"]) == (
        "deep/er/wrong.yml",
        3,
        16,
        20,
    )
    assert (first["code"], first["name"], first["severity"]) == ("AS107", CODES["AS107"], "error")
    assert first["help"] == "did you mean ReLU?"
    assert json.loads(lint("good.yaml", "--format", "json").stdout) == []


@pytest.mark.parametrize("form", ["full", "concise", "json"])
def test_so_many_are_shown_and_the_rest_is_counted(tmp_path: Path, form: str) -> None:
    layers = "".join(f"  layer{index}: Nothing{index}\n" for index in range(70))
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(f"archspec: 1\ninput: [3, 8, 8]\nlayers:\n{layers}")
    result = lint(tmp_path, "--format", form, "--limit", "all-messages=80")
    shown = result.stdout.count("AS107")
    assert (shown, result.exit_code) == (80, 1)
    assert re.search(r"a\.yaml: and 20 more", result.stderr)
    assert re.search(r"b\.yaml: and 40 more", result.stderr)


def test_what_hides_in_a_file_is_written_out(tmp_path: Path) -> None:
    path = tmp_path / "net\x1b[31m.yaml"
    path.write_text("archspec: 1\ninput: [3]\nlayers: {relu: {op: 'Re\\u202eLU', \"a\\eb\": 1}}\n")
    for form in ("full", "concise", "json"):
        out = lint(path, "--format", form).output
        assert "\x1b" not in out
        assert "\u202e" not in out


# A stranger's file


@pytest.mark.parametrize("path", HOSTILE, ids=lambda path: path.stem)
@pytest.mark.parametrize("form", ["full", "json"])
def test_a_hostile_file_is_answered_at_once(path: Path, form: str) -> None:
    result = within(1, lambda: lint(path, "--format", form))
    assert result.exit_code == 1
    assert len(result.stdout) < 200_000
    if form == "full":
        assert re.match(rf"{re.escape(str(path.parent))}/\w+\.yaml:\d+:\d+: \w+\[AS\d{{3}}\]: ", result.stdout)
    else:
        assert all(found["line"] >= 1 for found in json.loads(result.stdout))


# What is loaded


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(SPECS.parent)}


@pytest.mark.parametrize("form", ["full", "concise", "json"])
def test_little_is_loaded(folder: Path, form: str) -> None:
    program = (
        "import atexit, sys\n"
        "heavy = {'torch', 'networkx', 'numpy', 'rich', 'graphviz'}\n"
        "atexit.register(lambda: print(sorted(heavy & set(sys.modules))))\n"
        f"sys.argv = ['archspec', 'lint', '--format', '{form}', '.']\n"
        "from archspec.cli import main\n"
        "main()\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment())
    assert run.returncode == 1
    assert run.stdout.splitlines()[-1] == "[]"
