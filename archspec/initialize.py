"""A spec's `init` rules and its graph → what becomes of each tensor of each layer."""

import math
from collections.abc import Container, Iterator, Mapping
from dataclasses import replace
from itertools import compress, takewhile
from typing import NamedTuple

from archspec.evaluate import Evaluator, Known
from archspec.expression import Unknown
from archspec.graph import Body, Call, Graph, Initialization, Node, Path
from archspec.initializers import FUNCTIONS, WORDS, ours
from archspec.keys import describe
from archspec.ops import Vocabulary
from archspec.ops.base import Value, Weight
from archspec.report import Meant, Report, Where
from archspec.source import Scalar, Tree
from archspec.spec import InitRule

__all__ = ["initialize"]


def initialize(
    rules: tuple[InitRule, ...], graph: Graph, vocabulary: Vocabulary, evaluator: Evaluator, report: Report
) -> Graph:
    """Return the graph with its `init`: for each tensor the last rule that matches it."""
    if not rules:
        return graph
    ops = {rule.op for rule in rules}
    sites: list[_Site] = []
    _find(graph.model, (), (), ops, {}, sites)
    matched: dict[Path, dict[str, Initialization]] = {}
    for rule in rules:
        found = sites if ops == {rule.op} else [s for s in sites if rule.op in (None, type(s.node.op).__name__)]
        found = found if rule.layer is None else [site for site in found if _lies(site, rule.layer)]
        if not found:
            _matches_nothing(rule, graph.model, vocabulary, report)
        for name, tree in rule.tensors.items():
            where = rule.where.at(name)
            value = _initialization(tree, where, graph.model.parameters, evaluator, report)
            owners = [(site, weight) for site in found for weight in site.node.weights if _called(weight) == name]
            _known_tensor(name, found, bool(owners), where, report)
            if value is not None and _fitting(value, owners, where, report):
                learned = value._replace(trainable=rule.trainable)
                for site, weight in owners:
                    matched.setdefault(site.path, {})[weight.name] = value if weight.buffer else learned
        if not rule.tensors:
            _freeze(rule, found, matched)
    ordered = {site.path: matched[site.path] for site in sites if site.path in matched}
    return replace(graph, init=ordered)


class _Site(NamedTuple):
    """A layer by its path, and the instances of blocks that it lies in.

    Of each its name, where the layer's path inside of it begins, and what the first number there counts from: an
    inline block has some of the numbers of the list around it.
    """

    path: Path
    node: Node
    blocks: tuple[tuple[str, int, int], ...]

    def inside(self, begin: int, first: int) -> Path:
        """Return the layer's path inside a block."""
        path = self.path[begin:]
        return (str(int(path[0]) - first), *path[1:]) if first else path


def _find(
    body: Body,
    prefix: Path,
    around: tuple[tuple[str, int, int], ...],
    ops: Container[str | None],
    seen: dict[Body, list[tuple[Path, Node | Call]]],
    sites: list[_Site],
) -> None:
    """Collect the layers of the ops, of all if None is one of them; `seen` holds what was found in each body."""
    if body not in seen:
        concerned = (None in ops or isinstance(x, Call) or type(x.op).__name__ in ops for x in body.leaves())
        seen[body] = list(compress(body.paths(), concerned))
    for path, layer in seen[body]:
        full, blocks = prefix + path, around
        if body.inlined:
            parts = ((len(prefix) + depth, path[: depth + 1]) for depth in range(len(path)))
            inside = ((name, begin, first) for begin, part in parts for name, first in body.inlined.get(part, ()))
            blocks = (*around, *inside)
        if isinstance(layer, Call):
            _find(layer.body, full, (*blocks, (layer.body.block, len(full), 0)), ops, seen, sites)
        else:
            sites.append(_Site(full, layer, blocks))


def _called(weight: Weight) -> str:
    """Return what a rule calls a tensor: `weight` is also the tensor of a learned tensor, which has no name."""
    return weight.name or "weight"


