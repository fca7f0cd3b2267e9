"""The lines of a table → text, Markdown, CSV or JSON."""

import csv
import io
import json
import textwrap
from collections.abc import Callable, Sequence

from archspec.diagnostic import printable
from archspec.graph import Graph
from archspec.ops.base import Tensor
from archspec.summary.rows import Row

__all__ = ["as_csv", "as_json", "as_markdown", "as_text", "rounded"]


Smallest = tuple[tuple[int, ...], str] | None
"""The smallest input that is accepted, and why the next smaller one is not."""


def as_json(graph: Graph, shown: Sequence[Row], smallest: Smallest = None) -> str:
    """Return the model's figures and a list of the rows."""
    model = graph.model
    whole = {
        "name": graph.name,
        "inputs": {name or "input": list(tensor.shape) for name, tensor in model.inputs},
        "outputs": {
            name or "output": list(tensor.shape) for (name, _), tensor in zip(model.outputs, model.tensors, strict=True)
        },
        "smallest_input": smallest and {"shape": list(smallest[0]), "refused_below": smallest[1] or None},
        "parameters": model.num_parameters,
        "macs": model.macs,
        "flops": 2 * model.macs,
        "layers": [_object(row) for row in shown],
    }
    return json.dumps(whole, indent=2)


def _object(row: Row) -> dict[str, object]:
    return {
        "path": row.path,
        "last": row.last,
        "copies": row.copies,
        "depth": row.depth,
        "kind": row.kind,
        "op": row.op,
        "kernel_size": [window.kernel for window in row.windows],
        "stride": [window.stride for window in row.windows],
        "padding": [[window.before, window.after] for window in row.windows],
        "dilation": [window.dilation for window in row.windows],
        "output_shapes": [list(tensor.shape) for tensor in row.outputs],
        "parameters": row.parameters,
        "macs": row.macs,
        "training": row.training,
        "unused": row.unused,
    }


_COLUMNS = ("layer", "op", "k/s/p", "output", "parameters", "MACs")


_HEADER = (
    *("path", "last", "copies", "depth", "kind", "op"),
    *("k/s/p", "output", "parameters", "macs", "training", "unused"),
)


def as_csv(shown: Sequence[Row]) -> str:
    """Return the rows with whole paths and exact figures."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(_HEADER)
    for row in shown:
        cells = (row.path, row.last, row.copies, row.depth, row.kind, row.op, _windows(row), _shapes(row))
        writer.writerow((*cells, row.parameters, row.macs, str(row.training).lower(), str(row.unused).lower()))
    return stream.getvalue().rstrip("\n")


def as_markdown(graph: Graph, shown: Sequence[Row]) -> str:
    """Return the rows with whole paths, as a table of GitHub's Markdown."""
    lines = [
        f"**{_code(graph.name)}**: {_sizes(graph)}, {graph.model.num_parameters:,} parameters, "
        f"{graph.model.macs:,} MACs (FLOPs = 2 × MACs)",
        "",
        f"| {' | '.join(_COLUMNS)} |",
        "|:---|:---|:---|:---|---:|---:|",
    ]
    for row in shown:
        path = row.path if row.copies == 1 else f"{row.path} … {row.last}"
        cells = (_code(path), *_described(row, _exact))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _code(text: str) -> str:
    """Return text that Markdown shows as it is; a spec's name may hold anything."""
    return "`" + printable(text).replace("`", "'").replace("|", "¦") + "`"


def as_text(graph: Graph, shown: Sequence[Row], width: int, smallest: Smallest = None) -> str:
    """Return the rows as a person reads them; to fit, figures are rounded first, and then names are cut."""
    model = graph.model
    for digits in (_exact, rounded):
        table = [_COLUMNS, *(_cells(row, digits) for row in shown)]
        table.append(("total", "", "", "", digits(model.num_parameters), digits(model.macs)))
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        if sum(widths) + 2 * (len(widths) - 1) <= width:
            break
    over = sum(widths) + 2 * (len(widths) - 1) - width
    for column, least in ((0, 16), (1, 12), (3, 12)):  # what may be cut: the layer, the op, the output
        cut = max(0, min(over, widths[column] - least))
        widths[column] -= cut
        over -= cut
    head = [
        f"{printable(graph.name)}  {_sizes(graph)}",
        *(textwrap.wrap(_least(*smallest), 80, subsequent_indent="  ") if smallest else []),
        "MACs are those of one sample in evaluation; FLOPs = 2 × MACs",
        "k/s/p: kernel/stride/padding, then dilation; ×n: n equal copies, opened once",
        "",
    ]
    return "\n".join([*head, *(_line(cells, widths) for cells in table)])


def _least(shape: tuple[int, ...], refusal: str) -> str:
    smaller = f"; {shape[-1] - 1} is refused: {printable(refusal)}" if refusal else ""
    return f"smallest square input {Tensor(shape)}{smaller}"


def _cells(row: Row, digits: Callable[[int], str]) -> tuple[str, ...]:
    name = "  " * row.depth + _span(row)
    return (name, *_described(row, digits))


def _described(row: Row, digits: Callable[[int], str]) -> tuple[str, ...]:
    return _named(row), _windows(row), _shapes(row), digits(row.parameters), digits(row.macs)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    *words, parameters, macs = (_cut(cell, width) for cell, width in zip(cells, widths, strict=True))
    padded = [f"{word:<{width}}" for word, width in zip(words, widths, strict=False)]
    return "  ".join([*padded, f"{parameters:>{widths[-2]}}", f"{macs:>{widths[-1]}}"]).rstrip()


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _span(row: Row) -> str:
    """Return the name of the layer, or of the first and last copy: `encoder_layer_1–11`."""
    first, last = row.path.rpartition(".")[2], row.last.rpartition(".")[2]
    if row.copies == 1:
        return first
    stem = first.rstrip("0123456789")
    return f"{first}–{last.removeprefix(stem)}"


def _named(row: Row) -> str:
    parts = [row.op, f"×{row.copies}" if row.copies > 1 else "", _when(row)]
    return " ".join(filter(None, parts))


def _when(row: Row) -> str:
    if row.unused:
        return "(unused)"
    return "(training)" if row.training else ""


def _windows(row: Row) -> str:
    """Return kernel, stride and padding, and the dilation where there is one: `3/2/1`, `1×7/1/0×3`."""
    if not row.windows:
        return ""
    columns = [
        [str(window.kernel) for window in row.windows],
        [str(window.stride) for window in row.windows],
        [str(w.before) if w.before == w.after else f"{w.before}+{w.after}" for w in row.windows],
        [str(window.dilation) for window in row.windows],
    ]
    texts = [column[0] if len(set(column)) == 1 else "×".join(column) for column in columns]
    return "/".join(texts if texts[3] != "1" else texts[:3])


def _shapes(row: Row) -> str:
    return ", ".join(map(str, row.outputs))


def _sizes(graph: Graph) -> str:
    """Return the model's inputs and outputs: `3×224×224 → 1000`."""
    model = graph.model
    outputs = zip((name for name, _ in model.outputs), model.tensors, strict=True)
    both = (model.inputs, outputs)
    return " → ".join(", ".join(f"{name} {tensor}".lstrip() for name, tensor in side) for side in both)


def _exact(number: int) -> str:
    return f"{number:,}"


def rounded(number: int) -> str:
    """Return a number in at most four digits: `25.56 M`."""
    for power, unit in ((12, "T"), (9, "G"), (6, "M"), (3, "k")):
        if number >= 10**power:
            return f"{number / 10**power:.4g} {unit}"
    return str(number)
