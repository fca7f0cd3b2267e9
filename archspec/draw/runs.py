"""Units → runs: equal units that follow each other are one box, with what the first of them does otherwise."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from archspec.draw.units import Unit
from archspec.draw.words import value
from archspec.draw.written import written
from archspec.graph import Body, Call, Node, Path, Ref
from archspec.ops.base import Value

__all__ = ["Folding", "Run", "arguments", "difference", "runs"]

Folding = Literal["none", "same", "line", "block"]
"""Which neighbours are one box: none, the same ones, those that one line of the spec makes, or all of one block."""


@dataclass(frozen=True, slots=True)
class Run:
    """Units that are drawn as one box, each reading the one before it."""

    units: tuple[Unit, ...]

    @property
    def first(self) -> Unit:
        """The first of them, which reads what the run reads."""
        return self.units[0]

    @property
    def calls(self) -> tuple[Call, ...]:
        """The calls of a run of blocks; none where it is one of ops."""
        leads = (unit.lead.layer for unit in self.units)
        return tuple(lead for lead in leads if isinstance(lead, Call))


def runs(found: Sequence[Unit], outputs: Sequence[Ref], folding: Folding) -> tuple[Run, ...]:
    """Return the runs in order."""
    readers = Counter(ref.path for unit in found for part in unit.parts for ref in part.inputs if not part.training)
    readers.update(ref.path for ref in outputs)
    made: list[list[Unit]] = []
    for unit in found:
        if folding != "none" and made and _follows(made[-1][-1], unit, readers) and _alike(made[-1][-1], unit, folding):
            made[-1].append(unit)
        else:
            made.append([unit])
    return tuple(Run(tuple(run)) for run in made)


def _follows(one: Unit, other: Unit, readers: Mapping[Path, int]) -> bool:
    """Whether the other reads the one, and nothing else of what runs does."""
    inputs = other.parts[0].inputs
    return (
        len(inputs) == 1
        and inputs[0] == Ref(one.last.path)
        and readers[one.last.path] == 1
        and (one.last.training, one.last.live) == (other.last.training, other.last.live)
    )


def _alike(one: Unit, other: Unit, folding: Folding) -> bool:
    first, second = one.lead.layer, other.lead.layer
    if isinstance(first, Call) and isinstance(second, Call):
        if len(one.parts) + len(other.parts) > 2 or first.body.block != second.body.block:
            return False
        line = first.where == second.where or arguments(first) == arguments(second)
        return {"same": first.body is second.body, "line": line, "block": True}[folding]
    return [_op(part.layer) for part in one.parts] == [_op(part.layer) for part in other.parts] and (
        folding != "same" or [part.layer for part in one.parts] == [part.layer for part in other.parts]
    )


def _op(layer: Node | Call) -> object:
    return layer.op if isinstance(layer, Node) else layer.body


def arguments(call: Call) -> dict[str, Value]:
    """Return the arguments that are written where a block is called, not those that follow from them."""
    tree = written(call.where)
    names = tree if isinstance(tree, dict) else {}
    return {name: given for name, given in call.body.parameters.items() if name in names}


def difference(calls: Sequence[Call]) -> tuple[Mapping[str, Value], tuple[str, ...]]:
    """Return the arguments that all the calls have, and in words what the first of them does otherwise.

    What differs among the others as well, or numbers the copies, as for a rate that grows, is in neither.
    """
    each = [arguments(call) for call in calls]
    counted = _counted(calls[0])
    same = {name: given for name, given in each[0].items()
            if name not in counted and all(one.get(name) == given for one in each)}  # fmt: skip
    if len(calls) < 2:
        return same, ()
    rest, told = each[1:], each[0].keys() - same.keys() - counted
    agreed = {name for name in told if len({repr(one.get(name)) for one in rest}) == 1}
    if len(calls) == 2 and calls[0].where != calls[1].where:  # two lines of their own: neither is the rule
        agreed = set()
    words = [f"{name} {value(given)}" for name, given in each[0].items() if name in agreed]
    return same, (*words, *_absences(calls))


def _counted(call: Call) -> set[str]:
    """Return the arguments that number the copies: expressions over `index` without a condition."""
    return {name for name, text in call.expressions if "index" in text and " if " not in text}


def _absences(calls: Sequence[Call]) -> Iterator[str]:
    """Yield the layers that the first body has and the others have not, and those that it lacks."""
    first, rest = _left_out(calls[0].body), [_left_out(call.body) for call in calls[1:]]
    for path in sorted(rest[0]):
        if path not in first and all(path in one for one in rest):
            yield path[-1]
    lacking = [path[-1] for path in sorted(first) if not any(path in one for one in rest)]
    if lacking:
        yield f"no {lacking[0]}"


def _left_out(body: Body) -> frozenset[Path]:
    return frozenset(body.absent)
