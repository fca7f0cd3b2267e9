"""A source with a mistake → the graph of the lines before it, and the line that is refused with what reaches it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from archspec.diagnostic import Diagnostic
from archspec.graph import Body, Call, Graph, Node, Path, Ref
from archspec.ops.base import Tensor
from archspec.pipeline import Request, Result, check
from archspec.source import Key, Scalar, Source, Tree

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
    lines = tuple(_lines(root["layers"], (), ("layers",), _Reads()))
    if not 0 < len(lines) <= _MOST:
        return None
    whole = check(source, request)
    cutter = _Cutter(source, request, root, _ends(whole.program.input))
    if cutter.check(0).graph is None:
        return None
    good, mistake = _first_wrong(cutter, lines, whole)
    if mistake is None:
        return None
    graph = _reaching(cutter, good, lines[good])
    return None if graph is None else Partial(graph, ".".join(lines[good].path), _word(lines[good].tree), mistake)


def _first_wrong(cutter: "_Cutter", lines: tuple["_Line", ...], whole: Result) -> tuple[int, Diagnostic | None]:
    """Return how many lines are right, and what is wrong with the next; None where it is right itself.

    A line that reads what it may can still be no output, and the last one is. What is told is what is told of the whole
    spec: without the lines behind, a name may be missing that is only read too early.
    """
    good, bad = 0, len(lines)
    told = _errors(whole)
    errors = _errors(cutter.check(bad))
    if not errors:
        spans = [cutter.source.span(line.key, name=True) for line in lines]
        return next(((spans.index(one.span), one) for one in told[:1] if one.span in spans), (bad, None))
    while bad - good > 1:
        middle = (good + bad) // 2
        found = _errors(cutter.check(middle))
        good, bad, errors = (good, middle, found) if found else (middle, bad, errors)
    places = {one.span for one in errors}
    return good, next((one for one in told if one.span in places), errors[0])


def _errors(result: Result) -> list[Diagnostic]:
    return [one for one in result.diagnostics if one.severity == "error"]


# Lines


class _Reads(NamedTuple):
    """What a line reads by name, and the scope in which the names are looked up."""

    names: tuple[str, ...] = ()
    scope: Path = ()


class _Line(NamedTuple):
    """A line of the model: its path in the graph, its place in the file, what is written there, what it reads."""

    path: Path
    key: Key
    tree: Tree
    reads: _Reads


def _lines(tree: Tree, path: Path, key: Key, around: _Reads) -> Iterator[_Line]:
    """Yield the lines of a scope, those of groups in their place; the first reads what the group does."""
    for index, (name, line) in enumerate(_named(tree)):
        names = _from(line)
        reads = _Reads(names, path) if names or index else around
        inside, below = _group(line), (*key, name)
        if inside is None:
            yield _Line((*path, str(name)), below, line, reads)
        else:
            yield from _lines(
                inside, (*path, str(name)), (*below, "layers") if isinstance(line, dict) else below, reads
            )


def _named(tree: Tree) -> list[tuple[str | int, Tree]]:
    if isinstance(tree, dict):
        return list(tree.items())
    return list(enumerate(tree)) if isinstance(tree, list) else []


def _from(line: Tree) -> tuple[str, ...]:
    given = line.get("from") if isinstance(line, dict) else None
    return tuple(one.text for one in (given if isinstance(given, list) else [given]) if isinstance(one, Scalar))


def _group(line: Tree) -> Tree | None:
    """Return the lines of a group that is there once."""
    if isinstance(line, dict):
        return line.get("layers") if "repeat" not in line else None
    return line if isinstance(line, list) else None


def _word(line: Tree) -> str:
    """Return what a line makes: an op's name or a block's."""
    if isinstance(line, dict):
        line = line.get("op", line.get("block", Scalar("")))
    return line.text if isinstance(line, Scalar) else ""


# Fewer of them


def _ends(tree: Tree | None) -> Mapping[str, Tree]:
    """Return the model's inputs as outputs, which are right whatever the lines are."""
    if isinstance(tree, dict):
        return {f"input{index}": Scalar(f"input.{name}") for index, name in enumerate(tree)}
    return {"input0": Scalar("input")}


