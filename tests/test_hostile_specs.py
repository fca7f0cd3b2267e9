"""Specs that attack, or go as wrong as a spec can: each is answered with a code, at once, in little memory.

Each row is an attack in words, the text, and the codes that `archspec lint` says, in the order of the file.
"""

import ast
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from clock import within

import archspec
from archspec.cli import commands
from archspec.lint.judging import judge
from archspec.lint.settings import Choice, Settings
from archspec.pipeline import Request
from archspec.source import parse

SECONDS, MEGABYTES = 2, 200  # one second, where nobody else uses the processor


def spec(*lines: str, input: str = "[3, 8, 8]", top: str = "") -> str:  # noqa: A002
    """Return a spec whose layers are the lines of a mapping."""
    layers = "\n".join(f"  {line}" for line in lines)
    return f"archspec: 1\ninput: {input}\n{top}layers:\n{layers}\n"


def blocks(*lines: str) -> str:
    return "blocks:\n" + "".join(f"  {line}\n" for line in lines)


CONV = "conv: {op: Conv2d, out_channels: 4, kernel_size: 3}"
LADDER = [
    "a0: ReLU",
    *(f"a{n}: {{op: Add, from: [a{n - 1}, a{n - 1}]}}" for n in range(1, 61)),
]

GRAPH = {
    "a layer that is not there": (spec("a: {op: ReLU, from: inptu}"), "AS113"),
    "a later layer": (spec("a: {op: ReLU, from: b}", "b: {op: ReLU, from: input}"), "AS112"),
    "itself": (spec("a: {op: ReLU, from: a}"), "AS112"),
    "the group around it": (spec("a: {layers: {b: {op: ReLU, from: a}}}"), "AS112"),
    "a circle of two": (spec("a: {op: ReLU, from: b}", "b: {op: ReLU, from: a}"), "AS112"),
    "a circle of 1,000": (
        spec("a0: {op: ReLU, from: a999}", *(f"a{n}: {{op: ReLU, from: a{n - 1}}}" for n in range(1, 1000))),
        "AS112",
    ),
    "one name twice": (spec("a: ReLU", "a: Tanh"), "AS005"),
    "a word of Python": (spec("class: ReLU"), "AS105"),
    "a dunder": (spec("__init__: ReLU"), "AS105"),
    "a method of every module": (spec("forward: ReLU"), "AS105"),
    "an attribute of every module": (spec("training: ReLU"), "AS105"),
    "a name with a dot": (spec("a.b: ReLU"), "AS105"),
    "a name with a slash": (spec("a/b: ReLU"), "AS105"),
    "a name with a line break": (spec('"a\\nb": ReLU'), "AS105"),
    "a name that begins with a digit": (spec("1a: ReLU"), "AS105"),
    "a long name": (spec(f"{'a' * 65}: ReLU"), "AS105"),
    "a look-alike": (spec("cоnv: ReLU"), "AS105"),  # the second letter is Cyrillic
    "a layer called input": (spec("input: ReLU"), "AS105"),
    "code for a name": (spec('"x); import os; os.system(1": ReLU'), "AS105"),
    "21,000 layers": (spec(*(f"a{n}: ReLU" for n in range(21_000))), "AS009"),
    "60 diamonds, 2^60 paths": (spec(*LADDER), ""),
    "2,000 layers that read all before them": (
        spec(
            "a0: ReLU",
            *(f"a{n}: {{op: Concat, from: [{', '.join(f'a{m}' for m in range(n))}]}}" for n in range(1, 300)),
        ),
        "AS009",
    ),
    "no layers": (spec().replace("layers:\n\n", "layers: {}\n"), "AS102"),
    "no input": ("archspec: 1\nlayers: [ReLU]\n", "AS102"),
    "an output that is not there": (spec("a: ReLU", top="output: b\n"), "AS113"),
    "an output of nothing": (spec("a: ReLU", top="output: {}\n"), "AS104"),
}

