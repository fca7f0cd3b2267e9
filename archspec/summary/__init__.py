"""A layer graph → a table of its layers: shapes, parameters and MACs, without running anything."""

from archspec.graph import Graph
from archspec.summary.formats import as_csv, as_json, as_markdown, as_text, rounded
from archspec.summary.rows import Row, rows

__all__ = ["FORMATS", "Row", "rounded", "rows", "summary"]

FORMATS = ("text", "json", "csv", "markdown")
"""How the table can be written."""


def summary(
    graph: Graph,
    form: str = "text",
    *,
    width: int = 100,
    depth: int | None = None,
    smallest: tuple[tuple[int, ...], str] | None = None,
) -> str:
    """Return the table.

    Args:
        graph: the architecture.
        form: one of `FORMATS`. Text shortens what does not fit; the others hold every path and figure whole.
        width: how many columns the text may take.
        depth: how many levels of blocks and groups to show; all if None.
        smallest: the smallest input that the spec accepts, and why the next smaller one is refused.

    Example:
        >>> import archspec
        >>> print(archspec.load("vgg-A").summary().splitlines()[0])
        vgg-A  3×224×224 → 1000
    """
    shown = [row for row in rows(graph) if depth is None or row.depth < depth]
    match form:
        case "json":
            return as_json(graph, shown, smallest)
        case "csv":
            return as_csv(shown)
        case "markdown":
            return as_markdown(graph, shown)
        case _:
            return as_text(graph, shown, width, smallest)
