"""Gathering diagnostics: a place in a source, and the report that stages add to."""

import unicodedata
from collections.abc import Container, Iterable
from dataclasses import replace
from typing import NamedTuple

from archspec.diagnostic import Diagnostic, Edit, Fix, Label, Severity, Span, suggest, unique
from archspec.diagnostic.slip import is_slip
from archspec.source import Key, Source, edits
from archspec.source.entry import Entry, entry

__all__ = ["Meant", "Origin", "Report", "Where", "fix", "led_to"]


_HELPED = 100  # messages of one spec that a search for what was meant is made for


class Where(NamedTuple):
    """A place in a spec: the file, and the path in it (`("blocks", "Basic", "layers", "conv1")`).

    `slips` are keys below it as they are meant, and as they are written.
    """

    source: Source
    key: Key = ()
    slips: tuple[tuple[str, str], ...] = ()

    def at(self, *key: str | int) -> "Where":
        """Return the place below this one."""
        for meant, written in self.slips:
            if key[:1] == (meant,):
                return Where(self.source, (*self.key, written, *key[1:]))
        return Where(self.source, self.key + key)

    def span(self, *, name: bool = False) -> Span:
        """Return where the value stands in the file, or the key that names it."""
        return self.source.span(self.key, name=name)

    def entry(self) -> Entry:
        """Return what is written here, with its name, over all its lines."""
        return entry(self.source, self.key)

    # Each edit below is None where nothing is written at the place, or where no edit is sure to be right.

    def replaced(self, text: str, *, to: str | None = None) -> Edit | None:
        """Return the edit that writes `text` in place of the value, and of what follows it up to the key `to`."""
        return edits.replace(self.source, self.key, text, to=to)

    def renamed(self, name: str) -> Edit | None:
        """Return the edit that gives the value another key."""
        return edits.rename(self.source, self.key, name)

    def reworded(self, old: str, new: str, *, name: bool = False) -> Edit | None:
        """Return the edit that writes one word of the value, or of its key, for another."""
        return edits.reword(self.source, self.key, old, new, name=name)

    def added(self, name: str, text: str) -> Edit | None:
        """Return the edit that adds `name: text` at the end of this mapping."""
        return edits.add(self.source, self.key, name, text)

    def inserted(self, name: str, text: str, *, after: bool = False) -> Edit | None:
        """Return the edit that writes `name: text`, in a list `text` alone, before this entry or after it."""
        return edits.insert(self.source, self.key, name, text, after=after)

    def undashed(self) -> Edit | None:
        """Return the edit that takes away the dash before an entry of a list."""
        return edits.undash(self.source, self.key)

    def removed(self) -> Edit | None:
        """Return the edit that takes the entry away, with its key."""
        return edits.remove(self.source, self.key)


class Meant(NamedTuple):
    """What a word that means nothing was taken for."""

    written: str
    name: str
    sure: bool  # it is a slip of the pen

    def fix(self, where: Where, *, name: bool = False) -> tuple[Fix, ...]:
        """Return the fix that writes it at a place, or in the key of the place."""
        return fix(f"write {self.name}", where.reworded(self.written, self.name, name=name), safe=self.sure)

    def __str__(self) -> str:
        odd = next((character for character in self.written if not character.isascii()), None)
        seen = f" the {odd} that is written is U+{ord(odd):04X} {unicodedata.name(odd, '')}" if odd else ""
        return f"did you mean {self.name}?{seen.rstrip()}"


class Origin(NamedTuple):
    """Where the value of a parameter stands; the parameter itself where a caller set it, as `said` begins to tell."""

    where: Where
    said: str = ""


def fix(message: str, *changes: Edit | None, safe: bool = False) -> tuple[Fix, ...]:
    """Return the one fix that makes all of these changes, or none where one of them cannot be made."""
    sure = tuple(change for change in changes if change is not None)
    return (Fix(message, sure, safe),) if len(sure) == len(changes) else ()


def led_to(found: Iterable[Diagnostic], sources: tuple[Source, ...]) -> tuple[Diagnostic, ...]:
    """Return diagnostics of a chain of files with the trail to the file of each: where it is extended."""
    extends = tuple(source.span(("extends",)) for source in sources[:-1])
    depth = {source.file: index for index, source in reversed(tuple(enumerate(sources)))}
    return tuple(replace(one, trail=extends[: depth.get(one.span.file, 0)]) for one in found)


