"""A layer graph → one HTML file in which its picture opens, and each layer tells its arithmetic; nothing is fetched."""

from collections.abc import Mapping

from archspec.diagnostic import ArchspecError
from archspec.draw.look import look
from archspec.draw.refused import Refused
from archspec.graph import Graph
from archspec.page.document import document

__all__ = ["page"]


def page(graph: Graph, options: Mapping[str, object], refused: Refused | None = None) -> str:
    """Return the page as HTML.

    Args:
        graph: the architecture.
        options: `engine`, of those of a `Look`; a page has no others, since it opens and turns dark by itself.
        refused: the line at which what is known of the network ends; the graph's outputs are what reaches it.

    Raises:
        ArchspecError: an option is another, there are too many boxes, or what lays them out is not installed.
    """
    engine = look(options).engine
    for name in options:
        if name != "engine":
            raise ArchspecError(f"{name} is for a picture; of its options a page has engine alone")
    return document(graph, engine, refused)
