"""The whole compiler on one screen: a source → its graph and everything there is to say about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from archspec.diagnostic import Diagnostic
from archspec.evaluate import Evaluator
from archspec.expand import expand
from archspec.expect import expect
from archspec.files import chain
from archspec.graph import Graph
from archspec.initialize import initialize
from archspec.limits import Limits
from archspec.ops import Vocabulary
from archspec.ops.base import Value
from archspec.program import Program, program
from archspec.report import Report, led_to
from archspec.source import Source, Tree

__all__ = ["Request", "Result", "check"]


@dataclass(frozen=True, slots=True)
class Request:
    """What a caller asks beside the source: overrides, further ops, other bounds."""

    parameters: Mapping[str, Value] = field(default_factory=dict)
    input: Tree | None = None
    vocabulary: Vocabulary = field(default_factory=Vocabulary)
    limits: Limits = field(default_factory=Limits)


class Result(NamedTuple):
    """The program that a source describes, its graph if it has one, and every diagnostic.

    `sources` are the file and all that it extends, the whole spec last.
    """

    sources: tuple[Source, ...]
    program: Program
    graph: Graph | None
    diagnostics: tuple[Diagnostic, ...]

    @property
    def failed(self) -> bool:
        """Whether there is an error among the diagnostics."""
        return any(diagnostic.severity == "error" for diagnostic in self.diagnostics)


def check(source: Source, request: Request = Request()) -> Result:
    """Check a source from its keys to its published figures; no torch is needed."""
    report = Report(source.diagnostics)
    evaluator = Evaluator(report, request.limits)
    specs = chain(source, request.limits, report)
    whole = program(specs, request.parameters, request.input, report)
    graph = expand(whole, request.vocabulary, evaluator, request.limits, report)
    if graph is not None:
        graph = initialize(whole.init, graph, request.vocabulary, evaluator, report)
        expect(whole, graph, evaluator, report)
    sources = tuple(spec.where.source for spec in specs)
    return Result(sources, whole, graph, led_to(report.diagnostics, sources))
