"""Fixes: which are made, what they leave as it was, and that a file is never worse than before."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archspec.cli import commands
from archspec.lint import judge
from archspec.lint.mend import mend
from archspec.lint.settings import Choice, Settings
from archspec.pipeline import Request
from archspec.source import parse

NORMED = """\
archspec: 1
input: [3, 32, 32]  # of one sample
layers:

  # the stem
  conv: {op: Conv2d, out_channels: 8, kernel_size: 3}  # 3×3
  norm: BatchNorm2d
  conv2:
    op: Conv2d
    out_channels: 8
    kernel_size: 3   # as before
  norm2: BatchNorm2d
"""
MENDED = NORMED.replace("kernel_size: 3}", "kernel_size: 3, bias: false}").replace(
    "before\n", "before\n    bias: false\n"
)


def mended(text: str, *, unsafe: bool = True, ignore: tuple[str, ...] = ()) -> str:
    return mend(parse(text, "net.yaml"), Request(), Settings((Choice(ignore=ignore),)), unsafe=unsafe).source.text


def test_fixes_leave_comments_and_layout_alone() -> None:
    assert mended(NORMED) == MENDED


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_fixes_leave_the_ends_of_lines_alone(ending: str) -> None:
    text = NORMED.replace("\n", ending)
    assert mended(text).replace(ending, "\n") == MENDED
    assert mended(text).count("\n") == (MENDED.count("\n") if ending == "\r\n" else 0)


def test_what_is_not_looked_for_is_not_fixed() -> None:
    assert mended(NORMED, ignore=("AS310",)) == NORMED


def test_an_unsafe_fix_is_not_made_unasked() -> None:
    assert mended(NORMED, unsafe=False) == NORMED


def test_fixes_that_make_it_worse_are_taken_back_and_the_others_are_made() -> None:
    text = NORMED + "expect:  # archspec: ignore[AS210] why\n  parameters: 840\n"
    result = mend(parse(text, "net.yaml"), Request(), Settings(), unsafe=True)
    assert result.source.text == text.replace("  # archspec: ignore[AS210] why", "")
    assert [each.diagnostic.span.line for each in result.withdrawn] == [6, 8]


@pytest.mark.parametrize(
    ("comment", "left"),
    [
        ("  - ReLU  # archspec: ignore[AS310] why", "  - ReLU"),
        ("  # archspec: ignore[AS310, AS113]\n  - ReLU  # why", "  - ReLU  # why"),
        ("  - ReLU  # archspec: ignore[AS310, AS107]\n  - Relu", "  - ReLU\n  - ReLU"),
        ("  - ReLU # archspec: ignore[AS11, nonsense] why", "  - ReLU # archspec: ignore[nonsense] why"),
        ("  # archspec: ignore-file[AS113]\n  # why\n  - ReLU", "  # why\n  - ReLU"),
    ],
)
def test_a_suppression_in_vain_is_deleted(comment: str, left: str) -> None:
    head = "archspec: 1\ninput: [3, 8, 8]\nlayers:\n"
    result = mend(parse(f"{head}{comment}\n", "net.yaml"), Request(), Settings(), unsafe=False)
    assert result.source.text == f"{head}{left}\n"


STALE = """\
archspec: 1
input: [3, 32, 32]
layers:
  conv: {op: Conv2d, out_channels: 8, kernel_size: 3, expect: SIZES}
  head: {op: Conv2d, out_channels: 10, kernel_size: 1, from: conv}
output: {maps: conv, heads: head}
expect: {output: {maps: [8, 30, 30], heads: SHAPE}, parameters: COUNT, macs: MACS}
"""


@pytest.mark.parametrize(
    ("stale", "true"),
    [
        (("[8, 32, 32]", "[10, 30, 30]", "314", "1.96e5"), ("[8, 30, 30]", "[10, 30, 30]", "314", "2.66e5")),
        (("[8, 30, 30]", "[10]", "0x10", "1.96E+5"), ("[8, 30, 30]", "[10, 30, 30]", "314", "2.66E+5")),
        (("[8, 30, 30]", "[10, 30, 30]", "5.0e9", ".20e6"), ("[8, 30, 30]", "[10, 30, 30]", "314", "0.27e6")),
        (("[8, 30, 30]", "[10, 30, 30]", "6.e2", "1e-99999999"), ("[8, 30, 30]", "[10, 30, 30]", "314", "266400")),
    ],
)
def test_stale_figures_are_written_anew_to_as_many_digits(stale: tuple[str, ...], true: tuple[str, ...]) -> None:
    texts = []
    for figures in (stale, true):
        text = STALE
        for name, figure in zip(("SIZES", "SHAPE", "COUNT", "MACS"), figures, strict=True):
            text = text.replace(name, figure)
        texts.append(text)
    assert mended(texts[0]) == texts[1]
    assert mended(texts[0], unsafe=False) == texts[0]


@pytest.mark.parametrize("expected", ["[2 * 4, 32, 32]", "[8, width, width]"])
def test_sizes_that_are_worked_out_stay(expected: str) -> None:
    text = STALE.replace("SIZES", expected).partition("  fc")[0].replace("layers", "parameters: {width: 32}\nlayers")
    assert mended(text) == text


FORGOTTEN = """\
archspec: 1
input: [3, 32, 32]
layers:
  conv: {op: Conv2d, out_channels: 8, kernel_size: 3}
  pool: {op: AdaptiveAvgPool2d, output_size: 1}
  fc: {op: Linear, out_features: 10}