SHAPES = {
    "channels that do not match": (
        spec(CONV, "add: {op: Add, from: [conv, input]}"),
        "AS203",
    ),
    "ranks that do not match": (spec("flat: Flatten", "cat: {op: Concat, from: [flat, input]}"), "AS204"),
    "dtypes that do not match": (
        spec("m: {op: MatMul, from: [input.a, input.b]}", input="{a: [4, 4], b: {shape: [4, 4], dtype: int64}}"),
        "AS206",
    ),
    "a kernel larger than the input": (spec("c: {op: Conv2d, out_channels: 4, kernel_size: 9}"), "AS202"),
    "a stride of 0": (spec("c: {op: Conv2d, out_channels: 4, kernel_size: 1, stride: 0}"), "AS201"),
    "an endless dilation": (spec("c: {op: Conv2d, out_channels: 4, kernel_size: 2, dilation: 2147483648}"), "AS202"),
    "negative padding": (spec("c: {op: Conv2d, out_channels: 4, kernel_size: 1, padding: -3}"), "AS201"),
    "a reshape of other numbers": (spec("r: {op: Reshape, shape: [5, 5]}"), "AS203"),
    "two unknown sizes": (spec("r: {op: Reshape, shape: [-1, -1]}"), "AS201"),
    "a size of 0": (spec("r: {op: Reshape, shape: [0, 192]}"), "AS201"),
    "an axis twice": (spec("p: {op: Permute, dims: [0, 1, 1, 2]}"), "AS201"),
    "the batch moved": (spec("p: {op: Permute, dims: [1, 0, 2, 3]}"), "AS201"),
    "a slice of nothing": (spec("s: {op: Slice, dim: 2, start: 5, end: 2}"), "AS202"),
    "groups that do not divide": (spec("c: {op: Conv2d, out_channels: 4, kernel_size: 1, groups: 3}"), "AS205"),
    "heads that do not divide": (spec("a: {op: MultiheadAttention, num_heads: 5}", input="[4, 12]"), "AS205"),
    "a thousand axes": (spec(f"u: {{op: Unflatten, dim: 1, unflattened_size: [{', '.join('1' * 999)}, 3]}}"), "AS009"),
}

VALUES = {
    "quotes around a size": (spec("a: ReLU", input='["3", 8, 8]'), "AS104"),
    "a float for a size": (spec("a: ReLU", input="[3, 64.0, 8]"), "AS104"),
    "an exponent for a size": (spec("a: ReLU", input="[3, 1e2, 8]"), "AS104"),
    "a hexadecimal size, which YAML has": (spec("a: ReLU", input="[3, 0x40, 8]"), ""),
    "ten, and no octal number": (spec("a: ReLU", input="[3, 010, 8]"), ""),
    "an underscore in a size": (spec("a: ReLU", input="[3, 6_4, 8]"), "AS104"),
    "truth for a size": (spec("a: ReLU", input="[3, true, 8]"), "AS104"),
    "nothing for a size": (spec("a: ReLU", input="[3, null, 8]"), "AS104"),
    "a list for a size": (spec("a: ReLU", input="[3, [], 8]"), "AS104"),
    "a dollar for a size": (spec("a: ReLU", input='[3, "${width", 8]'), "AS114"),
    "no number for a size": (spec("a: ReLU", input="[3, .nan, 8]"), "AS104"),
    "a size below 1": (spec("a: ReLU", input="[3, 0, 8]"), "AS104"),
    "a size without end": (spec("a: ReLU", input="[3, 2147483648, 8]"), "AS104"),
    "more than there are integers": (spec("a: ReLU", input="[3, 9223372036854775808, 8]"), "AS009"),
    "5,000 digits": (spec("a: ReLU", input=f"[3, {'9' * 5000}, 8]"), "AS009"),
}

