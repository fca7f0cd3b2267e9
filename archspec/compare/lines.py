"""A difference → the rows and lines that a person reads, equal changes of many layers folded into one line."""

import textwrap
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from archspec.compare import Difference
from archspec.compare.changes import Change, Move
from archspec.compare.figures import Figures
from archspec.compare.fold import Siblings, fold, siblings
from archspec.compare.item import Item
from archspec.diagnostic import printable
from archspec.graph import Path
from archspec.ops.base import Tensor, Value

__all__ = ["Section", "rows", "sections"]

_SHOWN = 40
"""Lines of one section; JSON has them all."""

_Thing = TypeVar("_Thing")
_Line = tuple[str, str, str]  # a mark, the layers, and what is said of them


@dataclass(frozen=True, slots=True)
class Section:
    """Lines under a title."""

    title: str
    found: tuple[_Line, ...]

    def shown(self) -> Iterator[_Line]:
        """Yield the lines, or the first of very many."""
        yield from self.found[:_SHOWN]
        if len(self.found) > _SHOWN:
            yield "…", f"and {len(self.found) - _SHOWN:,} more lines", ""

    def lines(self, width: int) -> Iterator[str]:
        """Yield the lines as text of so many columns."""
        longest = min(max(len(head) for _, head, _ in self.found), width // 2)
        for mark, head, text in self.shown():
            line = printable(f"{mark} {head:<{longest}}  {text}".rstrip())
            if len(line) <= width:
                yield line
            else:
                yield from textwrap.wrap(printable(f"{mark} {head}"), width, subsequent_indent="    ")
                yield from textwrap.wrap(printable(text), width, initial_indent="    ", subsequent_indent="    ")


# Figures


def rows(difference: Difference) -> list[tuple[str, str, str, str]]:
    """Return the table of figures with its head: a name, before, after, and the change."""
    before, after = difference.figures
    return [("", "before", "after", "change"), *_ports(before, after), *_counts(before, after)]


def _ports(before: Figures, after: Figures) -> Iterator[tuple[str, str, str, str]]:
    for a, b in ((before.inputs, after.inputs), (before.outputs, after.outputs)):
        for name in {**a, **b}:
            yield name, _port(a.get(name)), _port(b.get(name)), "" if a.get(name) == b.get(name) else "changed"


def _port(tensor: Tensor | None) -> str:
    return "" if tensor is None else str(tensor) + ("" if tensor.dtype == "float32" else f" {tensor.dtype}")


def _counts(before: Figures, after: Figures) -> Iterator[tuple[str, str, str, str]]:
    for name, measure, unit in _COUNTS:
        a, b = measure(before), measure(after)
        yield name, _count(a, unit), _count(b, unit), _change(a, b)
    fields = [" × ".join(map(str, figures.receptive_field)) for figures in (before, after)]
    if any(fields):
        yield "receptive field", fields[0], fields[1], "" if fields[0] == fields[1] else "changed"


_COUNTS: tuple[tuple[str, Callable[[Figures], int], str], ...] = (
    ("layers", lambda figures: figures.layers, ""),
    ("parameters", lambda figures: figures.parameters, ""),
    ("MACs", lambda figures: figures.macs, ""),
    ("weights", lambda figures: figures.weights, "B"),
    ("inference memory", lambda figures: figures.inference, "B"),
    ("training memory", lambda figures: figures.training, "B"),
)


def _count(number: int, unit: str) -> str:
    if not unit:
        return f"{number:,}"
    for power, prefix in ((12, "T"), (9, "G"), (6, "M"), (3, "k")):
        if number >= 10**power:
            return f"{number / 10**power:.1f} {prefix}{unit}"
    return f"{number} {unit}"


def _change(before: int, after: int) -> str:
    if before == after or not before:
        return "" if before == after else "new"
    percent = 100 * (after - before) / before
    if abs(percent) < _TENTH:
        return f"{percent:+.2f} %" if abs(percent) >= _HUNDREDTH else "under 0.01 %"
    return f"{percent:+,.1f} %"


_TENTH, _HUNDREDTH = 0.05, 0.005  # what rounds to it


# Layers


def sections(difference: Difference) -> list[Section]:
    """Return what changed, in order; without sections that hold nothing."""
    before, after = difference.graphs
    known = siblings([*before.nodes, *after.nodes])
    written = [change for change in difference.changed if change.written]
    rest = [change for change in difference.changed if not change.written]
    found = [
        Section("outputs", tuple(_outputs(difference))),
        Section("changed", tuple(_changed(written, known))),
        Section("removed", tuple(_items("-", difference.removed, known))),
        Section("added", tuple(_items("+", difference.added, known))),
        Section("moved, and otherwise the same", tuple(_moved(difference.moved, known))),
        Section("of another shape, as follows from that", tuple(_reshaped(rest, known))),
        *_keys(difference),
    ]
    return [section for section in found if section.found]


def _outputs(difference: Difference) -> Iterator[_Line]:
    for name, (before, after) in difference.outputs.items():
        yield "~", name, f"{before or 'none'} → {after or 'none'}"


def _grouped(things: Iterable[_Thing], key: Callable[[_Thing], Hashable]) -> list[list[_Thing]]:
    """Return the things that have a key in common, in order."""
    groups: dict[Hashable, list[_Thing]] = {}
    for thing in things:
        groups.setdefault(key(thing), []).append(thing)
    return list(groups.values())


def _changed(changes: Iterable[Change], known: Siblings) -> Iterator[_Line]:
    for group in _grouped(changes, lambda change: (change.op, tuple(change.arguments), _rewired(change))):
        members = {change.after: change for change in group}
        for pattern in fold(members, known):
            yield "~", pattern.text, _told([members[path] for path in pattern.paths])


def _told(changes: Sequence[Change]) -> str:
    first = changes[0]
    texts = [first.op[0] if first.op[0] == first.op[1] else f"{first.op[0]} → {first.op[1]}"]
    texts += [f"{name}: {_values(changes, name)}" for name in first.arguments]
    texts += [f"from: {_read(first.reads[0])} → {_read(first.reads[1])}"] if first.reads else []
    return "  ".join(texts)


def _rewired(change: Change) -> Hashable:
    """Say what is new in what a layer reads, so that only what reads the same is one line."""
    return change.reads and (change.after, change.reads)


def _values(group: Sequence[Change], name: str) -> str:
    found = dict.fromkeys(f"{_value(a)} → {_value(b)}" for a, b in (change.arguments[name] for change in group))
    return ", ".join([*found][:4]) + (", …" if len(found) > 4 else "")


def _value(value: Value) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _read(paths: Sequence[str]) -> str:
    return paths[0] if len(paths) == 1 else f"[{', '.join(paths)}]"


def _items(mark: str, items: Iterable[Item], known: Siblings) -> Iterator[_Line]:
    for group in _grouped(items, lambda item: (item.label, item.arguments, item.layers)):
        members = {item.path: item for item in group}
        for pattern in fold(members, known):
            yield mark, pattern.text, _item([members[path] for path in pattern.paths])


def _item(group: Sequence[Item]) -> str:
    first, parameters = group[0], sum(item.parameters for item in group)
    texts = [first.label] if first.node else [f"{first.label or 'a group'} of {first.layers:,} layers"]
    texts += [f"×{len(group)}"] if len(group) > 1 else []
    return "  ".join([*texts, *([f"{parameters:,} parameters"] if parameters else [])])


def _moved(moves: Sequence[Move], known: Siblings) -> Iterator[_Line]:
    """Yield moves; what is counted anew in one scope is one line, and so are layers that take one new name."""
    for run in _grouped((move for move in moves if _renumbered(move)), _renumbered):
        before, after = ([move.before for move in run], [move.after for move in run])
        count = f"  {len(run)} layers" if len(run) > 1 else ""
        yield ">", _from_to(before), f"→ {_from_to(after)}{count}"
    rest = [move for move in moves if not _renumbered(move)]
    for group in _grouped((move for move in rest if _renamed(move)), lambda move: (move.before[-1], move.after[-1])):
        for pattern in fold((move.before for move in group), known):
            yield ">", pattern.text, f"→ {group[0].after[-1]}"
    for move in rest:
        if not _renamed(move):
            yield ">", ".".join(move.before), f"→ {'.'.join(move.after)}"


def _from_to(paths: Sequence[Path]) -> str:
    first, last = ".".join(paths[0]), paths[-1][-1]
    return first if len(paths) == 1 else f"{first}…{last}"


def _renamed(move: Move) -> bool:
    return move.before[:-1] == move.after[:-1]


def _renumbered(move: Move) -> Hashable:
    if move.before[-1].isdigit() and move.after[-1].isdigit():
        return move.before[:-1], move.after[:-1]
    return None


def _reshaped(changes: Iterable[Change], known: Siblings) -> Iterator[_Line]:
    for group in _grouped(changes, lambda change: _arrow(*change.outputs)):
        for pattern in fold((change.after for change in group), known):
            yield "~", pattern.text, _arrow(*group[0].outputs)


def _arrow(before: Sequence[Tensor], after: Sequence[Tensor]) -> str:
    a, b = (", ".join(map(str, tensors)) for tensors in (before, after))
    return f"{a} → {b}" if a != b else "another input, the same output"


# Keys


def _keys(difference: Difference) -> Iterator[Section]:
    keys = difference.keys
    known = siblings(keys.known)
    reshaped = {key: f"{_shape(a)} → {_shape(b)}" for key, (a, b) in keys.reshaped.items()}
    for mark, found, title in (
        ("~", reshaped, "of another shape, which do not load"),
        ("-", {key: _shape(shape) for key, shape in keys.unexpected.items()}, "only in an old checkpoint"),
        ("+", {key: _shape(shape) for key, shape in keys.missing.items()}, "not in an old checkpoint"),
    ):
        yield Section(f"state_dict: {_number(len(found), 'key')} {title}", tuple(_folded(mark, found, known)))
    fit = tuple((">", pattern.text, "") for pattern in fold(keys.renamed, known))
    fitting = f"{_number(len(keys.renamed), 'old key')} whose tensors fit under the new key of their layer"
    yield Section(f"state_dict: {fitting}", fit)


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _folded(mark: str, keys: Mapping[Path, str], known: Siblings) -> Iterator[_Line]:
    for pattern in fold(keys, known):
        shapes = list(dict.fromkeys(keys[path] for path in pattern.paths))
        yield mark, pattern.text, ", ".join(shapes[:3]) + (", …" if len(shapes) > 3 else "")


def _shape(shape: tuple[int, ...]) -> str:
    return str(Tensor(shape))
