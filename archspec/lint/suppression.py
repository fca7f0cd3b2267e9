"""Comments in a spec that say which findings are known → those findings left out, and the comments that are in vain.

`# archspec: ignore[AS310] why` is about the line that it ends, or about the next line if it has a line of its own, and
about every line of an entry in brackets that ends on the one or begins on the other; `# archspec: ignore-file[AS310]
why` is about the whole file.
"""

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, islice

from archspec.diagnostic import Diagnostic, Edit, Fix, Span
from archspec.lint.codes import SAFETY, codes, no_such_code
from archspec.source import Place, Source
from archspec.source.entry import end_of, is_flow

__all__ = ["Suppression", "complaints", "kept", "suppressions"]

_COMMENT = re.compile(
    r"(?<!\S)#[ \t]*archspec:[ \t]*ignore\b(?P<file>-file\b)?"
    r"(?:\[(?P<codes>[^\]\r\n]*)\])?[^\r\n]*"
)
_MOST = 1_000
_CONTENT = re.compile(r"(?m)^[ \t]*[^\s#]")
_BREAK = re.compile(r"[\r\n]")
_WHOLE = range(1 << 31)

_About = tuple[str, str]
"""A file and a code."""


@dataclass(frozen=True)
class Suppression:
    """One entry of a comment's list of codes."""

    span: Span  # the entry's, or the comment's if it has no list
    text: str
    lines: range  # every line for the whole file
    removal: Edit  # what takes it away, with the comment if nothing else is in its list

    @cached_property
    def covers(self) -> frozenset[_About]:
        """The file and the code of what is left out in its lines; what keeps from harm never is."""
        return frozenset((self.span.file, code) for code in codes(self.text) if not code.startswith(SAFETY))


def suppressions(source: Source) -> tuple[Suppression, ...]:
    """Return what the comments of a file say, the first thousand codes of them: more are a spec that attacks."""
    if "archspec:" not in source.text:
        return ()
    comments = _Comments(source)
    entries = (entry for match in _COMMENT.finditer(source.text) for entry in comments.entries(match))
    return tuple(islice(entries, _MOST))


class _Comments:
    """The comments of one file; what they need to know of the rest of it is looked up once."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def entries(self, match: re.Match[str]) -> Iterator[Suppression]:
        """Yield the codes of a comment's list, or an empty text if it has none."""
        at, between = match.start(), self.source.between
        index = bisect_right(self._texts, (at, at)) - 1
        if index >= 0 and at < self._texts[index][1]:  # the # stands in a value
            return
        span = between(at, match.end())
        own = not span.excerpt[: span.column - 1].strip()
        lines = _WHOLE if match["file"] else self._below(match.end()) if own else self._above(span.line)
        whole = self._removal(match, own=own)
        listed = re.finditer(r"[^,\s](?:[^,]*[^,\s])?", match["codes"] or "")
        found = [each.span() for each in islice(listed, _MOST)]
        if not found:
            yield Suppression(span, "", lines, whole)
        offset = match.start("codes")
        for index, (start, end) in enumerate(found):
            after = index + 1 < len(found)
            gone = (start, found[index + 1][0]) if after else (found[index - 1][1], end)
            removal = Edit(between(offset + gone[0], offset + gone[1]), "") if len(found) > 1 else whole
            yield Suppression(between(offset + start, offset + end), match["codes"][start:end], lines, removal)

    def _removal(self, match: re.Match[str], *, own: bool) -> Edit:
        """Return the edit that takes a comment away, with the blanks before it or its line."""
        text = self.source.text
        start, end = len(text[: match.start()].rstrip(" \t")), match.end()
        if own:
            end += 2 if text.startswith("\r\n", end) else end < len(text)
        return Edit(self.source.between(start, end), "")

    @cached_property
    def _texts(self) -> list[tuple[int, int]]:
        """Where the keys and values stand that hold a #, in order: none begins a comment there."""
        found, stack = [], [self.source.places]
        while stack:
            place = stack.pop()
            stack.extend(_below(place))
            for start, end in filter(None, (place.name, None if place.children else (place.start, place.end))):
                if "#" in self.source.text[start:end]:
                    found.append((start, end))
        return sorted(found)

    def _above(self, line: int) -> range:
        """Return a line, with those above it of an entry that ends on it."""
        return range(self._ends[0].get(line, line), line + 1)

    def _below(self, offset: int) -> range:
        """Return the next line that holds more than a comment, with those below it of an entry that begins on it."""
        index = bisect_right(self._content, offset)
        at = self._content[index] if index < len(self._content) else len(self.source.text)
        line = self.source.between(at, at).line
        return range(line, self._ends[1].get(line, line) + 1)

    @cached_property
    def _ends(self) -> tuple[Mapping[int, int], Mapping[int, int]]:
        """Of entries that are no blocks: the first line of what ends on a line, the last of what begins on one."""
        first, last = dict[int, int](), dict[int, int]()
        stack, text = [self.source.places], self.source.text
        while stack:
            place = stack.pop()
            stack.extend(_below(place))
            if place.children and not is_flow(text, place):
                continue
            start, end = place.name[0] if place.name else place.start, end_of(text, place)
            if _BREAK.search(text, start, end):
                span = self.source.between(start, end)
                first[span.end_line] = min(first.get(span.end_line, span.line), span.line)
                last[span.line] = max(last.get(span.line, span.end_line), span.end_line)
        return first, last

    @cached_property
    def _content(self) -> list[int]:
        return [match.end() - 1 for match in _CONTENT.finditer(self.source.text)]


