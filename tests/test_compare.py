"""`archspec diff`: what differs between two architectures, and which keys keep an old checkpoint from loading."""

import contextlib
import itertools
import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner, Result
from clock import within
from hypothesis import given, settings
from hypothesis import strategies as st

import archspec
from archspec.cli import commands
from archspec.compare import Difference, compare
from archspec.compare.align import Aligner
from archspec.compare.fold import fold, siblings
from archspec.compare.formats import FORMATS, written
from archspec.files import bundled

CONV = "{op: Conv2d, out_channels: 8, kernel_size: 3, padding: 1}"


def between(one: str, other: str) -> Difference:
    return compare(archspec.loads(one).layer_graph, archspec.loads(other).layer_graph)


def spec(layers: str, input_: str = "[8, 16, 16]") -> str:
    return f"archspec: 1\ninput: {input_}\nlayers:\n" + "".join(f"  {line}\n" for line in layers.splitlines())


CHAIN = f"""\
conv1: {CONV}
relu1: ReLU
stage:
  - {CONV}
  - ReLU
conv2: {CONV}
add: {{op: Add, from: [conv2, conv1]}}
head: {{op: Conv2d, out_channels: 4, kernel_size: 1}}"""


def told(difference: Difference) -> dict[str, list[str]]:
    return {
        "changed": [".".join(change.after) for change in difference.changed if change.written],
        "moved": [f"{'.'.join(move.before)} → {'.'.join(move.after)}" for move in difference.moved],
        "removed": [".".join(item.path) for item in difference.removed],
        "added": [".".join(item.path) for item in difference.added],
    }


NOTHING: dict[str, list[str]] = {"changed": [], "moved": [], "removed": [], "added": []}


@pytest.mark.parametrize("name", bundled())
def test_a_spec_does_not_differ_from_itself(name: str) -> None:
    one, other = archspec.load(name).layer_graph, archspec.load(name).layer_graph
    difference = compare(one, other)
    assert difference.same
    assert difference.keys.fit
    assert told(difference) == NOTHING


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("conv1", "stem", {"moved": ["conv1 → stem"]}),
        ("relu1", "act", {"moved": ["relu1 → act"]}),
        ("stage", "layer1", {"moved": ["stage → layer1"]}),
        ("head: {op: Conv2d, out_channels: 4", "head: {op: Conv2d, out_channels: 5", {"changed": ["head"]}),
        ("head: {op: Conv2d, out_channels: 4", "top: {op: Conv2d, out_channels: 5",
         {"changed": ["top"], "moved": ["head → top"]}),
        ("relu1: ReLU", "relu1: GELU", {"changed": ["relu1"]}),
        ("relu1: ReLU\n", "relu1: ReLU\nbn: BatchNorm2d\n", {"added": ["bn"]}),
        ("relu1: ReLU\n", "", {"removed": ["relu1"]}),
        ("  - ReLU\n", "  - BatchNorm2d\n  - ReLU\n", {"added": ["stage.1"], "moved": ["stage.1 → stage.2"]}),
        ("from: [conv2, conv1]", "from: [conv2, relu1]", {"changed": ["add"]}),
        ("conv1: {op: Conv2d,", "conv1: {op: Conv2d, in_channels: 8,", {}),
        ("kernel_size: 3, padding: 1}\nrelu1", "kernel_size: 5, padding: 2}\nrelu1", {"changed": ["conv1"]}),
    ],
)  # fmt: skip
def test_one_edit_is_one_difference(old: str, new: str, expected: dict[str, list[str]]) -> None:
    changed = re.sub(rf"\b{old}\b", new, CHAIN) if old.isidentifier() else CHAIN.replace(old, new, 1)
    difference = between(spec(CHAIN), spec(changed))
    assert told(difference) == NOTHING | expected
    assert difference.same == (not expected)
    back = told(between(spec(changed), spec(CHAIN)))
    assert (back["added"], back["removed"]) == (told(difference)["removed"], told(difference)["added"])
    assert len(back["moved"]) == len(told(difference)["moved"])


