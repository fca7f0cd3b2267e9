"""Names in a body: what a layer's `from` may read, and the message when it may not."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from archspec.expression import UNKNOWN
from archspec.graph import Call, Node, Path, Ref
from archspec.graph import Layer as GraphLayer
from archspec.lines import Scope
from archspec.ops.base import Tensor
from archspec.report import Meant, Report, Where, fix

__all__ = ["Entry", "Names", "Target", "Wire", "find", "sizes"]


class Wire(NamedTuple):
    """One value: where it comes from inside its body, and what it is."""

    ref: Ref
    tensor: Tensor
    training: bool = False  # it is there in training only, as an output of a block may be
    layer: Node | Call | None = None  # what gives it; None: a body's input
    before: tuple["Wire", ...] = ()  # what that reads, or is outside


class Entry(NamedTuple):
    """What a name stands for. `wires` is None where an earlier mistake left it unknown.

    Entries are compared by `is`: their wires hold all that stands before them.
    """

    where: Where
    wires: tuple[Wire, ...] | None
    outputs: tuple[str, ...] = ()  # the names of several outputs; else they are numbered
    children: Mapping[str, "Entry"] | None = None  # of a group or a repeat
    kind: str = "layer"  # layer, block, group, input, or set input where a caller gave its size
    absent: bool = False
    training: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """Where the layers of a scope go: a path in the body, and what stands there so far."""

    path: Path
    layers: list[GraphLayer] = field(default_factory=list)
    children: dict[str, Entry] = field(default_factory=dict)


@dataclass(slots=True)
class Names:
    """The names that the lines of one scope see; it grows as the walk goes down the scope."""

    scope: Scope
    constants: Mapping[str, object]  # parameters, and `index` in a repeated group
    input: Entry
    target: Target
    parent: "Names | None" = None  # the scope around a group; a block sees nothing outside
    training: bool = False
    entries: dict[str, Entry] = field(default_factory=dict)
    previous: Entry = field(init=False)
    known: Mapping[str, object] = field(init=False)  # what names mean in the values of a line, but for `index`

    def __post_init__(self) -> None:
        self.previous = self.input
        self.known = {**self.constants, "input": sizes(self.input)}

    def enclosing(self) -> Iterator["Names"]:
        """Yield this scope and the scopes around it, inside the body."""
        names: Names | None = self
        while names is not None:
            yield names
            names = names.parent


_AXES = {
    2: ("channels", "length"),
    3: ("channels", "height", "width"),
    4: ("channels", "depth", "height", "width"),
}


def sizes(entry: Entry) -> object:
    """Return what `input` means in an expression: sizes by name (`channels`, `height`, …), or inputs by name."""
    if entry.wires is None:
        return UNKNOWN
    if entry.outputs:
        return {name: _sizes(wire.tensor) for name, wire in zip(entry.outputs, entry.wires, strict=True)}
    return _sizes(entry.wires[0].tensor)


def _sizes(tensor: Tensor) -> dict[str, int]:
    axes = _AXES.get(len(tensor.shape), ("channels",))
    named = dict(zip(axes, tensor.shape, strict=False))
    return {**named, "features": tensor.shape[-1]} if tensor.shape else named


def find(names: Names, text: str, where: Where, report: Report) -> Entry | None:
    """Return what `from: text` reads; None after a message."""
    if _BETWEEN.search(text) and _several(names, text, where, report):
        return None
    first, *rest = text.split(".")
    entry = names.input if first == "input" else _named(names, first, where, report)
    for part in rest:
        if entry is None or (entry.wires is None and entry.children is None):
            return entry
        entry = _part(entry, part, text, where, report)
    return entry


def _named(names: Names, name: str, where: Where, report: Report) -> Entry | None:
    for scope in names.enclosing():
        if name in scope.entries:
            return scope.entries[name]
    for scope in names.enclosing():
        for layer in scope.scope.layers:
            if layer.name == name:
                inside = where.key[: len(layer.where.key)] == layer.where.key
                message = (
                    f"{name} is the layer that this line stands in"
                    if inside
                    else f"{name} is read before it is written; a layer reads only what stands before it"
                )
                report.say("AS112", where, message, labels=[(layer.where, f"{name} is written here")])
                return None
    if name in names.input.outputs:
        report.say("AS113", where, f"there is no layer {name} to read", help=Meant(name, f"input.{name}", sure=True))
        return None
    visible = [*dict.fromkeys(name for scope in names.enclosing() for name in scope.entries), "input"]
    help_: Meant | str | None = report.near(name, visible, f"this line can read {_some(visible)}")
    if name in names.input.outputs:
        help_ = Meant(name, f"input.{name}", sure=True)
    elif name.isdigit():
        help_ = "the layers of a list have no names; write them as a mapping, `name: layer`, to read one of them"
    report.say("AS113", where, f"there is no layer {name} to read", help=help_)
    taken = report.take(help_, visible)
    if taken is None:
        return None
    return names.input if taken == "input" else _named(names, taken, where, report)


_BETWEEN = re.compile(r"[\s,+]+")
"""What stands between names where several are written as one."""


def _several(names: Names, text: str, where: Where, report: Report) -> bool:
    """Tell of several names in one text, as `a, b`, `a b` or `a + b`; return whether that is what it holds."""
    written = [name for name in _BETWEEN.split(text) if name]
    seen = {"input"}.union(*(scope.entries for scope in names.enclosing()))
    if len(written) < 2 or not seen.issuperset(name.partition(".")[0] for name in written):
        return False
    entries = ", ".join(written)
    inside, reading = isinstance(where.key[-1], int), "from" in where.key[-2:]
    if not reading or "+" in text:
        advice = f"write a list of names, [{entries}], or put an Add of that list before this line"
        outputs = f"an output is one layer; several have names: {{{', '.join(f'{name}: {name}' for name in written)}}}"
        message = f"`{text}` is no name of a layer"
        report.say("AS113", where, message, help=advice if reading else outputs)
        return True
    message = f"brackets are missing around {text}" if "," in text else f"a comma is missing in `{text}`"
    whole = entries if inside else f"[{entries}]"
    report.say("AS113", where, message, help=f"write {whole}",
               fixes=fix(f"write {whole}", where.replaced(whole), safe=True))  # fmt: skip
    return True


def _part(entry: Entry, part: str, text: str, where: Where, report: Report) -> Entry | None:
    if entry.absent:
        labels = [(entry.where, "left out by its condition")]
        report.say("AS113", where, f"{text} reads inside a layer that is absent here", labels=labels)
        return None
    if entry.children is not None:
        if part in entry.children:
            return entry.children[part]
        choices: tuple[str, ...] = tuple(entry.children)
    else:
        wires = entry.wires or ()
        choices = entry.outputs or tuple(str(index) for index in range(len(wires)))
        if (entry.outputs or len(wires) > 1) and part in choices:
            wire = wires[choices.index(part)]
            return Entry(entry.where, (wire,), training=entry.training or wire.training)
    _no_part(entry, part, text, choices, where, report)
    return None


def _no_part(entry: Entry, part: str, text: str, choices: tuple[str, ...], where: Where, report: Report) -> None:
    help_: Meant | str | None = report.near(part, choices, f"there are {_some(list(choices))}")
    if entry.kind == "block" and not entry.outputs:
        help_ = "a block shows only the outputs that it names: give it output: {name: layer}"
    elif entry.kind != "group" and len(choices) < 2:
        help_ = "it has one output; read it by its name alone"
    labels = [(entry.where, "written here")]
    report.say("AS113", where, f"{text}: there is no {part} in it", labels=labels, help=help_)


def _some(names: list[str]) -> str:
    """Return a list of names in words, the last ones where there are many."""
    shown = names if len(names) <= 8 else ["…", *names[-7:]]
    return ", ".join(shown)