SIZE = {
    "2^31 features": (spec("f: Flatten", "l: {op: Linear, out_features: 2147483648}"), "AS009"),
    "2^62 features": (spec("f: Flatten", "l: {op: Linear, out_features: 4611686018427387904}"), "AS009"),
    "10^30 features": (spec("f: Flatten", f"l: {{op: Linear, out_features: 1{'0' * 30}}}"), "AS009"),
    "a million by a million": (spec("l: {op: Linear, out_features: 1000001}", input="[1000000]"), "AS009"),
    "a vocabulary of 10^15": (
        spec(
            "e: {op: Embedding, from: input.t, num_embeddings: 1000000000000000, embedding_dim: 8}",
            input="{t: {shape: [4], dtype: int64}}",
        ),
        "AS009",
    ),
    "a million by a million numbers in": (spec("a: ReLU", input="[1000000000, 1000000000]"), ""),
    "repeated -1 times": (spec("a: {op: ReLU, repeat: -1}"), "AS119"),
    "repeated 1.5 times": (spec("a: {op: ReLU, repeat: 1.5}"), "AS104"),
    "repeated 3 times, in quotes": (spec('a: {op: ReLU, repeat: "3"}'), "AS104"),
    "repeated 10^9 times": (spec("a: {op: ReLU, repeat: 1000000000}"), "AS009"),
    "10^9 by repeats inside repeats": (
        spec("a: {repeat: 1000, layers: {b: {repeat: 1000, layers: {c: {op: ReLU, repeat: 1000}}}}}"),
        "AS009",
    ),
    "a block in itself": (spec("a: A", top=blocks("A: {layers: {a: A}}")), "AS117"),
    "blocks in each other": (
        spec("a: A", top=blocks("A: {layers: {b: B}}", "B: {layers: {c: C}}", "C: {layers: {a: A}}")),
        "AS117",
    ),
    "a block in itself, by a parameter": (
        spec(
            "a: {block: A, inner: A}",
            top=blocks("A: {parameters: {inner: block}, layers: {a: {block: inner, inner: inner}}}"),
        ),
        "AS117",
    ),
    "2^40 layers, by blocks of two blocks": (
        spec(
            "a: B15",
            top=blocks(
                "B0: {layers: [ReLU, ReLU, ReLU, ReLU]}",
                *(f"B{n}: {{layers: [{', '.join([f'B{n - 1}'] * 4)}]}}" for n in range(1, 16)),
            ),
        ),
        "AS009",
    ),
    "40 blocks, one in the other": (
        spec("a: B39", top=blocks("B0: {layers: [ReLU]}", *(f"B{n}: {{layers: [B{n - 1}]}}" for n in range(1, 40)))),
        "AS009",
    ),
    "channels that double 64 times": (
        spec("a: {repeat: 64, layers: {c: {op: Conv2d, out_channels: 2 * input.channels, kernel_size: 1}}}"),
        "AS009",
    ),
    "an integer that doubles 64 times": (
        spec("a: {op: Linear, out_features: w}", top="parameters: {k: 4611686018427387904}\n").replace("w}", "k + k}"),
        "AS115",
    ),
    "outputs without number": (spec("c: {op: Chunk, chunks: 2000}", "r: ReLU", input="[5000]"), "AS009"),
}


def valued(text: str) -> str:
    """Return a spec with a value in an argument."""
    return spec(f"c: {{op: Conv2d, out_channels: {json.dumps(text)}, kernel_size: 1}}", top="parameters: {width: 3}\n")


EXPRESSIONS = {
    "9**9**9": "AS114",
    "2**2**30": "AS114",
    "1<<10": "AS114",
    "10 * 'x'": "AS115",
    "[1] * 9": "AS114",
    "9223372036854775807 * 9223372036854775807": "AS115",
    "(" * 60 + "1" + ")" * 60: "AS114",
    "1" + "+1" * 200: "AS114",
    "1+" * 5000 + "1": "AS114",
    "${width": "AS114",
    "${${width}}": "AS114",
    "$width": "AS114",
    "width.__class__": "AS115",
    "width.real": "AS115",
    "width[0]": "AS114",
    "open('/etc/passwd')": "AS114",
    "__import__('os').system('id')": "AS114",
    "(lambda: 1)()": "AS114",
    "[x for x in 3]": "AS114",
    "f'{width}'": "AS114",
    "(y := 3)": "AS114",
    "ｗidth": "AS114",
    "max(*[1])": "AS114",
    "max(key=1)": "AS114",
    "1/0": "AS115",
    "1//0": "AS115",
    "width % 0": "AS115",
    "1e308 * 10 * 10": "AS115",
    "sqrt(0 - 1)": "AS115",
    "-7 // 2": "AS201",
    "0.1 + 0.2": "AS110",
    "9007199254740993 / 1": "AS110",
    "widht": "AS111",
    "and": "AS114",
    "None": "AS114",
    "; import os": "AS114",
}

