"""The steps of a forward → the local that each value lives in, named as a person would, and freed in time."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field

from archspec.emit.names import Names
from archspec.emit.shared import Layer, Operation, Stack
from archspec.emit.unit import INPUT, Part, Read
from archspec.emit.wiring import Wiring, is_elementwise

__all__ = ["MAIN", "Step", "variables"]

MAIN = "x"
"""The local that the main line runs through."""

_OTHER = "y"
"""The local of a line beside it, which ends in a sum."""

_LONGEST = 36  # characters of a local
_LONG = 2  # steps


@dataclass(frozen=True, eq=False, slots=True)
class Step:
    """One layer's line."""

    layer: Layer
    operands: tuple[str, ...]
    targets: tuple[str, ...]  # one for each output
    copies: tuple[tuple[str, str], ...] = ()  # locals set before, and to what
    alias: str = ""  # a second local for the output, which outlives the first
    otherwise: str = ""  # what the output is where the layer is absent, if the target does not hold it already
    in_place: bool = False  # the sum is written into the first operand
    dead: tuple[str, ...] = ()  # locals to delete after it


def variables(
    wiring: Wiring, inputs: Iterable[str], parameters: dict[Read, str], names: Names
) -> tuple[list[Step], dict[Read, str]]:
    """Return the steps, and the local or attribute of every value.

    Args:
        wiring: what is to be run.
        inputs: the names of the forward's arguments.
        parameters: learned tensors, and the attributes that they are.
        names: taken in the forward.
    """
    plan = _Plan(wiring, names, dict(parameters))
    for index, name in enumerate(inputs):
        plan.hold(Read(INPUT, index), name)
    steps = [plan.step(place, layer) for place, layer in enumerate(wiring.steps)]
    return steps, plan.of