def test_a_layer_that_goes_into_a_group_is_found_there() -> None:
    wrapped = CHAIN.replace("head: {op: Conv2d, out_channels: 4, kernel_size: 1}",
                            "top:\n  layers:\n    head: {op: Conv2d, out_channels: 4, kernel_size: 1}")  # fmt: skip
    difference = between(spec(CHAIN), spec(wrapped))
    assert "head → top.head" in told(difference)["moved"]
    assert difference.keys.renamed == {
        ("head", "weight"): ("top", "head", "weight"), ("head", "bias"): ("top", "head", "bias"),
    }  # fmt: skip


def test_what_is_read_through_a_layer_that_went_is_the_same() -> None:
    """Nothing is told of the layer behind one that was taken out, but of one that reads past it."""
    difference = between(spec(CHAIN), spec(CHAIN.replace("  - ReLU\n", "")))
    assert told(difference) == NOTHING | {"removed": ["stage.1"]}
    past = between(spec(CHAIN), spec(CHAIN.replace("head: {op: Conv2d,", "head: {op: Conv2d, from: conv2,")))
    assert told(past)["changed"] == ["head"]
    assert past.changed[0].reads == (("add",), ("conv2",))


def test_outputs_count() -> None:
    both = spec(CHAIN) + "output: {one: head, two: conv1}\n"
    difference = between(both, both.replace("two: conv1", "two: conv2"))
    assert not difference.same
    assert told(difference) == NOTHING
    assert "\n~ two  conv1 → conv2" in written(difference, "text", ("a", "b"))
    assert between(spec("r: ReLU"), spec("r: ReLU", "[8, 32, 32]")).ports


# The keys, by torch

PAIRS = [
    ("resnet-50", {}, "resnext-50-32x4d", {}),
    ("resnet-18", {}, "resnet-34", {}),
    ("vgg-A", {}, "vgg-A", {"batch_norm": False}),
    ("vgg-A", {"batch_norm": False}, "vgg-B", {}),
    ("resnet-18", {}, "resnet-18", {"num_classes": 10}),
    ("resnet-50", {}, "article/resnet-50", {}),
    ("vit-b-16", {}, "vit-b-32", {}),
    ("squeezenet-1.0", {}, "squeezenet-1.1", {}),
    ("densenet-121", {}, "densenet-169", {}),
]


@pytest.mark.parametrize(("old", "before", "new", "after"), PAIRS)
@pytest.mark.filterwarnings("ignore:for .* copying from a non-meta parameter")  # nothing is copied, only compared
def test_torch_finds_the_same_keys(old: str, before: dict[str, object], new: str, after: dict[str, object]) -> None:
    one, other = archspec.load(old, **before), archspec.load(new, **after)
    checkpoint, module = one.build("meta").state_dict(), other.build("meta")
    keys = compare(one.layer_graph, other.layer_graph).keys
    own, mismatched = module.state_dict(), set[str]()
    try:
        module.load_state_dict(checkpoint, strict=False)
    except RuntimeError as error:
        mismatched = set(re.findall(r"size mismatch for ([^:]+):", str(error)))
    assert {".".join(key) for key in keys.reshaped} == mismatched
    for key, (a, b) in keys.reshaped.items():
        assert (tuple(checkpoint[".".join(key)].shape), tuple(own[".".join(key)].shape)) == (a, b)
    for key in mismatched:
        checkpoint[key] = own[key]
    found = module.load_state_dict(checkpoint, strict=False)
    assert sorted(".".join(key) for key in keys.missing) == sorted(found.missing_keys)
    assert sorted(".".join(key) for key in keys.unexpected) == sorted(found.unexpected_keys)


