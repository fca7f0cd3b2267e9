"""A source → what `check` and the rules find in it, without what its comments suppress."""

from collections.abc import Iterable
from typing import NamedTuple

from archspec.diagnostic import Diagnostic
from archspec.lint.codes import EXPECTATION
from archspec.lint.rule import Rule
from archspec.lint.rules import RULES
from archspec.lint.settings import Settings
from archspec.lint.subject import Subject
from archspec.lint.suppression import complaints, kept, suppressions
from archspec.pipeline import Request, Result, check
from archspec.report import Report, led_to
from archspec.source import Source

__all__ = ["Verdict", "judge", "only_expectations", "verdict"]


class Verdict(NamedTuple):
    """What there is to say about a source, and all that was read for it: the source, and what it extends."""

    diagnostics: tuple[Diagnostic, ...]
    sources: tuple[Source, ...]


def judge(
    source: Source,
    request: Request = Request(),  # noqa: B008 - frozen
    settings: Settings = Settings(),  # noqa: B008 - frozen
) -> tuple[Diagnostic, ...]:
    """Return the diagnostics of a source, and what rules find in it, without what comments suppress.

    Rules look where there is a graph and nothing is wrong but a figure that the spec expects: they may know why.
    """
    return verdict(source, request, settings).diagnostics


def verdict(source: Source, request: Request, settings: Settings) -> Verdict:
    """Return what `judge` says, and the files that it is said of."""
    result = check(source, request)
    stands = result.graph is not None and only_expectations(result.diagnostics)
    found = _ruled(result, settings.rules) if stands else result.diagnostics
    of_each = [suppressions(each) for each in result.sources]
    left = kept(found, (one for known in of_each for one in known))
    judged = settings.codes - (frozenset() if stands else frozenset(rule.code for rule in RULES))
    whole = stands or not any(one.severity == "error" for one in left)
    wrong = complaints(of_each[0], found, judged if whole else frozenset())
    return Verdict(Report(settings.applied((*left, *wrong))).diagnostics, result.sources)


def only_expectations(found: Iterable[Diagnostic]) -> bool:
    """Whether no diagnostic is an error but those of figures that a spec expects."""
    return all(one.severity != "error" or one.code == EXPECTATION for one in found)


def _ruled(result: Result, rules: tuple[Rule, ...]) -> tuple[Diagnostic, ...]:
    if result.graph is None:
        return result.diagnostics
    report = Report(result.diagnostics)
    subject = Subject(result.sources, result.program, result.graph)
    for rule in rules:
        for found in rule.check(subject):
            report.say(rule.code, found.where, found.message, name=found.name, severity=rule.severity,
                       labels=found.labels, notes=found.notes, help=found.help, fixes=found.fixes)  # fmt: skip
    return led_to(report.diagnostics, result.sources)
