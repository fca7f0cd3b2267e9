"""A checked spec → the graphs that other values of its parameters give, which show what a value decides."""

from collections.abc import Iterator
from dataclasses import replace

from archspec.graph import Graph
from archspec.ops.base import Value
from archspec.pipeline import Request, Result, recheck

__all__ = ["variants"]


def variants(request: Request, result: Result) -> Iterator[tuple[str, Graph]]:
    """Yield the graph that another value of each number among the parameters gives, where it gives one.

    Parameters that stand in an expression of a layer are left out: they decide more than copies of themselves.

    Args:
        request: what the spec was checked with.
        result: what came of it.
    """
    for name, constant in result.program.constants.items():
        number = constant.type in ("int", "float") and not isinstance(constant.value, tuple)
        if number and result.program.copies(name):
            other: Value = constant.value + 1 if isinstance(constant.value, int) else _nudge(constant.value)
            found = recheck(result, replace(request, parameters={**request.parameters, name: other}))
            if found.graph is not None and not found.failed:
                yield name, found.graph


def _nudge(value: object) -> float:
    """Return another number of a parameter's likely kind: a probability stays one."""
    return float(value) / 2 if value else 0.25  # type: ignore[arg-type]