PARAMETERS = {
    "not declared, overridden in a variant": ("archspec: 1\nextends: lenet5\nparameters: {widht: 3}\n", "AS116"),
    "of another type in a variant": ("archspec: 1\nextends: vgg-A\nparameters: {num_classes: many}\n", "AS116"),
    "a circle of defaults": (
        spec("a: {block: A}", top=blocks("A: {parameters: {a: b, b: a}, layers: {r: {op: Linear, out_features: a}}}")),
        "AS111",
    ),
    "a default of itself": (
        spec("a: {block: A}", top=blocks("A: {parameters: {a: a + 1}, layers: {r: {op: Linear, out_features: a}}}")),
        "AS111",
    ),
    "a keyword": (spec("a: ReLU", top="parameters: {lambda: 3}\n"), "AS105"),
    "inputs of one name": (
        spec(
            "a: {block: A, from: [input, input]}",
            top=blocks("A: {input: [x, y, x], layers: {r: {op: ReLU, from: input.x}}}"),
        ),
        "AS105",
    ),
    "of the block and of the spec": (
        spec(
            "a: {block: A, w: 3}", top="parameters: {w: 3}\n" + blocks("A: {parameters: {w: int}, layers: {r: ReLU}}")
        ),
        "AS116",
    ),
    "an op that is a number": (spec("a: {op: act}", top="parameters: {act: 3}\n"), "AS107"),
}

VERSIONS = {
    "missing": ("input: [3]\nlayers: [ReLU]\n", "AS101"),
    **{
        f"archspec: {text}": (f"archspec: {text}\ninput: [3]\nlayers: [ReLU]\n", "AS101")
        for text in ('"1"', "1.0", "1.10", "2", "0", "1.x", "v1", "[1]", "-1", "", "true")
    },
}

NAMES = {
    name: (spec(f"a: {{op: {json.dumps(name)}}}"), "AS107")
    for name in (
        "torch.hub.load",
        "os.system",
        "nn.Module.__init__",
        "builtins.eval",
        "Conv2d.__init__",
        "../Conv2d",
    )
} | {
    "no name": (spec('a: {op: ""}'), "AS104"),
    "a layer that archspec has not": (spec("a: {op: LSTM, hidden_size: 3}"), "AS123"),
    "a private class of an op's module": (spec("a: {op: _Conv, out_channels: 3, kernel_size: 1}"), "AS107"),
    "a weight file": (spec("a: ReLU", top="init:\n  - {op: ReLU, weight: /etc/passwd}\n"), "AS114"),
    "code for a weight": (spec(CONV, top="init:\n  - {op: Conv2d, weight: {'__import__': {}}}\n"), "AS122"),
    "weights by a private function": (spec(CONV, top="init:\n  - {op: Conv2d, weight: _no_grad_fill}\n"), "AS122"),
    "code for a copy's name": (spec('a: {op: ReLU, repeat: 2, name: "a{__import__(1)}"}'), "AS114"),
    "an attribute for a copy's name": (spec('a: {op: ReLU, repeat: 2, name: "a{index.real}"}'), "AS115"),
    "a path for a copy's name": (spec('a: {op: ReLU, repeat: 2, name: "../a{index}"}'), "AS105"),
    "another's digit for a copy's name": (spec('a: {op: ReLU, repeat: 2, name: "\u0663{index}"}'), "AS105"),
}

ROWS = {
    f"{group}: {name}": row
    for group, rows in {
        "graph": GRAPH,
        "shapes": SHAPES,
        "values": VALUES,
        "size": SIZE,
        "expressions": {text[:40]: (valued(text), code) for text, code in EXPRESSIONS.items()},
        "parameters": PARAMETERS,
        "versions": VERSIONS,
        "names": NAMES,
    }.items()
    for name, row in rows.items()
}


