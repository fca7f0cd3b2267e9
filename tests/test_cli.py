"""The commands: what they print, what they write, and how they end when something is wrong."""

import json
import os
import pty
import re
import select
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from click.shell_completion import ShellComplete
from click.testing import CliRunner, Result

import archspec
from archspec.cli import commands
from archspec.diagnostic import ArchspecError
from archspec.files import bundled
from archspec.output import replacing, write

ROOT = Path(__file__).parents[1]
NAMES = sorted(commands.commands)

NET = """\
archspec: 1
name: net
input: [3, 8, 8]
parameters: {width: 4, depths: [1, 2], act: ReLU, classes: 1}
layers:
  conv: {op: Conv2d, out_channels: width, kernel_size: 3}
  act: {op: act, repeat: depths.1}
  flatten: Flatten
  fc: {op: Linear, out_features: classes}
"""
TWO = """\
archspec: 1
input: {ids: {shape: [6], dtype: int64}, mask: [6, 4]}
layers:
  embed: {op: Embedding, from: input.ids, num_embeddings: 7, embedding_dim: 4}
  add: {op: Add, from: [embed, input.mask]}
output: {sum: add, ids: embed}
"""
WRONG = "archspec: 1\ninput: [3, 8, 8]\nlayers: {relu: ReLu}\n"


def run(*arguments: str | Path, stdin: str | None = None) -> Result:
    result = CliRunner().invoke(commands, list(map(str, arguments)), input=stdin, prog_name="archspec")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    return {**kept, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "COLUMNS": "80", **more}


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in {"net.yaml": NET, "two.yaml": TWO, "wrong.yaml": WRONG}.items():
        Path(name).write_text(text)


# Help


@pytest.mark.parametrize("name", ["", *NAMES])
def test_help_shows_examples_and_fits_80_columns(name: str) -> None:
    result = CliRunner(env={"COLUMNS": "80"}).invoke(commands, [*([name] if name else []), "--help"])
    assert result.exit_code == 0
    assert f"    archspec {name}" in result.output.partition("Examples:")[2]
    assert max(map(len, result.output.splitlines())) <= 80
    assert not name or commands.commands[name].get_short_help_str(60).endswith(".")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("bild", "net.yaml"), "there is no command bild; did you mean build?"),
        (("xyzzy",), "No such command 'xyzzy'"),
        (("explain", "two.yaml"), "which LAYER? There are embed, add"),
        (("explain", "two.yaml", "embed", "add"), "one LAYER at a time"),
    ],
)
def test_a_word_that_is_wrong_or_not_there_is_told(arguments: tuple[str, ...], said: str) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def test_version_is_the_distributions() -> None:
    assert re.fullmatch(r"archspec (\d+\.\d+\.\d+|\(not installed\))\n", run("--version").output)


# build


def test_build_runs_a_batch() -> None:
    result = run("build", "net.yaml", "--batch", "3")
    assert result.exit_code == 0
    assert re.search(r"^input +3×8×8$", result.stdout, re.MULTILINE)
    assert re.search(r"^parameters +257$", result.stdout, re.MULTILINE)  # 4·27 + 4 and 4·36 + 1
    assert "FLOPs = 2 × MACs" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_build_reports_figures() -> None:
    arguments = ("--set", "width=8", "--set", "depths=[1, 3]", "--set", "act=GELU", "--set", "classes=5")
    figures = json.loads(run("build", "net.yaml", "--format", "json", "--input", "3x10x12", *arguments).stdout)
    conv, fc = 8 * 27 + 8, 5 * 8 * 8 * 10 + 5
    assert figures["input_shapes"] == {"input": [3, 10, 12]}
    assert figures["output_shapes"] == {"output": [5]}
    assert (figures["parameters"], figures["weight_bytes"]) == (conv + fc, 4 * (conv + fc))
    assert figures["macs"] == 8 * 27 * 80 + 5 * 640
    assert figures["flops"] == 2 * figures["macs"]
    assert figures["build_seconds"] > 0
    assert figures["written"] == []


def test_build_feeds_inputs_by_name() -> None:
    """Whole numbers stay whole at another size, and are indices of the embedding."""
    result = run("build", "two.yaml", "--format", "json", "--input", "ids=9,mask=9x4", "--batch", "50")
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert figures["input_shapes"] == {"ids": [9], "mask": [9, 4]}
    assert figures["output_shapes"] == {"sum": [9, 4], "ids": [9, 4]}


