"""A layer graph → a table of its layers: shapes, parameters, MACs, memory, receptive fields; nothing runs."""

from archspec.graph import Graph
from archspec.measure import memory
from archspec.summary.cells import rounded
from archspec.summary.formats import as_csv, as_json, as_markdown, as_text
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
    batch: int = 1,
    dtype: str = "float32",
) -> str:
    """Return the table.

    Args:
        graph: the architecture.
        form: one of `FORMATS`. Text shortens what does not fit; the others hold every path and figure whole.
        width: how many columns the text may take.
        depth: how many levels of blocks and groups to show; all if None.
        smallest: the smallest input that the spec accepts, and why the next smaller one is refused.
        batch: how many samples the memory is for.
        dtype: of the floating-point weights and values.

    Example:
        >>> import archspec
        >>> print(archspec.load("vgg-A").summary().splitlines()[0])
        vgg-A  3×224×224 → 1000
    """
    taken = memory(graph, batch, dtype)
    shown = [row for row in rows(graph, taken) if depth is None or row.depth < depth]
    match form:
        case "json":
            return as_json(graph, taken, shown, smallest)
        case "csv":
            return as_csv(shown)
        case "markdown":
            return as_markdown(graph, taken, shown)
        case _:
            return as_text(graph, taken, shown, width, smallest)
