"""Expressions: Python's own evaluation of the same text is the oracle; attacks and mistakes are rows."""

import inspect
import json
import math
import re
import sys

import pytest
from clock import within
from hypothesis import example, given, settings
from hypothesis import strategies as st

from archspec.expression import UNKNOWN, Budget, ExpressionError, LimitError, parse

NAMES = {
    "width": 64,
    "stride": 2,
    "ratio": 0.25,
    "flag": True,
    "mode": "same",
    "depths": (3, 4, 6, 3),
    "n_0": -7,
}
INPUT = {"input": {"channels": 3, "image": {"height": 224}}}
PYTHON = {
    **NAMES,
    "true": True,
    "false": False,
    "__builtins__": {f.__name__: f for f in (min, max, sum, round, math.floor, math.ceil, math.sqrt)},
}


def evaluate(text, names=None, steps=10_000):
    return parse(text).evaluate({**NAMES, **INPUT, **(names or {})}, Budget(steps))


# Random expressions of the grammar, typed, since archspec refuses what Python would convert in silence.

numbers = st.one_of(
    st.integers(0, 9),
    st.integers(0, 10**6),
    st.sampled_from(["0.5", "2.0", "1e-5", "6.02e23", "3.", ".25", "0.0", "width", "stride", "ratio", "n_0"]),
).map(str)
booleans = st.sampled_from(["true", "false", "flag"])
texts = st.sampled_from(["mode", "'same'", '"valid"', "'it is'", '""'])
blank = st.sampled_from(["", " ", "  "])


def spaced(*parts):
    """Join parts with blanks of any width, at least one wherever two words would run together."""

    def join(drawn):
        values, gaps = drawn
        out = ""
        for value, gap in zip(values, gaps, strict=True):
            touching = out and (out[-1].isalnum() or out[-1] in "_.\"'") and (value[0].isalnum() or value[0] in "_.\"'")
            out += (gap or " " * bool(touching)) + value
        return out

    return st.tuples(st.tuples(*parts), st.tuples(*[blank] * len(parts))).map(join)


def chained(operand, signs):
    return st.lists(st.tuples(signs, operand), min_size=1, max_size=3).flatmap(
        lambda rest: spaced(operand, *[st.just(part) for pair in rest for part in pair])
    )


def grown(kinds):
    number, boolean, text = (kinds.map(lambda kind, i=i: kind[i]) for i in range(3))
    one = st.just
    arithmetic = st.one_of(
        chained(number, st.sampled_from(["+", "-", "*", "/", "//", "%"])),
        spaced(one("("), number, one(")")),
        spaced(one("-"), number),
        spaced(number, one("if"), boolean, one("else"), number),
        spaced(st.sampled_from(["min", "max"]), one("("), number, one(","), number, one(")")),
        spaced(st.sampled_from(["round", "floor", "ceil"]), one("("), number, one(")")),
        one("sum(depths)"),
        one("max( depths )"),
    )
    logic = st.one_of(
        chained(number, st.sampled_from(["<", "<=", ">", ">=", "==", "!="])),
        spaced(text, st.sampled_from(["==", "!="]), text),
        chained(boolean, st.sampled_from(["and", "or"])),
        spaced(one("not"), boolean),
        spaced(one("("), boolean, one(")")),
        spaced(boolean, one("if"), boolean, one("else"), boolean),
    )
    words = st.one_of(texts, spaced(one("("), text, one("if"), boolean, one("else"), text, one(")")))
    return st.tuples(arithmetic, logic, words)


KINDS = st.recursive(st.tuples(numbers, booleans, texts), grown, max_leaves=8)
EXPRESSIONS = KINDS.flatmap(st.sampled_from)


def outcome(compute):
    """Return what a computation gives, in terms in which Python's and archspec's can be compared."""
    try:
        value = compute()
    except (ZeroDivisionError, OverflowError, TypeError, ValueError, SyntaxError) as error:
        return type(error).__name__
    if isinstance(value, bool | str):
        return value
    bound = 2**63 if isinstance(value, int) else math.inf
    return (type(value).__name__, value) if abs(value) < bound else "OverflowError"


def as_python_says(text):
    return outcome(lambda: eval(text, PYTHON, {}))  # noqa: S307


def attempt(compute):
    try:
        return compute()
    except ExpressionError as error:
        return error


