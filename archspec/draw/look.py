"""Options by name → how a picture looks, or what is wrong with them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypedDict, get_args, get_type_hints

from archspec.diagnostic import ArchspecError
from archspec.draw.dot import Direction
from archspec.draw.engine import Engine
from archspec.draw.plan import Depth, Heat
from archspec.draw.theme import ThemeName

__all__ = ["SCALES", "Look", "Looks", "look"]

SCALES = 8
"""The most pixels to a unit: a page of 1300 units is 10,400 pixels wide then."""


class Looks(TypedDict, total=False):
    """`Look`, as keyword arguments."""

    depth: Depth
    heat: Heat | None
    symbolic: bool
    theme: ThemeName
    direction: Direction
    engine: Engine
    scale: int


@dataclass(frozen=True, slots=True)
class Look:
    """What of a network is drawn, and how it looks."""

    depth: Depth = "stages"
    """`stages`: a dozen boxes; `blocks`: a box for each block; with either, each block once. `ops`: every op."""
    heat: Heat | None = None
    """Colour by `macs`, `parameters` or `memory` (the numbers that the ops give) instead of by the kind of op."""
    symbolic: bool = False
    """Sizes as shares of the input's, as `256×H/4×W/4`, where they are exact ones."""
    theme: ThemeName = "light"
    """`light`, `dark`, or `print`, in greys."""
    direction: Direction = "right"
    """`right`, in rows, or `down`, in columns."""
    engine: Engine = "embedded"
    """`embedded`: the same picture on every machine; `system`: laid out by the program `dot`."""
    scale: int = 1
    """Pixels to a unit of a PNG."""


def look(options: Mapping[str, object]) -> Look:
    """Return the look.

    Raises:
        ArchspecError: there is no such option, or it has no such value.
    """
    kinds = get_type_hints(Look)
    for name, given in options.items():
        if name not in kinds:
            raise ArchspecError(f"a picture has no {name}; it has {', '.join(kinds)}")
        words = [word for part in (kinds[name], *get_args(kinds[name])) for word in get_args(part) or () if word]
        words = [word for word in words if isinstance(word, str)]
        if words and given not in words and not (name == "heat" and given is None):
            raise ArchspecError(f"{name}={given!r}: {name} is one of {', '.join(words)}")
    scale = options.get("scale", 1)
    if not isinstance(scale, int) or not 1 <= scale <= SCALES:
        raise ArchspecError(f"scale={scale!r}: scale is an integer from 1 to {SCALES}")
    if not isinstance(options.get("symbolic", False), bool):
        raise ArchspecError(f"symbolic={options['symbolic']!r}: symbolic is True or False")
    return Look(**options)  # type: ignore[arg-type]