@dataclass(frozen=True, slots=True)
class _Cutter:
    """Checks the spec with fewer lines, and without what speaks of the whole."""

    source: Source
    request: Request
    root: Mapping[str, Tree]
    ends: Mapping[str, Tree]

    def check(self, count: int, output: Mapping[str, Tree] | None = None) -> Result:
        """Return what is known with so many lines: by default what its inputs lead to is no output of it."""
        kept, _ = _first(self.root["layers"], count)
        if not count:
            kept = {"none": {"op": Scalar("Identity"), "from": next(iter(self.ends.values()), Scalar("input"))}}
        speak = ("output", "expect", "init", "layers", "blocks")
        whole = {key: value for key, value in self.root.items() if key not in speak}
        called = self._called(kept)
        blocks = {} if called is None else {"blocks": called}
        root: Tree = {**whole, **blocks, "layers": kept, "output": dict(self.ends if output is None else output)}
        return check(replace(self.source, root=root), self.request)

    def _called(self, kept: Tree) -> Tree | None:
        """Return the blocks that some of the lines may come to; what is wrong with others is not known yet."""
        blocks = self.root.get("blocks")
        if not isinstance(blocks, dict):
            return blocks
        words = set(map(str, self.request.parameters.values())) | {*_words(self.root.get("parameters")), *_words(kept)}
        called: dict[str, Tree] = {}
        while more := {name: block for name, block in blocks.items() if name in words and name not in called}:
            called |= more
            words.update(word for block in more.values() for word in _words(block))
        return {name: block for name, block in blocks.items() if name in called} or None


def _words(tree: Tree | None) -> Iterator[str]:
    """Yield the words of every value below."""
    if isinstance(tree, Scalar):
        yield from re.findall(r"\w+", tree.text)
    for _, below in _named(tree or []):
        yield from _words(below)


def _first(tree: Tree, count: int) -> tuple[Tree, int]:
    """Return the first lines of a scope, and how many of the count are left."""
    kept: list[tuple[str | int, Tree]] = []
    for name, line in _named(tree):
        if not count:
            break
        inside = _group(line)
        if inside is None:
            kept, count = [*kept, (name, line)], count - 1
        else:
            below, count = _first(inside, count)
            kept = [*kept, (name, {**line, "layers": below} if isinstance(line, dict) else below)]
    return ({str(name): line for name, line in kept} if isinstance(tree, dict) else [line for _, line in kept]), count


# What reaches a line


def _reaching(cutter: _Cutter, count: int, line: _Line) -> Graph | None:
    """Return the graph of the lines before one; its outputs are what that one reads, as far as it can be told."""
    names, scope = line.reads
    for depth in range(len(scope), -1, -1) if names and count else ():
        around = ".".join(scope[:depth])
        output: dict[str, Tree] = {f"operand{index}": Scalar(f"{around}.{name}" if around else name)
                                   for index, name in enumerate(names)}  # fmt: skip
        result = cutter.check(count, output)
        if not result.failed and result.graph is not None:
            return result.graph
    graph = cutter.check(count).graph
    if graph is None:
        return None
    body = graph.model if count else replace(graph.model, children=())
    found = tuple(ref for name in names for ref in _refs(body, scope, tuple(name.split(".")))) or _before(body)
    values = _values(body)
    outputs = tuple((f"operand{index}", ref) for index, ref in enumerate(found))
    tensors = tuple(values[ref.path][ref.index] for ref in found)
    return replace(graph, model=replace(body, outputs=outputs, tensors=tensors))


def _values(body: Body) -> Mapping[Path, tuple[Tensor, ...]]:
    """Return what each layer of a body gives, and its input."""
    given = {path: layer.outputs if isinstance(layer, Node) else layer.body.tensors for path, layer in body.paths()}
    return {(): tuple(tensor for _, tensor in body.inputs), **given}


def _refs(body: Body, scope: Path, name: Path) -> tuple[Ref, ...]:
    """Return all that a name could mean: every output of a layer, and of a group of its last one."""
    inputs = [given for given, _ in body.inputs]
    if name[0] == "input":
        found = [index for index, given in enumerate(inputs) if given in name[1:]]
        return tuple(Ref((), index) for index in found or range(len(inputs))) if not scope else ()
    layers = dict(body.paths())
    for depth in range(len(scope), -1, -1):
        path = scope[:depth] + name
        inside = [one for one in layers if one[: len(path)] == path]
        if inside:
            return _every(body, inside[-1])
        if path[:-1] in layers:
            layer = layers[path[:-1]]
            named = [output for output, _ in layer.body.outputs] if isinstance(layer, Call) else []
            return tuple(ref for ref in _every(body, path[:-1])
                         if path[-1] in (str(ref.index), *named[ref.index : ref.index + 1]))  # fmt: skip
    return ()


def _before(body: Body) -> tuple[Ref, ...]:
    """Return what the layer before gives to a line that names nothing."""
    layers = [path for path, layer in body.paths() if not layer.training
              and (isinstance(layer, Call) or layer.inputs)]  # fmt: skip
    return _every(body, layers[-1] if layers else ())


def _every(body: Body, path: Path) -> tuple[Ref, ...]:
    return tuple(Ref(path, index) for index in range(len(_values(body)[path])))
