"""The reader: PyYAML's readings and marks are the oracle; hostile files and people's mistakes are rows."""

import contextlib
import json
import math
import os
import random
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from clock import within
from hypothesis import given, settings
from hypothesis import strategies as st

from archspec.diagnostic import Span, SpecError, render
from archspec.limits import Limits
from archspec.source import Scalar, parse, read, reader

HOSTILE = Path(__file__).parent / "data" / "hostile"


def refusal(text, **limits):
    """Return the diagnostics with which a text is refused."""
    with pytest.raises(SpecError) as caught:
        parse(text, limits=Limits(**limits))
    return caught.value.diagnostics


def places(diagnostics):
    return [f"{d.code} {d.span.line}:{d.span.column}" for d in diagnostics]


def plain(tree):
    """Return a tree as PyYAML would give it."""
    if isinstance(tree, Scalar):
        return tree.value
    return [plain(t) for t in tree] if isinstance(tree, list) else {k: plain(t) for k, t in tree.items()}


def slice_of(text, span):
    """Return what stands at a span, with line breaks as they are."""
    lines = text.splitlines(keepends=True)
    start = sum(map(len, lines[: span.line - 1])) + span.column - 1
    return text[start : sum(map(len, lines[: span.end_line - 1])) + span.end_column - 1]


# Hostile files. What the manifest wants of the reader, by the words it uses, and where exactly.

REFUSED = {
    "001_billion_laughs_seq": "AS004 1:4", "002_billion_laughs_map": "AS004 1:4",
    "004_merge_key_bomb": "AS004 1:4",
    "005_anchor_cycle_seq": "AS004 1:4", "007_merge_self": "AS004 1:4", "008_alias_undefined": "AS004 1:4",
    "010_anchors_many": "AS004 1:5", "011_merge_key_scalar": "AS004 2:3",
    "013_deep_flow_seq_900": "AS009 1:67",
    "014_deep_flow_map_5k": "AS009 1:256", "016_deep_block_map_600": "AS009 65:65",
    "017_deep_question": "AS004 1:3",
    "019_unclosed_brace_mix": "AS004 1:2", "020_huge_scalar_3MB": "AS009 1:1",
    "022_long_quoted_key": "AS009 1:1",
    "023_int_100k_digits": "AS009 1:4", "025_nan_inf": "AS104 1:4", "026_list_100k": "AS009 1:199999",
    "028_int_hash_collisions": "AS004 2:3", "031_many_documents": "AS004 2:1", "043_dup_by_type": "AS004 1:5",
    "046_complex_key": "AS004 1:3", "047_key_no_value": "AS003 1:1", "050_bool_int_keys": "AS004 1:1",
    "052_tag_python_name": "AS004 1:4", "053_tag_custom": "AS004 1:4", "055_tag_set_omap": "AS004 1:4",
    "056_tag_str_int": "AS004 1:4", "058_yaml_directive": "AS004 1:1", "059_multi_doc": "AS004 2:1",
    "061_only_comment": "AS104 1:1", "062_root_scalar": "AS104 1:1", "064_doc_end_garbage": "AS003 3:1",
    "065_invalid_utf8": "AS002 1:7", "067_utf16le_bom": "AS002 1:1", "068_utf16be_nobom": "AS002 1:1",
    "071_bidi_override": "AS006 1:12", "073_zero_width": "AS006 1:3", "074_nbsp_indent": "AS006 2:1",
    "079_unicode_linebreaks": "AS006 1:8", "080_lone_surrogate": "AS003 1:8",
    "082_emoji_wide_columns": "AS003 1:12",
    "083_unterminated_quote": "AS003 1:7", "085_bad_indent": "AS003 3:2", "086_colon_in_value": "AS003 1:8",
    "088_two_syntax_errors": "AS003 1:9", "089_block_scalar_indent": "AS003 1:4",
    "100_redos_number": "AS009 4:1",
}  # fmt: skip
REPORTED = {
    "034_sexagesimal": ["AS301 1:4", "AS301 2:4", "AS301 3:4", "AS301 4:4"],
    "035_norway": ["AS301 1:4", "AS301 2:4", "AS301 3:4", "AS301 4:4", "AS301 5:4", "AS301 8:1", "AS301 9:1"],
    "038_float_traps": ["AS301 9:4"],
    "041_dup_top": ["AS005 3:1"],
    "044_dup_quoted": ["AS005 2:1", "AS005 4:1"],
}
# What the manifest would have refused for keys, names and values, which is not the reader's to judge.
LATER = "unknown key|include cycle|identifier|control chars"
MANIFEST = json.loads((HOSTILE / "MANIFEST.json").read_text())