@pytest.mark.parametrize(("dtype", "size"), [("float64", 8), ("bfloat16", 2), ("float16", 2)])
def test_build_in_another_dtype(dtype: str, size: int) -> None:
    figures = json.loads(run("build", "net.yaml", "--dtype", dtype, "--format", "json").stdout)
    assert figures["weight_bytes"] == size * 257


def test_build_on_meta_takes_no_memory() -> None:
    figures = json.loads(run("build", "vgg-D", "--device", "meta", "--batch", "4096", "--format", "json").stdout)
    assert figures["output_shapes"] == {"output": [1000]}


def test_what_is_written_is_what_ran() -> None:
    result = run("build", "net.yaml", "--seed", "7", "-o", "net.py", "-o", "net.pt")
    assert "net.py, net.pt" in result.stdout
    assert Path("net.py").read_text() == archspec.load("net.yaml").source()
    written = torch.load("net.pt", weights_only=True)
    module = archspec.load("net.yaml").build(seed=7)
    module.load_state_dict(written, strict=True)
    program = "import torch, net; net.Net().load_state_dict(torch.load('net.pt')); print('loaded')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "loaded\n"
    for key, tensor in archspec.load("net.yaml").build(seed=7).state_dict().items():
        assert torch.equal(tensor, written[key])


def test_a_seed_gives_the_same_bytes() -> None:
    for name in ("a.pt", "b.pt"):
        run("build", "net.yaml", "--seed", "3", "-o", name)
    a, b = (torch.load(name, weights_only=True) for name in ("a.pt", "b.pt"))
    assert all(torch.equal(a[key], b[key]) for key in a)


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("wrong.yaml",), 1, "wrong.yaml:3:16: error[AS107]: there is no op or block ReLu"),
        (("missing.yaml",), 2, "there is no file missing.yaml"),
        (("resnet5O",), 2, "did you mean resnet"),
        (("wronk.yaml",), 2, "did you mean wrong.yaml?"),
        (("vit.yaml",), 2, "there is no file vit.yaml; the bundled spec is named without the ending: vit"),
        (
            ("nets/ResNet50.yml",),
            2,
            "no file nets/ResNet50.yml; the bundled spec is named without the ending: resnet-50",
        ),
        (("./vit",), 2, "there is no file ./vit"),
        (("unlike-all.yaml",), 2, "`archspec list` shows the bundled specs"),
        ((".",), 2, ". is not a file"),
        (("n" * 300,), 2, "error: "),
        (("net.yaml", "--set", "widht=3"), 1, "did you mean width?"),
        (("net.yaml", "--set", "width=2.5"), 1, "width is of type int; it is set to 2.5, of type float"),
        (("net.yaml", "--set", "width"), 2, "'width' is not of the form name=value"),
        (("net.yaml", "--set", "width={a: 1}"), 2, "neither a number, true, false, a word nor a list"),
        (("net.yaml", "--set", "width="), 2, "neither a number"),
        (("net.yaml", "--set", "width=1\nother: 2"), 2, "neither a number"),
        (("net.yaml", "--set", "depths=[1, [2, null]]"), 2, "neither a number"),
        (("net.yaml", "--input", "3,8,8"), 2, "neither of the form 3x224x224"),
        (("net.yaml", "--input", "3x0x8"), 2, "3x0x8: a size is at least 1 and below 2³¹"),
        (("net.yaml", "--input", f"3x{'9' * 5000}"), 2, "a size is at least 1 and below 2³¹"),
        (("net.yaml", "--set", "width=9223372036854775808"), 2, "too large a number; integers are below 2⁶³"),
        (("net.yaml", "--set", "depths=[1]"), 1, "`depths` has 1 entry, counted from 0"),
        (("net.yaml", "--input", "x=3x8x8"), 1, "sizes are given by name"),
        (("two.yaml", "--input", "6"), 1, "the inputs are ids, mask"),
        (("two.yaml", "--input", "idz=6"), 1, "there is no input idz"),
        (("net.yaml", "--limit", "layer=3"), 2, "there is no limit 'layer'; the limits are file-size,"),
        (("net.yaml", "--limit", "layers=many"), 2, "layers is a positive integer"),
        (("net.yaml", "--limit", "layers=3"), 1, "error[AS009]"),
        (("net.yaml", "--device", "gpu"), 2, "there is no device gpu"),
        (("net.yaml", "--dtype", "int8"), 2, "'int8' is not one of"),
        (("net.yaml", "--batch", "0"), 2, "0 is not in the range"),
        (("net.yaml", "-o", "net.doc"), 2, "there are .py (the module's source), .pt (its state_dict), .safeten"),
        (("net.yaml", "-o", "net.onxn"), 2, "'net.onxn' is of no kind that can be written; did you mean .onnx?"),
        (("net.yaml", "--weights", "none.pt"), 2, "error: cannot read none.pt: No such file or directory"),
        (("net.yaml", "-o", "nowhere/net.py"), 2, "there is no folder 'nowhere'"),
        ((), 2, "Missing argument 'SPEC'"),
    ],
    ids=lambda item: " ".join(item)[:40] if isinstance(item, tuple) else "",
)
def test_a_mistake_is_told(arguments: tuple[str, ...], status: int, said: str) -> None:
    result = run("build", *arguments)
    assert (result.exit_code, result.stdout) == (status, "")
    assert said in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_device_that_is_not_there_is_told() -> None:
    result = run("build", "net.yaml", "--device", "cuda")
    assert result.exit_code == 2
    assert "CUDA" in result.stderr


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
def test_build_on_cuda_measures_the_peak() -> None:
    figures = json.loads(run("build", "net.yaml", "--device", "cuda:0", "--format", "json").stdout)
    assert figures["peak_bytes"] >= figures["weight_bytes"]