@settings(max_examples=500, deadline=None)
@given(EXPRESSIONS)
@example("-7 // 2 * 3 % 5 - -1")
@example("1 - 2 - 3 + 4 // 5 // 6")
@example("not flag == true")
@example("1 < 2 < 3 == 3 > 2")
@example("1 if false else 2 if false else 3")
@example("true or false and false")
def test_an_expression_has_the_value_that_python_gives_it(text):
    expected = as_python_says(text)
    expression = attempt(lambda: parse(text))
    if isinstance(expression, ExpressionError):
        assert isinstance(expression, LimitError) or expected == "SyntaxError"
        return
    found = attempt(lambda: outcome(lambda: expression.evaluate(NAMES, Budget(10_000))))
    if not isinstance(found, ExpressionError):
        assert found == expected
    elif "division by zero" in found.message:
        assert expected in ("ZeroDivisionError", "OverflowError")
    else:  # Python goes on with integers of 2⁶³ and with infinity, and compares a number with a boolean
        assert re.search("too large|below 2⁶³|cannot be compared", found.message)


@settings(max_examples=250, deadline=None)
@given(EXPRESSIONS)
@example("(1 - 2) - (3 - 4)")
@example("(1 < 2) == (2 < 3)")
@example("-(-width)")
@example("not (flag and (true or flag))")
@example("0 if true if true else true else 0")
@example("(1 if flag else 2) + 3 if (flag if true else flag) else (4 if flag else 5)")
def test_its_python_source_means_the_same(text):
    expression = attempt(lambda: parse(text))
    if isinstance(expression, ExpressionError):
        return
    expected = attempt(lambda: outcome(lambda: expression.evaluate(NAMES, Budget(10_000))))
    if isinstance(expected, ExpressionError):
        return
    source = expression.python({name: f"self.{name}" for name in NAMES})
    if source is None:
        assert re.search("floor|ceil", text)
        return
    holder = type("Holder", (), NAMES)()
    assert outcome(lambda: eval(source, {**PYTHON, "self": holder}, {})) == expected  # noqa: S307


@pytest.mark.parametrize(("text", "source"), [
    ("((4)) * (width)", "4 * w"),
    ("(a + b) * c", "(a + b) * c"),
    ("a + (b * c)", "a + b * c"),
    ("a - (b - c)", "a - (b - c)"),
    ("(a - b) - c", "a - b - c"),
    ("not (a == b)", "not a == b"),
    ("(not a) == b", "(not a) == b"),
    ("(a if b else c) if c else a", "(a if b else c) if c else a"),
    ("a if b else (c if a else b)", "a if b else c if a else b"),
    ("(a < b) < c", "(a < b) < c"),
    ("-(a * b)", "-(a * b)"),
    ("(-a) * b", "-a * b"),
    ("max(a, (b))", "max(a, b)"),
    ("input.channels // 2", "channels // 2"),
    ("a == 'it is'", "a == 'it is'"),
    ("true and false", "True and False"),
    ("sqrt(a)", None),
    ("make_divisible(a)", None),
    ("nowhere + 1", None),
    ("input.height", None),
])  # fmt: skip
def test_python_source_has_no_parentheses_but_the_needed_ones(text, source):
    names = {"width": "w", "a": "a", "b": "b", "c": "c", "input.channels": "channels"}
    assert parse(text).python(names) == source


@pytest.mark.parametrize(("text", "value"), [
    # The widths of MobileNetV2 × 0.35 and 1.4 and of EfficientNet's stems, as in their checkpoints.
    ("make_divisible(32 * 0.35)", 16), ("make_divisible(24 * 0.35)", 8), ("make_divisible(96 * 0.35)", 32),
    ("make_divisible(32 * 1.4)", 48), ("make_divisible(320 * 1.4)", 448),
    ("make_divisible(1280 * 1.4)", 1792),
    ("make_divisible(32 * 1.2)", 40), ("make_divisible(32 * 1.4, 8)", 48), ("make_divisible(32 * 2.0)", 64),
    ("make_divisible(1280 * 1.1)", 1408), ("make_divisible(18)", 24), ("make_divisible(17)", 16),
    ("make_divisible(3)", 8), ("make_divisible(0)", 8),
])  # fmt: skip
def test_make_divisible_gives_published_widths(text, value):
    assert evaluate(text) == value


