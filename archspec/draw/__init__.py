"""A layer graph → its picture: SVG, PNG and PDF, or DOT and Mermaid for others to lay out."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, get_args

from archspec.diagnostic import ArchspecError, printable
from archspec.draw.dot import whole
from archspec.draw.look import SCALES, Look, Looks, look
from archspec.draw.mermaid import mermaid
from archspec.draw.planning import plan
from archspec.draw.raster import pdf, png
from archspec.draw.refused import Refused, marked
from archspec.draw.svg import svg
from archspec.draw.theme import THEMES
from archspec.graph import Graph
from archspec.output import replacing

__all__ = ["FORMATS", "SCALES", "Format", "Look", "Looks", "Refused", "draw", "drawn", "format_of"]

Format = Literal["svg", "png", "pdf", "dot", "mmd"]
"""How a picture can be written."""

FORMATS: tuple[Format, ...] = get_args(Format)

_MOST = 1500
"""Boxes of one picture: no eye reads more, and Graphviz' memory ends not far beyond."""


def draw(graph: Graph, form: Format, look: Look, refused: Refused | None = None) -> bytes:
    """Return the picture as a file of that format; with a refused line, the graph's outputs are what reaches it.

    Raises:
        ArchspecError: what makes the format is not installed, or the picture would have too many boxes.
    """
    planned = plan(graph, look.depth, heat=look.heat, symbols=look.symbolic)
    if refused is not None:
        planned = marked(planned, refused, graph.model.tensors)
    count = sum(1 for _ in planned.boxes)
    if count > _MOST:
        less = {"ops": "; --depth blocks or stages has fewer", "blocks": "; --depth stages has fewer"}
        raise ArchspecError(
            f"the picture would have {count:,} boxes, and at most {_MOST:,} are drawn{less.get(look.depth, '')}"
        )
    theme = THEMES[look.theme]
    if form == "dot":
        return whole(planned, theme, look.direction).encode()
    if form == "mmd":
        return mermaid(planned, theme, look.direction).encode()
    text = svg(planned, theme, look.direction, look.engine)
    if form == "png":
        return png(text, look.scale)
    return pdf(text) if form == "pdf" else text.encode()


def drawn(graph: Graph, path: Path | None, form: str, options: Mapping[str, object]) -> str:
    """Write the picture to a path, or return its text in a format, as `Architecture.draw`."""
    if path is not None:
        made = draw(graph, format_of(path), look(options))
        with replacing(path) as stream:
            stream.write(made)
        return ""
    if form not in ("svg", "dot", "mmd"):
        raise ArchspecError(f"format={form!r}: what can be returned as text is svg, dot or mmd; others go to a path")
    return draw(graph, form, look(options)).decode()  # type: ignore[arg-type]


_SUFFIXES: Mapping[str, Format] = {**{f".{form}": form for form in FORMATS}, ".gv": "dot", ".mermaid": "mmd"}


def format_of(path: Path) -> Format:
    """Return the format that a file's name says.

    Raises:
        ArchspecError: it is none of `FORMATS`.
    """
    form = _SUFFIXES.get(path.suffix.lower())
    if form is None:
        known = ", ".join(f".{form}" for form in FORMATS)
        raise ArchspecError(f"cannot draw {printable(str(path))}: a picture is {known}, a page .html")
    return form