@dataclass(eq=False)
class _Plan:
    wiring: Wiring
    names: Names
    of: dict[Read, str]  # the local of every value
    held: dict[str, Read] = field(default_factory=dict)  # the value that a local holds
    since: dict[Read, int] = field(default_factory=dict)  # the step that made it
    copies: list[tuple[str, str]] = field(default_factory=list)
    copied: set[str] = field(default_factory=set)  # locals that hold what the main local held

    def __post_init__(self) -> None:
        ends: dict[int, list[Read]] = {}
        for read in self.wiring.readers:
            ends.setdefault(self.wiring.last(read), []).append(read)
        self.ends = ends
        steps = self.wiring.steps
        self.heavy = [step for step, layer in enumerate(steps) if _is_heavy(layer)]
        self.main = sorted({self.wiring.made[read.key] for read in self.wiring.trunk if read.key in self.wiring.made})

    def hold(self, read: Read, name: str) -> None:
        """Let a local hold a value."""
        self.of[read] = name
        self.held[name] = read

    def step(self, place: int, layer: Layer) -> Step:
        """Return a layer's line."""
        self.copies = []
        operands = tuple(map(self._now, layer.inputs))
        count = len(layer.first.tensors)
        if count != 1:
            targets = tuple(self._one_of(place, layer, index) for index in range(count))
            return Step(layer, operands, targets, tuple(self.copies), dead=tuple(self._dead(place)))
        value = Read(layer.key)
        otherwise = operands[layer.stands_for] if layer.present is not None else ""
        target, alias = self._target(place, layer, value), ""
        in_place = self._in_place(place, layer) and operands[0] == target
        if target == MAIN and self.wiring.last(value) > self.wiring.trunk.get(value, place):
            alias = self.names.new(_local(layer.name))
            self.held[MAIN] = value
        self.hold(value, alias or target)
        self.held[target] = value
        self.since[value] = place
        return Step(
            layer,
            operands,
            (target,),
            tuple(self.copies),
            alias,
            "" if otherwise == target else otherwise,
            in_place,
            tuple(self._dead(place)),
        )

    def _now(self, read: Read) -> str:
        """Return a local that holds a value now, the main one rather than another."""
        return MAIN if self.held.get(MAIN) == read else self.of[read]

    def _one_of(self, place: int, layer: Layer, index: int) -> str:
        """Return a local for one of several outputs."""
        value = Read(layer.key, index)
        if value not in self.wiring.readers:
            return "_"
        self.since[value] = place
        if value in self.wiring.trunk and self.wiring.last(value) <= self.wiring.trunk[value]:
            self._make_room(place)
            self.hold(value, MAIN)
            return MAIN
        content = layer.first.content
        own = content.unit.outputs[index][0] if isinstance(content, Part) else str(index)
        name = self.names.new(f"{_local(layer.name)}_{own}" if own.isdecimal() else _local(own))
        self.hold(value, name)
        return name

    def _target(self, place: int, layer: Layer, value: Read) -> str:
        """Return the local for a layer's only output."""
        if value in self.wiring.trunk:
            self._make_room(place)
            return MAIN
        reads = self.wiring.operands(layer)
        if layer.present is not None:
            reads = (layer.inputs[layer.stands_for],)
        if len(reads) == 1 and self.wiring.last(reads[0]) == place and not layer.training:
            name = self.of[reads[0]]
            alone = reads[0].key != INPUT and self.wiring.readers[reads[0]] == [place]
            if name != MAIN and (name in self.copied or alone):
                return name  # the run goes on
        wanted = self._run_name(value)
        now = self.held.get(_OTHER)
        if wanted == _OTHER and now is not None and self.wiring.last(now) < place:
            return _OTHER
        return self.names.new(wanted)

    def _make_room(self, place: int) -> None:
        """Give what the main local holds another name, if it is read again."""
        now = self.held.get(MAIN)
        if now is None or self.of[now] != MAIN or self.wiring.last(now) <= place:
            return
        producer = self.wiring.producer(now)
        wanted = _local(producer.name) if producer else "identity" if self._is_added(now, place) else "inputs"
        name = self.names.new(wanted)
        self.copies.append((name, MAIN))
        self.copied.add(name)
        self.hold(now, name)

    def _is_added(self, value: Read, place: int) -> bool:
        """Whether a value is joined with others later on, as it is or after one layer."""
        steps = self.wiring.steps
        later = [steps[step] for step in self.wiring.readers[value] if place < step < len(steps)]
        after = [steps[s] for layer in later for s in self.wiring.readers.get(Read(layer.key), ()) if s < len(steps)]
        contents = [layer.content for layer in (*later, *after)]
        return any(isinstance(content, Operation) and content.leaf.node.op.family == "merge" for content in contents)

    def _run_name(self, value: Read) -> str:
        """Return a name for a value and those that follow from it: what their layers' names share."""
        names = [layer.name for layer in self.wiring.run(value)]
        if len(names) == 1:
            return _local(names[0])
        common = _common(names)
        common = common.rstrip("_") if common.endswith("_") else common.rstrip("0123456789")
        if len(common) > 3 and not names[0].isdecimal():
            return _local(common)
        now = self.held.get(_OTHER)
        free = _OTHER not in self.names.taken if now is None else self.wiring.last(now) < self.wiring.made[value.key]
        return _OTHER if free and self._is_summed(value) else _local(names[-1])

    def _is_summed(self, value: Read) -> bool:
        """Whether what follows from a value ends in arithmetic with another."""
        *_, last = self.wiring.run(value)
        ends = self.wiring.readers.get(Read(last.key), [])
        return all(step < len(self.wiring.steps) and is_elementwise(self.wiring.steps[step]) for step in ends)

    def _in_place(self, place: int, layer: Layer) -> bool:
        """Whether a sum may be written into its first operand: new memory of its size that only it reads."""
        content = layer.content
        if not isinstance(content, Operation) or type(content.leaf.node.op).__name__ != "Add" or len(layer.inputs) != 2:
            return False
        first = layer.inputs[0]
        maker = self.wiring.producer(first)
        if maker is None or maker.present is not None or self.wiring.readers[first] != [place]:
            return False
        return _is_reusable(maker) and all(
            one is None or (other is not None and one.tensors[0] == other.tensors[first.index])
            for one, other in zip(layer.items, maker.items, strict=True)
        )

    def _dead(self, place: int) -> list[str]:
        """Return the locals whose values are read no more, if one was kept for long and work is left."""
        ended = [value for value in self.ends.get(place, ()) if self._is_stale(value, place)]
        if all(place - self.since[value] < _LONG for value in ended):
            return []
        names = [self.of[value] for value in ended]
        for name in names:
            del self.held[name]
        return names

    def _is_stale(self, value: Read, place: int) -> bool:
        """Whether the local of a value that is read no more holds it while more work is done."""
        maker, name = self.wiring.producer(value), self.of[value]
        if maker is None or maker.training or self.held.get(name) != value:
            return False
        after = len(self.wiring.steps)
        if name == MAIN:
            after = next((step for step in self.main if step > place), after)
        next_heavy = bisect_right(self.heavy, place)
        return next_heavy < len(self.heavy) and self.heavy[next_heavy] < after


def _common(names: list[str]) -> str:
    """Return what all the names begin with."""
    first, last = min(names), max(names)
    return next((first[:end] for end, pair in enumerate(zip(first, last, strict=False)) if pair[0] != pair[1]), first)


def _is_heavy(layer: Layer) -> bool:
    """Whether the layer does arithmetic worth the name, and so may need the memory."""
    return not isinstance(layer.content, Operation) or layer.content.leaf.node.macs > 0


def _is_reusable(layer: Layer) -> bool:
    content = layer.content
    if isinstance(content, Stack):
        return bool(content.layers) and content.layers[-1].present is None and _is_reusable(content.layers[-1])
    return isinstance(content, Operation) and content.reusable


def _local(name: str) -> str:
    """Return a layer's name as a local's: short, and no number."""
    if name.isdecimal():
        return f"x{name}"
    return name if len(name) <= _LONGEST else "y"
