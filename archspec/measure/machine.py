"""The plans of emitted forwards → what running them would hold in memory: Python's references, counted."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from archspec.emit import Plans
from archspec.emit.forward import Plan
from archspec.emit.unit import Chain, Item, Leaf, Part, Unit, is_parameter
from archspec.emit.variables import Step
from archspec.graph import Graph, Path
from archspec.measure.kept import Units, kept, workspace

__all__ = ["Given", "Machine", "Outcome", "Output"]


@dataclass(frozen=True, slots=True)
class Given:
    """What is known of a value beside its size."""

    layout: str = "plain"  # or turned, as by Permute, or part of a larger tensor: then a new shape needs a copy
    grad: bool = False  # whether a gradient flows to it
    weight: bool = False  # whether it is a weight, whose memory is counted elsewhere


@dataclass(frozen=True, slots=True)
class Output:
    """One output of a forward: the argument whose memory it shares, or else new memory; equal pieces are one."""

    argument: int | None
    piece: int
    size: int
    kept: bool
    given: Given


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a forward took, its arguments not counted: the most at once, what came out, what autograd keeps."""

    peak: int
    outputs: tuple[Output, ...]
    kept: int
    kept_arguments: frozenset[int]


class Machine:
    """Runs the forwards of a file on sizes; a forward that met the same kinds of values before is not run again."""

    def __init__(self, graph: Graph, plans: Plans, units: Units, *, training: bool = False) -> None:
        self.graph, self.plans, self.units, self.training = graph, plans, units, training
        self.known: dict[object, Outcome] = {}
        self.made: dict[int, int] = {}  # by an op's id, the bytes of its output; none where it is memory that was there

    def run(self, unit: Unit, arguments: tuple[Given, ...], path: Path = ()) -> Outcome:
        """Return what the forward of a unit takes."""
        key = id(unit), arguments, path if self._frozen else ()
        if key not in self.known:
            self.known[key] = _Run(self, arguments).through(unit, path)
        return self.known[key]

    def learns(self, leaf: Leaf, path: Path) -> bool:
        """Whether an op owns a tensor that a gradient is wanted for."""
        learned = [weight.name for weight in leaf.node.weights if not weight.buffer]
        rules = self.graph.init.get(path, {})
        return any(name not in rules or rules[name].trainable for name in learned)

    @cached_property
    def _frozen(self) -> bool:
        """Whether any weight is not trained: then copies of a block may differ."""
        return any(not rule.trainable for rules in self.graph.init.values() for rule in rules.values())


@dataclass(slots=True)
class _Piece:
    """Memory with a number of holders; an argument's is the caller's."""

    size: int
    argument: int | None = None
    holders: int = 0
    kept: bool = False


@dataclass(frozen=True, slots=True)
class _Value:
    piece: _Piece
    given: Given


