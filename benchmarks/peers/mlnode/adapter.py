"""A JSON file → what mlnode says of it, and its module."""

from pathlib import Path

from mlnode import MLnodeModel
from torch import nn

__all__ = ["build", "check"]


def check(path: Path) -> list[str]:
    return [error.message for error in MLnodeModel.load(path).validate().errors]


def build(path: Path) -> nn.Module:
    return MLnodeModel.load(path).build()