def _lies(site: _Site, layer: str) -> bool:
    """Whether a site is what a rule calls so, or lies in it: a path of the model, or one that begins with a block."""
    first, *rest = layer.split(".")
    if site.path[: len(rest) + 1] == (first, *rest):
        return True
    inner = tuple(rest)
    return any(
        site.inside(begin, number)[: len(inner)] == inner for block, begin, number in site.blocks if block == first
    )


def _matches_nothing(rule: InitRule, model: Body, vocabulary: Vocabulary, report: Report) -> None:
    """Say so where a rule that matches no layer names something that cannot be there."""
    if rule.op is not None and vocabulary.find(rule.op) is None:
        nodes = (layer for body in _bodies(model) for layer in body.leaves() if isinstance(layer, Node))
        there = sorted({type(node.op).__name__ for node in nodes})
        near = report.near(rule.op, there) or report.near(rule.op, vocabulary.names())
        report.say("AS107", rule.where.at("op"), f"there is no op {rule.op}", help=near)
        return
    if rule.layer is None:
        return
    known = {name for body in _bodies(model) for path in _paths(body) for name in path}
    absent = {path[-1] for body in _bodies(model) for path in body.absent}
    judged = takewhile(lambda name: name not in absent, rule.layer.split("."))  # below it nothing was made
    missing = next((name for name in judged if name not in known), None)
    if missing is not None:
        report.say("AS122", rule.where.at("layer"), f"no layer is at {rule.layer}",
                   help=report.near(missing, known))  # fmt: skip


def _bodies(body: Body) -> Iterator[Body]:
    yield body
    for layer in {id(layer.body): layer for layer in body.leaves() if isinstance(layer, Call)}.values():
        yield from _bodies(layer.body)


def _paths(body: Body) -> Iterator[Path]:
    yield from body.absent
    yield (body.block,)
    yield from ((block,) for inside in body.inlined.values() for block, _ in inside)
    for path, _ in body.paths():
        yield path


def _known_tensor(name: str, found: list[_Site], owned: bool, where: Where, report: Report) -> None:
    """A tensor that no matched layer owns is a mistake, unless it is one that others of their kind own."""
    if owned or not found or name in ("weight", "bias"):
        return
    names = dict.fromkeys(_called(weight) for site in found for weight in site.node.weights)
    advice = f"their tensors are {', '.join(names)}" if names else "they own no tensors"
    report.say("AS122", where, f"none of the layers that the rule matches owns {name}", name=True,
               help=report.near(name, names, advice))  # fmt: skip


def _freeze(rule: InitRule, found: list[_Site], matched: dict[Path, dict[str, Initialization]]) -> None:
    """Apply the `trainable` of a rule that lists no tensors to all that its layers learn."""
    for site in found:
        for weight in site.node.weights:
            kept = matched.get(site.path, {}).get(weight.name) or Initialization(None)
            if not weight.buffer and kept.trainable != rule.trainable:
                matched.setdefault(site.path, {})[weight.name] = kept._replace(trainable=rule.trainable)


def _initialization(
    tree: Tree, where: Where, known: Known, evaluator: Evaluator, report: Report
) -> Initialization | None:
    """Return what a rule says about one tensor; None after a message."""
    if isinstance(tree, Scalar) and isinstance(tree.value, str) and tree.text.isidentifier() and tree.text not in known:
        return _function(tree.text, {}, where, known, evaluator, report)
    if isinstance(tree, dict) and len(tree) == 1:
        name, arguments = next(iter(tree.items()))
        if isinstance(arguments, dict):
            return _function(name, arguments, where.at(name), known, evaluator, report)
        report.say("AS122", where.at(name), f"{describe(arguments)} where the arguments of {name} are wanted",
                   help=f"write them by name: {{{name}: {{std: 0.01}}}}" if name == "normal" else None)  # fmt: skip
        return None
    if isinstance(tree, dict):
        report.say("AS122", where, "one function is wanted, with its arguments: {kaiming_normal: {mode: fan_out}}")
        return None
    values = evaluator.value(tree, where, known)
    if isinstance(values, Unknown):
        return None
    if _shape(values) is None:
        report.say("AS122", where, "numbers in lists of equal length are wanted")
        return None
    expression = evaluator.expression(tree)
    return Initialization(None, values=values, expressions=(("", expression.text),) if expression else ())


