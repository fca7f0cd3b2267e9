"""Gathering diagnostics: a place in a source, and the report that stages add to."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from archspec.diagnostic import Diagnostic, Label, Severity, Span, did_you_mean
from archspec.source import Key, Source

__all__ = ["Report", "Where"]


_HELPED = 100  # messages of one spec that a search for what was meant is made for


@dataclass(frozen=True, slots=True)
class Where:
    """A place in a spec: the file, and the path in it (`("blocks", "Basic", "layers", "conv1")`)."""

    source: Source = field(repr=False)
    key: Key = ()

    def at(self, *key: str | int) -> "Where":
        """Return the place below this one."""
        return Where(self.source, self.key + key)

    def span(self, *, name: bool = False) -> Span:
        """Return where the value stands in the file, or the key that names it."""
        return self.source.span(self.key, name=name)


class Report:
    """The diagnostics found so far; the same code at the same place is kept once.

    A block is judged once for each set of arguments that it is called with, so one mistake in it may be found often.
    """

    def __init__(self, found: Iterable[Diagnostic] = ()) -> None:
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
        help: str | None = None,  # noqa: A002
    ) -> None:
        """Add a diagnostic at the value that `where` names, or at its key if `name` is true."""
        spoken = tuple(Label(place.span(name=True), text) for place, text in labels)
        self.add(Diagnostic(code, message, where.span(name=name), severity, spoken, tuple(notes), help))

    def near(self, name: str, candidates: Iterable[str], otherwise: str | None = None) -> str | None:
        """Return `did you mean …?` if a candidate comes near, and `otherwise` if none does, or after many messages.

        A spec with thousands of mistakes must not cost thousands of searches, and hardly a message is read by then.
        """
        return did_you_mean(name, candidates, otherwise) if self.count < _HELPED else otherwise

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Everything found, by file and place."""
        return tuple(sorted(self._found.values(), key=_order))

    @property
    def count(self) -> int:
        """How many are found."""
        return len(self._found)

    @property
    def failed(self) -> bool:
        """Whether any of it is an error."""
        return any(diagnostic.severity == "error" for diagnostic in self._found.values())


def _order(diagnostic: Diagnostic) -> tuple[str, int, int, str]:
    span = diagnostic.span
    return span.file, span.line, span.column, diagnostic.code
