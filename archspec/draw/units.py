"""Parts → units: a convolution, linear layer or the like with the norm and activation around it is one box."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from archspec.draw.parts import Part, parts
from archspec.graph import Body, Call, Node, Ref

__all__ = ["Opener", "Unit", "units"]


@dataclass(frozen=True, slots=True)
class Unit:
    """Parts that follow each other, drawn as one box; `head` is the one that gives it its colour and name."""

    parts: tuple[Part, ...]
    head: int | None  # None: norms and activations that found nothing to stand with

    @property
    def lead(self) -> Part:
        """The part that names the unit."""
        return self.parts[self.head or 0]

    @property
    def last(self) -> Part:
        """The part whose output is the unit's."""
        return self.parts[-1]


def units(found: Iterable[Part], outputs: Sequence[Ref], *, fuse: bool = True) -> tuple[Unit, ...]:
    """Return the units in the order of their first parts; without `fuse`, each part is one."""
    found = tuple(found)
    if not fuse:
        return tuple(Unit((part,), 0) for part in found)
    readers = Counter(ref.path for part in found for ref in part.inputs)
    readers.update(ref.path for ref in outputs)
    made: list[Unit] = []
    ends: dict[tuple[str, ...], int] = {}  # where the unit that ends with a path stands
    for part in found:
        before = ends.pop(part.inputs[0].path, None) if len(part.inputs) == 1 else None
        if before is not None and readers[part.inputs[0].path] == 1:
            joined = _joined(made[before], part)
            if joined is not None:
                made[before] = joined
                ends[part.path] = before
                continue
        ends[part.path] = len(made)
        made.append(Unit((part,), None if _family(part) in _AROUND else 0))
    return tuple(made)


_AROUND = frozenset({"normalization", "activation"})
_WEIGHTY = frozenset({"convolution", "linear", "attention", "embedding"})
_SILENT = frozenset({"Flatten", "Identity", "Permute"})


def _joined(unit: Unit, part: Part) -> Unit | None:
    """Return the unit with one part more, or None where that begins a new one."""
    if (unit.last.training, unit.last.live) != (part.training, part.live):
        return None
    if unit.head is None and _family(part) in _WEIGHTY:
        return Unit((*unit.parts, part), len(unit.parts))
    return Unit((*unit.parts, part), unit.head) if _belongs(unit, part) else None


def _belongs(unit: Unit, part: Part) -> bool:
    """Whether a part stands with the unit before it: a norm or activation, once, with what weighs; silent ones always.

    Where a norm came before the convolution, one behind it belongs to what follows.
    """
    lead, family = unit.lead, _family(part)
    if _family(lead) == "merge" or _kind(part) in map(_kind, unit.parts[unit.head or 0 :]):
        return False
    if _trails(part):
        return True
    if unit.head is None:
        return family == "activation" and _family(unit.last) == "normalization"
    return _family(lead) in _WEIGHTY and (family == "activation" or (family == "normalization" and not unit.head))


def _kind(part: Part) -> object:
    return type(part.layer.op) if isinstance(part.layer, Node) else part.layer.body


def _trails(part: Part) -> bool:
    return _family(part) == "dropout" or (isinstance(part.layer, Node) and type(part.layer.op).__name__ in _SILENT)


def _family(part: Part) -> str:
    return part.layer.op.family if isinstance(part.layer, Node) else "block"


class Opener:
    """Says which blocks are drawn as one op: those that come down to a single unit, as conv, norm and activation."""

    def __init__(self) -> None:
        self._known: dict[int, bool] = {}
        self._kept: list[Body] = []  # an id is a body's own as long as the body is kept

    def __call__(self, call: Call) -> bool:
        """Whether the call is opened."""
        body = call.body
        if id(body) not in self._known:
            self._kept.append(body)
            self._known[id(body)] = self._single(body)
        return self._known[id(body)]

    def _single(self, body: Body) -> bool:
        if len(body.inputs) != 1 or len(body.outputs) != 1 or not body.children:
            return False
        return len(units(*parts(body, self))) == 1
