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
from archspec.misdeclared import misdeclared
from archspec.ops import Vocabulary
from archspec.ops.base import Value
from archspec.program import Program, program
from archspec.report import Report, led_to
from archspec.source import Source, Tree
from archspec.spec import Spec

__all__ = ["Request", "Result", "check", "recheck"]


@dataclass(frozen=True, slots=True)
class Request:
    """What a caller asks beside the source: overrides, further ops, other bounds."""

    parameters: Mapping[str, Value] = field(default_factory=dict)
    input: Tree | None = None
    vocabulary: Vocabulary = field(default_factory=Vocabulary)
    limits: Limits = field(default_factory=Limits)


class Result(NamedTuple):
    """The program that a source describes, its graph if it has one, and every diagnostic.

    `specs` are the file and all that it extends, the whole spec last.
    """

    specs: tuple[Spec, ...]
    program: Program
    graph: Graph | None
    diagnostics: tuple[Diagnostic, ...]

    @property
    def sources(self) -> tuple[Source, ...]:
        """The texts of the files."""
        return tuple(spec.where.source for spec in self.specs)

    @property
    def failed(self) -> bool:
        """Whether there is an error among the diagnostics."""
        return any(diagnostic.severity == "error" for diagnostic in self.diagnostics)


def check(source: Source, request: Request = Request()) -> Result:
    """Check a source from its keys to its published figures; no torch is needed."""
    report = Report(source.diagnostics)
    return _checked(chain(source, request.limits, report), request, report)


def recheck(result: Result, request: Request) -> Result:
    """Check files that were read without an error with another request; none of them is read again."""
    return _checked(result.specs, request, Report())


def _checked(specs: tuple[Spec, ...], request: Request, report: Report) -> Result:
    evaluator = Evaluator(report, request.limits)
    whole = program(specs, request.parameters, request.input, report)
    graph = expand(whole, request.vocabulary, evaluator, request.limits, report)
    if graph is not None:
        graph = initialize(whole.init, graph, request.vocabulary, evaluator, report)
        expect(whole, graph, evaluator, report)
    sources = tuple(spec.where.source for spec in specs)
    found = misdeclared(report.diagnostics, sources) if report.failed else report.diagnostics
    return Result(specs, whole, graph, led_to(found, sources))