@pytest.mark.parametrize("row", MANIFEST, ids=[row["file"] for row in MANIFEST])
def test_a_hostile_file_gets_its_verdict_at_once(row):
    name, path = row["file"].removesuffix(".yaml"), HOSTILE / row["file"]

    def answer():
        try:
            return read(path), None
        except SpecError as refused:
            return None, refused

    source, error = within(1, answer)
    if source is None:
        assert places(error.diagnostics)[0] == REFUSED[name]
        assert len(error.diagnostics) <= Limits().messages + 1
        assert not re.search(r"[^\n -~\x80-\U0010ffff]|[\u202a-\u202e\u2066-\u2069\u200b]", str(error))
    else:
        assert places(source.diagnostics) == REPORTED.get(name, [])
        spec_level = re.search(LATER, row["want"]) or name.startswith(("101_", "103_"))
        assert name in REPORTED or not row["want"].startswith("reject") or spec_level


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read from Linux's /proc")
def test_the_hostile_files_together_take_little_memory():
    script = (
        "import sys; from pathlib import Path; from archspec.diagnostic import SpecError\n"
        "from archspec.source import read\n"
        "for path in Path(sys.argv[1]).glob('*.yaml'):\n"
        "    try: read(path)\n"
        "    except SpecError as error: str(error)\n"
        "print(*Path('/proc/self/status').read_text().split())"
    )
    ran = subprocess.run([sys.executable, "-c", script, HOSTILE], capture_output=True, text=True, check=True)
    status = ran.stdout.split()
    assert int(status[status.index("VmHWM:") + 1]) < 200_000  # kB; getrusage would count this process before the exec


# Values.


@pytest.mark.parametrize(("text", "value"), [
    ("1e-5", 1e-5), ("6.02e23", 6.02e23), ("1e5", 1e5), ("1E-5", 1e-5), ("1e+5", 1e5), ("1.", 1.0),
    (".5", 0.5), ("+.5e1", 5.0),
    ("-1.5", -1.5), ("-0.0", -0.0), ("0", 0), ("-0", 0), ("+12", 12), ("010", 10), ("-010", -10),
    ("089", 89), ("0x1F", 31),
    ("0xff", 255), ("0o17", 15), ("0b11", "0b11"), ("-0x1F", "-0x1F"), ("0x", "0x"), ("0o", "0o"), ("0o8",
    "0o8"), ("0xg", "0xg"),
    ("true", True), ("True", True), ("TRUE", True), ("false", False), ("False", False), ("FALSE", False),
    ("tRUE", "tRUE"),
    ("null", None), ("Null", None), ("NULL", None), ("~", None), ("", None), ("nULL", "nULL"), ("no", "no"),
    ("Yes", "Yes"),
    ("on", "on"), ("OFF", "OFF"), ("y", "y"), ("1:30", "1:30"), ("1_000", "1_000"), ("2001-12-14",
    "2001-12-14"), ("1e", "1e"),
    ("e5", "e5"), (".", "."), ("+", "+"), ("-", "-"), ("1.2.3", "1.2.3"), ("--1", "--1"), ("1e5.5", "1e5.5"),
    ("nan", "nan"),
    ("inf", "inf"), ("1 000", "1 000"), ("१", "१"), ("+0x1", "+0x1"), (".e5", ".e5"), ("<<", "<<"), ("=",
    "="), ("0.1", 0.1),
    ("9223372036854775807", 2**63 - 1), ("-9223372036854775807", 1 - 2**63),
    ("9223372036854775808", math.inf),
    ("0x7fffffffffffffff", 2**63 - 1), ("-9223372036854775808", -math.inf), ("0xffffffffffffffff", math.inf),
    ("0" * 9000 + "7", 7), ("9" * 9000, math.inf), (".inf", math.inf), ("-.INF", -math.inf),
    ("1e999", math.inf),
])  # fmt: skip
def test_plain_text_has_the_value_of_yaml_1_2(text, value):
    found = Scalar(text).value
    assert (type(found), repr(found)) == (type(value), repr(value))
    assert Scalar(text, quoted=True).value == text


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(1 - 2**63, 2**63 - 1))
def test_every_number_is_read_back(number):
    assert Scalar(repr(number)).value == number