@pytest.mark.parametrize(("text", "value"), [
    ("depths.0", 3), ("depths.3 * 2", 6), ("input.channels", 3), ("input.image.height // 2", 112),
    ("'a' if flag else 'b'", "a"), ("depths", (3, 4, 6, 3)), ("depths == depths", True), ("mode", "same"),
    ("round(2.5)", 2), ("floor(-0.5)", -1), ("ceil(0.2)", 1), ("sqrt(9)", 3.0), ("7 / 2", 3.5),
    ("9007199254740993", 2**53 + 1),
    ("9223372036854775807", 2**63 - 1), ("sum(depths)", 16), ("min(depths)", 3), ("1 +\n 1", 2),
    ("min(1, 2, )", 1),
])  # fmt: skip
def test_values(text, value):
    found = evaluate(text)
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize(("text", "value"), [
    ("u + 1", UNKNOWN), ("-u", UNKNOWN), ("u.channels", UNKNOWN), ("max(u, 1)", UNKNOWN),
    ("u == 1", UNKNOWN), ("not u", UNKNOWN),
    ("1 if u else 2", UNKNOWN), ("u and true", UNKNOWN), ("true and u", UNKNOWN), ("1 < u < 0", UNKNOWN),
    ("max(part)", UNKNOWN),
    ("false and u", False), ("true or u", True), ("1 if flag else u", 1), ("2 < 1 < u", False),
    ("u", UNKNOWN),
    ("u // 0 if false else 3", 3),
])  # fmt: skip
def test_what_depends_on_an_unknown_value_is_unknown_and_nothing_else(text, value):
    assert evaluate(text, {"u": UNKNOWN, "part": (1, UNKNOWN)}) == value


def test_a_mistake_beside_an_unknown_value_is_still_found():
    with pytest.raises(ExpressionError, match="no `widht`"):
        evaluate("u + widht", {"u": UNKNOWN})


@pytest.mark.parametrize("text", ["width + index * width", "input.channels == (mode) or depths.1 > min(index, 2)"])
def test_names_are_told_with_their_places(text):
    expected = [m for m in re.finditer(r"(?<![\w.])[a-z]+", text) if m[0] not in ("or", "min")]
    assert parse(text).names == tuple((m[0], *m.span()) for m in expected)


# Mistakes: the text, the part that the message points at, and what message and help must say.
MISTAKES = json.loads(r"""[
    ["x**2", "**", "", "x * x"],
    ["2 ^ 3", "^", "", "x * x"],
    ["9**9**9", "**", "", "x * x"],
    ["1<<10", "<<", "", "x * 2"],
    ["a && b", "&&", "", "`and`"],
    ["a || b", "||", "", "`or`"],
    ["a & b", "&", "", "`and`"],
    ["!flag", "!", "", "`not`"],
    ["width = 1", "=", "", "`==`"],
    ["width === 1", "===", "", "`==`"],
    ["width <> 1", "<>", "", "`!=`"],
    ["(y := 3)", ":=", "assign|part", "parameter"],
    ["depths[0]", "[0]", "", "`depths.0`"],
    ["input.image[ 12 ]", "[ 12 ]", "", "`input.image.12`"],
    ["depths[index]", "[", "", "`depths.0`"],
    ["$width", "$", "", "write `width`"],
    ["${width}", "${", "", "write `width`"],
    ["{{ width }}", "{{", "", "write `width`"],
    ["${a:-b}", "${", "", "write `a`"],
    ["$${a}", "$", "", "no sign"],
    ["mxa(1, 2)", "mxa", "no function `mxa`", "`max`"],
    ["foobarbaz(1)", "foobarbaz", "no function", "make_divisible"],
    ["int(width)", "int", "no function", "min, max"],
    ["input.channels(1)", "input.channels", "no function", ""],
    ["make_divisible(width, divisor=4)", "=", "", "make_divisible(x, 4)"],
    ["f'{width}'", "f'{width}'", "prefix `f`", "'{width}'"],
    ["lambda x: x", "lambda", "", "function"],
    ["[x for x in depths]", "[", "", ""],
    ["width for width in depths", "for", "", "repeat"],
    ["width in depths", "in", "", "or"],
    ["mode is 'same'", "is", "", "=="],
    ["True", "True", "", "`true`"],
    ["flag == False", "False", "", "`false`"],
    ["flag ? 1 : 2", "?", "", "`a if condition else b`"],
    ["if flag then 1", "if", "", "`a if condition else b`"],
    ["1 if flag", "if", "no `else`", "`a if condition else b`"],
    ["1 else 2", "else", "without `if`", ""],
    ["2 width", "width", "operator is missing", "`2 * width`"],
    ["2(width)", "(", "operator is missing", ""],
    ["3x", "3x", "no number", "`3 * x`"],
    ["3x3", "3x3", "no number", "`[3, 3]`"],
    ["4.09G", "4.09G", "no number", "`4.09e9`"],
    ["25M", "25M", "no number", "`25e6`"],
    ["1e-5f", "1e-5f", "no number", "`1e-5`"],
    ["4 x width", "x", "operator is missing", "`4 * …`"],
    ["a =! 1", "=", "not part of the language", "`!=`"],
    ["a is not 1", "is", "no meaning", "`!=`"],
    ["0x10", "0x10", "no number", "decimal"],
    ["1_000", "1_000", "no number", "`1000`"],
    ["010", "010", "zero", "`10`"],
    ["1.2.3", "1.2.3", "no number", ""],
    ["1j", "1j", "no number", "decimal"],
    ["'abc", "'", "never closed", "end the text with '"],
    ["'a\\'b'", "\\", "backslash", ""],
    ["(1 + 2", "(", "never closed", "`)`"],
    ["max(1, 2", "(", "never closed", "`)`"],
    ["1 + 2)", ")", "never opened", ""],
    ["1, 2", ",", "comma", "[a, b]"],
    ["1 +", "+", "missing after `+`", ""],
    ["* 2", "*", "missing before `*`", ""],
    ["1 + * 2", "*", "missing before `*`", ""],
    ["+1", "+", "begin with +", "delete"],
    ["flag == not flag", "not", "parentheses", "(not x)"],
    ["", "", "no expression", ""],
    ["   ", "", "no expression", ""],
    ["width × 2", "×", "U+00D7 MULTIPLICATION SIGN", "`*`"],
    ["width − 2", "−", "U+2212 MINUS SIGN", "`-`"],
    ["ａ", "ａ", "U+FF41 FULLWIDTH LATIN SMALL LETTER A", "`a`"],
    ["wіdth", "і", "U+0456 CYRILLIC SMALL LETTER BYELORUSSIAN-UKRAINIAN I", "ASCII"],
    ["“same”", "“", "U+201C", "`\"`"],
    ["width\u00a0* 2", "\u00a0", "U+00A0", "space"],
    ["width\u200b", "\u200b", "U+200B ZERO WIDTH SPACE", ""],
    ["().__class__", ")", "", ""],
    ["__import__('os')", "__import__", "no function", ""],
    ["class", "class", "no meaning", "keyword"]
]""")


