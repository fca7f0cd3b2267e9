"""A layer graph and a layer of it → all that its arithmetic says: as a value, as text, as JSON."""

from archspec.explain.axis import AxisArithmetic
from archspec.explain.formats import as_json, as_text
from archspec.explain.layer import Explanation, Move, Product, explain, explanations
from archspec.explain.sizes import Run, runs, runs_json, runs_text

__all__ = [
    "AxisArithmetic",
    "Explanation",
    "Move",
    "Product",
    "Run",
    "as_json",
    "as_text",
    "explain",
    "explanations",
    "runs",
    "runs_json",
    "runs_text",
]
