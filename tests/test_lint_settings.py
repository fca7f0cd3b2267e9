"""What is looked for: codes chosen on the command line, in pyproject.toml, and by the files they are found in."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archspec.cli import commands
from archspec.diagnostic import CODES
from archspec.lint.codes import OPT_IN
from archspec.lint.rules import RULES
from archspec.lint.settings import Choice, Settings

NORMED = """\
archspec: 1
input: [3, 32, 32]
name: no
layers:
  conv: {op: Conv2d, out_channels: 8, kernel_size: 3}
  norm: BatchNorm2d
"""
BIAS, TRAP = "net.yaml:5:3: warning[AS310]", "net.yaml:3:7: warning[AS301]"
GRAVE, SLIGHT = BIAS.replace("warning", "error"), TRAP.replace("warning", "note")
BROKEN = "archspec: 1\narchspec: 1\ninput: [3]\nlayers: [ReLu]\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "nets").mkdir()
    for name, text in {"net.yaml": NORMED, "nets/wrong.yaml": BROKEN}.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lint(*arguments: str) -> Result:
    return CliRunner().invoke(commands, ["lint", *arguments], prog_name="archspec")


def places(*arguments: str) -> list[str]:
    """Return the place, severity and code of each finding."""
    return [line.partition("]")[0] + "]" for line in lint(*arguments, "--format", "concise").stdout.splitlines()]


@pytest.mark.parametrize(
    ("choices", "codes"),
    [
        ((), {"AS310", "AS301", "AS203"}),
        ((Choice(select=("AS3",)),), {"AS310", "AS301"}),
        ((Choice(select=("AS3",), ignore=("AS310",)),), {"AS301"}),
        ((Choice(select=("AS310",), ignore=("AS3",)),), {"AS310"}),
        ((Choice(ignore=("AS3",)),), {"AS203"}),
        ((Choice(extend=("bias-before-norm",), ignore=("AS3",)),), {"AS310", "AS203"}),
        ((Choice(extend=("AS310",), ignore=("AS310",)),), {"AS301", "AS203"}),
        ((Choice(ignore=("AS310",)), Choice(extend=("AS3",))), {"AS310", "AS301", "AS203"}),
        ((Choice(select=("AS2",)), Choice(extend=("AS310",))), {"AS310", "AS203"}),
        ((Choice(ignore=("AS2",)), Choice(select=("shape-mismatch",))), {"AS203"}),
        ((Choice(select=()),), set()),
    ],
)
def test_which_codes_are_looked_for(choices: tuple[Choice, ...], codes: set[str]) -> None:
    settings = Settings(choices)
    assert settings.codes & {"AS310", "AS301", "AS203"} == codes
    assert {code for code in CODES if code.startswith("AS0")} <= settings.codes
    assert {rule.code for rule in settings.rules} == settings.codes & {rule.code for rule in RULES}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("", [TRAP, BIAS]),
        ("--ignore AS301", [BIAS]),
        ("--ignore yaml-trap,AS310", []),
        ("--select bias-before-norm", [BIAS]),
        ("--select AS2", []),
        ("--ignore AS3 --extend-select AS310", [BIAS]),
    ],
)
def test_the_command_line_chooses(folder: Path, options: str, expected: list[str]) -> None:
    assert places("net.yaml", *options.split()) == expected


@pytest.mark.parametrize(
    ("table", "options", "expected"),
    [
        ('ignore = ["AS310"]', "", [TRAP]),
        ('ignore = ["AS310"]', "--isolated", [TRAP, BIAS]),
        ('ignore = ["AS310"]', "--extend-select AS310", [TRAP, BIAS]),
        ('select = ["AS2"]', "", []),
        ('select = ["AS2"]', "--extend-select AS310", [BIAS]),
        ('select = ["AS2"]', "--select AS301", [TRAP]),
        ('severity = {AS3 = "note", AS310 = "error"}', "", [SLIGHT, GRAVE]),
        ('per-file-ignores = {"net.yaml" = ["AS310"]}', "", [TRAP]),
        ('per-file-ignores = {"**/*.yaml" = ["AS310"]}', "", [TRAP]),
        ('per-file-ignores = {"nets/" = ["AS310"], "*.yml" = ["AS3"]}', "", [TRAP, BIAS]),
        ("limits = {layers = 1}", "", [TRAP, "net.yaml:6:3: error[AS009]"]),
        ("limits = {layers = 1}", "--limit layers=2", [TRAP, BIAS]),
    ],
)  # fmt: skip
def test_a_project_chooses(folder: Path, table: str, options: str, expected: list[str]) -> None:
    (folder / "pyproject.toml").write_text(f"[tool.archspec.lint]\n{table}\n")
    assert places("net.yaml", *options.split()) == expected


def test_a_project_is_that_of_the_folder_or_of_one_above(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "pyproject.toml").write_text('[tool.archspec.lint]\nper-file-ignores = {"nets/*" = ["AS1"]}\n')
    monkeypatch.chdir(folder / "nets")
    assert places("wrong.yaml") == ["wrong.yaml:2:1: error[AS005]"]


def test_a_pyproject_that_says_nothing_of_archspec_hides_none(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "pyproject.toml").write_text('[tool.archspec.lint]\nignore = ["AS310"]\n')
    (folder / "nets/pyproject.toml").write_text("[tool.other]\nlint = 1\n")
    monkeypatch.chdir(folder / "nets")
    (folder / "nets/net.yaml").write_text(NORMED)
    assert places("net.yaml") == [TRAP]
    (folder / "nets/pyproject.toml").write_text("[tool.archspec]\n")
    assert places("net.yaml") == [TRAP, BIAS]


def test_what_is_ignored_in_a_variant_is_ignored_in_its_base(folder: Path) -> None:
    (folder / "net.yaml").write_text("archspec: 1\nextends: vgg-D\nparameters: {depths: [2, 2, 3, 3]}\n")
    (folder / "other.yaml").write_text((folder / "net.yaml").read_text())
    (folder / "pyproject.toml").write_text('[tool.archspec.lint]\nper-file-ignores = {"net.yaml" = ["AS115"]}\n')
    assert places("net.yaml") == []
    assert len(places("net.yaml", "other.yaml")) == 1


@pytest.mark.parametrize(
    ("pattern", "ignored"),
    [
        ("nets", True),
        ("nets/", True),
        ("./nets/*", True),
        ("./nets", True),
        ("nets/deep", True),
        ("deep", True),
        ("**/deep/", True),
        ("net.yaml", True),
        ("nets/**/*.yaml", True),
        ("./net.yaml", False),
        ("net", False),
        ("net/", False),
        ("deep/*.yaml", False),
    ],
)
def test_a_pattern_names_files_and_folders(folder: Path, pattern: str, ignored: bool) -> None:
    (folder / "nets/deep").mkdir()
    (folder / "nets/deep/net.yaml").write_text(NORMED)
    (folder / "pyproject.toml").write_text(f'[tool.archspec.lint]\nper-file-ignores = {{"{pattern}" = ["AS3"]}}\n')
    assert len(places("nets/deep")) == (0 if ignored else 2)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('ignor = ["AS3"]', "[tool.archspec.lint] has no key ignor; did you mean ignore?"),
        ('ignore = "AS3"', "[tool.archspec.lint] ignore: Input should be a valid list"),
        ('ignore = ["AS999"]', "[tool.archspec.lint] ignore.0: there is no code AS999"),
        ('ignore = ["AS005"]', "[tool.archspec.lint] ignore.0: AS005 keeps from harm, and cannot be ignored"),
        ('severity = {AS3 = "fatal"}', "severity.AS3: Input should be 'error', 'warning' or 'note'"),
        ('severity = {AS0 = "note"}', "[tool.archspec.lint] severity.AS0: AS0 keeps from harm"),
        ('per-file-ignores = {"x" = ["shape-mismach"]}', "no code shape-mismach; did you mean shape-mismatch?"),
        ("limits = {layer = 1}", "[tool.archspec.lint] limits: there is no limit layer; did you mean layers?"),
        ("limits = {layers = 0}", "[tool.archspec.lint] limits.layers: Input should be greater than 0"),
    ],
)  # fmt: skip
def test_a_project_that_chooses_nothing_is_told(folder: Path, table: str, said: str) -> None:
    (folder / "pyproject.toml").write_text(f"[tool.archspec.lint]\n{table}\n")
    result = lint("net.yaml")
    assert result.exit_code == 2
    assert said in result.stderr


def test_lint_is_a_table(folder: Path) -> None:
    (folder / "pyproject.toml").write_text("[tool.archspec]\nlint = 3\n")
    assert "lint in [tool.archspec] is a table" in lint("net.yaml").stderr
    (folder / "pyproject.toml").write_text("[tool]\narchspec = 1\n")
    result = lint("net.yaml")
    assert (result.exit_code, "archspec in [tool] is a table, [tool.archspec]" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--ignore", "AS0"), "AS0 keeps from harm"),
        (("--ignore", "AS5"), "there is no code AS5"),
        (("--select", "bias-befor-norm"), "did you mean bias-before-norm?"),
    ],
)
def test_a_code_that_cannot_be_chosen_is_told(folder: Path, options: tuple[str, str], said: str) -> None:
    result = lint("net.yaml", *options)
    assert result.exit_code == 2
    assert said in result.stderr


def test_what_keeps_from_harm_is_always_looked_for(folder: Path) -> None:
    assert places("nets/wrong.yaml", "--select", "AS310") == ["nets/wrong.yaml:2:1: error[AS005]"]


def test_the_rules_that_are_off_are_known_without_them() -> None:
    """Settings are made from codes alone, so that rules need not be loaded."""
    assert {rule.code for rule in RULES if not rule.default} == OPT_IN
