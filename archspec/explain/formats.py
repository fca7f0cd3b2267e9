"""An explanation → text or JSON, both with the same numbers."""

import json
import textwrap
from collections.abc import Iterator
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path

from archspec.diagnostic import printable
from archspec.explain.axis import AxisArithmetic
from archspec.explain.layer import Explanation, Move, Product
from archspec.explain.strip import strip
from archspec.measure import Field
from archspec.ops.base import Tensor, Value

__all__ = ["as_json", "as_text"]


def as_json(one: Explanation) -> str:
    """Return every number of the explanation."""
    whole = asdict(one)
    place = {"file": one.where.file, "line": one.where.line, "column": one.where.column}
    whole["where"] = {**place, **whole.pop("written")}
    whole["inputs"] = [list(tensor.shape) for tensor in one.inputs]
    whole["outputs"] = [list(tensor.shape) for tensor in one.outputs]
    whole["weights"] = {product.name: list(product.factors) for product in one.weights}
    whole["macs_product"] = one.macs_product and list(one.macs_product.factors)
    whole["flops"] = 2 * one.macs
    whole["seen"] = [_field(field) for field in one.seen]
    whole["seen_before"] = [_field(field) for field in one.seen_before]
    whole["moves"] = [{**asdict(move), "output": move.output and list(move.output.shape)} for move in one.moves]
    for axis, each in zip(one.axes, whole["axes"], strict=True):
        each["strip"] = strip(axis)
    return json.dumps(whole, indent=2, ensure_ascii=False)


def _field(field: Field | None) -> dict[str, object] | None:
    if field is None:
        return None
    jump = int(field.jump) if field.jump.denominator == 1 else float(field.jump)
    return {"size": field.size, "jump": jump, "start": field.start, "even": field.even}


def as_text(one: Explanation, width: int = 100) -> str:
    """Return the explanation as a person reads it."""
    before = f"{_shapes(one.inputs)} " if one.inputs else ""
    lines = [f"{printable(one.path)}  {one.op or 'group'}  {before}→ {_shapes(one.outputs)}", ""]
    rows = [*_head(one), *_axes(one), *_figures(one)]
    label = max(len(name) for name, _ in rows)
    for name, text in rows:
        first, *others = _wrapped(text, width - label - 2)
        lines += [f"{name:<{label}}  {first}".rstrip(), *(f"{'':<{label}}  {more}" for more in others)]
    for axis in _shown(one):
        if found := strip(axis):
            lines += ["", *found, "□ pixel  · padding  × never read  ■ read  ▪ read of the padding"]
    if one.moves:
        lines += ["", *_table(one)]
    return "\n".join(lines)


def _wrapped(text: str, width: int) -> list[str]:
    """Return the text in lines of that width, each indented as it is."""
    indent = text[: len(text) - len(text.lstrip(" "))]
    return textwrap.wrap(text, max(20, width), subsequent_indent=indent) or [""]


def _head(one: Explanation) -> Iterator[tuple[str, str]]:
    yield from _written(one)
    if one.torch:
        yield "torch", printable(one.torch)
    if one.kind == "block" and one.arguments:
        yield "arguments", ", ".join(f"{name}: {_value(value)}" for name, value in one.arguments.items())


def _written(one: Explanation) -> Iterator[tuple[str, str]]:
    """Yield where the layer is written, and its entry, on the same line where it is one."""
    lines = [*one.written.text.splitlines(), *([f"… {one.written.left_out}"] if one.written.left_out else [])]
    place = f"{printable(Path(one.where.file).name)}:{one.where.line}"
    if len(lines) == 1:
        yield "written", f"{place}: {printable(lines[0])}"
    elif lines:
        yield "written", place
        yield from (("", printable(line)) for line in lines)


def _axes(one: Explanation) -> Iterator[tuple[str, str]]:
    shown = _shown(one)
    for axis in shown:
        suffix = f" ({axis.name})" if len(shown) > 1 else ""
        yield f"size{suffix}", axis.formula
        if axis.relationship is not None:
            yield "", f"Relationship {axis.relationship} of Dumoulin & Visin's guide: {axis.relationship_text}"
        if axis.reads:
            yield "reads", f"output r reads {axis.reads}"
        yield "" if axis.reads else "reads", "; ".join(f"{r} reads {_extent(a, b)}" for r, a, b in axis.examples)
        yield "never read", _unread(axis)
        yield "same output", _same(axis)


def _shown(one: Explanation) -> tuple[AxisArithmetic, ...]:
    """Return the axes, or the first alone where all are alike."""
    alike = all(_bare(axis) == _bare(one.axes[0]) for axis in one.axes)
    return one.axes[:1] if alike else one.axes