class Report:
    """The diagnostics found so far; the same code at the same place is kept once.

    A block is judged once for each set of arguments that it is called with, so one mistake in it may be found often.

    What is judged after a mistake is judged as if it were mended, where that is certain, so that the next mistake is
    told as well: then something is `assumed`, and there is no graph.
    """

    def __init__(self, found: Iterable[Diagnostic] = ()) -> None:
        self.assumed = False
        self._found: dict[tuple[str, str, int, int], Diagnostic] = {}
        self.extend(found)

    def extend(self, found: Iterable[Diagnostic]) -> None:
        """Keep each of the diagnostics."""
        for diagnostic in found:
            self.add(diagnostic)

    def add(self, diagnostic: Diagnostic) -> None:
        """Keep the diagnostic, unless this code is already reported at this place."""
        span = diagnostic.span
        self._found.setdefault((diagnostic.code, span.file, span.line, span.column), diagnostic)

    def say(
        self,
        code: str,
        where: Where,
        message: str,
        *,
        name: bool = False,
        severity: Severity = "error",
        labels: Iterable[tuple[Where, str]] = (),
        notes: Iterable[str] = (),
        help: str | Meant | None = None,  # noqa: A002
        fixes: tuple[Fix, ...] = (),
    ) -> None:
        """Add a diagnostic at the value that `where` names, or at its key if `name` is true.

        Where `help` is what was meant by a word there, it is a fix, too.
        """
        if isinstance(help, Meant):
            fixes, help = fixes or help.fix(where, name=name), str(help)  # noqa: A001
        spoken = tuple(Label(place.span(name=True), text) for place, text in labels)
        span = where.span(name=name)
        self.add(Diagnostic(code, message, span, severity, spoken, tuple(notes), help, fixes))

    def say_given(
        self,
        code: str,
        where: Where,
        message: str,
        origin: Origin | None,
        *,
        notes: Iterable[str] = (),
        help: str | Meant | None = None,  # noqa: A002
        fixes: tuple[Fix, ...] = (),
    ) -> None:
        """Add a diagnostic of what a parameter is, where it has its value from: once, however many lines read it.

        Args:
            code: as of `say`, as are the others.
            where: the line that reads the parameter, or what is wrong itself.
            message: what is wrong.
            origin: where the parameter has its value from; None where `where` reads none.
            notes: what is said beside it.
            help: what would do.
            fixes: what would mend it.
        """
        at = Origin(where) if origin is None else origin
        labels = [(where, "read here")] if at.where != where else []
        self.say(
            code, at.where, at.said + message, name=bool(at.said), labels=labels, notes=notes, help=help, fixes=fixes
        )

    def near(
        self, name: str, candidates: Iterable[str], otherwise: str | None = None, *, written: Container[str] = ()
    ) -> Meant | str | None:
        """Return the candidate that comes near, and `otherwise` if none does, or after many messages.

        What is written there already was not meant; where the name is a slip of it, that is said.
        A spec with thousands of mistakes must not cost thousands of searches, and hardly a message is read by then.
        """
        known = tuple(candidates) if self.count < _HELPED else ()
        meant = suggest(name, known)
        if meant and meant in written:
            if is_slip(name, meant, known):
                return f"{meant} is there already; take one of the two out"
            known = tuple(each for each in known if each not in written)
            meant = suggest(name, known)
        return Meant(name, meant, is_slip(name, meant, known)) if meant else otherwise

    def take(self, meant: Meant | str | None, candidates: Container[str]) -> str | None:
        """Return the candidate that a slip of the pen, which is reported, was meant to be; None if none is sure."""
        if not isinstance(meant, Meant) or not meant.sure or meant.name not in candidates:
            return None
        self.assumed = True
        return meant.name

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Everything found, by file and place; of a trap that is also an error, the error."""
        wrong = {_place(one) for one in self._found.values() if one.severity == "error"}
        return unique(one for one in self._found.values() if one.code != "AS301" or _place(one) not in wrong)

    @property
    def count(self) -> int:
        """How many are found."""
        return len(self._found)

    @property
    def failed(self) -> bool:
        """Whether any of it is an error."""
        return any(diagnostic.severity == "error" for diagnostic in self._found.values())


def _place(diagnostic: Diagnostic) -> tuple[str, int, int]:
    span = diagnostic.span
    return span.file, span.line, span.column