@given(st.text("0123456789+-.eExobnaif_:", max_size=30))
def test_a_value_is_a_number_only_where_yaml_1_2_says_so(text):
    # The regular expressions of the specification, section 10.3.2, as they stand there.
    integer = re.fullmatch(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", text)
    number = re.fullmatch(
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?(\.inf|\.Inf|\.INF)|\.nan|\.NaN|\.NAN",
        text,
    )
    assert isinstance(Scalar(text).value, int | float) == bool(integer or number)


@pytest.mark.parametrize(
    "text",
    [
        "1" * 65_000,
        "1_" * 32_000 + "1",
        "." * 65_000,
        "0" * 65_000 + ".",
        "-" * 65_000,
        "1e" * 32_000,
        "1." + "1" * 65_000 + "e-3",
        "1:" * 32_000 + "1",
        "0x" + "f" * 65_000,
        "1" * 60_000 + "e5x",
    ],
)  # fmt: skip,
def test_a_value_is_found_in_linear_time(text):
    assert within(0.05, lambda: Scalar(text).value) is not None


@pytest.mark.parametrize(("text", "message", "advice"), [
    ("no", "text here, not false", "`false`"), ("Yes", "text here, not true", "`true`"), ("OFF", "not false",
    "`false`"),
    ("010", "the number 10 here, not an octal", "`0o10`"), ("-007", "the number -7", "`-7`"), ("089",
    "the number 89", "`89`"),
    ("1_000", "text here", "`1000`"), ("1:30", "base 60", "quotes"), ("190:20:30.5", "base 60", "quotes"),
    ("0b11", "text here", "decimal"),
    ("-0x1F", "text here", "decimal"), ("0x_1", "text here", "decimal"),
])  # fmt: skip
def test_what_yaml_1_1_reads_otherwise_is_a_warning(text, message, advice):
    (found,) = parse(f"a: {text}").diagnostics
    assert (found.code, found.severity, found.span.column) == ("AS301", "warning", 4)
    assert message in found.message
    assert advice in found.help
    assert not parse(f'a: "{text}"').diagnostics


@pytest.mark.parametrize(
    "text",
    [
        "1e5",
        "0",
        "0.5",
        "-0.0",
        "0o17",
        "true",
        "~",
        "n",
        "y",
        "none",
        "nope",
        "a_b",
        "2001-12-14",
        "12:99",
        "1.5:3",
        "0x1F",
        "-12",
        "00.5",
        "1__"[:1],
        "Onward",
        "noise",
    ],
)  # fmt: skip,
def test_what_surprises_nobody_is_no_warning(text):
    assert not parse(f"a: {text}").diagnostics


@pytest.mark.parametrize(("text", "message"), [
    (".inf", "not a finite number"), ("-.Inf", "not a finite number"), (".nan", "not a finite number"),
    ("1e999", "too large a number; numbers are below 1.8e308"), ("-1e999", "numbers are below 1.8e308"),
    ("9223372036854775808", "integers are below 2⁶³"), ("0xffffffffffffffffff", "integers are below 2⁶³"),
    ("9" * 500, "integers are below 2⁶³"),
])  # fmt: skip
def test_a_number_is_finite_and_in_range(text, message):
    (found,) = refusal(f"a: {text}")
    assert message in found.message
    assert found.code == ("AS104" if "finite" in message else "AS009")


# Trees and places: random data, written by PyYAML in every style, read back by both.

words = st.from_regex(r"[a-zà-öα-ω_][a-z0-9_ é日😀]{0,12}", fullmatch=True).map(str.strip)
special = st.sampled_from([
    "a: b", "it's", 'say "x"', "# no comment", "two\nlines", "", " lead", "no", "010", "1:30",
    "-", "a, b", "{x}", "[0]", "&a", "*a", "!t", "%", "@", "`", "\t", "|", "> 3", "\\", "\x1b[0m",
    "three\n\n\nlines\n", "x " * 40, "null", "~", "1e5",
])  # fmt: skip
numbers = st.integers(-(10**9), 10**9) | st.floats(-1e9, 1e9).filter(lambda x: x == 0 or abs(x) > 1e-3)
leaves = words | special | numbers | st.booleans() | st.none()
trees = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=20,
)
data = st.dictionaries(words, trees, min_size=1, max_size=5)
styles = st.fixed_dictionaries({
    "default_flow_style": st.sampled_from([True, False, None]), "width": st.sampled_from([10, 40, 80, 1000]),
    "indent": st.sampled_from([2, 3, 8]), "allow_unicode": st.booleans(),
    "default_style": st.sampled_from([None, None, "'", '"']),
    "explicit_start": st.booleans(), "line_break": st.sampled_from(["\n", "\r\n"]),
})  # fmt: skip


def dumped(value, style):
    text = yaml.dump(value, Dumper=_Dumper, sort_keys=False, **style)
    return text.replace("\r\n", "\n").replace("\n", style["line_break"])


class _Dumper(yaml.SafeDumper):
    """Writes no anchors, and no tags where a style quotes what is no text."""

    def ignore_aliases(self, data):
        return True

    def serialize_node(self, node, parent, index):
        if isinstance(node, yaml.ScalarNode) and node.tag != "tag:yaml.org,2002:str":
            node.style = None
        super().serialize_node(node, parent, index)


def nodes(node, key=()):
    """Yield every node below a composed one with its key, and the node of the key."""
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            yield (*key, name.value), value, name
            yield from nodes(value, (*key, name.value))
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield (*key, index), value, None
            yield from nodes(value, (*key, index))


def spot(mark):
    return mark.line + 1, mark.column + 1


@settings(max_examples=100, deadline=None)
@given(data, styles)
def test_every_value_and_key_has_the_place_that_pyyaml_gives_it(value, style):
    text = dumped(value, style)
    source = parse(text)
    # The pure Python parser is an implementation of its own: its marks owe nothing to libyaml's.
    for key, node, name in nodes(yaml.compose(text, Loader=yaml.SafeLoader)):
        span = source.span(key)
        assert (span.line, span.column) == spot(node.start_mark)
        assert span.excerpt == text.splitlines()[span.line - 1]
        if isinstance(node, yaml.ScalarNode):
            assert (span.end_line, span.end_column) == spot(node.end_mark)
            written = slice_of(text, span)
            assert node.value in (written, yaml.load(written, yaml.BaseLoader), "")  # noqa: S506
        else:
            assert span.end_line == span.line
        if name:
            at = source.span(key, name=True)
            assert (at.line, at.column) == spot(name.start_mark)
            assert (at.end_line, at.end_column) == spot(name.end_mark)