def lint(path: Path) -> Result:
    return CliRunner().invoke(commands, ["lint", str(path), "--format", "json", "--isolated"], prog_name="archspec")


@pytest.mark.parametrize("name", ROWS)
def test_a_spec_that_attacks_is_answered(name: str, tmp_path: Path) -> None:
    text, codes = ROWS[name]
    path = tmp_path / "net.yaml"
    path.write_text(text, encoding="utf-8")
    result = within(SECONDS, lambda: lint(path))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    found = json.loads(result.stdout)
    assert [one["code"] for one in found if one["severity"] == "error"][:1] == codes.split()[:1]
    assert {one["code"] for one in found if one["severity"] == "error"} == set(codes.split())
    assert result.exit_code == (1 if any(one["severity"] != "note" for one in found) else 0)
    assert all(one["file"] == str(path) and 1 <= one["line"] <= text.count("\n") + 1 for one in found)
    assert len(result.stdout) < 100_000


# Files

BASE = spec("a: ReLU")


def _circle(folder: Path) -> str:
    (folder / "other.yaml").write_text("archspec: 1\nextends: net.yaml\n")
    return "other.yaml"


def _long_chain(folder: Path) -> str:
    for number in range(40):
        (folder / f"c{number}.yaml").write_text(f"archspec: 1\nextends: c{number + 1}.yaml\n")
    (folder / "c40.yaml").write_text(BASE)
    return "c0.yaml"


def _folder(folder: Path) -> str:
    (folder / "dir.yaml").mkdir()
    return "dir.yaml"


def _pipe(folder: Path) -> str:
    os.mkfifo(folder / "pipe.yaml")
    return "pipe.yaml"


def _link_out(folder: Path) -> str:
    (folder.parent / "secret.yaml").write_text(BASE)
    (folder / "link.yaml").symlink_to(folder.parent / "secret.yaml")
    return "link.yaml"


def _link_to_zeros(folder: Path) -> str:
    (folder / "zeros.yaml").symlink_to("/dev/zero")
    return "zeros.yaml"


def _link_circle(folder: Path) -> str:
    (folder / "one.yaml").symlink_to(folder / "two.yaml")
    (folder / "two.yaml").symlink_to(folder / "one.yaml")
    return "one.yaml"


def _dangling(folder: Path) -> str:
    (folder / "gone.yaml").symlink_to(folder / "nowhere.yaml")
    return "gone.yaml"


def _linked_folder(folder: Path) -> str:
    (folder.parent / "outside").mkdir(exist_ok=True)
    (folder.parent / "outside" / "b.yaml").write_text(BASE)
    (folder / "in").symlink_to(folder.parent / "outside")
    return "in/b.yaml"


