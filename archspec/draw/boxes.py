"""A run → its box: what it is called, what it is, what its first copy does otherwise, what it costs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod

from archspec.draw.parts import Part
from archspec.draw.plan import Box, Kind
from archspec.draw.runs import Run, difference
from archspec.draw.words import clipped, dotted, figure, op_lines, sign, span, tidy, value, wrapped
from archspec.graph import Call, Node, Path, num_parameters

__all__ = ["Manner", "box"]


@dataclass(frozen=True, slots=True)
class Manner:
    """How the boxes of a panel are worded."""

    costs: bool = False  # blocks tell their parameters and MACs
    whole: bool = False  # ops tell every argument
    symbolic: bool = False  # arguments are told by their expressions
    optional: Callable[[Path], str] = lambda _: ""  # why a part may be absent, where it may
    inside: bool = False  # parts of opened blocks stand in a frame that bears the block's path


def box(key: str, run: Run, found: Sequence[Run], manner: Manner) -> Box:
    """Return the box of one of the runs that were found."""
    lead = run.first.lead
    name = _name(run, found, manner)
    remark = _remark(lead, manner)
    kind, family, lines = _described(run, manner)
    if kind != "merge":
        lines = (*lines, *filter(None, (remark,)))
    figures = _figures(run)
    return Box(
        key,
        kind,
        clipped(name, 34),
        lines,
        family,
        _tip(run, name, figures),
        bool(remark),
        copies=len(run.units),
        figures=figures,
    )


def _remark(lead: Part, manner: Manner) -> str:
    """Return why what the box stands for is not always there."""
    if lead.training:
        return "training only"
    return manner.optional(lead.path) if lead.live else "never runs"


def _described(run: Run, manner: Manner) -> tuple[Kind, str, tuple[str, ...]]:
    layer = run.first.lead.layer
    if isinstance(layer, Call):
        return "block", "block", tuple(_block(run, manner))
    if sign(run.first) and len(run.units) == 1:
        return "merge", "merge", (sign(run.first),)
    lines = op_lines(run.first, whole=manner.whole, symbolic=manner.symbolic)
    return "op", layer.op.family, (f"{lines[0]}{_copies(run)}", *lines[1:])


def _copies(run: Run) -> str:
    return f" ×{len(run.units)}" if len(run.units) > 1 else ""


def _block(run: Run, manner: Manner) -> list[str]:
    """Return a block's name, its arguments, what its first copy does otherwise, and what all of them cost."""
    lead, calls = run.first.lead, run.calls
    same, first = difference(calls)
    told = [_argument(lead, name, value(given), manner) for name, given in same.items()]
    lines = [clipped(dotted((calls[0].body.block,))) + _copies(run), *wrapped(told)[:3]]
    if first:
        lines += wrapped([f"first: {first[0]}", *first[1:]])[:2]
    if len(run.first.parts) > 1:
        lines.append(", ".join(type(part.layer.op).__name__ for part in run.first.parts[1:]
                               if isinstance(part.layer, Node)))  # fmt: skip
    if manner.costs:
        figures = _figures(run)
        costs = [figures["parameters"], *([] if lead.training else [figures["macs"]])]
        lines.append(" · ".join(map(figure, costs)))
    return lines


def _argument(part: Part, name: str, given: str, manner: Manner) -> str:
    written = part.expressions.get(name) if manner.symbolic else None
    text = clipped(given if written is None else tidy(written), 24)
    if text == name:
        return name
    return f"{name} {text}" if written is None else f"{name} = {text}"


def _name(run: Run, found: Sequence[Run], manner: Manner) -> str:
    first, last = run.first.lead, run.units[-1].lead
    if manner.inside and first.label != first.path:
        return dotted(first.path[len(first.label) :])
    group = first.label[:-1]
    if group and group == last.label[:-1]:
        inside = sum(other.first.lead.label[: len(group)] == group for other in found)
        if inside == 1:
            return dotted(group)
    return span(first.label, last.label)


def _tip(run: Run, name: str, figures: Mapping[str, int]) -> str:
    kinds = [type(part.layer.op).__name__ if isinstance(part.layer, Node) else part.layer.body.block
             for part in run.first.parts]  # fmt: skip
    return f"{name}: {', '.join(kinds)}; {figures['parameters']:,} parameters, {figures['macs']:,} MACs"


def _figures(run: Run) -> dict[str, int]:
    every = [part for unit in run.units for part in unit.parts]
    running = [part.layer for part in every if part.live and not part.training]
    return {
        "parameters": sum(num_parameters(part.layer) for part in every),
        "macs": sum(layer.macs if isinstance(layer, Node) else layer.body.macs for layer in running),
        "memory": sum(map(_given, running)),
    }


def _given(layer: Node | Call) -> int:
    """Return how many numbers the ops of a layer give for one sample."""
    if isinstance(layer, Node):
        return sum(prod(tensor.shape) for tensor in layer.outputs)
    return sum(map(_given, layer.body.leaves(training=False)))
