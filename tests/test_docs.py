"""What the README and the documentation show is run: specs, messages, commands and Python, output included.

In a page,

- a `yaml` block that says `archspec:` is a spec. Its first line may name its file (`# net.yaml`, else
  net.yaml). If the next block is `text`, that is what `archspec lint` says of it; if not, it says nothing.
- a `console` block is a session: `$ command`, then what it prints, `...` for what may differ.
- a `python` block is run, as a doctest where it has prompts.
- a `toml` block is read.
- a `bash` or `diagram` block is shown only; .ci/run runs the README's that follow `<!-- ci: NAME -->`.

`pytest tests/test_docs.py --update` writes the outputs anew.
"""

import codecs
import contextlib
import doctest
import importlib.util
import io
import re
import shlex
import shutil
import tomllib
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

import archspec
from archspec.cli import commands
from archspec.diagnostic import CODES

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, and where the text stands in the page."""

    language: str
    text: str
    start: int
    line: int

    @property
    def is_spec(self) -> bool:
        return self.language == "yaml" and re.search(r"^archspec:", self.text, re.MULTILINE) is not None

    @property
    def file(self) -> str:
        named = re.match(r"# (\S+\.(?:yaml|yml|py|toml))\n", self.text)
        return named[1] if named else "net.yaml"


def blocks(page: str) -> list[Block]:
    return [
        Block(found["language"], found["text"], found.start("text"), page.count("\n", 0, found.start()) + 1)
        for found in FENCE.finditer(page)
    ]


class Session:
    """A reader who does what a page shows, in a folder of their own."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {"__name__": "__page__"}
        self.status = 0

    def corrected(self, page: list[Block]) -> Iterator[Block]:
        """Yield each block as it should be."""
        reported: Block | None = None
        for index, block in enumerate(page):
            right, after = block.text, page[index + 1] if index + 1 < len(page) else None
            if block.is_spec:
                Path(block.file).write_text(block.text, encoding="utf-8")
                wrong = after is not None and after.language == "text"
                reported = block if wrong else None
                said = self.lint(block.file)
                assert wrong or not said, f"line {block.line}:\n{said}"
            elif block.language == "text" and reported:
                right, reported = self.lint(reported.file), None
            elif block.language == "console":
                right = self.console(block.text)
            elif block.language == "python":
                right = self.python(block)
            elif block.language == "yaml":
                yaml.safe_load(block.text)
            elif block.language == "toml":
                tomllib.loads(block.text)
            else:
                assert block.language in ("bash", "diagram"), f"line {block.line}: what is {block.language}?"
            yield replace(block, text=right)

    def console(self, text: str) -> str:
        """Return the session with the output that its commands have, as it is shown where that fits."""
        turns = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.MULTILINE)
        assert "".join(f"$ {command}\n{shown}" for command, shown in turns) == text, "a session begins with $"
        said = ""
        for command, shown in turns:
            printed = self.run(command)
            said += f"$ {command}\n" + (shown if fits(shown, printed) else printed)
        return said

    def run(self, command: str) -> str:
        command, _, target = command.partition(" > ")
        program, *arguments = shlex.split(command, comments=True)
        if program == "archspec":
            printed = self.archspec(arguments)
        elif program == "cat":
            printed = "".join(Path(name).read_text(encoding="utf-8") for name in arguments)
        elif program == "python":
            printed = self.script(Path(arguments[0]))
        elif command == "echo $?":
            printed = f"{self.status}\n"
        elif program == "printf":
            printed = codecs.decode(arguments[0], "unicode_escape")
            Path(target).write_bytes(printed.encode("latin-1"))
            return ""
        else:
            raise AssertionError(f"the pages do not run {program}")
        if target:
            Path(target).write_text(printed, encoding="utf-8")
            return ""
        return printed

    def lint(self, file: str) -> str:
        """Return the messages about a file, without the closing line."""
        return self.invoke(["lint", file]).stdout

    def archspec(self, arguments: list[str]) -> str:
        return self.invoke(arguments).output

    def invoke(self, arguments: list[str]) -> Result:
        """Run archspec as in a terminal of 80 columns."""
        terminal = {"COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb"}
        result = CliRunner(env=terminal).invoke(commands, arguments, prog_name="archspec")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        self.status = result.exit_code
        return result

    def script(self, path: Path) -> str:
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), {"__name__": "__main__"})  # noqa: S102
        return printed.getvalue()

    def python(self, block: Block) -> str:
        """Return the block with the output that its lines have, as it is shown where that fits."""
        if ">>>" not in block.text:
            if block.file.endswith(".py"):
                Path(block.file).write_text(block.text, encoding="utf-8")
            exec(compile(block.text, block.file, "exec"), self.names)  # noqa: S102
            return block.text
        said, same = "", doctest.OutputChecker().check_output
        for part in doctest.DocTestParser().parse(block.text):
            if isinstance(part, str):
                said += part
                continue
            printed = self.example(part.source)
            flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
            lines = "\n... ".join(part.source.splitlines()).replace("... \n", "...\n")
            said += f">>> {lines}\n" + (part.want if same(part.want, printed, flags) else printed)
        return said

    def example(self, source: str) -> str:
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            try:
                exec(compile(source, "page", "single"), self.names)  # noqa: S102
            except archspec.ArchspecError as error:
                print(
                    "Traceback (most recent call last):",
                    *traceback.format_exception_only(error),
                    sep="\n",
                    end="",
                )
        return printed.getvalue()


