"""What an editor shows of a spec, by the real yaml-language-server and the schema that `archspec schema` prints."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from language_server import Editor

from archspec.cli import commands
from archspec.ops import names

ROOT = Path(__file__).parents[1]
MODULES = Path(os.environ.get("NODE_PATH", ROOT / "node_modules"))
MODELINE = "# yaml-language-server: $schema=archspec.schema.json\n"
HEAD = f"{MODELINE}archspec: 1\ninput: [3, 8, 8]\nlayers:\n"
pytestmark = pytest.mark.node


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    """An editor in a folder with the schema, as docs/commands.md tells to make it."""
    folder = tmp_path_factory.mktemp("editor")
    printed = CliRunner().invoke(commands, ["schema"]).stdout
    (folder / "archspec.schema.json").write_text(printed, encoding="utf-8")
    with Editor(folder, MODULES) as opened:
        yield opened


def test_a_wrong_op_lists_the_ops_at_its_place(editor: Editor) -> None:
    ((line, column, message),) = editor.diagnostics(f"{HEAD}  conv: {{op: Conv2D, out_channels: 8, kernel_size: 3}}\n")
    assert (line, column) == (5, 14)
    assert re.findall(r'"(\w+)"', message) == list(names())


@pytest.mark.parametrize(
    ("layer", "place", "said"),
    [
        ("{op: Conv2d, out_channels: 8, kernel_size: 3, dilaton: 2}", (5, 55), "dilaton is not allowed"),
        ("{op: Conv2d, out_channels: 8}", (5, 3), 'Missing property "kernel_size"'),
        ("{op: Conv2d, out_channels: 8, kernel_size: 3, bias: 1}", (5, 61), 'Expected "boolean'),
        ("{op: ReLU, share: true}", (5, 20), "share is not allowed"),
    ],
)
def test_a_wrong_argument_is_told_of_its_op_alone(
    editor: Editor, layer: str, place: tuple[int, int], said: str
) -> None:
    ((line, column, message),) = editor.diagnostics(f"{HEAD}  conv: {layer}\n")
    assert (line, column) == place
    assert said in message


def test_ops_are_offered_with_what_they_do(editor: Editor) -> None:
    offered = editor.completions(f"{HEAD}  conv:\n    op: ‸\n")
    assert set(names()) <= set(offered)
    assert "Conv2d" in offered["Conv2d"]


def test_arguments_are_offered_with_what_they_are(editor: Editor) -> None:
    offered = editor.completions(f"{HEAD}  conv:\n    op: Conv2d\n    ‸\n")
    arguments = {"in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation", "groups", "bias"}
    assert arguments | {"from", "when", "repeat", "expect"} <= set(offered)
    assert "num_features" not in offered
    assert "How far a window is from the next" in offered["stride"]
    assert {"zeros", "reflect"} <= set(editor.completions(f"{HEAD}  conv: {{op: Conv2d, padding_mode: ‸}}\n"))


def test_what_the_mouse_rests_on_is_explained(editor: Editor) -> None:
    line = "  conv: {op: Con‸v2d, out_channels: 8, kernel_size: 3}\n"
    assert "torch.nn.Conv2d" in editor.hover(HEAD + line)
    other = "  conv: {op: Conv2d, out_channels: 8, kernel‸_size: 3}\n"
    assert "How many pixels a window has along each axis" in editor.hover(HEAD + other)


def test_nothing_is_said_of_a_bundled_spec(editor: Editor) -> None:
    said = {path.name: editor.diagnostics(MODELINE + path.read_text(encoding="utf-8"))
            for path in sorted((ROOT / "specs").rglob("*.yaml"))}  # fmt: skip
    assert {name: messages for name, messages in said.items() if messages} == {}
    assert len(said) > 50
