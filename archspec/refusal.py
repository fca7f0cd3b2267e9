"""What an op refuses on a line → the message: the arithmetic, where each input comes from, and what would do."""

from collections.abc import Sequence

from archspec.diagnostic import Diagnostic, Label, Span
from archspec.lines import Layer
from archspec.ops.base import Op, ShapeError, Tensor
from archspec.regain import padding
from archspec.remedy import remedies
from archspec.scope import Entry
from archspec.shrinking import shrinking

__all__ = ["refusal"]


def refusal(
    error: ShapeError,
    op: Op,
    layer: Layer,
    tensors: tuple[Tensor, ...],
    reads: Sequence[Entry],
    notes: tuple[str, ...],
    *,
    brief: bool,
) -> Diagnostic:
    """Return what is said where an op refuses its arguments or its inputs.

    Args:
        error: what the op says.
        op: the op.
        layer: its line.
        tensors: its inputs.
        reads: where they come from.
        notes: what is said beside the arithmetic.
        brief: whether to leave out where a map shrank on its way, which is a search.
    """
    written = error.argument is not None and error.argument in layer.arguments
    texts = layer.reads or ("",) * len(reads)
    labels = tuple(
        Label(entry.where.span(name=True), f"{_gives(text, entry)} {tensor}")
        for text, entry, tensor in zip(texts, reads, tensors, strict=False)
    )
    if error.code == "AS202" and not brief:
        for entry in reads[error.operand : error.operand + 1]:
            labels += shrinking(entry.wires[0], entry.where) if entry.wires else ()
    fixes = remedies(error, op, layer, tensors) if written or error.argument is None else ()
    help_ = error.help
    if op.family == "merge" and error.code == "AS203" and not brief and (found := padding(op, tensors, reads)):
        told = {label.span for label in labels}
        labels += tuple(label for label in found.labels if label.span not in told)
        help_, fixes = found.help, found.fixes
    span = _place(error, layer, written=written)
    return Diagnostic(error.code, error.message, span, "error", labels, (*error.notes, *notes), help_, fixes)


def _place(error: ShapeError, layer: Layer, *, written: bool) -> Span:
    """Return the place of the argument to blame, of the input in `from`, or of the line."""
    if written:
        return layer.where.at(error.argument or "").span()
    if layer.reads is None:
        return layer.where.span(name=layer.name is not None)
    index = (error.operand,) if len(layer.reads) > 1 and error.operand < len(layer.reads) else ()
    return layer.where.at("from", *index).span()


def _gives(text: str, entry: Entry) -> str:
    """Return the beginning of what is said where an input comes from, as `conv gives`."""
    if entry.kind == "set input":
        return f"{text or 'this'} is set to"
    inside = not text and entry.kind == "input" and entry.where.key[0] == "blocks"
    return "this reads" if inside else f"{text or 'this'} gives"