@settings(max_examples=100, deadline=None)
@given(data, styles)
def test_the_tree_is_pyyamls_where_yaml_1_1_and_1_2_agree(value, style):
    text = dumped(value, style)
    numbers = re.compile(r"[-+]?[0-9][0-9.]*[eE][-+]?[0-9]+")  # text to YAML 1.1 without a dot or a sign

    def agreed(ours, theirs):
        if isinstance(theirs, dict):
            return list(ours) == list(theirs) and all(agreed(ours[k], theirs[k]) for k in theirs)
        if isinstance(theirs, list):
            return len(ours) == len(theirs) and all(map(agreed, ours, theirs))
        same = type(ours.value) is type(theirs) and ours.value == theirs
        return same or (isinstance(theirs, str) and numbers.fullmatch(theirs))

    assert agreed(parse(text).root, yaml.load(text, yaml.CSafeLoader))


def test_places():
    text = "name: é😀 net # c\nlayers:\n  conv1: {op: Conv2d, size: [3,\n    3]} # c\n  - x\n".replace(
        "  - x\n", "  relu:\n"
    )
    source = parse(text, "net.yaml")
    assert source.span(("name",)) == Span("net.yaml", 1, 7, 1, 13, "name: é😀 net # c")
    assert source.span(("layers", "conv1", "size", 1)) == Span("net.yaml", 4, 5, 4, 6, "    3]} # c")
    conv1 = source.span(("layers", "conv1"))
    assert (conv1.line, conv1.column, conv1.end_line, conv1.end_column) == (3, 10, 3, 32)
    assert slice_of(text, source.span(("layers",), name=True)) == "layers"
    assert slice_of(text, source.span(("layers", "conv1", "op"))) == "Conv2d"
    assert source.span(("layers", "conv1", "stride")) == conv1
    assert source.span(("layers", "conv1", "op", "deeper", 3)) == source.span(("layers", "conv1", "op"))
    assert source.span(("layers", "conv1", "size", 2)) == source.span(("layers", "conv1", "size"))
    assert source.span(("layers", "conv1", "size", -1)) == source.span(("layers", "conv1", "size"))
    assert source.span(("layers", 0)) == source.span(("layers",))
    assert source.span(("layers", "conv1", "stride"), name=True) == source.span(("layers", "conv1"), name=True)
    relu = source.span(("layers", "relu"))
    assert (relu.line, relu.column, relu.end_column) == (5, 8, 8)
    assert source.span(()).line == 1


def test_a_mark_of_byte_order_and_windows_line_ends_change_no_place():
    text = "name: a\nlayers:\n  - x\nbad: 1\n"
    for variant in (
        "\ufeff" + text,
        text.replace("\n", "\r\n"),
        text.replace("\n", "\r"),
        text.encode(),
        b"\xef\xbb\xbf" + text.encode(),
    ):
        source = parse(variant)
        assert plain(source.root) == {"name": "a", "layers": ["x"], "bad": 1}
        assert (source.span(("bad",)).line, source.span(("bad",)).column) == (4, 6)
        assert source.span(("bad",)).excerpt == "bad: 1"


def test_of_two_equal_keys_the_first_counts():
    source = parse("a: {x: 1}\nb: 2\n'a': [3, {y: 4}]\nb: 5\n")
    assert plain(source.root) == {"a": {"x": 1}, "b": 2}
    assert places(source.diagnostics) == ["AS005 3:1", "AS005 4:1"]
    assert [d.labels[0].span.line for d in source.diagnostics] == [1, 2]
    assert source.span(("a",)).line == 1


# Files.


def test_only_regular_files_are_read(tmp_path):
    fifo, directory, missing, secret = (
        tmp_path / "fifo",
        tmp_path / "d.yaml",
        tmp_path / "none.yaml",
        tmp_path / "s.yaml",
    )
    os.mkfifo(fifo)
    directory.mkdir()
    for path in (
        fifo,
        directory,
        missing,
        Path("/dev/zero"),
        Path("/dev/stdin"),
        Path("a\0b"),
        tmp_path / ("x" * 5000),
    ):
        with pytest.raises(SpecError, match=r"AS001.*cannot read"):
            read(path)
    secret.write_text("a: 1\n")
    assert read(secret, name="shown.yaml").file == "shown.yaml"
    assert read(secret).path == secret


def test_a_file_is_measured_before_it_is_read(tmp_path):
    sparse = tmp_path / "huge.yaml"
    with sparse.open("wb") as stream:
        stream.truncate(1 << 40)
    with pytest.raises(SpecError, match="1099511627776 bytes; at most 1048576"):
        read(sparse)


@pytest.mark.parametrize(("data", "where", "words"), [
    (b"a: 1\nb: \xff\n", "2:4", "byte 0xff at offset 8"), ("é: 1\n".encode() + b"\xc3(", "2:1",
    "byte 0xc3 at offset 6"),
    (b"\xff\xfea\0:\0", "1:1", "UTF-16"), (b"\xfe\xff\0a\0:", "1:1", "UTF-16"),
    ("a: 1\n".encode("utf-16-be"), "1:1", "UTF-16"), ("a: 1\n".encode("utf-32"), "1:1", "UTF-32"),
    ("a: 1\n".encode("utf-32-be"), "1:1", "UTF-32"),
    (b"a: \xed\xa0\x80", "1:4", "byte 0xed"),
])  # fmt: skip
def test_a_file_is_utf_8(data, where, words):
    (found,) = refusal(data)
    assert places([found]) == [f"AS002 {where}"]
    assert words in found.message
    assert "UTF-8" in found.help


