"""`archspec rule`: what it lists, and what it says of each code."""

import json

import pytest
from click.testing import CliRunner, Result

from archspec.cli import commands
from archspec.diagnostic import CODES
from archspec.lint import judge
from archspec.lint.rule import Rule
from archspec.lint.rules import RULES
from archspec.lint.settings import Settings
from archspec.source import parse


def rule(*arguments: str) -> Result:
    return CliRunner().invoke(commands, ["rule", *arguments], prog_name="archspec")


def test_every_code_is_listed() -> None:
    listed = {line.split()[0]: line.split()[1] for line in rule().stdout.splitlines()}
    assert listed == CODES


def test_a_rule_that_is_off_says_so() -> None:
    off = {line.split()[0] for line in rule().stdout.splitlines() if line.endswith("off by default")}
    assert off == {each.code for each in RULES if not each.default}


@pytest.mark.parametrize("code", CODES)
def test_a_code_is_explained_by_its_code_and_by_its_name(code: str) -> None:
    said = rule(code).stdout
    assert said.splitlines()[0].startswith(f"{code} {CODES[code]} (")
    assert f"[{code}]" in said
    assert "](" not in said
    assert not any(other in said.partition("\n")[2] for other in (f"\n## {code[:3]}", f"\n# {code[:3]}"))
    assert rule(CODES[code]).stdout == said


@pytest.mark.parametrize("each", RULES, ids=lambda each: each.code)
def test_a_rule_is_explained_in_full(each: Rule) -> None:
    said = rule(each.code).stdout
    assert each.catches in said
    assert each.spares in said
    words = " ".join(said.split())
    assert all(part in words for part in each.paragraphs())


def test_json_has_everything() -> None:
    found = json.loads(rule("--format", "json").stdout)
    assert {one["code"]: one["name"] for one in found} == CODES
    severities = {one["code"]: one["severity"] for one in found}
    trap = judge(parse("archspec: 1\nname: no\ninput: [3]\nlayers: [ReLU]\n"), settings=Settings())
    assert [severities[one.code] for one in trap] == [one.severity for one in trap] == ["warning"]
    assert severities["AS303"] == "note"
    assert severities["AS203"] == "error"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("AS999", "there is no code AS999; `archspec rule` lists them"),
        ("all", "there is no code all; did you mean AS?"),
        ("shape-mismach", "did you mean shape-mismatch?"),
        ("as203", "did you mean AS203?"),
        ("bias", "did you mean bias-before-norm?"),
        ("norm", "did you mean norm-of-one or norm-over-width?"),
    ],
)
def test_a_code_that_is_not_there(text: str, said: str) -> None:
    result = rule(text)
    assert result.exit_code == 2
    assert said in result.stderr
