"""A Markdown file → what n-orca says of it, and the module whose source it writes."""

from pathlib import Path
from typing import Any

from n_orca.compiler import compile_pytorch
from n_orca.parser import parse_file
from n_orca.verifier import verify
from torch import nn

__all__ = ["build", "check"]


def check(path: Path) -> list[str]:
    (net,) = parse_file(path)
    return [f"{error.code}: {error.message} -> {error.suggestion}" for error in verify(net, strict=True).errors]


def build(path: Path) -> nn.Module:
    (net,) = parse_file(path)
    names: dict[str, Any] = {}
    exec(compile_pytorch(net), names)  # noqa: S102
    return names[net.name]()
