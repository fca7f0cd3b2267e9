"""The README's comparison with other tools: what it says of archspec is so, and the files that it measures are there.

What the other tools do is measured by `python -m benchmarks peers`, which needs the package index.
"""

import re
import runpy
from pathlib import Path
from typing import Any

import pytest
from test_docs import TEN

import archspec

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(ROOT)
    from benchmarks.peers.tools import TOOLS

    return TOOLS


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Return the cells of the README's table, a list a tool."""
    monkeypatch.syspath_prepend(ROOT)
    from benchmarks.peers.table import HEADER

    table = README[README.index(HEADER) :].partition("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def test_the_table_has_the_tools_and_the_lines_of_their_files(tools: Any, rows: list[list[str]]) -> None:
    found = [(row[0].replace("*", ""), row[1]) for row in rows]
    assert found == [(f"{tool.name} {tool.version} ({tool.language})", str(tool.lines)) for tool in tools]


def test_every_tool_is_given_the_same_ten_mistakes(tools: Any) -> None:
    for tool in tools:
        assert set(tool.wrong) == set(TEN), tool.name
        assert tool.right.exists()
        assert max(map(len, tool.net.read_text(encoding="utf-8").splitlines())) <= 120


def test_versions_are_pinned(tools: Any) -> None:
    for tool in tools[1:]:
        for line in tool.requirements.read_text(encoding="utf-8").splitlines():
            assert re.fullmatch(r"[\w.-]+==[\w.]+", line), line
        assert tool.requirements.read_text(encoding="utf-8").startswith(f"{tool.name}==")


def test_the_row_of_archspec(tools: Any, rows: list[list[str]]) -> None:
    ours = tools[0]
    net = archspec.load(ours.net)
    assert (net.num_parameters, net.macs, net.output_shape) == (25_557_032, 4_089_184_256, (1000,))
    assert archspec.load(ours.right).output_shape == (10,)
    for what, path in ours.wrong.items():
        assert path.read_text(encoding="utf-8") == f"archspec: 1\ninput: [16, 32, 32]\nlayers:\n  {TEN[what][0]}\n"
    assert rows[0][2:4] == ["10 of 10", "10 of 10"]  # as test_docs holds the ten to their one message and its place


def test_the_longest_net_is_as_its_program_writes_it(tools: Any) -> None:
    tool = next(tool for tool in tools if tool.name == "n-orca")
    written = runpy.run_path(str(tool.folder / "write_resnet50.py"))["document"]()
    assert tool.net.read_text(encoding="utf-8") == "".join(f"{line}\n" for line in written)


def test_what_cannot_be_had_is_said_in_its_place(tools: Any) -> None:
    from benchmarks.peers.table import answers, row

    tool = tools[1]
    assert row(tool, {"failed": "no index"}).count("not to be had: no index") == 7
    partly = {"same": True, "refused": {"failed": "a | b"}, "reading": [3.0, 20.0], "forward": [1.0, 0.9, 1.1]}
    cells = row(tool, {**partly, "memory": 1.0, "place": "a.py:3"}).split(" | ")
    assert cells[1:5] == [str(tool.lines), *["not to be had: a / b"] * 2, "3 ms (20 ×)"]
    assert list(answers(tool, {"failed": "no index"})) == [f"{tool.name} {tool.version}", "  no index"]
