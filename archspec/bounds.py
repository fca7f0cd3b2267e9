"""What an expansion has cost so far, held against the limits."""

from archspec.limits import Limits
from archspec.report import Report, Where

__all__ = ["Bounds", "TooMuchError"]


class TooMuchError(Exception):
    """A bound was passed; the message is in the report, and the walk ends."""


class Bounds:
    """Counts layers, edges, weights, steps and depth, and ends the walk where one passes its limit."""

    def __init__(self, limits: Limits, report: Report) -> None:
        self.limits = limits
        self.report = report
        self.layers = self.edges = self.weights = self.steps = self.depth = 0

    def add(self, where: Where, layers: int, edges: int, weights: int) -> None:
        """Count layers that were made, what they read and what they own."""
        self.layers += layers
        self.edges += edges
        self.weights += weights
        limits = self.limits
        if self.layers > limits.layers or self.edges > limits.edges or self.weights > limits.parameters:
            self.check(where, "layers", self.layers, limits.layers, "layers")
            self.check(where, "edges", self.edges, limits.edges, "edges")
            self.check(where, "parameters", self.weights, limits.parameters, "parameters")

    def step(self, where: Where) -> None:
        """Count a line that is looked at."""
        self.steps += 1
        if self.steps > self.limits.steps:
            self.check(where, "lines to expand", self.steps, self.limits.steps, "steps")

    def enter(self, where: Where) -> None:
        """Count a scope that is entered."""
        self.depth += 1
        self.check(where, "layers inside layers", self.depth, self.limits.nesting, "nesting")

    def leave(self) -> None:
        """Count a scope that is left."""
        self.depth -= 1

    def check(self, where: Where, what: str, measured: int, limit: int, option: str) -> None:
        """End the walk with a message if the measure passes its limit."""
        if measured <= limit:
            return
        self.report.say("AS009", where, f"{measured:,} {what}; the limit is {limit:,}", name=True,
                        help=f"if the spec is to be trusted, raise it with --limit {option}={measured}")  # fmt: skip
        raise TooMuchError
