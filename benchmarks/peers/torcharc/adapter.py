"""A YAML file → what torcharc says of it, and its module. It checks no more before it makes the layers."""

from pathlib import Path

import torcharc
import yaml
from torch import nn

__all__ = ["build", "check"]


def check(path: Path) -> list[str]:
    torcharc.Spec(**yaml.safe_load(path.read_text(encoding="utf-8")))
    return []


def build(path: Path) -> nn.Module:
    return torcharc.build(path)