@pytest.mark.parametrize(("text", "place", "message", "advice"), MISTAKES, ids=[row[0] or "empty" for row in MISTAKES])
def test_what_cannot_be_read(text, place, message, advice):
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    error = caught.value
    assert text[error.start : error.end] == place
    assert re.search(message.replace("+", r"\+").replace("*", r"\*"), error.message)
    assert advice in (error.help or "")


@pytest.mark.parametrize(("text", "place", "message", "advice"), [
    ("widht", "widht", "no `widht`", "`width`"),
    ("input.chanels", "input.chanels", "no `chanels`", "`input.channels`"),
    ("input", "input", "no value itself", "`input.channels`"),
    ("depths.4", "depths.4", "4 entries", ""),
    ("depths.first", "depths.first", "list", "`depths.0`"),
    ("width.__class__", "width.__class__", "64, a number, and has no parts", ""),
    ("mode.format", "mode.format", '"same", text, and has no parts', ""),
    ("depths.__len__", "depths.__len__", "list", ""),
    ("1 / 0", "0", "division by zero", ""),
    ("1 % (stride - 2)", "stride - 2", "`stride - 2` is 0", ""),
    ("1 // 0.0", "0.0", "division by zero", ""),
    ("flag + 1", "flag", "true, a boolean", ""),
    ("mode * 2", "mode", '"same", text', ""),
    ("-depths", "depths", "a list", ""),
    ("stride and flag", "stride", "`stride` is 2, a number", "`stride != 1`"),
    ("1 if mode else 2", "mode", "true or false", ""),
    ("not 1", "1", "`1` is a number", ""),
    ("mode == 1", "mode == 1", "cannot be compared", ""),
    ("flag == 1", "flag == 1", "cannot be compared", ""),
    ("'a' < 'b'", "'a' < 'b'", "order", "=="),
    ("9223372036854775807 + 1", "9223372036854775807 + 1", "is 9223372036854775808", ""),
    ("3037000500 * 3037000500", "3037000500 * 3037000500", "is 9223372037000250000", ""),
    ("1e308 * 10", "1e308 * 10", "too large", ""),
    ("round(1e300)", "round(1e300)", "integers are below", ""),
    ("sqrt(-1)", "sqrt(-1)", "-1 has no square root", ""),
    ("min()", "min()", "0 values", "min(a, b)"),
    ("sum(1, 2)", "sum(1, 2)", "2 values", "with +"),
    ("round(1, 2)", "round(1, 2)", "2 values", "round(x)"),
    ("max(depths, 1)", "depths", "a list", ""),
    ("max(words)", "max(words)", "empty|holds", ""),
    ("make_divisible(8, 0)", "make_divisible(8, 0)", "at least 1", ""),
    ("make_divisible(-8)", "make_divisible(-8)", "negative", ""),
])  # fmt: skip
def test_what_has_no_value(text, place, message, advice):
    with pytest.raises(ExpressionError) as caught:
        evaluate(text, {"words": ()})
    error = caught.value
    assert text[error.start : error.end] == place or place == "max(words)"
    assert re.search(re.escape(message).replace(r"\|", "|"), error.message)
    assert advice in (error.help or "")