def test_a_checkpoint_fits_under_the_new_keys() -> None:
    """Of a network whose layers only bear other names, the old tensors give the old output under the new keys."""
    renamed = CHAIN.replace("conv1", "stem").replace("stage:", "body:").replace("conv2", "last")
    one, other = archspec.loads(spec(CHAIN)), archspec.loads(spec(renamed))
    keys = compare(one.layer_graph, other.layer_graph).keys
    old, new = one.build(seed=0).eval(), other.build(seed=1).eval()
    names = {".".join(key): ".".join(target) for key, target in keys.renamed.items()}
    new.load_state_dict({names.get(key, key): value for key, value in old.state_dict().items()}, strict=True)
    x = torch.ones(1, 8, 16, 16)
    assert torch.equal(old(x), new(x))


# The size of the work


@pytest.mark.parametrize(
    "edit",
    [
        lambda lines: [*lines[:1500], "Tanh", *lines[1500:]],
        lambda lines: ["Tanh" if index % 3 else line for index, line in enumerate(lines)],
        lambda lines: lines[::-1],
    ],
    ids=["one more", "others between", "backwards"],
)
def test_a_very_deep_network_takes_seconds(edit: Callable[[list[str]], list[str]]) -> None:
    lines = ["ReLU" if index % 2 else "{op: Conv2d, out_channels: 8, kernel_size: 1}" for index in range(4_000)]
    graphs = [archspec.loads("archspec: 1\ninput: [8, 4, 4]\nlayers:\n" + "".join(f"- {line}\n" for line in each))
              .layer_graph for each in (lines, edit(lines))]  # fmt: skip
    difference = within(6, lambda: compare(*graphs))
    for form in FORMATS:
        assert within(3, lambda form=form: written(difference, form, ("a", "b")))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.integers(0, 4), max_size=12), st.lists(st.integers(0, 4), max_size=12))
def test_an_alignment_rises_and_keeps_a_longest_common_part(a: list[int], b: list[int]) -> None:
    pairs = Aligner().pairs(a, b, lambda x: x, lambda x, y: 8 if x == y else 0)
    assert all(one < other for (one, _), (other, _) in itertools.pairwise(pairs))
    assert all(one < other for (_, one), (_, other) in itertools.pairwise(pairs))
    assert all(a[i] == b[j] for i, j in pairs)
    if a == b:
        assert len(pairs) == len(a)


names = st.sampled_from(["layer1", "layer2", "layer3", "0", "1", "2", "conv", "weight", "bias"])
paths = st.sets(st.tuples(names, names, names) | st.tuples(names, names), min_size=1, max_size=30)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(paths, paths)
def test_patterns_stand_for_each_path_once(chosen: set[tuple[str, ...]], others: set[tuple[str, ...]]) -> None:
    patterns = fold(sorted(chosen), siblings(chosen | others))
    assert sorted(path for pattern in patterns for path in pattern.paths) == sorted(chosen)
    for pattern in patterns:
        assert len(pattern.paths) > 1 or pattern.text == ".".join(pattern.paths[0])
    assert len({pattern.text for pattern in patterns}) == len(patterns)


# The command


