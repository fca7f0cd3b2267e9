"""A source → its text with what the fixes of its findings mend, as far as they make it better."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from archspec.diagnostic import Diagnostic, Edit, Fix, SpecError
from archspec.lint import judge
from archspec.lint.codes import SAFETY
from archspec.lint.settings import Settings
from archspec.pipeline import Request
from archspec.source import Source, parse
from archspec.source.edits import edited

__all__ = ["Made", "Mended", "mend"]

_ATTEMPTS, _A_ROUND = 100, 200
"""How often a file is judged at most, and how many fixes are made at once: each round may give way to others."""


@dataclass(frozen=True, slots=True)
class Made:
    """A finding and the fix of it that was made, or tried."""

    diagnostic: Diagnostic
    fix: Fix

    @property
    def same(self) -> tuple[str, str, str, int]:
        """What the fix is known by after lines above it have come or gone."""
        span = self.diagnostic.span
        return self.diagnostic.code, self.fix.message, span.excerpt, span.column


@dataclass(frozen=True, slots=True)
class Mended:
    """A file's text, the fixes that were made in it, and those that were taken back since they made it worse."""

    source: Source
    made: tuple[Made, ...] = ()
    withdrawn: tuple[Made, ...] = ()


def mend(source: Source, request: Request, settings: Settings, *, unsafe: bool) -> Mended:
    """Make the fixes of a file's findings, and of what is found then, until nothing changes.

    Of each finding the first fix that may be made counts. Fixes that overlap wait for the next round. A fix is taken
    back if the text is no spec any more, if what it is about is still found, or if errors are found where none were.
    Other files are not changed, also where the file extends them.

    Args:
        source: the file.
        request: as `judge` takes it.
        settings: what is looked for.
        unsafe: whether fixes count that may change the network or the keys of its state_dict.
    """
    result, found, attempts = Mended(source), judge(source, request, settings), _ATTEMPTS
    while attempts > 0 and (chosen := _chosen(found, result, unsafe=unsafe)):
        alone = [(each,) for each in chosen]
        for group in alone if len(chosen) == 1 else [chosen, *alone]:
            attempts -= 1
            tried = _tried(result.source, group, request, settings)
            if tried is not None and _better(found, tried[1], group):
                result, found = replace(result, source=tried[0], made=result.made + group), tried[1]
                break
            if len(group) == 1:
                result = replace(result, withdrawn=result.withdrawn + group)
    return result


def _chosen(found: tuple[Diagnostic, ...], so_far: Mended, *, unsafe: bool) -> tuple[Made, ...]:
    """Return what is tried in one round: fixes that do not touch each other, and were not taken back."""
    refused = {each.same for each in so_far.withdrawn}
    taken: list[tuple[tuple[int, int], tuple[int, int]]] = []
    chosen = []
    for each in islice(_possible(found, so_far.source, unsafe=unsafe), _A_ROUND):
        places = [_ends(edit) for edit in each.fix.edits]
        apart = all(end < begin or stop < start for start, end in places for begin, stop in taken)
        if apart and each.same not in refused:
            taken += places
            chosen.append(each)
    return tuple(chosen)


def _ends(edit: Edit) -> tuple[tuple[int, int], tuple[int, int]]:
    span = edit.span
    return (span.line, span.column), (span.end_line, span.end_column)


def _possible(found: tuple[Diagnostic, ...], source: Source, *, unsafe: bool) -> Iterator[Made]:
    """Yield the first fix of each finding that may be made in this file alone; while there are errors, of errors."""
    failed = _failed(found)
    for diagnostic in (one for one in found if one.severity == "error" or not failed):
        for fix in diagnostic.fixes:
            if (fix.safe or unsafe) and all(edit.span.file == source.file for edit in fix.edits):
                yield Made(diagnostic, fix)
                break


def _tried(
    source: Source, group: tuple[Made, ...], request: Request, settings: Settings
) -> tuple[Source, tuple[Diagnostic, ...]] | None:
    """Return the file with the fixes, and what is found in it; None if it cannot be read any more."""
    text = edited(source, (edit for each in group for edit in each.fix.edits))
    try:
        after = parse(text, source.file, request.limits, path=source.path)
    except SpecError:
        return None
    return after, judge(after, request, settings)


def _better(before: tuple[Diagnostic, ...], after: tuple[Diagnostic, ...], group: tuple[Made, ...]) -> bool:
    """Whether what the fixes are about is found less often, and no error came where there was none, or of AS0."""
    came = {one.code for one in after} - {one.code for one in before}
    if (_failed(after) and not _failed(before)) or any(code.startswith(SAFETY) for code in came):
        return False
    were, are = (Counter((one.code, one.message) for one in found) for found in (before, after))
    mended = Counter((each.diagnostic.code, each.diagnostic.message) for each in group)
    return all(are[what] <= were[what] - count for what, count in mended.items())


def _failed(found: Iterable[Diagnostic]) -> bool:
    return any(diagnostic.severity == "error" for diagnostic in found)