@pytest.mark.parametrize("text", ["9223372036854775808", "9" * 500, "1e309", "1e999999999", "9" * 400 + ".0"])
def test_numbers_out_of_range(text):
    with pytest.raises(ExpressionError, match="too large"):
        parse(text)


HOSTILE = [
    "(" * 500, "(" * 250 + "1" + ")" * 250, "-" * 511 + "1", "not " * 127 + "true", "min(" * 128 + "1",
    "+".join("1" * 256),
    "1 if true else " * 33 + "1", "a." * 255 + "a", "'" * 512, '"' * 511, "1" * 100_000,
    "1+" * 50_000 + "1", "\\" * 512, "[" * 512,
    "=" * 512, ".." * 256, "0" * 512, "1e" * 256, "{" * 512, "${" * 256, "é" * 512, "\ud800" * 512,
    "\0" * 512, "<" * 512,
    "a" * 512 + "(", "a" * 500 + "(1)", " " * 512, "((" * 20 + "1", "1 " * 256, "* " * 256, "2**2**30",
    "1<<10**9", "10**10*'x'",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_an_attack_is_answered_at_once(text):
    def refusal():
        with pytest.raises(ExpressionError) as caught:
            evaluate(text)
        return caught.value

    refused = within(0.1, refusal)
    assert 0 <= refused.start <= refused.end <= len(text)


def test_the_bounds_are_where_they_are_said_to_be():
    assert evaluate("(" * 32 + "1" + ")" * 32) == 1
    assert evaluate("+".join("1" * 128)) == 128
    assert evaluate("1" + " " * 511) == 1
    for text in ("(" * 33 + "1" + ")" * 33, "+".join("1" * 129), "1" + " " * 512):
        with pytest.raises(LimitError):
            parse(text)


def test_the_deepest_expression_does_not_exhaust_the_stack():
    text = "1"
    while len(deeper := f"({text}*1+1 if true else 1)") <= 512:
        text = deeper
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + 500)
    try:
        assert evaluate(text) == text.count("+") + 1
    finally:
        sys.setrecursionlimit(limit)


def test_a_budget_ends_the_evaluation():
    budget = Budget(25)
    expression = parse("1 + 2 + 3")
    expression.evaluate({}, budget)
    spent = 25 - budget.remaining
    assert spent >= 4
    with pytest.raises(LimitError, match="steps"):
        [expression.evaluate({}, budget) for _ in range(25)]


def test_a_long_list_costs_its_length():
    budget = Budget(1000)
    with pytest.raises(LimitError):
        parse("sum(long)").evaluate({"long": (1,) * 5000}, budget)


def test_an_expression_of_the_largest_size_is_fast():
    text = "*".join(["1"] * 128)
    expression = parse(text)
    within(0.01, lambda: expression.evaluate({}, Budget(1000)))


@settings(max_examples=500, deadline=None)
@given(st.text(max_size=40) | st.lists(st.sampled_from(
    ["a", "b.c", "1", "0.5", "'x'", '"', "'", "(", ")", ",", "+", "-", "*", "/", "//", "%", "==", "<", "<=",
    "and",
  "or", "not", "if", "else", "true", "min(", ".", "[", "]", "$", "**", "=", "!", "é", "\\", "\n"]
), max_size=15).map(" ".join))  # fmt: skip
def test_no_text_does_anything_but_parse_or_raise_with_a_place(text):
    error = attempt(lambda: parse(text).evaluate({"a": 1, "b": {"c": 2}}, Budget(1000)))
    if isinstance(error, ExpressionError):
        assert 0 <= error.start <= error.end <= len(text)
        assert error.message
        assert error.message[-1] not in ".!"
