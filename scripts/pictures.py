"""Specs → the pictures that the README and the documentation show: `python scripts/pictures.py` writes them anew."""

from collections.abc import Mapping
from pathlib import Path

import archspec

__all__ = ["FOLDER", "pictures"]

FOLDER = Path(__file__).parents[1] / "docs" / "images"
SPECS = Path(__file__).parents[1] / "specs"

SHOWN: Mapping[str, Mapping[str, str | bool]] = {
    "resnet-50": {},
    "googlenet": {},
    "u-net": {"symbolic": True},
    "vit-b-16": {},
    "densenet-121": {"theme": "dark", "heat": "macs"},
    "lenet5": {"depth": "ops", "theme": "print"},
}
"""Specs, each with how it is drawn."""


def pictures() -> dict[Path, str]:
    """Return each picture's file and text."""
    return {
        FOLDER / f"{name}.svg": archspec.load(SPECS / f"{name}.yaml").draw(format="svg", **look)  # type: ignore[arg-type]
        for name, look in SHOWN.items()
    }


if __name__ == "__main__":
    for path, text in pictures().items():
        path.write_text(text, encoding="utf-8")
