"""Maps that do not fit together → the padding of layers on the way to one of them with which they would."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from archspec.diagnostic import Fix, Label
from archspec.graph import Body, Node, Path
from archspec.ops.base import Op, Tensor, Value
from archspec.ops.fields import spelt
from archspec.ops.spatial import one
from archspec.remedy import tried
from archspec.report import Where, fix
from archspec.scope import Entry, Wire

__all__ = ["Padding", "padding"]

_FAR = 64  # layers that are gone back


class Padding(NamedTuple):
    """What would do, the places that it is about, and the fix."""

    help: str
    labels: tuple[Label, ...]
    fixes: tuple[Fix, ...]


def padding(op: Op, tensors: tuple[Tensor, ...], reads: Sequence[Entry]) -> Padding | None:
    """Return the padding with which an op would take its inputs, tried on every layer between; None if none would do.

    It is half of what the kernel spans, which keeps the size where the stride is 1: of one line, or of all such lines
    on the way to one input, as far back as no other input reads what is changed.

    Args:
        op: what refuses its inputs.
        tensors: its inputs.
        reads: where they come from.
    """
    wires = [entry.wires[0] for entry in reads if entry.wires]
    if len(wires) != len(tensors):
        return None
    for operand, wire in enumerate(wires):
        others = {ref for other in wires if other is not wire for ref in _before(other)}
        chain = _chain(wire, others)
        for changes in _candidates(chain):
            given = _again(chain, changes)
            if given and tried(op, {}, (*tensors[:operand], *given, *tensors[operand + 1 :])) is not None:
                return _told(chain, changes)
    return None


def _before(wire: Wire) -> Iterator[Path]:
    """Yield the layers of the body that a value comes from, itself among them."""
    left, seen = [wire], 0
    while left and seen < _FAR:
        now, seen = left.pop(), seen + 1
        if now.layer is not None:
            yield now.ref.path
            left.extend(now.before)


def _chain(wire: Wire, others: set[Path]) -> list[Node]:
    """Return the ops that lead to a value one after the other and to nothing else that is read, the first first."""
    found: list[Node] = []
    while wire.layer is not None and len(wire.before) == 1 and wire.ref.path not in others and len(found) < _FAR:
        inside = [wire.layer] if isinstance(wire.layer, Node) else _inside(wire.layer.body)
        if not inside or any(len(node.inputs) != 1 or len(node.outputs) != 1 for node in inside):
            break
        found = inside + found
        wire = wire.before[0]
    return found


def _inside(body: Body) -> list[Node]:
    """Return the ops of a block whose layers are one chain; nothing of another."""
    last: Path = ()
    found: list[Node] = []
    for path, layer in islice(body.paths(), _FAR):
        if not isinstance(layer, Node) or [ref.path for ref in layer.inputs] != [last]:
            return []
        found.append(layer)
        last = path
    return found if [ref.path for _, ref in body.outputs] == [last] else []


def _candidates(chain: list[Node]) -> Iterator[Mapping[Where, Value]]:
    """Yield what is tried: half of its kernel as the padding of one line, the last first, then of all with stride 1."""
    halves: dict[Where, Value] = {}
    keep: dict[Where, Value] = {}
    for node in reversed(chain):
        windows = node.op.windows(*node.tensors)
        written = dict(node.expressions)
        if not windows or "padding" not in type(node.op).model_fields or "padding" in written:
            continue
        half = tuple(window.extent // 2 for window in windows)
        if any(window.before != window.after for window in windows) or half == tuple(w.before for w in windows):
            continue
        halves[node.where] = one(half)
        if all(window.stride == 1 and window.extent % 2 for window in windows):
            keep[node.where] = one(half)
    yield from ({where: value} for where, value in halves.items())
    if len(keep) > 1:
        yield keep


def _again(chain: list[Node], changes: Mapping[Where, Value]) -> tuple[Tensor, ...] | None:
    """Return what the chain gives with other paddings, one value; None where a layer refuses."""
    now = chain[0].tensors
    for node in chain:
        changed = {"padding": changes[node.where]} if node.where in changes else {}
        outputs = tried(node.op, changed, now)
        if outputs is None:
            return None
        now = outputs
    return now


def _told(chain: list[Node], changes: Mapping[Where, Value]) -> Padding:
    lines = {node.where: node.op for node in chain if node.where in changes}
    texts = {where: f"padding: {spelt(changes[where])}" for where in lines}
    said = " and ".join(f"{text} in {_name(where)}" for where, text in texts.items())
    labels = tuple(Label(where.span(name=True), f"it would have {text}") for where, text in texts.items())
    edits = (
        where.at("padding").replaced(spelt(changes[where]))
        if "padding" in op.model_fields_set
        else where.added("padding", spelt(changes[where]))
        for where, op in lines.items()
    )
    return Padding(f"{said} would match", labels, fix(f"write {said}", *edits))


def _name(where: Where) -> str:
    last = where.key[-1]
    return last if isinstance(last, str) else f"line {where.span().line}"
