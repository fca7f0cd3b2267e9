"""A layer that nothing reads."""

from collections.abc import Iterator
from typing import NamedTuple

from archspec.graph import Body, Call, Group, Layer, Node, Path, num_parameters
from archspec.lint.kinds import kind
from archspec.lint.rule import Finding, Rule
from archspec.lint.subject import Subject

__all__ = ["DeadLayer"]


class DeadLayer(Rule):
    """Nothing reads what a layer gives, and it is no output: it never runs.

    Its weights are made, stored and loaded, but never learn. Training on several devices refuses them unless it is
    told to look for weights without a gradient. Most often a `from` is missing, or the layer that was to read it is.

    Source: PyTorch's DistributedDataParallel, the argument `find_unused_parameters`.
    """

    code = "AS311"
    catches = """\
archspec: 1
input: [3, 32, 32]
layers:
  conv1: {op: Conv2d, out_channels: 8, kernel_size: 3}
  conv2: {op: Conv2d, from: input, out_channels: 8, kernel_size: 3}
  relu: ReLU
"""
    spares = """\
archspec: 1
input: [3, 32, 32]
layers:
  conv1: {op: Conv2d, out_channels: 8, kernel_size: 3}
  conv2: {op: Conv2d, from: input, out_channels: 8, kernel_size: 3}
  relu: ReLU
output: {first: conv1, second: relu}
"""

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Yield the layers at which a dead line of layers ends, or the groups that are dead as a whole."""
        alive = {layer.where.key for body in subject.bodies for path, layer in body.paths() if path in body.live}
        for body in subject.bodies:
            dead = {path: layer for path, layer in body.paths() if path not in body.live}
            read = {ref.path for layer in dead.values() for ref in layer.inputs}
            around = _around(body) if dead else {}
            order = {path: index for index, path in enumerate(dead)}
            for path in dead:
                if path not in read:
                    whole = sorted(_with_it(path, dead), key=order.__getitem__)
                    everywhere = dead[path].where.key not in alive
                    yield _finding(_end(path, dead, around), whole, dead, body, everywhere=everywhere)


class _End(NamedTuple):
    """What is said to be dead: a layer, or the outermost group of dead layers around it."""

    path: Path
    layer: Layer


def _finding(end: _End, whole: list[Path], dead: dict[Path, Node | Call], body: Body, *, everywhere: bool) -> Finding:
    others = [other for other in whole if other[: len(end.path)] != end.path]
    owned = sum(num_parameters(dead[one]) for one in whole)
    notes = [f"nor {_does(others)} {_listed(others)}, which only it reads"] if others else []
    notes += [f"{owned:,} parameters are never used"] if owned else []
    notes += [] if everywhere else [f"in {body.block}, as it is called with {_arguments(body)}"]
    named = isinstance(end.layer.where.key[-1], str)
    shown = ".".join(end.path) if named else "this layer"
    return Finding(
        end.layer.where,
        f"nothing reads {shown}, so it {_never(end.layer)}",
        name=named,
        labels=tuple((dead[other].where, "never runs either") for other in others[:1]),
        notes=tuple(notes),
        help="read it with from, name it in output, or take it out",
    )


def _around(body: Body) -> dict[Path, Group]:
    """Return the groups in which nothing is alive."""
    found: dict[Path, Group] = {}
    left: list[tuple[Path, Layer]] = [((layer.name,), layer) for layer in body.children]
    while left:
        path, layer = left.pop()
        if isinstance(layer, Group):
            found[path] = layer
            left += [((*path, child.name), child) for child in layer.children]
    for path in body.live:
        for depth in range(1, len(path)):
            found.pop(path[:depth], None)
    return found


def _end(path: Path, dead: dict[Path, Node | Call], around: dict[Path, Group]) -> _End:
    depth = next((depth for depth in range(1, len(path)) if path[:depth] in around), len(path))
    return _End(path[:depth], dead[path] if depth == len(path) else around[path[:depth]])


def _with_it(path: Path, dead: dict[Path, Node | Call]) -> set[Path]:
    """Return the layer and those that are dead because they only lead to it."""
    found, left = {path}, [path]
    while left:
        for ref in dead[left.pop()].inputs:
            if ref.path in dead and ref.path not in found:
                found.add(ref.path)
                left.append(ref.path)
    return found


def _never(layer: Layer) -> str:
    return "does nothing" if isinstance(layer, Node) and kind(layer) == "Parameter" else "never runs"


def _does(paths: list[Path]) -> str:
    return "does" if len(paths) == 1 else "do"


def _listed(paths: list[Path]) -> str:
    names = [".".join(path) for path in paths]
    return ", ".join(names) if len(names) <= 3 else f"{', '.join(names[:3])} and {len(names) - 3} more"


def _arguments(body: Body) -> str:
    return ", ".join(f"{name} {_value(value)}" for name, value in body.parameters.items())


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(value)