def _function(
    name: str, written: Mapping[str, Tree], where: Where, known: Known, evaluator: Evaluator, report: Report
) -> Initialization | None:
    function = FUNCTIONS.get(name)
    if function is None:
        near = report.near(ours(name), FUNCTIONS, f"it has {', '.join(FUNCTIONS)}")
        report.say("AS122", where, f"torch.nn.init has no {name}", name=name == where.key[-1],
                   help=near._replace(written=name) if isinstance(near, Meant) else near)  # fmt: skip
        return None
    arguments: list[tuple[str, Value]] = []
    expressions: list[tuple[str, str]] = []
    for key, tree in written.items():
        if key not in function.arguments:
            known_ = ", ".join(function.arguments) or "none"
            report.say("AS122", where.at(key), f"{name} has no argument {key}", name=True,
                       help=report.near(key, function.arguments, f"its arguments: {known_}"))  # fmt: skip
            return None
        words = WORDS.get(key, ())
        value = evaluator.value(tree, where.at(key), known, words)
        if isinstance(value, Unknown):
            return None
        if not _is(value, function.arguments[key]):
            report.say("AS122", where.at(key), f"{name} {key} cannot be {value!r}")
            return None
        arguments.append((key, value))
        if expression := evaluator.expression(tree, words):
            expressions.append((key, expression.text))
    if function.required and function.required not in written:
        report.say("AS122", where, f"{name} needs {function.required}",
                   help=f"write {{{name}: {{{function.required}: …}}}}")  # fmt: skip
        return None
    return Initialization(name, tuple(arguments), expressions=tuple(expressions))


def _is(value: Value, kind: type) -> bool:
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, kind) and not isinstance(value, bool)


def _fitting(value: Initialization, owners: list[tuple[_Site, Weight]], where: Where, report: Report) -> bool:
    """Whether the values broadcast to, or the function takes, every tensor; says so if not."""
    first = {weight.shape: (site, weight) for site, weight in reversed(owners)}
    for site, weight in first.values():
        problem = _misfit(value, weight.shape)
        if problem is not None:
            report.say("AS122", where, problem.format(path=".".join((*site.path, weight.name))))
            return False
    return True


def _misfit(value: Initialization, shape: tuple[int, ...]) -> str | None:
    """Return why a tensor of this shape cannot be initialized so, with `{path}` for its name."""
    if value.function is None:
        given = _shape(value.values) or ()
        if _broadcasts(given, shape):
            return None
        written, whole = ("×".join(map(str, sizes)) for sizes in (given, shape))
        return f"numbers of {written} do not broadcast to {{path}}, which is {whole or 'a scalar'}"
    function, rank = FUNCTIONS[value.function], len(shape)
    if function.least <= rank and (function.most is None or rank <= function.most):
        return None
    return f"{value.function} does not take a tensor of {rank} axes, as {{path}} is"


def _shape(values: Value) -> tuple[int, ...] | None:
    """Return the shape of nested numbers; None if they are ragged or no numbers."""
    if not isinstance(values, tuple):
        return () if isinstance(values, int | float) and not isinstance(values, bool) else None
    shapes = {_shape(item) for item in values}
    if len(shapes) != 1 or None in shapes:
        return None
    return (len(values), *(shapes.pop() or ()))


def _broadcasts(given: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    if len(given) > len(shape) and math.prod(given[: len(given) - len(shape)]) > 1:
        return False
    return all(a in (1, b) for a, b in zip(reversed(given), reversed(shape), strict=False))