@pytest.mark.parametrize(
    "character",
    [
        0,
        1,
        7,
        8,
        0xB,
        0xC,
        0x1B,
        0x7F,
        0x80,
        0x85,
        0x9F,
        0xAD,
        0x61C,
        0x200B,
        0x200D,
        0x200E,
        0x202E,
        0x2028,
        0x2029,
        0x2060,
        0x2066,
        0xFEFF,
        0xFFFE,
        0xD800,
        0xE0041,
    ],
)  # fmt: skip,
def test_what_cannot_be_seen_is_refused_by_its_number(character):
    for text in (f"a: 1\nb: x{chr(character)}y", f"a: 1\n# x y{chr(character)}z"):
        (found,) = refusal(text)
        assert places([found]) in (["AS006 2:5"], ["AS006 2:6"])
        assert f"U+{character:04X}" in found.message
        assert chr(character) not in render(found)


@pytest.mark.parametrize("text", ["a:\n\u00a0 b: 1", "a:\n \u3000b: 1", "a:\u00a01", "a: [1,\u20072]", "-\u00a0a"])
def test_a_blank_that_is_no_space_is_refused_where_yaml_wants_one(text):
    (found,) = refusal(text)
    assert found.code == "AS006"
    assert "space" in found.help


def test_text_may_be_of_any_script():
    text = "description: 'Réseau\u00a0: 卷积 😀 עברית'"
    assert parse(text).root["description"].text == "Réseau\u00a0: 卷积 😀 עברית"


# Bounds.


@pytest.mark.parametrize(("limit", "inside", "outside"), [
    ("nodes", "a: [[], [], [], [], []]", "a: [[], [], [], [], [], []]"),
    ("nesting", "a: " + "[" * 7 + "]" * 7, "a: " + "[" * 8 + "]" * 8), ("nodes", "a: [1, 2, 3, 4, 5]",
    "a: [1, 2, 3, 4, 5, 6]"),
    ("scalar", "a: 12345678", "a: 123456789"), ("key", "abcdefgh: 1", "abcdefghi: 1"),
    ("key", '"abcdefgh": 1', '"abcdefghi": 1'),
    ("scalar", "a: 'x y z w'", "a: 'x y z w v'"), ("file_size", "a: 12345", "a: 123456"),
])  # fmt: skip
def test_a_bound_is_where_it_is_said_to_be(limit, inside, outside):
    parse(inside, limits=Limits(**{limit: 8}))
    (found,) = refusal(outside, **{limit: 8})
    assert found.code == "AS009"
    assert " 8 " in found.message
    assert f"--limit {limit}=" in found.help


def test_depth_is_counted_before_anything_recurses():
    for text in (
        "[" * 200_000,
        "{a: " * 100_000,
        "- " * 200_000,
        "? " * 200_000,
        "".join(" " * i + "a:\n" for i in range(900)),
    ):
        assert refusal(text)[0].code in ("AS009", "AS004")


# What the language does not have, and mistakes: the text, code and place, words of the message and the help.

