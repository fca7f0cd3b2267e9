"""The place of a tool in the list, in an environment that has it → its figures, as JSON into a file.

`python -m benchmarks.peers.within 1 figures.json`
"""

import importlib
import json
import os
import re
import sys
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from plain.resnet import Bottleneck, ResNet
from torch import nn

import archspec
from benchmarks.forward import running
from benchmarks.measure import compare
from benchmarks.memory import inference, peak
from benchmarks.peers.tools import TOOLS, Tool

__all__ = ["figures"]

POSITION = re.compile(r":\d+:\d+|line \d+,? col(umn)? \d+", re.IGNORECASE)
"""How a line and a column are written by the tools, by json and by PyYAML."""


def figures(tool: Tool) -> Iterator[tuple[str, Any]]:
    """Yield each figure's name and value; where it could not be had, why not, under `failed`."""
    adapter = importlib.import_module(f"benchmarks.peers.{tool.folder.name}.adapter")
    for figure in (same, refused, reading, forward, memory, place):
        try:
            yield figure.__name__, figure(tool, adapter)
        except Exception as error:  # noqa: BLE001  what another's code may raise is not ours to know
            yield figure.__name__, {"failed": f"{type(error).__name__}: {error}".splitlines()[0]}


def same(tool: Tool, adapter: ModuleType) -> bool:
    """Whether its ResNet-50 is the one by hand: as many parameters, and of equal ones equal outputs."""
    theirs, ours = by_hand(), made(tool, adapter)
    for module in (theirs, ours):
        for tensor in module.parameters():  # of one shape, of one value: so their order does not matter
            seed = int("".join(map(str, tensor.shape)))
            torch.nn.init.normal_(tensor, 0, tensor[0].numel() ** -0.5, torch.Generator().manual_seed(seed))
    images = torch.randn(2, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        expected, found = theirs(images), ours(images)
    if count(ours) != count(theirs):
        raise ValueError(f"{count(ours):,} parameters in place of {count(theirs):,}")
    return expected.shape == found.shape and bool((expected - found).abs().max() < 1e-3 * expected.abs().max())


def refused(tool: Tool, adapter: ModuleType) -> dict[str, tuple[str, bool]]:
    """Return of each wrong spec that is refused what is said, and whether that names line and column."""
    if said := refusal(adapter, tool.right):
        raise ValueError(f"the right spec is refused: {said}")
    adapter.build(tool.right)(torch.zeros(2, 16, 32, 32))
    found = {what: refusal(adapter, path) for what, path in tool.wrong.items()}
    return {what: (said, POSITION.search(said) is not None) for what, said in found.items() if said}


def refusal(adapter: ModuleType, path: Path) -> str:
    """Return what a tool says of a spec until a forward pass could begin; nothing if it takes it."""
    try:
        said = adapter.check(path)
        if not said:
            adapter.build(path)
    except (Exception, SystemExit) as error:  # noqa: BLE001  any way of refusing will do
        said = [f"{type(error).__name__}: {error}"]
    return "\n".join(said).replace(f"{path.parent}{os.sep}", "")


def reading(tool: Tool, adapter: ModuleType) -> tuple[float, float]:
    """Return the milliseconds of reading and checking ResNet-50, and how many times archspec's that is."""
    ours = TOOLS[0].net
    both = compare(lambda: archspec.load(ours), lambda: adapter.check(tool.net))
    return both.ours, both.ratio


def forward(tool: Tool, adapter: ModuleType) -> tuple[float, float, float]:
    """Return the time of one image over that by hand, and the ratio's 95 % interval."""
    images = torch.randn(1, 3, 224, 224)
    both = compare(running(by_hand(), images), running(made(tool, adapter), images))
    return both.ratio, both.low, both.high


def memory(tool: Tool, adapter: ModuleType) -> float:
    """Return the most memory that the tensors of one run on eight images hold, over that by hand."""
    images = torch.randn(8, 3, 224, 224)
    return peak(inference, made(tool, adapter), images) / peak(inference, by_hand(), images)


def place(tool: Tool, _: ModuleType) -> str:
    """Return the file and line of its source where text of a spec is run or looked up."""
    if tool.place is None:
        return ""
    file, text = tool.place
    lines = Path(str(distribution(tool.name).locate_file(file))).read_text(encoding="utf-8").splitlines()
    return f"{file}:{next(number for number, line in enumerate(lines, 1) if text in line)}"


def by_hand() -> nn.Module:
    return ResNet(Bottleneck, (3, 4, 6, 3)).eval()


def made(tool: Tool, adapter: ModuleType) -> nn.Module:
    """Return its ResNet-50, after a first run: what is lazy has its shape then."""
    module = adapter.build(tool.net).eval()
    with torch.no_grad():
        module(torch.zeros(1, 3, 224, 224))
    return module


def count(module: nn.Module) -> int:
    return sum(tensor.numel() for tensor in module.parameters())


if __name__ == "__main__":
    torch.set_num_threads(1)
    Path(sys.argv[2]).write_text(json.dumps(dict(figures(TOOLS[int(sys.argv[1])]))), encoding="utf-8")
