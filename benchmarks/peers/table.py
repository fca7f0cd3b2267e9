"""Nothing → the README's table of tools, row by row as they are measured, and what each said of each wrong spec."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.peers.environment import environment
from benchmarks.peers.tools import TOOLS, Tool

__all__ = ["HEADER", "row", "table"]

ROOT = Path(__file__).parents[2]
LIMIT = 900
"""Seconds that a tool has for all its figures."""
HEADER = (
    "| | ResNet-50, lines | wrong specs refused | saying line and column | reading and checking | forward | memory | "
    "runs text from the spec |"
)


def table() -> Iterator[str]:
    yield f"{datetime.now(UTC):%Y-%m-%d}; (… ×) is over archspec, forward and memory over the network by hand"
    yield ""
    yield HEADER
    yield "|---" * HEADER.count(" | ") + "|---|"
    all_figures = {}
    for tool in TOOLS:
        all_figures[tool] = figures = measured(tool)
        yield row(tool, figures)
    for tool, figures in all_figures.items():
        yield ""
        yield from answers(tool, figures)


def measured(tool: Tool) -> dict[str, Any]:
    """Return a tool's figures, or `failed` with the reason why there is none."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            return within(tool, Path(folder))
        except (OSError, RuntimeError, subprocess.TimeoutExpired) as error:
            return {"failed": str(error)}


def within(tool: Tool, folder: Path) -> dict[str, Any]:
    """Return a tool's figures, measured by `within.py` in an environment that has the tool."""
    python = environment(tool.requirements, folder / "venv") if tool.requirements.exists() else Path(sys.executable)
    out = folder / "figures.json"
    command = [python, "-m", "benchmarks.peers.within", str(TOOLS.index(tool)), out]
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])  # the network by hand is the tests' oracle
    names = {**os.environ, "PYTHONPATH": path}
    run = subprocess.run(command, cwd=ROOT, env=names, capture_output=True, text=True, timeout=LIMIT, check=False)
    if not out.exists():
        raise RuntimeError((run.stderr.strip() or "nothing came").splitlines()[-1])
    return dict(json.loads(out.read_text(encoding="utf-8")))


def row(tool: Tool, figures: dict[str, Any]) -> str:
    """Return a line of the table; a figure that is not there is replaced by the reason."""
    ours = tool == TOOLS[0]
    shown = {
        "same": lambda same: f"{tool.lines}" if same else f"{tool.lines}, of another network",
        "refused": lambda said: f"{len(said)} of {len(tool.wrong)}",
        "placed": lambda said: f"{sum(named for _, named in said.values())} of {len(tool.wrong)}",
        "reading": lambda found: f"{found[0]:.0f} ms" if ours else f"{found[0]:.0f} ms ({times(found[1])})",
        "forward": lambda found: f"{found[0]:.2f} ({found[1]:.2f} to {found[2]:.2f})",
        "memory": lambda found: f"{found:.2f}",
        "place": lambda place: f"{tool.runs} ({place})" if place else tool.runs,
    }
    figures = {**figures, "placed": figures.get("refused", figures)}
    cells = [cell(figures, name, show) for name, show in shown.items()]
    name = f"**{tool.name}**" if ours else tool.name
    return "| " + " | ".join([f"{name} {tool.version} ({tool.language})", *cells]) + " |"


def times(ratio: float) -> str:
    return f"{ratio:.1f} ×" if ratio < 10 else f"{ratio:.0f} ×"


def cell(figures: dict[str, Any], name: str, show: Callable[[Any], str]) -> str:
    figure = figures.get(name, figures)
    if isinstance(figure, dict) and "failed" in figure:
        return f"not to be had: {figure['failed'][:60]}".replace("|", "/")
    return show(figure)


def answers(tool: Tool, figures: dict[str, Any]) -> Iterator[str]:
    """Yield what a tool said of each wrong spec, the first line of it."""
    yield f"{tool.name} {tool.version}"
    said = figures.get("refused", figures)
    if "failed" in said:
        yield f"  {said['failed']}"
        return
    for what in tool.wrong:
        answer = " ".join(said[what][0].split()) if what in said else "(taken)"
        yield f"  {what:<30}  {answer[:88]}"
