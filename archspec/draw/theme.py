"""A family, or a share of the whole → a colour; the themes, each told apart by lightness alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from archspec.draw.plan import Box, Plan

__all__ = ["THEMES", "Theme", "ThemeName", "family_of", "step"]

ThemeName = Literal["light", "dark", "print"]
"""For a page, for a dark one, and in greys for a printer."""


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours. Fills are at least 10 apart in CIE lightness, so that greys and colour-blind eyes tell them apart."""

    paper: str
    ink: str
    faint: str  # of edges, frames and what is said beside
    fills: Mapping[str, str]
    heat: tuple[str, ...]  # from none to most
    wrong: str
    pale_from: str  # ink on fills that are darker than the middle
    dark_from: str  # and on the lighter ones

    def fill(self, box: Box, plan: Plan) -> str:
        """Return the fill of a box: its family's, or how much of the whole it costs."""
        if plan.heat is None:
            return self.fills[family_of(box.family)]
        return self.heat[step(box.figures.get(plan.heat, 0), plan)]

    def on(self, fill: str) -> str:
        """Return the ink that is read on a fill."""
        red, green, blue = (int(fill[place : place + 2], 16) / 255 for place in (1, 3, 5))
        light = 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2
        return self.dark_from if light > 0.19 else self.pale_from


def step(cost: int, plan: Plan) -> int:
    """Return which of the six heats a cost is: none, or up to a fifth, two fifths, … of the dearest box."""
    dearest = max((box.figures.get(plan.heat or "", 0) for box in plan.main.boxes), default=0)
    return min(-(-5 * cost // dearest), 5) if dearest else 0


_FAMILIES = {
    "convolution": "convolution",
    "pooling": "pooling or sampling",
    "sampling": "pooling or sampling",
    "normalization": "norm, activation, dropout",
    "activation": "norm, activation, dropout",
    "dropout": "norm, activation, dropout",
    "linear": "linear",
    "embedding": "linear",
    "attention": "attention",
    "merge": "merge",
    "block": "block",
    "port": "",
}


def family_of(family: str) -> str:
    """Return the name under which the legend lists an op's family; empty for what it need not list."""
    return _FAMILIES.get(family, "other")


_NAMES = ("", "block", "convolution", "norm, activation, dropout", "pooling or sampling", "merge", "linear",
          "attention")  # fmt: skip


def _fills(*colours: str) -> dict[str, str]:
    return {**dict(zip(_NAMES, colours, strict=True)), "other": colours[0]}


THEMES: Mapping[ThemeName, Theme] = {
    "light": Theme(
        paper="#ffffff",
        ink="#1b1f24",
        faint="#57606a",
        fills=_fills("#ffffff", "#f0dfc2", "#a4c7eb", "#d69694", "#549968", "#976511", "#66488a", "#06444e"),
        heat=("#ffffff", "#f5dcba", "#efb67c", "#e88c4e", "#da6231", "#c33921"),
        wrong="#c4001d",
        pale_from="#ffffff",
        dark_from="#14171a",
    ),
    "dark": Theme(
        paper="#151515",
        ink="#e6e6e6",
        faint="#a0a6ad",
        fills=_fills("#151515", "#352b15", "#214766", "#864e4c", "#418556", "#bf8837", "#c4a0ea", "#79daef"),
        heat=("#151515", "#4b2620", "#813726", "#b05125", "#d67424", "#eca22a"),
        wrong="#ff6b74",
        pale_from="#ffffff",
        dark_from="#0c0c0c",
    ),
    "print": Theme(
        paper="#ffffff",
        ink="#000000",
        faint="#4a4a4a",
        fills=_fills("#ffffff", "#e1e1e1", "#c3c3c3", "#a6a6a6", "#8a8a8a", "#6f6f6f", "#565656", "#3d3d3d"),
        heat=("#ffffff", "#dfdfdf", "#c1c1c1", "#a3a3a3", "#868686", "#6a6a6a"),
        wrong="#000000",
        pale_from="#ffffff",
        dark_from="#000000",
    ),
}
