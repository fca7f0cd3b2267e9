"""A source with a mistake → the graph of the lines before it, and the line that is refused with what reaches it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from archspec.diagnostic import Diagnostic
from archspec.graph import Graph
from archspec.pipeline import Request, check
from archspec.source import Scalar, Source, Tree

__all__ = ["Partial", "partial"]


@dataclass(frozen=True, slots=True)
class Partial:
    """What is known of a spec before its first mistake: the outputs of the graph are what the refused line reads."""

    graph: Graph
    name: str  # the line's path
    word: str  # the op or block that it names
    mistake: Diagnostic


_MOST = 1000
"""Lines of a spec that is looked through for its mistake."""


def partial(source: Source, request: Request) -> Partial | None:
    """Return what is known before the first line of the model that is wrong; None where nothing is, or no line is.

    The spec is checked anew with fewer lines; how many it can have is found by halving.
    """
    root = source.root
    if not isinstance(root, dict) or "layers" not in root:
        return None
    lines = list(_lines(root["layers"], ()))
    good, bad = 0, len(lines)
    if bad > _MOST or check(_cut(source, bad), request).graph is not None:
        return None
    while bad - good > 1:
        middle = (good + bad) // 2
        good, bad = (good, middle) if check(_cut(source, middle), request).failed else (middle, bad)
    wrong = check(_cut(source, bad), request).diagnostics
    path, line = lines[good]
    mistake = next((one for one in wrong if one.severity == "error"), None)
    graph = _reading(source, request, good, path, line) if good else None
    return None if graph is None or mistake is None else Partial(graph, ".".join(path), _word(line), mistake)


def _lines(tree: Tree, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Tree]]:
    """Yield the lines of the model with their paths, those of groups in their place."""
    named = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for name, line in named:
        inside = _group(line)
        if inside is None:
            yield (*path, str(name)), line
        else:
            yield from _lines(inside, (*path, str(name)))


def _group(line: Tree) -> Tree | None:
    """Return the lines of a group that is there once."""
    if isinstance(line, dict):
        return line.get("layers") if "repeat" not in line else None
    return line if isinstance(line, list) else None


def _cut(source: Source, count: int, output: Tree | None = None) -> Source:
    """Return the source with so many lines of the model, and without what speaks of the whole."""
    root = source.root if isinstance(source.root, dict) else {}
    kept, _ = _first(root["layers"], count)
    whole = {key: value for key, value in root.items() if key not in ("output", "expect", "init", "layers")}
    return replace(source, root={**whole, "layers": kept, **({} if output is None else {"output": output})})


def _first(tree: Tree, count: int) -> tuple[Tree, int]:
    """Return the first lines of a scope, and how many of the count are left."""
    named = list(tree.items()) if isinstance(tree, dict) else list(enumerate(tree)) if isinstance(tree, list) else []
    kept: list[tuple[str | int, Tree]] = []
    for name, line in named:
        if not count:
            break
        inside = _group(line)
        if inside is None:
            kept, count = [*kept, (name, line)], count - 1
        else:
            below, count = _first(inside, count)
            kept = [*kept, (name, {**line, "layers": below} if isinstance(line, dict) else below)]
    return ({str(name): line for name, line in kept} if isinstance(tree, dict) else [line for _, line in kept]), count


def _reading(source: Source, request: Request, count: int, path: tuple[str, ...], line: Tree) -> Graph | None:
    """Return the graph of the lines before one, with what that one reads as outputs, where that can be told."""
    given = line.get("from") if isinstance(line, dict) else None
    names = [one.text for one in (given if isinstance(given, list) else [given]) if isinstance(one, Scalar)]
    for depth in range(len(path) - 1, -1, -1) if names else ():
        around = ".".join(path[:depth])
        output: Tree = {f"operand{index}": Scalar(f"{around}.{name}" if around else name)
                        for index, name in enumerate(names) if name.partition(".")[0] != "input"}  # fmt: skip
        result = check(_cut(source, count, output), request)
        if output and not result.failed:
            return result.graph
    return check(_cut(source, count), request).graph


def _word(line: Tree) -> str:
    """Return what a line makes: an op's name or a block's."""
    if isinstance(line, dict):
        line = line.get("op", line.get("block", Scalar("")))
    return line.text if isinstance(line, Scalar) else ""
