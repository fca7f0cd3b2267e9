"""A spec's `expect` and its graph → a message for each published figure that does not hold."""

import math
from decimal import Decimal

from archspec.evaluate import Evaluator
from archspec.expression import Unknown
from archspec.graph import Graph
from archspec.ops.base import Tensor
from archspec.program import Program
from archspec.report import Report, Where
from archspec.source import Scalar, Tree

__all__ = ["expect"]


def expect(program: Program, graph: Graph, evaluator: Evaluator, report: Report) -> None:
    """Compare the top-level expectations with the graph; overriding a parameter or the input suspends them."""
    if not program.expect or report.failed:
        return
    if program.overridden:
        changed = " and ".join(program.overridden)
        report.say("AS303", program.expect_where, f"not checked, since {changed} is overridden", name=True,
                   severity="note")  # fmt: skip
        return
    wrong = []
    where = program.expect_where
    if "output" in program.expect:
        wrong += _outputs(program, graph, evaluator, report)
    for key, counted in (("parameters", graph.model.num_parameters), ("macs", graph.model.macs)):
        if key in program.expect and not wrong:
            value = evaluator.value(program.expect[key], where.at(key), graph.model.parameters)
            if not isinstance(value, Unknown) and not _equal(program.expect[key], value, counted):
                wrong.append(
                    (
                        where.at(key),
                        f"the model has {counted:,} {_NAMES[key]}, and {_written(program.expect[key])} is expected",
                    )
                )
    for place, message in wrong[:1]:
        report.say("AS210", place, message)


_NAMES = {"parameters": "parameters", "macs": "MACs"}


def _outputs(program: Program, graph: Graph, evaluator: Evaluator, report: Report) -> list[tuple[Where, str]]:
    tree, where = program.expect["output"], program.expect_where.at("output")
    produced = {name: tensor for (name, _), tensor in zip(graph.model.outputs, graph.model.tensors, strict=True)}
    if not isinstance(tree, dict):
        if len(produced) > 1:
            report.say(
                "AS210",
                where,
                f"the model has the outputs {', '.join(produced)}; give the sizes of each by name",
            )
            return []
        return _output(tree, next(iter(produced.values())), where, graph, evaluator)
    wrong: list[tuple[Where, str]] = []
    for name, sizes in tree.items():
        if name not in produced:
            report.say("AS210", where.at(name), f"the model has no output {name}", name=True)
        else:
            wrong += _output(sizes, produced[name], where.at(name), graph, evaluator)
    return wrong


def _output(tree: Tree, tensor: Tensor, where: Where, graph: Graph, evaluator: Evaluator) -> list[tuple[Where, str]]:
    sizes = evaluator.sizes(tree, where, graph.model.parameters)
    if isinstance(sizes, Unknown) or sizes == tensor.shape:
        return []
    return [(where, f"the output is {tensor}, and {'×'.join(map(str, sizes))} is expected")]


def _equal(tree: Tree, value: object, counted: int) -> bool:
    """Whether a count is the number as written: an integer exactly, a float to the digits that are given."""
    if isinstance(value, float):
        written = Decimal(tree.text) if isinstance(tree, Scalar) and isinstance(tree.value, float) else None
        if written is None:
            return math.isclose(value, counted, rel_tol=1e-9)
        unit = Decimal(1).scaleb(int(written.as_tuple().exponent))
        return abs(counted - written) <= unit / 2
    return value == counted


def _written(tree: Tree) -> str:
    return tree.text if isinstance(tree, Scalar) else "a list"
