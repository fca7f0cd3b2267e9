"""A YAML file → what structcast says of it, and the module whose source it writes."""

import runpy
import tempfile
from pathlib import Path

from structcast_model.builders.torch import TorchBuilder
from torch import nn

__all__ = ["build", "check"]


def check(path: Path) -> list[str]:
    TorchBuilder.from_path(path)()
    return []


def build(path: Path) -> nn.Module:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "model.py"
        TorchBuilder.from_path(path)()(source)
        return runpy.run_path(str(source))["Model"]()
