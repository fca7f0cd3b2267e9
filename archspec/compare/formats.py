"""A difference → text for a terminal, Markdown for a pull request, JSON for programs."""

import json
from collections.abc import Iterable, Mapping

from archspec.compare import Difference
from archspec.compare.changes import Change
from archspec.compare.figures import Figures
from archspec.compare.item import Item
from archspec.compare.lines import Section, rows, sections
from archspec.diagnostic import printable
from archspec.graph import Path
from archspec.ops.base import Tensor

__all__ = ["FORMATS", "written"]

FORMATS = ("text", "json", "markdown")
"""How a difference can be written."""


def written(difference: Difference, form: str, names: tuple[str, str], width: int = 100) -> str:
    """Return a difference as one of `FORMATS`, under what a person calls the two; text in lines of so many columns."""
    if form == "json":
        return json.dumps(_object(difference), indent=2)
    return _markdown(difference, names) if form == "markdown" else _text(difference, names, width)


def _text(difference: Difference, names: tuple[str, str], width: int) -> str:
    table = rows(difference)
    widths = [max(len(row[column]) for row in table) for column in range(4)]
    lines = [_title(difference, names), ""]
    for name, before, after, change in table:
        line = f"{name:<{widths[0]}}  {before:>{widths[1]}}  {after:>{widths[2]}}  {change:>{widths[3]}}"
        lines.append(_cut(line.rstrip(), width))
    for section in sections(difference):
        lines += ["", _cut(section.title, width), *section.lines(width)]
    return "\n".join(lines)


def _title(difference: Difference, names: tuple[str, str]) -> str:
    return " → ".join(map(printable, names)) + (": the same architecture" if difference.same else "")


def _cut(line: str, width: int) -> str:
    return line if len(line) <= width else line[: width - 1] + "…"


def _markdown(difference: Difference, names: tuple[str, str]) -> str:
    before, after = map(_code, names)
    same = ": the same architecture" if difference.same else ""
    head = [f"**{before} → {after}**{same}", "", "| | before | after | change |", "|:---|---:|---:|---:|"]
    lines = [*head, *(f"| {' | '.join(map(_plain, row))} |" for row in rows(difference)[1:])]
    for section in sections(difference):
        lines += ["", f"**{section.title}**", "", *_items(section)]
    return "\n".join(lines)


def _items(section: Section) -> list[str]:
    """Return a section as a list; what is from a spec stands in code, where Markdown means nothing."""
    return [f"- {_code(head)}" + (f" {_code(text)}" if text else "") for _, head, text in section.shown()]


def _code(text: str) -> str:
    return "`" + printable(text).replace("`", "'").replace("|", "¦") + "`"


def _plain(text: str) -> str:
    """Return text of our own, in which names of a spec may stand."""
    return printable(text).replace("|", "¦").replace("`", "'").replace("<", "‹")


# JSON


def _object(difference: Difference) -> dict[str, object]:
    keys = difference.keys
    return {
        "same": difference.same,
        "before": _figures(difference.graphs[0].name, difference.figures[0]),
        "after": _figures(difference.graphs[1].name, difference.figures[1]),
        "outputs": {name: _pair(*layers) for name, layers in difference.outputs.items()},
        "changed": [_change(change) for change in difference.changed],
        "moved": [
            {"before": _dotted(move.before), "after": _dotted(move.after), "op": move.label}
            for move in difference.moved
        ],
        "removed": [_item(item) for item in difference.removed],
        "added": [_item(item) for item in difference.added],
        "state_dict": {
            "missing": _shapes(keys.missing),
            "unexpected": _shapes(keys.unexpected),
            "reshaped": {_dotted(key): {"before": a, "after": b} for key, (a, b) in keys.reshaped.items()},
            "renamed": {_dotted(key): _dotted(other) for key, other in keys.renamed.items()},
        },
    }


def _dotted(path: Path) -> str:
    return ".".join(path)


def _figures(name: str, figures: Figures) -> dict[str, object]:
    return {
        "name": name,
        "inputs": {key: list(tensor.shape) for key, tensor in figures.inputs.items()},
        "outputs": {key: list(tensor.shape) for key, tensor in figures.outputs.items()},
        "layers": figures.layers,
        "parameters": figures.parameters,
        "macs": figures.macs,
        "weight_bytes": figures.weights,
        "inference_bytes": figures.inference,
        "training_bytes": figures.training,
        "receptive_field": list(figures.receptive_field),
    }


def _change(change: Change) -> dict[str, object]:
    return {
        "before": _dotted(change.before),
        "after": _dotted(change.after),
        "op": _pair(*change.op),
        "arguments": {name: _pair(*values) for name, values in change.arguments.items()},
        "reads": change.reads and _pair(*map(list, change.reads)),
        "outputs": _pair(*map(_tensors, change.outputs)),
    }


def _pair(before: object, after: object) -> dict[str, object]:
    return {"before": before, "after": after}


def _tensors(tensors: Iterable[Tensor]) -> list[list[int]]:
    return [list(tensor.shape) for tensor in tensors]


def _item(item: Item) -> dict[str, object]:
    return {"path": _dotted(item.path), "op": item.label, "layers": item.layers, "parameters": item.parameters}


def _shapes(shapes: Mapping[Path, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    return {_dotted(key): shape for key, shape in shapes.items()}
