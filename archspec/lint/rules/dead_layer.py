"""A layer that nothing reads."""

from collections.abc import Iterator

from archspec.graph import Body, Group, Layer, Node, Path, num_parameters
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
            ends = _Ends(body)
            for path, layer in ends.dead.items():
                if path not in ends.read:
                    yield _finding(path, ends, everywhere=layer.where.key not in alive)


class _Ends:
    """The layers of a body that never run, and those of them at which something ends that nothing reads."""

    def __init__(self, body: Body) -> None:
        self.body = body
        self.dead = {path: layer for path, layer in body.paths() if path not in body.live}
        self.read = {ref.path for layer in self.dead.values() for ref in layer.inputs}
        self._around = {path[:depth] for path in body.live for depth in range(1, len(path))}  # groups that run
        self._told: set[Path] = set()  # each is told of once
        self._layers = dict(_tree(body.children)) if self.dead else {}

    def outermost(self, path: Path) -> tuple[Path, Layer]:
        """Return the layer, or the outermost group around it that is dead as a whole."""
        depth = next(depth for depth in range(1, len(path) + 1) if path[:depth] not in self._around)
        return path[:depth], self._layers[path[:depth]]

    def leading_to(self, path: Path) -> list[Path]:
        """Return the layer and those that only lead to it, or to another end that comes later, the last first."""
        found, left = [path], [path]
        while left:
            for ref in self.dead[left.pop()].inputs:
                if ref.path in self.dead and ref.path not in self._told:
                    self._told.add(ref.path)
                    found.append(ref.path)
                    left.append(ref.path)
        return found


def _tree(layers: tuple[Layer, ...]) -> Iterator[tuple[Path, Layer]]:
    """Yield the layers and groups of a body with their paths."""
    left: list[tuple[Path, Layer]] = [((layer.name,), layer) for layer in layers]
    while left:
        path, layer = left.pop()
        yield path, layer
        if isinstance(layer, Group):
            left.extend(((*path, child.name), child) for child in layer.children)


def _finding(path: Path, ends: _Ends, *, everywhere: bool) -> Finding:
    body, (outer, layer) = ends.body, ends.outermost(path)
    whole = ends.leading_to(path)
    others = [other for other in reversed(whole) if other[: len(outer)] != outer]
    owned = sum(num_parameters(ends.dead[one]) for one in whole)
    notes = [f"nor {_does(others)} {_listed(others)}, which only it reads"] if others else []
    notes += [f"{owned:,} parameters are never used"] if owned else []
    notes += [] if everywhere else [f"in {body.block}, as it is called with {_arguments(body)}"]
    named = isinstance(layer.where.key[-1], str)
    shown = ".".join(outer) if named else "this layer"
    return Finding(
        layer.where,
        f"nothing reads {shown}, so it {_never(layer)}",
        name=named,
        labels=tuple((ends.dead[other].where, "never runs either") for other in others[:1]),
        notes=tuple(notes),
        help="read it with from, name it in output, or take it out",
    )


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