def _bare(axis: AxisArithmetic) -> tuple[object, ...]:
    return axis.size, axis.result, axis.window, axis.formula


def _extent(first: int, last: int) -> str:
    both = (str(first).replace("-", "−"), str(last).replace("-", "−"))
    return both[0] if first == last else f"{both[0]} … {both[1]}"


def _unread(axis: AxisArithmetic) -> str:
    if axis.unread is None:
        return "not looked at: there are too many pixels"
    if not axis.unread:
        spare = axis.unread_padding
        return f"no pixel{f'; of the padding the last {spare}' if spare else ''}"
    count = sum(last - first + 1 for first, last in axis.unread)
    runs = ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in axis.unread[:6])
    return f"{count} of {axis.size} pixels: {runs}{', …' if axis.unread[6:] else ''}"


def _same(axis: AxisArithmetic) -> str:
    least, most = axis.same_sizes
    if axis.open:
        return (
            f"{axis.result} for every size from {least} on" if least == 1 else f"{axis.result} for sizes from {least}"
        )
    if least == most:
        return f"{axis.result} for {least} alone"
    return f"{axis.result} for the sizes {least} to {most}"


def _figures(one: Explanation) -> Iterator[tuple[str, str]]:
    for product in one.weights:
        yield "weights" if product is one.weights[0] else "", f"{product.name} {_product(product)}"
    if len(one.weights) != 1 and one.parameters:
        yield "parameters", f"{one.parameters:,}"
    if one.macs:
        text = _product(one.macs_product) if one.macs_product else f"{one.macs:,}"
        yield "MACs", f"{text} (FLOPs = 2 × MACs = {2 * one.macs:,})"
    seen = [field for field in one.seen if field is not None]
    if seen:
        yield "sees", _sees(seen, [field for field in one.seen_before if field is not None])


def _product(product: Product) -> str:
    if len(product.factors) < 2:
        return f"{product.total:,}"
    return f"{'·'.join(f'{factor:,}' for factor in product.factors)} = {product.total:,}"


def _sees(seen: list[Field], before: list[Field]) -> str:
    """Return receptive field and jump in words, and what they were before the layer."""
    if all(field.jump == 0 for field in seen):
        return f"{_each([str(field.size) for field in seen])} pixels of the input, wherever a value stands"
    sizes, jumps = _each([str(field.size) for field in seen]), _each([_number(field.jump) for field in seen])
    starts = _each([str(field.start).replace("-", "−") for field in seen])
    text = f"receptive field {sizes}, jump (effective stride) {jumps}, first pixel of output 0: {starts}"
    if all(field.even for field in seen) is False:
        text += "; branches of different jumps meet, so that it is what is seen at most"
    old = [(str(field.size), _number(field.jump)) for field in before]
    return text + (f"; before the layer {_each([a for a, _ in old])} and {_each([b for _, b in old])}" if old else "")


def _each(texts: list[str]) -> str:
    return texts[0] if len(set(texts)) == 1 else "×".join(texts)


def _number(number: Fraction) -> str:
    return str(number)


def _table(one: Explanation) -> list[str]:
    """Return what a step aside would do, as a table."""
    rows: list[tuple[str, ...]] = [("", "output", "params", "MACs")]
    rows.append(("as it is", str(one.outputs[0]), f"{one.parameters:,}", f"{one.macs:,}"))
    rows += [_moved(move) for move in one.moves]
    widths = [max(len(row[column]) for row in rows if len(row) > 2 or not column) for column in range(4)]
    lines = []
    for row in rows:
        cells = [f"{row[0]:<{widths[0]}}", f"{row[1]:<{widths[1]}}" if len(row) > 2 else row[1]]
        lines.append("  ".join([*cells, *(f"{c:>{w}}" for c, w in zip(row[2:], widths[2:], strict=False))]).rstrip())
    return lines


def _moved(move: Move) -> tuple[str, ...]:
    name = f"{move.argument} {_value(move.value)}"
    if move.output is None:
        return (name, f"refused: {move.refusal}")
    return name, str(move.output), f"{move.parameters:,}", f"{move.macs:,}"


def _value(value: Value) -> str:
    if isinstance(value, tuple):
        return _value(value[0]) if len(set(value)) == 1 else f"[{', '.join(map(_value, value))}]"
    return printable(str(value)).replace("-", "−") if not isinstance(value, bool) else str(value).lower()


def _shapes(tensors: tuple[Tensor, ...]) -> str:
    return ", ".join(map(str, tensors))
