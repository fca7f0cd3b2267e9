"""The rules of the linter, each against the examples that it gives of itself, and where comments suppress it."""

import pytest
from clock import within

from archspec.diagnostic import CODES
from archspec.lint import judge
from archspec.lint.rule import Rule
from archspec.lint.rules import RULES
from archspec.lint.settings import Choice, Settings
from archspec.source import parse
from archspec.source.edits import edited

each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
EVERY = {rule.code: rule for rule in RULES}


def settings(*select: str, extend: tuple[str, ...] = ()) -> Settings:
    return Settings((Choice(select or None, extend),))


def found(text: str, chosen: Settings = settings()) -> list[tuple[str, int, int]]:  # noqa: B008 - frozen
    return [(one.code, one.span.line, one.span.column) for one in judge(parse(text, "net.yaml"), settings=chosen)]


def test_the_rules_stand_in_the_order_of_their_codes() -> None:
    assert [rule.code for rule in RULES] == sorted({rule.code for rule in RULES})
    assert set(EVERY) == {code for code in CODES if code >= "AS31"}


@each_rule
def test_a_rule_says_what_it_finds_and_why_and_who_says_so(rule: Rule) -> None:
    what, *why, source = rule.paragraphs()
    assert what.endswith(".")
    assert why
    assert source.startswith("Source: ")


@each_rule
def test_a_rule_alone_finds_its_example_once(rule: Rule) -> None:
    assert [code for code, *_ in found(rule.catches, settings(extend=(rule.code,)))] == [rule.code]


@each_rule
def test_nothing_is_found_in_what_a_rule_leaves_alone(rule: Rule) -> None:
    assert found(rule.spares, settings(extend=(rule.code,))) == []


@each_rule
def test_a_fix_of_a_rule_mends_its_example(rule: Rule) -> None:
    source = parse(rule.catches, "net.yaml")
    for fix in judge(source, settings=settings(rule.code))[0].fixes:
        assert found(edited(source, fix.edits), settings(rule.code)) == []


HEAD = "archspec: 1\ninput: [3, 32, 32]\nparameters: {norm: true}\n"
UNIT = """\
blocks:
  Unit:
    parameters: {normed: bool}
    layers:
      conv: {op: Conv2d, out_channels: 8, kernel_size: 3}
      gate: {op: Identity, when: not normed}
      norm: BatchNorm2d
"""


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ("layers:\n  conv:\n    op: Conv2d\n    out_channels: 8\n    kernel_size: 3\n  norm: BatchNorm2d\n", [(5, 3)]),
        (
            "layers: [{op: Conv2d, out_channels: 8, kernel_size: 3, bias: true}, BatchNorm2d]\n",
            [(4, 56)],
        ),
        ("layers: [Flatten, {op: Linear, out_features: 8}, BatchNorm1d]\n", [(4, 19)]),
        ("layers: [{op: Linear, out_features: 8}, BatchNorm2d]\n", []),  # the bias is along the last axis
        ("layers: [{op: Conv2d, out_channels: 8, kernel_size: 3}, {op: BatchNorm2d, when: norm}]\n", []),
        (
            "layers:\n  a: {op: Conv2d, out_channels: 8, kernel_size: 3}\n  b: BatchNorm2d\n"
            "  c: {op: Add, from: [a, b]}\n",
            [],
        ),
        (f"{UNIT}layers: [{{block: Unit, normed: true}}, {{block: Unit, normed: true}}]\n", [(8, 7)]),
        (f"{UNIT}layers: [{{block: Unit, normed: true}}, {{block: Unit, normed: false}}]\n", []),
        ("layers: {a: {op: Conv2d, out_channels: 8, kernel_size: 3}, b: BatchNorm2d}\noutput: {x: a, y: b}\n", []),
    ],
)
def test_a_bias_before_a_norm(rest: str, expected: list[tuple[int, int]]) -> None:
    assert found(HEAD + rest, settings("AS310")) == [("AS310", *place) for place in expected]


# Suppression

CONV = "  conv: {op: Conv2d, out_channels: 8, kernel_size: 3}"
NORMED = "archspec: 1\ninput: [3, 32, 32]\nlayers:\n%s\n  norm: BatchNorm2d\n"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (CONV, [("AS310", 4, 3)]),
        (f"{CONV}  # archspec: ignore[AS310] as published", []),
        (f"{CONV}  #archspec:ignore[AS310]", []),
        (f"  # archspec: ignore[bias-before-norm]\n{CONV}", []),
        (f"  # archspec: ignore[AS31, AS113]\n\n  # a comment between\n{CONV}", [("AS305", 4, 28)]),
        (f"# archspec: ignore-file[AS3]\n{CONV}", []),
        (f"{CONV}\n  # archspec: ignore[AS310]", [("AS310", 4, 3), ("AS305", 5, 22)]),
        (f"{CONV}  # archspec: ignore[AS0]", [("AS310", 4, 3), ("AS304", 4, 75)]),
        (f"{CONV}  # archspec: ignore[]", [("AS310", 4, 3), ("AS304", 4, 56)]),
        (f'{CONV}\n  a: {{op: ReLU, when: "1 == 1 or 2 == 3"}}', []),
        (f"{CONV}  # archspec: ignore[AS310]\n  more: Nothing", [("AS107", 5, 9)]),
        ("  conv:\n    {op: Conv2d, out_channels: 8,\n     kernel_size: 3}  # archspec: ignore[AS310]", []),
        (
            "  conv: {op: Conv2d,  # archspec: ignore[AS301]\n    out_channels: 8, kernel_size: 3}",
            [("AS310", 4, 3), ("AS305", 4, 42)],
        ),
        ("  # archspec: ignore[AS107]\n  conv: {op: Nothing, expect: [\n    3, 32, 32]}", []),
        (
            "  a:\n    op: Nothing\n    expect: [3, 32, 32]  # archspec: ignore[AS107]",
            [("AS107", 5, 9)],
        ),
    ],
)
def test_a_comment_suppresses(lines: str, expected: list[tuple[str, int, int]]) -> None:
    assert found(NORMED % lines) == expected


def test_a_comment_inside_a_text_is_none() -> None:
    text = NORMED % CONV + 'description: "said # archspec: ignore-file[AS310]"\n'
    assert found(text) == [("AS310", 4, 3)]


def test_an_error_can_be_suppressed() -> None:
    text = "archspec: 1\ninput: [3, 8, 8]\nlayers:\n  a: ReLu  # archspec: ignore[AS107] made by hand\n"
    assert found(text) == []


def test_a_thousand_suppressions_are_read_and_no_more() -> None:
    text = NORMED % CONV + "# archspec: ignore[AS113, nonsense]\n" * 20_000 + "# archspec: ignore-file[AS310]\n"
    codes = [code for code, *_ in within(2, lambda: found(text))]
    assert (codes.count("AS304"), codes.count("AS305"), codes.count("AS310")) == (500, 500, 1)