def _written(text: str | bytes) -> Callable[[Path], str]:
    def write(folder: Path) -> str:
        (folder / "base.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
        return "base.yaml"

    return write


def _named(name: str) -> Callable[[Path], str]:
    return lambda _: name


EXTENDS: dict[str, tuple[Callable[[Path], str], str]] = {
    "itself": (_named("net.yaml"), "AS007"),
    "what extends it": (_circle, "AS007"),
    "a chain of 40": (_long_chain, "AS009"),
    "a folder": (_folder, "AS007"),
    "a pipe": (_pipe, "AS007"),
    "a link that leads out": (_link_out, "AS007"),
    "a link to endless zeros": (_link_to_zeros, "AS007"),
    "links in a circle": (_link_circle, "AS007"),
    "a link to nothing": (_dangling, "AS007"),
    "a folder that leads out": (_linked_folder, "AS007"),
    "a device": (_named("/dev/zero"), "AS007"),
    "the environment": (_named("/proc/self/environ"), "AS007"),
    "an absolute path": (_named("/etc/passwd.yaml"), "AS007"),
    "the folder above": (_named("../secret.yaml"), "AS007"),
    "the folder above, by a way round": (_named("a/../../secret.yaml"), "AS007"),
    "a home": (_named("~/secret.yaml"), "AS007"),
    "another machine": (_named("\\\\\\\\server\\\\share\\\\secret.yaml"), "AS007"),
    "an address": (_named("https://example.org/net.yaml"), "AS007"),
    "a file address": (_named("file:///etc/passwd"), "AS007"),
    "a name with a zero byte": (_named("a\\0b.yaml"), "AS007"),
    "a name with a line break": (_named("a\\nb.yaml"), "AS007"),
    "a name of 5,000 characters": (_named("a" * 5000 + ".yaml"), "AS007"),
    "nothing": (_named(""), "AS104"),
    "an empty file": (_written(""), "AS104"),
    "a file that is no text": (_written(b"\xff\xfe\x00"), "AS002"),
    "a file of 2 MiB": (_written(b"#" * (2 << 20)), "AS009"),
    "a file with a mistake": (_written(BASE.replace("ReLU", "ReLu")), "AS107"),
    "a bomb": (_written("a: &a [x]\nb: &b [*a, *a]\n"), "AS004"),
}


@pytest.mark.parametrize("name", EXTENDS)
def test_a_spec_reads_no_file_but_those_below_it(name: str, tmp_path: Path) -> None:
    make, codes = EXTENDS[name]
    (tmp_path / "inside").mkdir()
    path = tmp_path / "inside" / "net.yaml"
    written = make(path.parent)
    path.write_text(f'archspec: 1\nextends: "{written}"\n', encoding="utf-8")
    result = within(SECONDS, lambda: lint(path))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    found = json.loads(result.stdout)
    assert set(codes.split()) <= {one["code"] for one in found}
    assert result.exit_code in (1, 2)
    assert "root:" not in result.output  # the first word of /etc/passwd
    assert {Path(one["file"]).parent for one in found} == {path.parent}


def test_a_mistake_in_a_base_is_shown_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(BASE.replace("ReLU", "ReLu"))
    (tmp_path / "net.yaml").write_text("archspec: 1\n\n\n\nextends: base.yaml\n")
    (found,) = json.loads(lint(tmp_path / "net.yaml").stdout)
    assert (found["file"], found["line"], found["column"]) == (str(tmp_path / "base.yaml"), 4, 6)


@pytest.mark.parametrize(
    "name", ["a\nb.yaml", "::error::x.yaml", "%0A.yaml", "\x1b[31m.yaml", "-n.yaml", "a" * 200 + ".yaml"]
)
def test_a_file_s_name_does_nothing_to_a_terminal_or_a_workflow(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(BASE.replace("ReLU", "ReLu"))
    shown = CliRunner().invoke(commands, ["lint", str(path), "--format", "concise"], prog_name="archspec")
    assert (shown.exit_code, shown.stdout.count("\n")) == (1, 1)
    assert shown.stdout.startswith(str(tmp_path))
    assert "\x1b" not in shown.output


# What is made of a spec

NASTY = '"]; digraph { <b>\\\\N</b> "javascript:alert(1)'


def nasty() -> str:
    """Return a spec whose every text tries to leave the text that it is put into."""
    quoted = json.dumps(NASTY + '\\n"""\nimport os\nos.abort()\n' + 90 * "x")
    texts = "".join(f"{key}: {quoted}\n" for key in ("name", "description", "reference"))
    return f"archspec: 1\n{texts}input: [3, 8, 8]\nlayers: {{a: ReLU}}\n"


@pytest.mark.parametrize("command", ["lint", "summary", "draw", "build"])
def test_texts_stay_texts(command: str, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(nasty())
    result = CliRunner().invoke(commands, [command, str(tmp_path / "net.yaml")], prog_name="archspec")
    assert result.exit_code == 0, result.output
    assert "\nimport os" not in result.stdout


def test_a_source_holds_texts_in_its_docstring_alone(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(nasty())
    source = archspec.load(tmp_path / "net.yaml").source()
    tree = ast.parse(source)
    assert [type(node) for node in tree.body] == [ast.Expr, ast.Import, ast.ImportFrom, ast.ClassDef]
    assert {alias.name for node in tree.body for alias in getattr(node, "names", ())} == {"torch", "nn"}
    (model,) = (node for node in tree.body if isinstance(node, ast.ClassDef))
    assert model.name.isidentifier()


# A process of its own, which may take only so much

HEAVY = [
    "size: 2^40 layers, by blocks of two blocks",
    "size: 10^9 by repeats inside repeats",
    "size: a million by a million",
    "size: 5,000 digits",
    "graph: 21,000 layers",
    "graph: 2,000 layers that read all before them",
    "graph: 60 diamonds, 2^60 paths",
    "graph: a circle of 1,000",
    "expressions: " + ("1+" * 5000)[:40],
]


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read from Linux's /proc")
@pytest.mark.parametrize("name", [name for name in HEAVY if name in ROWS])
def test_it_takes_little(name: str, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(ROWS[name][0], encoding="utf-8")
    program = (
        "import re, sys\n"
        "from pathlib import Path\n"
        "from archspec.cli import main\n"
        f"sys.argv = ['archspec', 'lint', '--fail-on', 'error', '--format', 'concise', {str(path)!r}]\n"
        "try:\n    main()\n"
        # The peak since the exec, which getrusage would not tell from that of the process before it.
        "finally:\n    status = Path('/proc/self/status').read_text()\n"
        "    print(re.search(r'VmHWM:\\s*(\\d+)', status)[1], file=sys.stderr)\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        preexec_fn=limited,
        cwd=Path(__file__).parents[1],
    )
    assert found.returncode == (1 if ROWS[name][1] else 0), found.stderr
    assert "Traceback" not in found.stderr
    assert int(found.stderr.splitlines()[-1]) < MEGABYTES * 1024


HEAD = "archspec: 1\ninput: [3, 8, 8]\n"
MANY = {
    "activations of activations": f"{HEAD}layers: [{', '.join(['ReLU'] * 8000)}]",
    "readers in place": f"{HEAD}layers:\n  conv: {{op: Conv2d, out_channels: 2, kernel_size: 1}}\n"
    + "".join(f"  r{n}: {{op: ReLU, from: conv, inplace: true}}\n" for n in range(4000)),
    "blocks that no layer calls": f"{HEAD}blocks:\n"
    + "".join(f"  B{n}: {{layers: [ReLU]}}\n" for n in range(4000))
    + "layers: [ReLU]",
    "parameters that nothing reads": f"{HEAD}blocks:\n  B:\n    parameters: {{"
    + ", ".join(f"p{n}: {n}" for n in range(8000))
    + "}\n    layers: [ReLU]\nlayers: [B]",
    "layers that nothing reads": f"{HEAD}layers:\n"
    + "".join(f"  r{n}: {{op: ReLU, from: input}}\n" for n in range(6000)),
    "rules for no layer": f"{HEAD}layers: [{', '.join(['ReLU'] * 8000)}]\ninit:\n"
    + "  - {op: Conv2d, weight: zeros}\n" * 4000,
}


@pytest.mark.parametrize("name", MANY)
def test_thousands_of_findings_take_seconds(name: str) -> None:
    every = Settings((Choice(select=("AS",)),))
    found = within(4, lambda: judge(parse(MANY[name]), Request(), every))
    assert len(found) >= 3999


@pytest.mark.parametrize("figure", ["0e1999999", "1e-1999999", "1e-999900", f"1e-{'9' * 5000}", f"0.{'0' * 5000}1"])
def test_a_figure_of_any_exponent_is_answered(figure: str) -> None:
    text = f"{HEAD}layers: [{{op: Conv2d, out_channels: 2, kernel_size: 1}}]\nexpect: {{parameters: {figure}}}\n"
    (found,) = judge(parse(text), Request(), Settings())
    assert found.code == "AS210"
    assert all(len(edit.text) < 6000 for fix in found.fixes for edit in fix.edits)


def test_a_letter_that_looks_like_another_is_told_by_its_number(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(BASE.replace("ReLU", "R\u0435LU"), encoding="utf-8")
    (found,) = json.loads(lint(tmp_path / "net.yaml").stdout)
    assert found["help"] == "did you mean ReLU? the \u0435 that is written is U+0435 CYRILLIC SMALL LETTER IE"