def _below(place: Place) -> Iterable[Place]:
    children = place.children or ()
    return children.values() if isinstance(children, dict) else children


def kept(found: Iterable[Diagnostic], known: Iterable[Suppression]) -> tuple[Diagnostic, ...]:
    """Return the diagnostics that no suppression is about."""
    about = defaultdict[_About, list[range]](list)
    for suppression in known:
        for each in suppression.covers:
            about[each].append(suppression.lines)
    covered = {each: _Lines(those) for each, those in about.items()}
    return tuple(one for one in found if not any(_covers(covered, span, one.code) for span in _places(one)))


class _Lines:
    """Lines that many ranges cover, to be asked often."""

    def __init__(self, ranges: Iterable[range]) -> None:
        ordered = sorted(ranges, key=lambda lines: lines.start)
        self._starts = [lines.start for lines in ordered]
        self._stops = list(accumulate((lines.stop for lines in ordered), max))  # the furthest so far

    def __contains__(self, line: int) -> bool:
        index = bisect_right(self._starts, line)
        return index > 0 and line < self._stops[index - 1]


def _covers(covered: Mapping[_About, _Lines], span: Span, code: str) -> bool:
    lines = covered.get((span.file, code))
    return lines is not None and span.line in lines


def _places(diagnostic: Diagnostic) -> tuple[Span, ...]:
    """Return where a suppression may stand that covers the diagnostic, also where its file is extended."""
    return (diagnostic.span, *diagnostic.trail)


def complaints(
    known: Iterable[Suppression], found: Iterable[Diagnostic], judged: frozenset[str]
) -> Iterator[Diagnostic]:
    """Yield what is wrong with suppressions.

    Args:
        known: the suppressions.
        found: every diagnostic, suppressed or not.
        judged: the codes of which it is known whether they apply.
    """
    lines = _lines(found)
    for one in known:
        meant = codes(one.text)
        if not one.text:
            yield Diagnostic("AS304", "this suppression does not say which codes it is about", one.span, "warning",
                             help="name them, and why: ignore[AS310] as published")  # fmt: skip
        elif not meant:
            yield Diagnostic("AS304", no_such_code(one.text), one.span, "warning")
        elif not one.covers:
            message = f"{one.text} keeps from harm, and cannot be suppressed"
            yield Diagnostic("AS304", message, one.span, "warning")
        elif meant <= judged and not any(_meet(one.lines, lines.get(about, ())) for about in one.covers):
            fixes = (Fix("delete the suppression", (one.removal,), safe=True),)
            yield Diagnostic("AS305", f"{one.text} does not apply to {_told(one.lines)}", one.span, "warning",
                             help="delete the suppression", fixes=fixes)  # fmt: skip


def _lines(found: Iterable[Diagnostic]) -> Mapping[_About, Sequence[int]]:
    """Return the lines of each file that each code is found in, in order."""
    lines = defaultdict[_About, set[int]](set)
    for diagnostic in found:
        for span in _places(diagnostic):
            lines[span.file, diagnostic.code].add(span.line)
    return {about: sorted(those) for about, those in lines.items()}


def _meet(lines: range, found: Sequence[int]) -> bool:
    return bisect_left(found, lines.start) < bisect_left(found, lines.stop)


def _told(lines: range) -> str:
    if lines == _WHOLE:
        return "this file"
    return f"line {lines[0]}" if len(lines) == 1 else f"lines {lines[0]} to {lines[-1]}"
