"""A spec's `expect` and its graph → a message for the first published figure that does not hold."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from archspec.diagnostic import Fix
from archspec.evaluate import Evaluator
from archspec.expression import Unknown
from archspec.graph import Graph
from archspec.keys import describe
from archspec.ops.base import Tensor
from archspec.ops.fields import spelt
from archspec.program import Program
from archspec.report import Report, Where, fix
from archspec.source import Scalar, Tree

__all__ = ["COUNTED", "expect", "holds", "resized", "rounded"]

COUNTED = {"parameters": "parameters", "macs": "MACs"}
"""The figures that are counts, and what a person calls them."""


@dataclass(frozen=True, slots=True)
class _Wrong:
    """A figure that does not hold."""

    where: Where
    message: str
    fixes: tuple[Fix, ...]


def expect(program: Program, graph: Graph, evaluator: Evaluator, report: Report) -> None:
    """Compare the top-level expectations with the graph; overriding a parameter or the input suspends them."""
    if not program.expect or report.failed:
        return
    if program.overridden:
        changed = " and ".join(program.overridden)
        report.say("AS303", program.expect_where, f"not checked, since {changed} is overridden", name=True,
                   severity="note")  # fmt: skip
        return
    wrong = _wrong(program, graph, evaluator, report)
    if (first := next(wrong, None)) is not None:  # what is said of the others follows from it
        report.say("AS210", first.where, first.message, fixes=first.fixes)


def _wrong(program: Program, graph: Graph, evaluator: Evaluator, report: Report) -> Iterator[_Wrong]:
    if "output" in program.expect:
        yield from tuple(_outputs(program, graph, evaluator, report))
    for key, counted in (("parameters", graph.model.num_parameters), ("macs", graph.model.macs)):
        if key in program.expect:
            tree, where = program.expect[key], program.expect_where.at(key)
            value = evaluator.value(tree, where, graph.model.parameters)
            if isinstance(value, Unknown):
                continue
            if not isinstance(tree, Scalar) or type(value) not in (int, float):
                report.say("AS104", where, f"{describe(tree)} where a number is wanted")
            elif not holds(tree, value, counted):
                message = f"the model has {counted:,} {COUNTED[key]}, and {tree.text} is expected"
                yield _Wrong(where, message, _recounted(tree, where, counted))


def _outputs(program: Program, graph: Graph, evaluator: Evaluator, report: Report) -> Iterator[_Wrong]:
    tree, where = program.expect["output"], program.expect_where.at("output")
    produced = {name: tensor for (name, _), tensor in zip(graph.model.outputs, graph.model.tensors, strict=True)}
    if isinstance(tree, dict):
        for name, sizes in tree.items():
            if name not in produced:
                report.say("AS210", where.at(name), f"the model has no output {name}", name=True,
                           help=report.near(name, produced, _named(produced)))  # fmt: skip
            else:
                yield from _output(sizes, produced[name], where.at(name), graph, evaluator)
    elif len(produced) > 1:
        report.say("AS210", where, f"the model has the outputs {', '.join(produced)}; give the sizes of each by name")
    else:
        yield from _output(tree, next(iter(produced.values())), where, graph, evaluator)


def _output(tree: Tree, tensor: Tensor, where: Where, graph: Graph, evaluator: Evaluator) -> Iterator[_Wrong]:
    sizes = evaluator.sizes(tree, where, graph.model.parameters)
    if not isinstance(sizes, Unknown) and sizes != tensor.shape:
        message = f"the output is {tensor}, and {'×'.join(map(str, sizes))} is expected"
        yield _Wrong(where, message, resized(tree, where, tensor))


def _named(produced: Iterable[str]) -> str:
    names = ", ".join(name for name in produced if name)
    return f"the outputs are {names}" if names else "its only output has no name: write its sizes as a list"


def holds(tree: Tree, value: object, counted: int) -> bool:
    """Whether a count is the number as written: an integer exactly, a float to the digits that are given."""
    if not isinstance(value, float):
        return value == counted
    if not (isinstance(tree, Scalar) and isinstance(tree.value, float)):
        return math.isclose(value, counted, rel_tol=1e-9)
    try:
        written = Decimal(tree.text)
        return abs(counted - written) <= Decimal(5).scaleb(int(written.as_tuple().exponent) - 1)
    except ArithmeticError:  # digits so far behind the point, or before it, that no count has them
        return False


def rounded(text: str, counted: int) -> str:
    """Return a count to the digits of a float as written; in full where fewer than two or far more would be left.

    Example:
        >>> rounded("4.09e9", 4_312_000_000), rounded("4.09e9", 216)
        ('4.31e9', '216')
    """
    mantissa, _, exponent = text.lower().partition("e")
    if len(exponent) > _EXPONENT:
        return str(counted)
    behind = len(mantissa.partition(".")[2])
    figure = f"{Decimal(counted).scaleb(-int(exponent or 0)):.{behind}f}"
    return str(counted) if len(figure.replace(".", "").lstrip("0")) < _DIGITS else figure + text[len(mantissa) :]


_DIGITS = 2
_EXPONENT = 3  # characters: of no count are more than a hundred digits


def _recounted(tree: Tree, where: Where, counted: int) -> tuple[Fix, ...]:
    """Return the fix that writes a count in place of a number."""
    if not isinstance(tree, Scalar) or tree.quoted or not isinstance(tree.value, int | float):
        return ()
    try:
        text = rounded(tree.text, counted) if isinstance(tree.value, float) else str(counted)
    except ArithmeticError:
        text = str(counted)
    return fix(f"write {text}", where.replaced(text))


def resized(tree: Tree, where: Where, tensor: Tensor) -> tuple[Fix, ...]:
    """Return the fix that writes a tensor's sizes in place of others; none where these are worked out."""
    numbers = isinstance(tree, list) and all(isinstance(item, Scalar) and type(item.value) is int for item in tree)
    text = spelt(tensor.shape)
    return fix(f"write {text}", where.replaced(text)) if numbers and tensor.shape else ()