def test_a_batch_too_large_for_memory_is_told() -> None:
    result = run("build", "net.yaml", "--input", "3x2000x2000", "--batch", "1000000")
    assert result.exit_code == 2
    assert "it has too little memory for a batch of 1000000" in result.stderr


def test_stdin_is_a_spec() -> None:
    assert "257" in run("summary", "-", stdin=NET).stdout


def test_notes_go_beside_the_result() -> None:
    result = run("summary", "resnet-18", "--set", "num_classes=3", "--format", "json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["outputs"] == {"output": [3]}
    assert "note[AS303]" in result.stderr


def test_a_bundled_spec_is_not_named_by_where_it_is_installed() -> None:
    result = run("summary", "resnet50", "--set", "num_classes=many")
    assert re.match(r"resnet\.yaml:\d+:\d+: error", result.stderr)


# Files


def test_a_file_is_written_whole_or_not_at_all() -> None:
    path = Path("old.txt")
    path.write_text("old")
    path.chmod(0o640)
    with pytest.raises(ZeroDivisionError), replacing(path) as stream:
        stream.write(b"half" * (1 // 0))
    assert path.read_text() == "old"
    write(path, "new")
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert not list(Path().glob(".archspec-*"))


def test_a_link_stays_a_link() -> None:
    Path("real.txt").write_text("old")
    Path("link.txt").symlink_to("real.txt")
    write(Path("link.txt"), "new")
    assert Path("link.txt").is_symlink()
    assert Path("real.txt").read_text() == "new"


def test_a_new_file_has_the_usual_permissions() -> None:
    write(Path("ours.txt"), "")
    Path("theirs.txt").touch()
    assert Path("ours.txt").stat().st_mode == Path("theirs.txt").stat().st_mode


@pytest.mark.parametrize("path", ["folder", "missing/net.py", "net.yaml/net.py", "n" * 300, "pipe"])
def test_what_cannot_be_written_is_told(path: str) -> None:
    Path("folder").mkdir()
    os.mkfifo("pipe")
    with pytest.raises(ArchspecError, match="cannot write"):
        write(Path(path), "text")


def test_a_failure_leaves_the_old_output() -> None:
    Path("net.py").write_text("old")
    assert run("build", "wrong.yaml", "-o", "net.py").exit_code == 1
    assert Path("net.py").read_text() == "old"


# new, list, draw


def test_new_writes_a_spec_that_builds() -> None:
    assert run("new", "first.yaml").exit_code == 0
    checked = run("lint", "first.yaml")
    assert (checked.exit_code, checked.stderr) == (0, "1 file checked, nothing found\n")
    assert run("build", "first.yaml").exit_code == 0
    assert "#" in Path("first.yaml").read_text()


def test_new_overwrites_only_by_force() -> None:
    result = run("new")
    assert (result.exit_code, Path("net.yaml").read_text()) == (2, NET)
    assert "net.yaml is there already; --force overwrites it" in result.stderr
    assert run("new", "--force").exit_code == 0
    assert Path("net.yaml").read_text() == run("new", "-").stdout


@pytest.mark.parametrize("name", bundled())
def test_new_copies_a_bundled_spec(name: str) -> None:
    assert run("new", "--force", "--from", name).exit_code == 0
    copy, spec = archspec.load("net.yaml"), archspec.load(name)
    assert (copy.name, copy.parameters, copy.macs) == (spec.name, spec.parameters, spec.macs)
    assert list(copy.layer_graph.nodes) == list(spec.layer_graph.nodes)


def test_new_says_which_bundled_spec_was_meant() -> None:
    result = run("new", "--force", "--from", "resnet-51")
    assert (result.exit_code, Path("net.yaml").read_text()) == (2, NET)
    assert "there is no bundled spec of the name resnet-51; did you mean resnet-50?" in " ".join(result.stderr.split())


def test_list_shows_every_bundled_spec() -> None:
    found = json.loads(run("list", "--format", "json").stdout)
    assert [spec["name"] for spec in found] == list(bundled())
    assert {"name": "lenet5", "parameters": 61706}.items() <= found[list(bundled()).index("lenet5")].items()
    lines = run("list").stdout.splitlines()
    assert [line.split()[0] for line in lines[1:]] == list(bundled())
    assert max(map(len, lines)) <= 100


# Completion


def completed(*words: str) -> list[str]:
    shell = ShellComplete(commands, {}, "archspec", "_ARCHSPEC_COMPLETE")
    return [item.value for item in shell.get_completions(list(words[:-1]), words[-1])]


def test_the_names_of_bundled_specs_are_completed() -> None:
    assert completed("build", "resnet-5") == ["resnet-50"]
    assert completed("summary", "vgg") == ["vgg-A", "vgg-B", "vgg-D", "vgg-E", "vgg"]
    assert completed("lint", "lenet5", "alex") == ["alexnet"]
    assert completed("build", "lenet5", "--limit", "rep") == ["repeat="]
    assert completed("new", "--from", "lene") == ["lenet5"]
    assert completed("bu") == ["build"]


def test_other_words_are_completed_as_files() -> None:
    shell = ShellComplete(commands, {}, "archspec", "_ARCHSPEC_COMPLETE")
    assert [item.type for item in shell.get_completions(["build"], "./ne")] == ["file"]


# Whole processes


def start(*arguments: str, **more: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "archspec", *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": environment(), **more}
    return subprocess.Popen(command, text=True, **pipes)  # type: ignore[call-overload, no-any-return]


@pytest.mark.parametrize(
    "arguments",
    [("summary", "resnet-50"), ("draw", "lenet5"), ("list",), ("schema",), ("new", "-"), ("--help",)],
)
def test_torch_is_not_loaded(arguments: tuple[str, ...]) -> None:
    program = (
        "import atexit, sys\n"
        "atexit.register(lambda: print('torch' in sys.modules, file=sys.stderr))\n"
        f"sys.argv = ['archspec', *{arguments}]\n"
        "from archspec.cli import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment())
    assert (done.returncode, done.stderr) == (0, "False\n")


@pytest.mark.parametrize(
    "arguments", [("schema",), ("summary", "densenet-201"), ("lint", "wide.yaml", "--limit", "messages=2000")]
)
def test_a_reader_may_stop_reading(arguments: tuple[str, ...]) -> None:
    layers = "".join(f"  layer{index}: 3\n" for index in range(2000))
    Path("wide.yaml").write_text(f"archspec: 1\ninput: [3]\nlayers:\n{layers}")
    process = start(*arguments)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.read(10)
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    process.wait()
    assert "Traceback" not in said
    assert "Exception" not in said


def test_ctrl_c_ends_quietly() -> None:
    program = (
        "import signal, sys, archspec.cli.loading\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a background job ignores Ctrl-C
        "def check(*_): signal.raise_signal(signal.SIGINT)\n"
        "sys.modules['archspec.cli.loading'].check = check\n"
        "sys.argv = ['archspec', 'summary', 'net.yaml']\n"
        "archspec.cli.main()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment())
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr.strip() == "error: interrupted"


def test_a_narrow_locale_ends_in_no_traceback() -> None:
    process = start("summary", "lenet5", env=environment(PYTHONIOENCODING="ascii"))
    out, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (0, "")
    assert "1\\xd732\\xd732" in out


def in_terminal(*arguments: str, **variables: str) -> str:
    """Return what a command writes to a terminal of 80 columns."""
    ours, theirs = pty.openpty()
    process = start(*arguments, stdout=theirs, stderr=theirs, stdin=theirs, env=environment(**variables))
    os.close(theirs)
    written = b""
    while select.select([ours], [], [], 60)[0]:
        try:
            chunk = os.read(ours, 1 << 16)
        except OSError:  # Linux, once the other end is closed
            break
        if not chunk:
            break
        written += chunk
    process.wait(timeout=60)
    os.close(ours)
    return written.decode()


@pytest.mark.parametrize("arguments", [("lint", "wrong.yaml"), ("summary", "wrong.yaml"), ("summary", "net.yaml")])
def test_a_terminal_has_colours_unless_they_are_not_wanted(arguments: tuple[str, ...]) -> None:
    assert "\x1b[" in in_terminal(*arguments)
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", in_terminal(*arguments, NO_COLOR="1"))


def test_a_terminal_of_80_columns_gets_a_table_of_80() -> None:
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", in_terminal("summary", "densenet-121"))
    assert max(map(len, text.replace("\r", "").splitlines())) <= 80


def test_no_colours_without_a_terminal() -> None:
    done = start("lint", "wrong.yaml").communicate(timeout=60)
    assert "\x1b" not in "".join(done)


# build, with files of weights


def test_build_takes_weights_and_writes_them() -> None:
    assert run("build", "net.yaml", "--seed", "1", "-o", "one.pt").exit_code == 0
    result = run("build", "net.yaml", "--weights", "one.pt", "-o", "two.safetensors", "--format", "json")
    figures = json.loads(result.stdout)
    assert figures["weights"] == {"file": "one.pt", "tensors": 4, "skipped": [], "renamed": {}}
    assert run("build", "net.yaml", "--weights", "two.safetensors", "-o", "three.pt").exit_code == 0
    one, three = torch.load("one.pt"), torch.load("three.pt")
    assert one.keys() == three.keys()
    assert all(torch.equal(one[name], three[name]) for name in one)


@pytest.mark.parametrize("option", [("--weights-skip", "fc.*"), ("--weights-by", "order")])
def test_how_weights_are_matched_goes_with_weights(option: tuple[str, str]) -> None:
    result = run("build", "net.yaml", *option)
    assert result.exit_code == 2
    assert "go with --weights" in result.stderr


def test_build_shows_what_it_matched_by_order() -> None:
    run("build", "net.yaml", "-o", "one.pt")
    torch.save({f"a\x1b.{name}": tensor for name, tensor in torch.load("one.pt").items()}, "other.pt")
    result = run("build", "net.yaml", "--weights", "other.pt", "--weights-by", "order")
    assert re.search(r"^taken from +other\.pt: 4 tensors$", result.stdout, re.MULTILINE)
    assert result.stdout.endswith("\nin the file → in the network\na\\x1b.conv → conv\na\\x1b.fc → fc\n")


def test_build_tells_every_tensor_that_does_not_fit() -> None:
    run("build", "net.yaml", "-o", "one.pt")
    other = "build", "net.yaml", "--set", "classes=2", "--weights", "one.pt", "-o", "two.pt"
    result = run(*other)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.splitlines()[0] == "error: one.pt does not fit the network: 2 of its 4 tensors fit"
    assert "  fc.bias: the file has 1, the network 2" in result.stderr.splitlines()
    assert not Path("two.pt").exists()
    assert re.search(r"^taken from +one\.pt: 2 tensors, 2 skipped$", run(*other, "--weights-skip", "fc.*").stdout, re.M)
