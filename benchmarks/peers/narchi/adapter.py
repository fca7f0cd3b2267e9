"""A jsonnet file → what narchi says of it, and its module."""

from pathlib import Path
from typing import Any

from narchi.instantiators.pytorch import StandardModule
from narchi.module import ModuleArchitecture
from torch import nn

__all__ = ["build", "check"]


def check(path: Path) -> list[str]:
    ModuleArchitecture(str(path))
    return []


def build(path: Path) -> nn.Module:
    module = StandardModule(str(path))
    module.register_forward_pre_hook(by_name, with_kwargs=True)
    return module


def by_name(_: nn.Module, images: tuple[Any, ...], __: dict[str, Any]) -> tuple[tuple[()], dict[str, Any]]:
    """Its modules take their inputs by name alone."""
    return (), {"image": images[0]}