expect: {output: [10]}
"""


def test_what_a_rule_finds_is_told_and_mended_before_a_figure_is_rewritten() -> None:
    assert [one.code for one in judge(parse(FORGOTTEN, "net.yaml"))] == ["AS340", "AS210"]
    assert mended(FORGOTTEN) == FORGOTTEN.replace("  fc", "  flatten: Flatten\n  fc")


@pytest.mark.parametrize("figure", ["parameters: 0x10", "output: [8, 3, 3]"])
def test_a_figure_is_not_rewritten_where_a_finding_without_a_fix_may_be_why(figure: str) -> None:
    text = f"""\
archspec: 1
input: [3, 32, 32]
layers:
  conv: {{op: Conv2d, out_channels: 8, kernel_size: 3, stride: 5}}
expect: {{{figure}}}
"""
    result = mend(parse(text, "net.yaml"), Request(), Settings(), unsafe=True)
    assert result.source.text == text
    assert [each.diagnostic.code for each in result.held] == ["AS210"]


def test_a_figure_is_not_rewritten_in_the_run_that_changed_the_network() -> None:
    text = NORMED.replace("BatchNorm2d\n  conv2", "BachNorm2d\n  conv2") + "expect: {parameters: 8}\n"
    once = mended(text, ignore=("AS310",))
    assert once == text.replace("BachNorm2d", "BatchNorm2d")
    assert mended(once, ignore=("AS310",)) == once.replace("parameters: 8", "parameters: 840")


CALLED_TWICE = """\
archspec: 1
input: [64, 8, 8]
blocks:
  Sep:
    layers: [{op: Conv2d, out_channels: input.channels, kernel_size: 3, padding: 1, groups: 32}]
layers: [Sep, {op: Conv2d, out_channels: 728, kernel_size: 1}, Sep]
"""


def test_a_fix_that_moves_the_mistake_to_another_call_of_the_block_is_taken_back() -> None:
    assert mended(CALLED_TWICE) == CALLED_TWICE


@pytest.mark.parametrize(("parameters", "changes"), [("", True), ("expect: {parameters: 904}\n", False)])
def test_a_fix_is_taken_back_where_the_published_figures_do_not_hold_with_it(parameters: str, changes: bool) -> None:
    text = f"""\
archspec: 1
input: [32, 8, 8]
layers:
  conv: {{op: Conv2d, out_channels: 8, kernel_size: 3, padding: 1, groups: 3}}
{parameters}"""
    assert (mended(text) != text) == changes


HEAD = """\
archspec: 1
input: [3, 8, 8]
parameters: {width: 8, act: ReLU}
blocks:
  Unit:
    parameters: {wide: int}
    layers: [{op: Conv2d, out_channels: wide, kernel_size: 3}]