MISTAKES = [
    ("a: &x 1\nb: *x", "AS004 1:4", "`&x` is an anchor", "parameter"),
    ("when: *flag", "AS004 1:7", "`*flag` is an alias", "a * b"),
    ("when: !flag", "AS004 1:7", "`!flag` is a tag", "`not x`"),
    ("a: !!int 3", "AS004 1:4", "`!!int` is a tag", ""),
    ("a:\n  <<: {b: 1}", "AS004 2:3", "merge keys", "extends"),
    ("%YAML 1.1\n---\na: 1", "AS004 1:1", "directives", "delete"),
    ("%FOO\n---\na: 1", "AS004 1:1", "directives", "delete"),
    ("a: 1\n---\nb: 2", "AS004 2:1", "second document", "file of its own"),
    ("1: x", "AS004 1:1", "`1` is a number", "list"),
    ("a: {1.5: x}", "AS004 1:5", "`1.5` is a number", ""),
    ("true: x", "AS004 1:1", "`true` is a boolean", ""),
    ("null: x", "AS004 1:1", "`null`", ""),
    ("a: {: x}", "AS003 1:5", "key is missing", ""),
    ("a: {? [b] : c}", "AS004 1:7", "list cannot be a key", ""),
    ("a: {{x}}", "AS004 1:5", "mapping cannot be a key", "braces"),
    ("", "AS104 1:1", "empty", "archspec: 1"),
    ("# nothing\n", "AS104 1:1", "empty", ""),
    ("---\n", "AS104 1:1", "empty", ""),
    ("- a\n- b", "AS104 1:1", "this is a list", "archspec: 1"),
    ("[a, b]", "AS104 1:1", "this is a list", ""),
    ("hello", "AS104 1:1", "this is text", "key: value"),
    ('"a: 1"', "AS104 1:1", "this is text", ""),
    ("a:\n\tb: 1", "AS003 2:1", "tab", "two spaces"),
    ("a:\n  b: 1\n\tc: 2", "AS003 3:1", "tab", "two spaces"),
    ("a:\n  b: 1\n  \tc: 2", "AS003 3:3", "tab", "two spaces"),
    ("-\ta", "AS003 1:2", "tab", "space"),
    ("conv1:\n  op: Conv2d\n  kernel_size:3\n  stride: 2", "AS003 3:14",
     "space is missing after the colon of `kernel_size`", "`kernel_size: 3`"),
    ("archspec:1\ninput: [3, 8, 8]", "AS003 1:9", "space is missing", "`archspec: 1`"),
    ("archspec:1", "AS003 1:9", "space is missing", "`archspec: 1`"),
    ("a: 1\nb:2", "AS003 2:2", "space is missing", "`b: 2`"),
    ("a:\n  b:2\nc: 3", "AS003 2:4", "space is missing", "`b: 2`"),
    ("a:\n  - op:ReLU", "AS003 2:7", "space is missing", "`op: ReLU`"),
    ("a: {op: Conv2d, kernel_size:3, stride: 2}", "AS003 1:28", "space is missing", "`kernel_size: 3`"),
    ("k: op:ReLU\na:\n  - op:ReLU", "AS003 3:7", "space is missing", "`op: ReLU`"),
    ("a: [op:ReLU, x]", "AS003 1:7", "space is missing", "`op: ReLU`"),
    ("a: {k:[3, 3]}", "AS003 1:6", "space is missing", ""),
    ("a: {b:1 c: 2}", "AS003 1:6", "space is missing", ""),
    ("a:\n  -b\n  -c: 1", "AS003 2:3", "space is missing after the dash", "`- b`"),
    ("a:\n  - b\n  -c", "AS003 3:3", "space is missing after the dash", "`- c`"),
    ("layers\n  a: ReLU", "AS003 1:1", "colon is missing after `layers`", "`layers:`"),
    ("a: 1\nlayers\nb: 2", "AS003 2:1", "colon is missing after `layers`", "`layers:`"),
    ("a:\n  kernel_size 3\n  b: 2", "AS003 2:3", "colon is missing after `kernel_size`", "`kernel_size: 3`"),
    ("input:\n[3, 8, 8]", "AS003 2:1", "value stands here, where a key is expected", "indented deeper"),
    ("a: 1\nb = 2", "AS003 2:3", "not by =", "`b: 2`"),
    ("a: 1\nb： 2\n", "AS003 2:2", "U+FF1A FULLWIDTH COLON", "`b: 2`"),
    ("// a net\na: 1", "AS003 1:1", "comment", "#"),
    ("description: ResNet: a network", "AS003 1:20", "unquoted value cannot hold a colon",
     'description: "ResNet: a network"'),
    ("- b: c: d", "AS003 1:7", "unquoted value cannot hold a colon", 'b: "c: d"'),
    ("a: {b: c: d}", "AS003 1:9", "unquoted value cannot hold a colon", "quotes"),
    ("a: x ? 1 : 2", "AS003 1:10", "`? :`", "`a if condition else b`"),
    ("a: {when: x ? 2 : 3}", "AS003 1:17", "`? :`", "`a if condition else b`"),
    ("input: [3, 224, 224\nlayers:\n  a: ReLU", "AS003 1:8", "this [ is never closed", "]"),
    ("layers:\n  a: {op: Conv2d, k: 3\n  b: ReLU\n  c: {op: X}", "AS003 2:6", "this { is never closed", "}"),
    ("layers:\n  a: {op: X, k: 3\n  b: {op: Y}}\nc: 1", "AS003 2:6", "this { is never closed", "}"),
    ("a: {op: Conv2d, k: [3, 3}\nb: 1", "AS003 1:20", "this [ is never closed", "]"),
    ("a: {b: 1 # unclosed }\nc: 2", "AS003 1:4", "this { is never closed", "}"),
    ("a: [b, 'c]'", "AS003 1:4", "this [ is never closed", "]"),
    ('{"a": 1,\n"b": 2\n', "AS003 1:1", "this { is never closed", "}"),
    ("a: [b", "AS003 1:4", "this [ is never closed", "]"),
    ("a: {op: X}}\nb: 1", "AS003 1:11", "this } closes nothing", ""),
    ("a: [1]]", "AS003 1:7", "this ] closes nothing", ""),
    ("a: ]", "AS003 1:4", "this ] closes nothing", ""),
    ("a: {b: 1 c: 2}", "AS003 1:10", "comma is missing before `c`", "comma"),
    ("a: {\n  b: 1\n  c: 2\n}", "AS003 3:3", "comma is missing before `c`", "comma"),
    ('{"a": 1\n"b": 2}', "AS003 2:1", 'comma is missing before `"b"`', "comma"),
    ("a: [[1] [2]]", "AS003 1:9", "comma is missing", "comma"),
    ("a: ['b' 'c']", "AS003 1:9", "comma is missing", "comma"),
    ("a: {b: 1,, c: 2}", "AS003 1:10", "nothing stands before this comma", ""),
    ("a: [, 1]", "AS003 1:5", "nothing stands before this comma", ""),
    ("a: [- b]", "AS003 1:5", "dashes", ""),
    ("a: {repeat: depths[0], w: 1}", "AS003 1:19", "`[` cannot stand", "`depths.0`"),
    ("a: [input.sizes[1]]", "AS003 1:16", "`[` cannot stand", "`input.sizes.1`"),
    ("a: {w: ${width}}", "AS003 1:9", "`{` cannot stand", "write `width`"),
    ("a: {op: Conv2d, width: max(a, b)}", "AS003 1:24", "comma ends the value", '"max(a, b)"'),
    ("a: [1, max(a, min(b, c)) + 1]", "AS003 1:8", "comma ends the value", '"max(a, min(b, c)) + 1"'),
    ("a: {w: 2 * (max(a, b) + 3), k: f(1)}", "AS003 1:8", "comma ends the value", ': "2 * (max(a, b) + 3)"'),
    ('name: "foo\nb: 1', "AS003 1:7", "quote is never closed", '"'),
    ("name: 'foo\nb: 1", "AS003 1:7", "quote is never closed", "'"),
    ('name: "foo\nb: "bar"\nc: 1', "AS003 1:7", "quote is never closed", '"'),
    ("a: {b: 'x, c: 1}\nd: 'y'", "AS003 1:8", "quote is never closed", "'"),
    ('a: "x\n---\ny"', "AS003 1:4", "quote is never closed", '"'),
    ("description: 'it's nice'", "AS003 1:18", "quotes end before this", '"'),
    ("a: {b: 'it's'}", "AS003 1:12", "quotes end before this", '"'),
    ('a: "b" c', "AS003 1:8", "quotes end before this", "'"),
    ('a: "C:\\dir"', "AS003 1:7", "`\\d` stands for no character", "single quotes"),
    ('a: "\\ud800"', "AS003 1:5", "`\\ud800` stands for no character", ""),
    ('a: "\\xzz"', "AS003 1:5", "`\\xzz` stands for no character", ""),
    ("layers:\n    a: ReLU\n  b: ReLU", "AS003 3:3", "indented by 2 spaces", "0 spaces or 4 spaces"),
    ("a:\n - b: 1\n   c: 2\n  d: 3", "AS003 4:3", "indented by 2 spaces", "1 space or 3 spaces"),
    ("layers:\n  a: ReLU\n    b: ReLU", "AS003 3:5", "`b` is indented as if it belonged", "2 spaces"),
    ("a: 1\n  b: 2", "AS003 2:3", "`b` is indented as if it belonged", "0 spaces"),
    (" a: 1\nb: 2", "AS003 2:1", "indented by 0 spaces", "1 space"),
    ("layers:\n  a: ReLU\n  - ReLU", "AS003 3:3", "list entry stands among named keys", ""),
    ("layers:\n  - ReLU\n  a: ReLU", "AS003 3:3", "named key stands among list entries", ""),
    ("[a]\nb: 1", "AS003 2:1", "nothing can follow", ""),
    ("{a: 1} b", "AS003 1:8", "already complete", ""),
    ("a: [1] b: 2", "AS003 1:8", "already complete", "new line"),
    ('a: "x", b: 1', "AS003 1:7", "comma cannot follow", ""),
    (": a", "AS003 1:1", "key is missing", ""),
    ("a: - b", "AS003 1:4", "dashes", "[a, b]"),
    ("a: @x", "AS003 1:4", "cannot begin with @", "quotes"),
    ("a: `x`", "AS003 1:4", "cannot begin with `", "quotes"),
    ("a: %x", "AS003 1:4", "cannot begin with %", "a % b"),
    ("a: & b", "AS003 1:4", "cannot begin with &", "`and`"),
    ("a: * b", "AS003 1:4", "cannot begin with *", "a * b"),
    ("when: > 3", "AS003 1:7", "cannot begin with >", "a > b"),
    ("a: |x", "AS003 1:4", "cannot begin with |", "`or`"),
    ("a: ? b", "AS003 1:4", "cannot begin with ?", ""),
    ("a: 1\n...\nb: 2", "AS003 3:1", "after the end", "`...`"),
    ("...\n", "AS003 1:1", "`...` has no meaning", "delete"),
    ("a: 1\n%YAML 1.2", "AS004 2:1", "directives", "delete"),
    ("x" * 2000 + ": 1", "AS009 1:1", "2000 characters", ""),
]  # fmt: skip

