"""The lines of a table → text, Markdown, CSV or JSON."""

import csv
import io
import json
import textwrap
from collections.abc import Callable, Sequence

from archspec.diagnostic import printable
from archspec.graph import Graph
from archspec.measure import Field, Memory
from archspec.ops.base import Tensor
from archspec.summary.cells import COLUMNS, byte_count, described, exact, fields, rounded, span, windows
from archspec.summary.rows import Row

__all__ = ["as_csv", "as_json", "as_markdown", "as_text"]


Smallest = tuple[tuple[int, ...], str] | None
"""The smallest input that is accepted, and why the next smaller one is not."""


def as_json(graph: Graph, taken: Memory, shown: Sequence[Row], smallest: Smallest = None) -> str:
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
        "memory": {
            "batch": taken.batch,
            "dtype": taken.dtype,
            "weights": taken.weights,
            "inference_peak": taken.inference,
            "saved_for_training": taken.training,
        },
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
        "memory": row.memory,
        "receptive_field": [_field(field) for field in row.view],
        "differs": row.differs,
        "training": row.training,
        "unused": row.unused,
    }


def _field(field: Field | None) -> dict[str, object] | None:
    """Return what is seen along one axis of an input; None of an input that is not."""
    if field is None:
        return None
    jump = int(field.jump) if field.jump.denominator == 1 else float(field.jump)
    return {"size": field.size, "jump": jump, "start": field.start, "even": field.even}


_HEADER = (
    *("path", "last", "copies", "depth", "kind", "op", "k/s/p", "output", "parameters", "macs", "memory"),
    *("RF/jump", "differs", "training", "unused"),
)


def as_csv(shown: Sequence[Row]) -> str:
    """Return the rows with whole paths and exact figures."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(_HEADER)
    for row in shown:
        place = (row.path, row.last, row.copies, row.depth, row.kind, row.op, windows(row))
        figures = (", ".join(map(str, row.outputs)), row.parameters, row.macs, row.memory, fields(row), row.differs)
        writer.writerow((*place, *figures, str(row.training).lower(), str(row.unused).lower()))
    return stream.getvalue().rstrip("\n")


def as_markdown(graph: Graph, taken: Memory, shown: Sequence[Row]) -> str:
    """Return the rows with whole paths, as a table of GitHub's Markdown."""
    lines = [
        f"**{_code(graph.name)}**: {_sizes(graph)}, {graph.model.num_parameters:,} parameters, "
        f"{graph.model.macs:,} MACs (FLOPs = 2 × MACs)",
        "",
        f"| {' | '.join(COLUMNS)} |",
        "|:---|:---|:---|:---|---:|---:|---:|---:|",
    ]
    for row in shown:
        path = row.path if row.copies == 1 else f"{row.path} … {row.last}"
        cells = (_code(path), *described(row, exact))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, "", *(f"- {name}: {text}" for name, text in _memory(taken))])


def _memory(taken: Memory) -> list[tuple[str, str]]:
    """Return what memory is needed for, and how much, in words."""
    return [
        ("weights", f"{byte_count(taken.weights)}, {taken.dtype}"),
        (
            "inference peak",
            f"{byte_count(taken.inference)}, batch {taken.batch}: values alive at once, without weights",
        ),
        (
            "saved for training",
            f"{byte_count(taken.training)}, batch {taken.batch}: what autograd keeps, without weights",
        ),
    ]


def _code(text: str) -> str:
    """Return text that Markdown shows as it is; a spec's name may hold anything."""
    return "`" + printable(text).replace("`", "'").replace("|", "¦") + "`"


_LEGEND = (
    "MACs are multiply-accumulates of one sample in evaluation, of convolutions and matrix products; "
    "FLOPs = 2 × MACs. k/s/p: kernel/stride/padding, then dilation. memory: new bytes for the output, none in place "
    "or of a view. RF/jump: receptive field and its step, in pixels of the input. ×n: n equal copies, opened "
    "once; the last one's RF."
)


def as_text(graph: Graph, taken: Memory, shown: Sequence[Row], width: int, smallest: Smallest = None) -> str:
    """Return the rows as a person reads them; to fit, figures are rounded first, and then names are cut."""
    model = graph.model
    gap = 2 if width >= _NARROW else 1
    for digits in (exact, rounded):
        table = [COLUMNS, *(_cells(row, digits) for row in shown)]
        table.append(("total", "", "", "", digits(model.num_parameters), digits(model.macs), "", ""))
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        if sum(widths) + gap * (len(widths) - 1) <= width:
            break
    over = sum(widths) + gap * (len(widths) - 1) - width
    for column, least in _LEAST:
        cut = max(0, min(over, widths[column] - least))
        widths[column] -= cut
        over -= cut
    head = [
        f"{printable(graph.name)}  {_sizes(graph)}",
        *(textwrap.wrap(_least(*smallest), min(width, 80), subsequent_indent="  ") if smallest else []),
        *textwrap.wrap(_LEGEND, width),
        "",
    ]
    foot = ["", *(f"{name:<18}  {text}" for name, text in _memory(taken))]
    return "\n".join([*head, *(_line(cells, widths, " " * gap) for cells in table), *foot])


def _least(shape: tuple[int, ...], refusal: str) -> str:
    smaller = f"; {shape[-1] - 1} is refused: {printable(refusal)}" if refusal else ""
    return f"smallest square input {Tensor(shape)}{smaller}"


def _cells(row: Row, digits: Callable[[int], str]) -> tuple[str, ...]:
    return ("  " * row.depth + span(row), *described(row, digits))


_NARROW = 90  # from here on there is room for two spaces between columns
_LEAST = ((1, 20), (0, 16), (1, 12), (3, 10), (2, 5), (0, 10), (7, 7))
"""What may be cut, in this order, and to what width: op, layer, output, k/s/p, receptive field."""

_WORDS = 4  # columns that begin on the left


def _line(cells: Sequence[str], widths: Sequence[int], gap: str) -> str:
    cut = [_cut(cell, width) for cell, width in zip(cells, widths, strict=True)]
    pairs = enumerate(zip(cut, widths, strict=True))
    return gap.join(f"{c:<{w}}" if column < _WORDS else f"{c:>{w}}" for column, (c, w) in pairs).rstrip()


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _sizes(graph: Graph) -> str:
    """Return the model's inputs and outputs: `3×224×224 → 1000`."""
    model = graph.model
    outputs = zip((name for name, _ in model.outputs), model.tensors, strict=True)
    both = (model.inputs, outputs)
    return " → ".join(", ".join(f"{name} {tensor}".lstrip() for name, tensor in side) for side in both)