class _Run:
    """One call of a forward."""

    def __init__(self, machine: Machine, arguments: tuple[Given, ...]) -> None:
        self.machine = machine
        self.live = self.peak = self.kept = 0
        self.arguments = [_Value(_Piece(0, place, 1), given) for place, given in enumerate(arguments)]
        self.locals: dict[str, _Value] = {}

    def through(self, unit: Unit, path: Path) -> Outcome:
        """Run the unit's lines, and let go of all that it does not return."""
        planned = self.machine.plans.of.get(id(unit))
        outputs = self._lines(*planned, path) if planned else self._in_a_row(unit.items, self.arguments, path)
        pieces: dict[int, int] = {}
        found = tuple(
            Output(
                value.piece.argument,
                pieces.setdefault(id(value.piece), len(pieces)),
                value.piece.size,
                value.piece.kept,
                value.given,
            )
            for value in outputs
        )
        kept = frozenset(value.piece.argument or 0 for value in self.arguments if value.piece.kept)
        return Outcome(self.peak, found, self.kept, kept)

    def _lines(self, plan: Plan, instance: int, path: Path) -> list[_Value]:
        for name, value in zip(plan.inputs, self.arguments, strict=True):
            self._bind(name, self._held(value))
        for step in plan.steps:
            if self.machine.training or not step.layer.training:
                self._line(step, instance, path)
            for name in step.dead:
                if name in self.locals:
                    self._drop(self.locals.pop(name))
        return [self._read(name) for _, name, training in plan.outputs if self.machine.training or not training]

    def _line(self, step: Step, instance: int, path: Path) -> None:
        for name, source in step.copies:
            self._bind(name, self._held(self._read(source)))
        item = step.layer.items[instance]
        if item is None:
            if step.otherwise:
                self._bind(step.targets[0], self._held(self._read(step.otherwise)))
        else:
            values = [self._read(operand) for operand in step.operands]
            made = self._item(item, values, path, in_place=step.in_place)
            for name, value in zip(self._targets(step, item), made, strict=True):
                self._bind(name, value)
        if step.alias:
            self._bind(step.alias, self._held(self._read(step.targets[0])))

    def _targets(self, step: Step, item: Item) -> list[str]:
        """Return the locals that a line gives a value to: what a class returns in training alone is not there."""
        planned = self.machine.plans.of.get(id(item.content.unit)) if isinstance(item.content, Part) else None
        if planned is None or self.machine.training:
            return list(step.targets)
        plan, _ = planned
        return [name for name, (_, _, training) in zip(step.targets, plan.outputs, strict=True) if not training]

    def _item(self, item: Item, values: list[_Value], path: Path, *, in_place: bool = False) -> list[_Value]:
        """Return what an item gives, each value held once more."""
        below = (*path, item.name)
        match item.content:
            case Leaf() as leaf:
                return self._op(leaf, values, below, in_place=in_place)
            case Part(unit):
                return self._call(unit, values, below)
            case Chain(items):
                return self._in_a_row(items, values, below)

    def _in_a_row(self, items: Iterable[Item], values: list[_Value], path: Path) -> list[_Value]:
        """Run an `nn.Sequential`, whose argument its caller holds to the end."""
        current = [self._held(value) for value in values]
        for item in items:
            made = self._item(item, current, path)
            for value in current:
                self._drop(value)
            current = made
        return current

    def _call(self, unit: Unit, values: list[_Value], path: Path) -> list[_Value]:
        outcome = self.machine.run(unit, tuple(value.given for value in values), path)
        self._at_once(outcome.peak)
        self.kept += outcome.kept
        for index in outcome.kept_arguments:
            self._keep(values[index])
        pieces: dict[int, _Piece] = {}
        made = []
        for output in outcome.outputs:
            if output.argument is not None:
                piece = values[output.argument].piece
            elif output.piece in pieces:
                piece = pieces[output.piece]
            else:
                piece = pieces[output.piece] = self._new(output.size, kept=output.kept)
            made.append(self._held(_Value(piece, output.given)))
        return made

    def _op(self, leaf: Leaf, values: list[_Value], path: Path, *, in_place: bool) -> list[_Value]:
        node, units = leaf.node, self.machine.units
        grad = any(value.given.grad for value in values) or self.machine.learns(leaf, path)
        if is_parameter(node):
            return [_Value(_Piece(0), Given(grad=grad, weight=True))]
        in_place = in_place or ("inplace", True) in leaf.spelling.arguments
        layout = _layout(leaf, values)
        given = Given(layout, grad)
        if values and (in_place or self._aliases(leaf, values[0])):
            if layout == "plain":
                given = replace(given, layout=values[0].given.layout)
            made = [_Value(values[0].piece, replace(given, weight=values[0].given.weight)) for _ in node.outputs]
        else:
            sizes = [units.bytes(tensor) for tensor in node.outputs]
            more = sizes[0] if node.op.family == "merge" and len(values) > 2 and "dim" not in dict(node.op) else 0
            self._at_once(sum(sizes) + more + workspace(node, units))
            made = [_Value(self._new(size), given) for size in sizes]
            self.machine.made[id(node)] = sum(sizes)
        if self.machine.training and grad:
            self._keep_for(leaf, values, made, in_place=in_place)
        return [self._held(value) for value in made]

    def _aliases(self, leaf: Leaf, x: _Value) -> bool:
        """Whether the output is the input's own memory."""
        op: Any = leaf.node.op
        if op.family == "dropout" and self.machine.training and op.p > 0:
            return False
        copies = type(op).__name__ in ("Flatten", "Reshape") and x.given.layout != "plain"
        return op.aliases and not (copies and leaf.node.tensors != leaf.node.outputs)

    def _keep_for(self, leaf: Leaf, values: list[_Value], made: list[_Value], *, in_place: bool) -> None:
        """Keep what autograd does; of a product, the factors whose partner has a gradient."""
        keeps = kept(leaf.node, self.machine.units, in_place=in_place)
        self.kept += keeps.more
        for place, value in enumerate(values if keeps.inputs else ()):
            others = [other.given.grad for index, other in enumerate(values) if index != place]
            if leaf.node.op.family != "merge" or any(others):
                self._keep(value)
        for value in made if keeps.output else ():
            self._keep(value)

    # -- references

    def _read(self, name: str) -> _Value:
        """Return what a local holds; what is no local is an attribute, a weight."""
        return self.locals.get(name) or _Value(_Piece(0), Given(grad=True, weight=True))

    def _bind(self, name: str, value: _Value) -> None:
        before = self.locals.get(name)
        self.locals[name] = value
        if before is not None:
            self._drop(before)

    def _new(self, size: int, *, kept: bool = False) -> _Piece:
        self.live += size
        self._at_once(0)
        return _Piece(size, kept=kept)

    def _at_once(self, more: int) -> None:
        self.peak = max(self.peak, self.live + more)

    def _held(self, value: _Value) -> _Value:
        value.piece.holders += 1
        return value

    def _drop(self, value: _Value) -> None:
        value.piece.holders -= 1
        if value.piece.holders == 0:
            self.live -= value.piece.size

    def _keep(self, value: _Value) -> None:
        if not (value.piece.kept or value.given.weight):
            value.piece.kept = True
            self.kept += value.piece.size


def _layout(leaf: Leaf, values: list[_Value]) -> str:
    """Return how an op's output lies in memory."""
    op: Any = leaf.node.op
    name = type(op).__name__
    if name in ("Permute", "LayerNorm2d"):
        return "turned"
    if name in ("Chunk", "Split", "Select", "Slice"):
        return "part"
    follows = op.family in ("activation", "dropout", "normalization", "merge", "other") and leaf.node.outputs
    turned = bool(values) and values[0].given.layout == "turned"
    return "turned" if follows and turned and name != "LayerNorm" else "plain"