JARGON = re.compile(
    "token|[^a-z]scalar|block (mapping|collection|end|node|sequence)|flow|simple key|stream|not allowed"
    "|expected (key|node|'|<|alpha)"
)


@pytest.mark.parametrize(("text", "place", "message", "advice"), MISTAKES, ids=[repr(row[0])[:60] for row in MISTAKES])
def test_a_mistake_is_told_in_a_persons_words_at_its_place(text, place, message, advice):
    first = refusal(text)[0]
    assert places([first]) == [place]
    assert message in first.message
    assert advice in (first.help or "")
    assert not JARGON.search(render(first).replace(first.span.excerpt, ""))


# Where the pure parser, which is there without libyaml, sees another mistake first or none at all.
PURE_DIFFERS = ("a: {k:[3, 3]}", "a: {when: x ? 2 : 3}", 'a: "\\ud800"')


@pytest.mark.parametrize("row", [row for row in MISTAKES if row[0] not in PURE_DIFFERS], ids=str)
def test_without_libyaml_the_answers_are_the_same(monkeypatch, row):
    text, place, message, _ = row
    monkeypatch.setattr(reader, "_LOADER", yaml.SafeLoader)
    first = refusal(text)[0]
    assert (places([first]), message in first.message) == ([place], True)


def test_an_empty_block_of_text_is_a_warning():
    assert places(parse("when: >3\n").diagnostics) == ["AS301 1:7"]
    assert parse("a: |\n  text\n").root["a"].text == "text\n"


