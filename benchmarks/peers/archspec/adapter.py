"""A spec → what archspec says of it, and its module."""

from pathlib import Path

from torch import nn

import archspec

__all__ = ["build", "check"]


def check(path: Path) -> list[str]:
    archspec.load(path)
    return []


def build(path: Path) -> nn.Module:
    return archspec.load(path).build()
