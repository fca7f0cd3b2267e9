"""A layer graph → its picture as Graphviz DOT, or as SVG where Graphviz' `dot` program is installed."""

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archspec.diagnostic import ArchspecError, printable
from archspec.graph import Body, Call, Flat, Graph, Group, Layer
from archspec.graph import Path as LayerPath
from archspec.ops.base import Value
from archspec.output import replacing, write

if TYPE_CHECKING:
    from graphviz import Digraph  # type: ignore[import-untyped]

__all__ = ["draw"]

_COLOURS: Mapping[str, str] = {
    "convolution": "#a6cee3",
    "pooling": "#fb9a99",
    "normalization": "#b2df8a",
    "activation": "#fdbf6f",
    "dropout": "#eeeeee",
    "padding": "#dddddd",
    "linear": "#cab2d6",
    "embedding": "#cab2d6",
    "attention": "#e0b0d5",
    "merge": "#ffff99",
    "reshape": "#f5f5f5",
    "sampling": "#c7e9e4",
    "parameter": "#d9c8a9",
}
"""By an op's family; another is white."""


def draw(graph: Graph, path: Path | None = None) -> str:
    """Return the picture as DOT; with a path, write it there too.

    Ops are nodes with the arguments that are not their defaults, in clusters for blocks and groups; edges
    bear shapes. What runs in training only is dashed.

    Args:
        graph: the architecture.
        path: `.dot` or `.gv`, or `.svg`, which the `dot` program makes.

    Raises:
        ArchspecError: there is no `dot` program, or it fails; another format; the file cannot be written.
    """
    picture = _digraph(graph)
    text = str(picture.source)
    if path is None:
        return text
    match path.suffix.lower():
        case ".dot" | ".gv":
            write(path, text)
        case ".svg":
            rendered = _svg(picture)
            with replacing(path) as stream:
                stream.write(rendered)
        case _:
            raise ArchspecError(f"cannot draw {printable(str(path))}: a picture is .svg or .dot")
    return text


def _svg(picture: "Digraph") -> bytes:
    from graphviz import ExecutableNotFound

    try:
        return bytes(picture.pipe(format="svg"))
    except ExecutableNotFound:
        raise ArchspecError(
            "an SVG is made by Graphviz' dot program, which is not installed here; write DOT, as net.dot"
        ) from None
    except subprocess.CalledProcessError as error:
        reason = bytes(error.stderr or b"").decode(errors="replace").strip()
        raise ArchspecError(f"the dot program failed: {reason or error.returncode}") from error


def _digraph(graph: Graph) -> "Digraph":
    from graphviz import Digraph

    picture = Digraph(
        graph_attr={
            "label": _label(graph.name, graph.description),
            "labelloc": "t",
            "fontname": "Helvetica",
            "rankdir": "TB",
        },
        node_attr={"shape": "box", "style": "filled,rounded", "fillcolor": "white", "fontname": "Helvetica"},
        edge_attr={"fontname": "Helvetica", "fontsize": "10"},
    )
    clusters = _clusters(graph, picture)
    for name, tensor in graph.model.inputs:
        picture.node(_source(name), _label(_source(name), str(tensor)), shape="ellipse")
    for flat in graph.nodes.values():
        _node(flat, clusters)
    for path in reversed([path for path in clusters if path]):  # the inner before the outer
        clusters[path[:-1]].subgraph(clusters[path])
    for flat in graph.nodes.values():
        _edges(flat, graph, picture)
    return picture


def _clusters(graph: Graph, picture: "Digraph") -> dict[LayerPath, "Digraph"]:
    """Return the picture, and a cluster for each block and group, each after what it lies in."""
    from graphviz import Digraph

    clusters: dict[LayerPath, Digraph] = {(): picture}
    for path, layer in _scopes(graph.model):
        block = layer.body.block if isinstance(layer, Call) else ""
        clusters[path] = Digraph(
            f"cluster_{'.'.join(path)}",
            graph_attr={
                "label": _label(" ".join(filter(None, (path[-1], block)))),
                "labeljust": "l",
                "color": "#999999",
                "style": "rounded",
            },
        )
    return clusters


def _scopes(model: Body) -> Iterator[tuple[LayerPath, Call | Group]]:
    stack: list[tuple[LayerPath, Layer]] = [((child.name,), child) for child in reversed(model.children)]
    while stack:
        path, layer = stack.pop()
        if isinstance(layer, Call | Group):
            yield path, layer
            children = layer.body.children if isinstance(layer, Call) else layer.children
            stack.extend(((*path, child.name), child) for child in reversed(children))


def _node(flat: Flat, clusters: Mapping[LayerPath, "Digraph"]) -> None:
    op = flat.node.op
    arguments = ", ".join(f"{name}: {_written(value)}" for name, value in op.written().items())
    style = "filled,rounded,dashed" if flat.training else "filled,rounded"
    clusters[flat.path[:-1]].node(
        ".".join(flat.path),
        _label(flat.path[-1], type(op).__name__, arguments),
        fillcolor=_COLOURS.get(op.family, "white"),
        style=style,
    )


def _edges(flat: Flat, graph: Graph, picture: "Digraph") -> None:
    style = {"style": "dashed"} if flat.training else {}
    for ref, tensor in zip(flat.inputs, flat.node.tensors, strict=True):
        source = ".".join(ref.path) if ref.path else _source(graph.model.inputs[ref.index][0])
        # A space keeps Graphviz from setting the text on the line.
        picture.edge(source, ".".join(flat.path), f" {tensor}", **style)


def _label(*lines: str) -> Any:
    """Return lines as a label in which nothing is an escape or HTML; a spec's name may hold anything."""
    from graphviz import escape, nohtml

    return nohtml(r"\n".join(escape(printable(line)) for line in lines if line))


def _source(name: str) -> str:
    return f"input.{name}" if name else "input"


def _written(value: Value) -> str:
    """Return a value as a spec writes it; equal sizes along every axis as one."""
    if isinstance(value, tuple):
        if len(value) > 1 and len(set(map(repr, value))) == 1:
            return _written(value[0])
        return f"[{', '.join(_written(item) for item in value)}]"
    if isinstance(value, bool):
        return str(value).lower()
    return printable("null" if value is None else str(value))
