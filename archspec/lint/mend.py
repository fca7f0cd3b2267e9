"""A source → its text with what the fixes of its findings mend, as far as they make it better."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from archspec.diagnostic import Diagnostic, Edit, Fix, SpecError
from archspec.lint.codes import EXPECTATION, SAFETY
from archspec.lint.judging import judge, only_expectations
from archspec.lint.settings import Settings
from archspec.pipeline import Request
from archspec.source import Source, parse
from archspec.source.edits import edited

__all__ = ["Made", "Mended", "mend", "mend_unread"]

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
    """A file's text, the fixes that were made in it, and those that were taken back since they made it worse.

    Those that are held would rewrite a figure that the spec expects, and what else is found may be why it is wrong.
    """

    source: Source
    made: tuple[Made, ...] = ()
    withdrawn: tuple[Made, ...] = ()
    held: tuple[Made, ...] = ()


def mend(source: Source, request: Request, settings: Settings, *, unsafe: bool) -> Mended:
    """Make the fixes of a file's findings, and of what is found then, until nothing changes.

    Of each finding the first fix that may be made counts. Fixes that overlap wait for the next round. A fix is taken
    back if the text is no spec any more, if what it is about is still found, if errors are found where none were, or
    if it is unsafe and the spec's own figures do not hold with it. A figure is rewritten only where nothing else is
    found but notes, and nothing else was mended. Other files are not changed, also where the file extends them.

    Args:
        source: the file.
        request: as `judge` takes it.
        settings: what is looked for.
        unsafe: whether fixes count that may change the network or the keys of its state_dict.
    """
    result, found, attempts = Mended(source), judge(source, request, settings), _ATTEMPTS
    while attempts > 0 and (chosen := _chosen(found, result, unsafe=unsafe)):
        alone = [(each,) for each in chosen]
        for group in (alone if len(chosen) == 1 else [chosen, *alone])[:attempts]:
            attempts -= 1
            tried = _tried(result.source, group, request, settings)
            if tried is not None and _better(found, tried[1], group):
                result, found = replace(result, source=tried[0], made=result.made + group), tried[1]
                break
            if len(group) == 1:
                result = replace(result, withdrawn=result.withdrawn + group)
    possible = _possible(found, result.source, unsafe=unsafe)
    return replace(result, held=tuple(each for each in possible if _rewrites(each)))


def mend_unread(unread: Source, request: Request, settings: Settings, *, unsafe: bool) -> Mended:
    """Make the fixes of what keeps a text from being read, until it is read or none is left; then those of `mend`.

    Args:
        unread: the text, of which nothing else is known.
        request: as `judge` takes it.
        settings: what is looked for.
        unsafe: as `mend` takes it.
    """
    made: tuple[Made, ...] = ()
    for _ in range(_ATTEMPTS):
        try:
            source = parse(unread.text, unread.file, request.limits, path=unread.path)
        except SpecError as error:
            chosen = _chosen(error.diagnostics, Mended(unread), unsafe=unsafe)
            if not chosen:
                break
            unread = replace(unread, text=edited(unread, (edit for each in chosen for edit in each.fix.edits)))
            made += chosen
        else:
            rest = mend(source, request, settings, unsafe=unsafe)
            return replace(rest, made=made + rest.made)
    return Mended(unread, made)


def _chosen(found: tuple[Diagnostic, ...], so_far: Mended, *, unsafe: bool) -> tuple[Made, ...]:
    """Return what is tried in one round: fixes that do not touch each other, and were not taken back."""
    refused = {each.same for each in so_far.withdrawn}
    taken: list[tuple[tuple[int, int], tuple[int, int]]] = []
    chosen = []
    possible = [each for each in _possible(found, so_far.source, unsafe=unsafe) if each.same not in refused]
    others = [each for each in possible if not _rewrites(each)]
    alone = all(one.code == EXPECTATION or one.severity == "note" for one in found) and all(map(_rewrites, so_far.made))
    for each in islice(possible if alone else others, _A_ROUND):
        places = [_ends(edit) for edit in each.fix.edits]
        if all(end < begin or stop < start for start, end in places for begin, stop in taken):
            taken += places
            chosen.append(each)
    return tuple(chosen)


def _rewrites(each: Made) -> bool:
    """Whether a fix writes another figure for the one that the spec expects."""
    return each.diagnostic.code == EXPECTATION


def _ends(edit: Edit) -> tuple[tuple[int, int], tuple[int, int]]:
    span = edit.span
    return (span.line, span.column), (span.end_line, span.end_column)


def _possible(found: tuple[Diagnostic, ...], source: Source, *, unsafe: bool) -> Iterator[Made]:
    """Yield the first fix of each finding that may be made in this file alone; while there are errors, of errors.

    An expectation is no error in this: what a rule finds may be why it does not hold.
    """
    certain = only_expectations(found)
    for diagnostic in (one for one in found if one.severity == "error" or certain):
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
    if EXPECTATION in came and not all(each.fix.safe for each in group):
        return False
    places = {(one.code, one.span.file, one.span.line, one.span.column) for one in after}
    if any(_place(each, group) in places for each in group if _lines(each.fix.edits) == 0):
        return False
    were, are = (Counter((one.code, one.message) for one in found) for found in (before, after))
    mended = Counter((each.diagnostic.code, each.diagnostic.message) for each in group)
    return all(are[what] <= were[what] - count for what, count in mended.items())


def _place(each: Made, group: tuple[Made, ...]) -> tuple[str, str, int, int]:
    """Return the code of a finding, and where it stands when the fixes are made."""
    span = each.diagnostic.span
    edits = (edit for made in group for edit in made.fix.edits)
    moved = _lines(edit for edit in edits if edit.span.file == span.file and edit.span.line < span.line)
    return each.diagnostic.code, span.file, span.line + moved, span.column


def _lines(edits: Iterable[Edit]) -> int:
    """Return how many lines more there are when edits are made."""
    return sum(edit.text.count("\n") - (edit.span.end_line - edit.span.line) for edit in edits)


def _failed(found: Iterable[Diagnostic]) -> bool:
    return any(diagnostic.severity == "error" for diagnostic in found)