def test_all_that_is_refused_is_told_at_once():
    found = refusal("a: &x 1\nb: *x\nc: !t 2\n1: d\ne: .inf\na: 3\nf: [1\n")
    expected = ["AS004 1:4", "AS004 2:4", "AS004 3:4", "AS004 4:1", "AS104 5:4", "AS005 6:1", "AS003 7:4"]
    assert places(found) == expected


def test_a_url_or_a_time_in_text_is_no_mistake():
    source = parse("reference: https://arxiv.org/abs/1512.03385\ndoi: doi:10.1/x\nlist:\n  - https://x.org\n")
    assert not source.diagnostics


def test_reading_costs_little_more_than_parsing():
    line = "  conv{}: {{op: Conv2d, out_channels: 64, kernel_size: 7, stride: 2, padding: 3, bias: false}}\n"
    text = "layers:\n" + "".join(line.format(i) for i in range(2000))

    def cost(work):
        times = []
        for _ in range(5):
            start = time.process_time()
            work()
            times.append(time.process_time() - start)
        return min(times)

    assert cost(lambda: parse(text)) < 6 * cost(lambda: list(yaml.parse(text, Loader=yaml.CSafeLoader)))


WORST = [
    "a: [" + "no, " * 60_000 + "no]", "a: 1\n" * 40_000, "a: [" + "[x(], " * 40_000 + "]",
    "\n" * 1_000_000 + "a: [",
    "a: {" + "".join(f"k{i}: a:b, " for i in range(30_000)) + "}",
    'a: "' + "x: " * 300_000 + '": b', "a: [" + "'x' " * 200_000,
    '{a: "' + "x: " * 300_000 + '" : b : c}', "a: [1" + " " * 1_000_000, "a: " + '"x ' * 300_000,
    "a:\n" + "\t" * 1_000_000 + "b: 1",
    "\u200b" * 300_000, "...\n" * 250_000, "%\n" * 400_000, "a: " + "x\n  " * 200_000 + "y: 1",
    "a: {b: " + "(" * 60_000 + ", c: 1}",
]  # fmt: skip


@pytest.mark.parametrize("text", WORST, ids=range(len(WORST)))
def test_the_worst_text_of_each_kind_is_answered_at_once(text):
    def answer():
        with contextlib.suppress(SpecError):
            parse(text)

    within(1, answer)


# Mutations of all of the above: nothing but SpecError, and every place inside the file.

SEEDS = [row[0] for row in MISTAKES] + [
    path.read_text(errors="replace") for path in sorted(HOSTILE.glob("*.yaml")) if path.stat().st_size < 2000
]
PIECES = [
    "\n",
    "\r\n",
    "  ",
    "\t",
    ": ",
    ":",
    "- ",
    "[",
    "]",
    "{",
    "}",
    ", ",
    '"',
    "'",
    "#",
    "&a ",
    "*a",
    "!t ",
    "|",
    ">",
    "%",
    "@",
    "?",
    "---\n",
    "...\n",
    "\\",
    "é",
    "😀",
    "\u2028",
    "\0",
    "\ufeff",
    "a",
    "0",
    "<<",
    "~",
    "(",
    ")",
    "=",
    "$",
]  # fmt: skip,


def mutated(chance):
    text = chance.choice(SEEDS)
    for _ in range(chance.randint(1, 6)):
        at = chance.randint(0, len(text))
        cut = chance.choice([0, 0, 1, 2, 10])
        text = text[:at] + chance.choice([*PIECES, chance.choice(SEEDS)[:40], ""]) + text[at + cut :]
    return text[:5000]


@pytest.mark.parametrize("seed", [1512, int.from_bytes(os.urandom(4))], ids=["seeded", "fresh"])
def test_a_mutated_text_is_read_or_refused_with_a_place(seed):
    chance, end, count = random.Random(seed), time.monotonic() + 2, 0  # noqa: S311
    while time.monotonic() < end or count < 300:
        text, count = mutated(chance), count + 1
        try:
            found = parse(text).diagnostics
        except SpecError as error:
            found = error.diagnostics
        lines = re.split("\r\n|\r|\n", text.removeprefix("\ufeff"))
        for span in [s for d in found for s in (d.span, *(label.span for label in d.labels))]:
            inside = 1 <= span.line <= len(lines) and 1 <= span.column <= len(lines[span.line - 1]) + 1
            ordered = (span.line, span.column) <= (span.end_line, span.end_column) <= (len(lines), len(lines[-1]) + 1)
            assert inside and ordered and span.excerpt == lines[span.line - 1], (seed, text, span)  # noqa: PT018