layers:
  """


@pytest.mark.parametrize(
    ("layers", "safe"),
    [
        ("a: «Relu»", "ReLU"),
        ("a: {op: «Conv2», out_channels: 8, kernel_size: 3}", "Conv2d"),
        ("a: {op: «Conv4d», out_channels: 8, kernel_size: 3}", None),
        ("a: {op: Conv2d, out_channels: 8, «kernal_size»: 3}", "kernel_size"),
        ('a: {op: Conv2d, out_channels: 8, «"kernal_size"»: 3}', '"kernel_size"'),
        ('a: {op: Conv2d, out_channels: «"8"», kernel_size: 3}', "8"),
        ("a: {op: Conv2d, out_channels: 2 * «widht», kernel_size: 3}", "width"),
        ("a: {op: Conv2d, out_channels: 2 * «wodhi», kernel_size: 3}", None),
        ("a: {op: Conv2d, out_channels: 8, kernel_size: 3, bias: «no»}", "false"),
        ("a: {op: Conv2d, out_channels: «0_8», kernel_size: 3}", "8"),
        ("a: {op: Conv2d, out_channels: «08», kernel_size: 3}", "8"),
        ("a: {op: Conv2d, out_channels: 8, kernel_size: 3, padding: «smae»}", "same"),
        ("a: {op: Conv2d, out_channels: 8, kernel_size: 3, «paddings»: 1}", "padding"),
        ("a: {block: «unit», wide: 8}", "Unit"),
        ("a: {«op»: Unit, wide: 8}", "block"),
        ("a: {«block»: ReLU}", "op"),
        ("a: «act»", "{op: act}"),
        ("a: {block: Unit, «wied»: 8}", "wide"),
        ("a: {op: ReLU, from: «inptu»}", "input"),
        ("conv1: ReLU\n  b: {op: ReLU, from: «conv2»}", None),
        ("relu: ReLU\n  b: {op: Add, from: [input, «rleu»]}", "relu"),
        ("g: {layers: {first: ReLU}}\n  b: {op: ReLU, from: g.«frist»}", "first"),
        ("pooler: ReLU\n  b: {op: ReLU, from: «pooled»}", None),
        ("pooler: ReLU\n  b: {op: ReLU, from: «poolr»}", "pooler"),
        ("pooler: ReLU\n  b: {op: ReLU, from: «puoler»}", "pooler"),
        ("k_proj: ReLU\n  b: {op: ReLU, from: «q_proj»}", None),
        ("g: {«layer»: {first: ReLU}}", "layers"),
        ("a: {op: Linear, out_features: 8, «form»: input}", "from"),
    ],
)
def test_what_was_meant_is_written_where_it_is_certain(layers: str, safe: str | None) -> None:
    before, _, rest = layers.partition("«")
    word, _, after = rest.partition("»")
    only = Settings((Choice(select=("AS1", "AS301")),))
    result = mend(parse(f"{HEAD}{before}{word}{after}", "net.yaml"), Request(), only, unsafe=False)
    assert result.source.text.removeprefix(HEAD) == f"{before}{safe or word}{after}"


@pytest.mark.parametrize(
    ("layer", "safe", "unsafe"),
    [
        ("{op: BatchNorm2d, num_features: 7}", None, "  a: {op: BatchNorm2d, num_features: 3}"),
        ("{op: Conv2d, out_channels: 9, kernel_size: 3, groups: 2}", None,
         "  a: {op: Conv2d, out_channels: 9, kernel_size: 3, groups: 1}"),
        ("{op: Linear, in_features: 192, out_features: 2}",
         "  flatten: Flatten\n  a: {op: Linear, in_features: 192, out_features: 2}", None),
        ("{op: Linear, in_features: 96, out_features: 2}", None,
         "  flatten: Flatten\n  a: {op: Linear, in_features: 192, out_features: 2}"),
        ("{op: Linear, from: input, in_features: 192, out_features: 2}", None, None),
    ],
)  # fmt: skip
def test_what_an_op_refuses_is_mended_as_it_says(layer: str, safe: str | None, unsafe: str | None) -> None:
    head, written = "archspec: 1\ninput: [3, 8, 8]\nlayers:\n", f"  a: {layer}"
    assert mended(f"{head}{written}\n", unsafe=False) == f"{head}{safe or written}\n"
    assert mended(f"{head}{written}\n") == f"{head}{unsafe or safe or written}\n"


# The command


def lint(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(commands, ["lint", *arguments], input=stdin, prog_name="archspec")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "net.yaml").write_text(NORMED)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_fix_writes_the_file_and_tells_what_is_left(folder: Path) -> None:
    result = lint("--fix", "--unsafe-fixes")
    assert (folder / "net.yaml").read_text() == MENDED
    assert (result.exit_code, result.stderr) == (0, "2 fixes made\n1 file checked, nothing found\n")


def test_what_could_be_fixed_is_counted(folder: Path) -> None:
    assert lint().stderr.endswith("1 file checked, 2 warnings (fixable: 2 with --unsafe-fixes)\n")


def test_a_file_without_fixes_is_not_written(folder: Path) -> None:
    (folder / "net.yaml").chmod(0o444)
    before = (folder / "net.yaml").stat().st_mtime_ns
    assert lint("--fix").exit_code == 1
    assert (folder / "net.yaml").stat().st_mtime_ns == before


def test_a_byte_order_mark_stays(folder: Path) -> None:
    (folder / "net.yaml").write_bytes(b"\xef\xbb\xbf" + NORMED.encode())
    lint("--fix", "--unsafe-fixes")
    assert (folder / "net.yaml").read_bytes() == b"\xef\xbb\xbf" + MENDED.encode()


DIFFERENCE = """\
--- net.yaml
+++ net.yaml
@@ -3,7 +3,7 @@
 layers:
\x20
   # the stem
-  conv: {op: Conv2d, out_channels: 8, kernel_size: 3}  # 3×3
+  conv: {op: Conv2d, out_channels: 8, kernel_size: 3, bias: false}  # 3×3
   norm: BatchNorm2d
   conv2:
     op: Conv2d
"""


def test_diff_shows_what_would_be_written_and_writes_nothing(folder: Path) -> None:
    (folder / "net.yaml").write_text(NORMED.replace("as before\n", "as before\n    bias: false\n"))
    result = lint("--diff", "--unsafe-fixes")
    assert (result.exit_code, result.stdout) == (1, DIFFERENCE)
    assert result.stderr == "1 fix would be made\n"
    assert "bias: false}" not in (folder / "net.yaml").read_text()
    assert (lint("--diff").exit_code, lint("--diff").stdout) == (0, "")


def test_a_diff_of_stdin(folder: Path) -> None:
    text = NORMED.partition("  conv2")[0]
    result = lint("-", "--diff", "--unsafe-fixes", "--stdin-filename", "net.yaml", stdin=text)
    assert result.stdout == DIFFERENCE.replace("3,7", "3,5").partition("   conv2")[0]


def test_a_file_that_is_extended_is_not_changed(folder: Path) -> None:
    (folder / "variant.yaml").write_text("archspec: 1\nextends: net.yaml\n")
    lint("variant.yaml", "--fix", "--unsafe-fixes")
    assert (folder / "net.yaml").read_text() == NORMED


def test_a_bundled_spec_is_not_changed(folder: Path) -> None:
    assert lint("article/resnet", "--diff", "--unsafe-fixes").stdout == ""


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("-", "--fix"), "--fix writes files, and - is none; --diff shows what it would do"),
        (("--unsafe-fixes",), "--unsafe-fixes goes with --fix or --diff"),
        (("--diff", "--format", "json"), "--diff is a format of its own, on stdout"),
    ],
)
def test_fixes_that_cannot_be_asked_for(folder: Path, options: tuple[str, ...], said: str) -> None:
    result = lint(*options)
    assert result.exit_code == 2
    assert said in result.stderr


UNREAD = HEAD + "a: {op: Conv2d, out_channels: 8, kernel_size: (3, 3), padding: [1, 1]}\n"


@pytest.mark.parametrize("also", ["", "  b: {op: Relu}\n", "  b: {op: MaxPool2d, kernel_size: (2, 2)}\n", "  b: ]\n"])
def test_what_keeps_a_file_from_being_read_is_mended_first(folder: Path, also: str) -> None:
    (folder / "net.yaml").write_bytes(b"\xef\xbb\xbf" + (UNREAD + also).encode())
    result = lint("net.yaml", "--fix")
    wanted = (UNREAD + also).replace("(3, 3)", "[3, 3]").replace("(2, 2)", "[2, 2]").replace("Relu", "ReLU")
    assert (folder / "net.yaml").read_bytes() == b"\xef\xbb\xbf" + wanted.encode()
    assert result.stderr.startswith("1 fix made" if also in ("", "  b: ]\n") else "2 fixes made")


def test_a_diff_of_stdin_that_cannot_be_read(folder: Path) -> None:
    result = lint("-", "--diff", stdin=UNREAD)
    assert "+  a: {op: Conv2d, out_channels: 8, kernel_size: [3, 3], padding: [1, 1]}\n" in result.stdout


def test_the_dashes_before_names_are_left_out() -> None:
    head, layers = (
        "archspec: 1\ninput: [3, 8, 8]\nlayers:\n",
        "  # stem\n  - relu:\n      op: ReLU\n\n  -   tanh: Tanh\n",
    )
    assert mended(head + layers, unsafe=False) == head + layers.replace("-   ", "").replace("- ", "")
    assert mended(f"{head}  - ReLU\n  - tanh: Tanh\n") == f"{head}  - ReLU\n  - tanh: Tanh\n"