def run(*arguments: str, stdin: str | None = None) -> Result:
    result = CliRunner().invoke(commands, ["diff", *arguments], input=stdin, prog_name="archspec")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose base and variant were other ones in its first commit."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    (tmp_path / "nets" / "base").mkdir(parents=True)
    Path("nets/base/one.yaml").write_text("extends: two.yaml\narchspec: 1\nparameters: {width: 8}\n")
    Path("nets/base/two.yaml").write_text(
        "archspec: 1\ninput: [3, 8, 8]\nparameters: {width: 4}\n"
        "layers: {conv: {op: Conv2d, out_channels: width, kernel_size: 3}}\n"
    )
    Path("nets/net.yaml").write_text("archspec: 1\nextends: base/one.yaml\n")
    git = ["git", "-c", "user.name=n", "-c", "user.email=e", "-c", "commit.gpgsign=false"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run([*git, *command], check=True)
    two = Path("nets/base/two.yaml")
    two.write_text(two.read_text().replace("kernel_size: 3", "kernel_size: 5"))
    return tmp_path


def test_a_file_is_compared_with_itself_at_a_revision(repository: Path) -> None:
    """The files that it extends are those of that revision, too."""
    result = run("--git", "HEAD", "nets/net.yaml", "--format", "json")
    assert result.exit_code == 1, result.output
    (changed,) = json.loads(result.stdout)["changed"]
    assert changed["arguments"] == {"kernel_size": {"before": [3, 3], "after": [5, 5]}}
    Path("nets/base/two.yaml").write_text(Path("nets/base/two.yaml").read_text().replace("size: 5", "size: 3"))
    assert run("--git", "HEAD", "nets/net.yaml").exit_code == 0
    with contextlib.chdir(Path("nets")):
        assert run("--git", "HEAD", "net.yaml").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--git", "--output=x", "nets/net.yaml"), "--output=x is no revision"),
        (("--git", "", "nets/net.yaml"), "nothing is no revision"),
        (("--git", "nowhere", "nets/net.yaml"), "there is no revision nowhere"),
        (("--git", "HEAD:nets", "nets/net.yaml"), "there is no revision HEAD:nets"),
        (("--git", "HEAD", "nets/new.yaml"), "there is no file nets/new.yaml at revision HEAD"),
        (("--git", "HEAD", "nets/net.yaml", "nets/net.yaml"), "with --git it takes one file"),
        (("--git", "HEAD", "-"), "there is no file -"),
        (("--git", "HEAD", "vit"), "vit is a bundled spec, and no file"),
        (("--git", "HEAD", "vit.yaml"), "there is no file vit.yaml"),
        (("nets/net.yaml",), "diff takes two specs"),
        (("-", "-"), "diff takes two specs"),
        (("nets/net.yaml", "nets/missing.yaml"), "there is no file nets/missing.yaml"),
        (("nets/net.yaml", "nets/wrong.yaml"), "error[AS107]"),
        (("nets/net.yaml", "lenet5", "--set", "width=3"), "error[AS116]"),
    ],
)
def test_what_cannot_be_compared(repository: Path, arguments: tuple[str, ...], said: str) -> None:
    Path("nets/new.yaml").write_text(spec("r: ReLU"))
    Path("nets/wrong.yaml").write_text(spec("r: ReLu"))
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in " ".join(result.stderr.split())


def test_a_base_outside_the_folder_is_not_read_at_a_revision(repository: Path) -> None:
    Path("nets/net.yaml").write_text("archspec: 1\nextends: ../other.yaml\n")
    Path("other.yaml").write_text(spec("r: ReLU"))
    subprocess.run(["git", "add", "."], check=True)
    subprocess.run(["git", "-c", "user.name=n", "-c", "user.email=e", "commit", "-qm", "second"], check=True)
    Path("nets/net.yaml").write_text(spec("r: ReLU"))
    result = run("--git", "HEAD", "nets/net.yaml")
    assert result.exit_code == 2
    assert "HEAD:nets/net.yaml:2:10: error[AS007]: ../other.yaml is outside the folder of this spec" in result.stderr


def test_one_of_two_may_be_stdin() -> None:
    result = run("lenet5", "-", "--input", "1x32x32", stdin="archspec: 1\nextends: lenet5\n")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("lenet5 → -: the same architecture\n")


def test_a_block_that_changed_everywhere_is_one_line() -> None:
    result = run("resnet-50", "resnext-50-32x4d")
    assert result.exit_code == 1
    changed = result.stdout.partition("\nchanged\n")[2].partition("\n\n")[0]
    assert [line.split()[1] for line in changed.splitlines() if line.startswith("~")] == [
        "layer{1..4}.*.conv1", "layer{1..4}.*.conv2",
    ]  # fmt: skip
    assert max(map(len, result.stdout.splitlines())) <= 100


def test_markdown_shows_names_as_they_are() -> None:
    """A spec names its inputs, and may name them so that Markdown would make something of it."""
    two = "archspec: 1\ninput: {'<b>|`*': [3]}\nlayers: {r: {op: ReLU, from: 'input.<b>|`*'}}\n"
    result = run("lenet5", "-", "--format", "markdown", stdin=two)
    assert "<b>" not in result.stdout
    assert all(line.count("|") in (0, 5) for line in result.stdout.splitlines())