def fits(shown: str, printed: str) -> bool:
    """Whether an output is what a page shows: `...` is any text, or any lines where it stands alone."""
    lines = [
        r"(?:.*\n)*" if line == "..." else re.escape(line).replace(re.escape("..."), ".*") + r"\n"
        for line in shown.splitlines()
    ]
    return re.fullmatch("".join(lines), printed) is not None


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_page_shows_what_is_so(path: Path, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    page = path.read_text(encoding="utf-8")
    shutil.copytree(ROOT / "specs", tmp_path / "specs")
    right = page
    with contextlib.chdir(tmp_path):
        found = blocks(page)
        corrected = list(Session().corrected(found))
    for block, new in reversed(list(zip(found, corrected, strict=True))):
        right = right[: block.start] + new.text + right[block.start + len(block.text) :]
    if request.config.getoption("--update"):
        path.write_text(right, encoding="utf-8")
    else:
        assert page == right


def test_the_readme_suffices_in_an_empty_folder(tmp_path: Path) -> None:
    """A trained step, a changed head and a linted pull request, with nothing there but what the README says."""
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    start, end = (page.index(f"\n## {title}\n") for title in ("From an empty folder", "In CI"))
    with contextlib.chdir(tmp_path):
        shown = blocks(page[start:end])
        assert [block.text for block in Session().corrected(shown)] == [block.text for block in shown]
    assert {path.name for path in tmp_path.iterdir()} == {"step.py", "birds.yaml"}


def test_every_code_has_an_example() -> None:
    shown = {}
    for path in sorted((ROOT / "docs" / "errors").glob("as*.md")):
        for section in re.split(r"^##? (?=AS\d{3} )", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            code, name = section.splitlines()[0].split()
            assert f"[{code}]" in section, f"{code} has no example that gives it"
            shown[code] = name
    assert shown == CODES


def test_every_page_is_in_the_site() -> None:
    """MkDocs, strict or not, only notes a page that nothing in its navigation leads to."""
    named = re.findall(r"\S+\.md$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(named) == sorted(path.relative_to(ROOT / "docs").as_posix() for path in PAGES if "docs" in path.parts)


def test_links_lead_somewhere() -> None:
    for path in PAGES:
        page = path.read_text(encoding="utf-8")
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", FENCE.sub("", page)):
            assert (path.parent / target).exists(), f"{path.relative_to(ROOT)} → {target}"


def script(name: str) -> Any:
    found = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert found
    assert found.loader
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["gallery", "ops_page", "rule_pages"])
def test_what_is_generated_is_current(name: str, request: pytest.FixtureRequest) -> None:
    for path, text in script(name).pages().items():
        if request.config.getoption("--update"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.read_text(encoding="utf-8") == text


def test_every_picture_is_on_a_page() -> None:
    images = ROOT / "docs" / "images"
    linked = {
        (path.parent / target).resolve()
        for path in PAGES
        for target in re.findall(r"\]\(([^)#]+)", path.read_text(encoding="utf-8"))
    }
    assert {path for path in images.rglob("*") if path.is_file()} - linked == {images / "filters" / "photograph.png"}


CONV = "{op: Conv2d, out_channels: 16, kernel_size: 3, stride: 2, padding: 1}"
TEN = {
    "a misspelt op": ("conv: {op: Conv2, out_channels: 16, kernel_size: 3}", "AS107", (4, 14)),
    "a misspelt argument": ("conv: {op: Conv2d, out_channels: 16, kernal_size: 3}", "AS108", (4, 40)),
    "a wrong type": ("conv: {op: Conv2d, out_channels: many, kernel_size: 3}", "AS111", (4, 36)),
    "an input that is not there": ("relu: {op: ReLU, from: rleu}", "AS113", (4, 26)),
    "a circle": ("a: {op: ReLU, from: b}\n  b: {op: ReLU, from: a}", "AS112", (4, 23)),
    "a sum of different shapes": (f"conv: {CONV}\n  add: {{op: Add, from: [conv, input]}}", "AS203", (5, 31)),
    "a kernel larger than its input": ("conv: {op: Conv2d, out_channels: 16, kernel_size: 41}", "AS202", (4, 53)),
    "a linear layer on a picture": ("fc: {op: Linear, in_features: 16384, out_features: 10}", "AS203", (4, 33)),
    "a name given twice": ("relu: ReLU\n  relu: Tanh", "AS005", (5, 3)),
    "bad syntax": ("relu: {op: ReLU", "AS003", (4, 9)),
}
"""The ten wrong specs of the README's comparison: the layers, and the code and place of the one message."""


@pytest.mark.parametrize("what", TEN)
def test_the_ten_wrong_specs_of_the_comparison(what: str) -> None:
    layers, code, place = TEN[what]
    assert what in " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    with pytest.raises(archspec.SpecError) as caught:
        archspec.loads(f"archspec: 1\ninput: [16, 32, 32]\nlayers:\n  {layers}\n")
    assert [(d.code, (d.span.line, d.span.column)) for d in caught.value.diagnostics] == [(code, place)]
