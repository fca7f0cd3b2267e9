"""What the user is told: a mistake, as a value, with its place in the file.

A mistake in a spec is never an exception inside the compiler: each stage gathers `Diagnostic` values, and the
pipeline raises them together. The exception tree of the package::

    Exception
    └── ArchspecError          everything that archspec raises on purpose
        ├── SpecError          the spec is wrong; `.diagnostics` says where and how
        ├── NotFoundError      no such spec, neither as a file nor among the bundled ones
        ├── DeviceError        the device that was asked for cannot run or hold the module
        └── WeightsError       weights that cannot be read, or do not fit the network
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from archspec.diagnostic.codes import CODES

__all__ = [
    "CODES",
    "INVISIBLE",
    "ArchspecError",
    "DeviceError",
    "Diagnostic",
    "Edit",
    "Fix",
    "Label",
    "NotFoundError",
    "Severity",
    "Span",
    "SpecError",
    "WeightsError",
    "did_you_mean",
    "place",
    "printable",
    "render",
    "suggest",
    "unique",
]

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a file: lines and columns count from 1, columns in code points; the end is exclusive."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    excerpt: str = ""
    """The text of the first line."""


@dataclass(frozen=True, slots=True)
class Label:
    """A second place that a message speaks of, and what it is."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of a file's text: what stands at the span, which may be empty, gives way to `text`."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """What would mend a mistake, as edits of the text that belong together.

    A fix is safe where it gives what was surely meant, and the network, its results and the keys of its
    state_dict stay what they are or were meant to be. `message` is an imperative: `write ReLU`.
    """

    message: str
    edits: tuple[Edit, ...]
    safe: bool = False

    def __post_init__(self) -> None:
        if len(self.message) > _LONGEST:
            object.__setattr__(self, "message", _shortened(self.message))


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One mistake: what was found and where, the numbers that show it, and what would do.

    `message` is a sentence without a full stop; one that quotes so much of a spec that nobody would read it is
    shortened in its middle. `notes` hold the arithmetic and other facts, `help` what to
    write instead, `labels` the other ends: the earlier definition, the producer of the other operand. `fixes`
    are alternatives, the likeliest first. `trail` says where each `extends` stands that led to the span's file
    from the file that was checked, which comes first; it is empty where that file is the span's own.
    """

    code: str
    message: str
    span: Span
    severity: Severity = "error"
    labels: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    help: str | None = None
    fixes: tuple[Fix, ...] = ()
    trail: tuple[Span, ...] = ()

    def __post_init__(self) -> None:
        if len(self.message) > _LONGEST:
            object.__setattr__(self, "message", _shortened(self.message))
        if self.notes and any(len(note) > _LONGEST for note in self.notes):
            object.__setattr__(self, "notes", tuple(map(_shortened, self.notes)))
        if self.help is not None and len(self.help) > _LONGEST:
            object.__setattr__(self, "help", _shortened(self.help))

    @property
    def name(self) -> str:
        """The code in words, as `shape-mismatch`."""
        return CODES[self.code]

    @property
    def checked(self) -> Span:
        """The place in the file that was checked: the span itself, or the `extends` that leads to it."""
        return self.trail[0] if self.trail else self.span


_LONGEST = 1_000  # characters of a sentence


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 300]} … {text[-200:]}"


class ArchspecError(Exception):
    """Everything that archspec raises on purpose."""


@dataclass(eq=False)
class SpecError(ArchspecError):
    r"""The spec is wrong; every mistake that was found is in `diagnostics`.

    Example:
        >>> import archspec
        >>> try:
        ...     archspec.loads("archspec: 1\ninput: [3, 8, 8]\nlayers: [ReLu]")
        ... except archspec.SpecError as error:
        ...     print(error.diagnostics[0].help)
        did you mean ReLU?
    """

    diagnostics: tuple[Diagnostic, ...] = field(default=())

    def __str__(self) -> str:
        return "\n\n".join(render(diagnostic) for diagnostic in self.diagnostics)


class NotFoundError(ArchspecError, LookupError):
    """No such spec, neither as a file nor among the bundled ones."""


class DeviceError(ArchspecError, RuntimeError):
    """The device that was asked for cannot run or hold the module."""


class WeightsError(ArchspecError, ValueError):
    """Weights cannot be read, or do not fit the network; the message tells each tensor that does not."""


def unique(found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return diagnostics by file and place, the first of each code at a place for each file that was checked.

    What is found in a file itself is not told once more of those that extend it.
    """
    places: dict[tuple[str, int, int, str, str], Diagnostic] = {}
    for one in found:
        span = one.span
        places.setdefault((span.file, span.line, span.column, one.code, one.checked.file), one)
    own = {(*place[:4], one.message) for place, one in places.items() if not one.trail}
    kept = (place for place, one in places.items() if not one.trail or (*place[:4], one.message) not in own)
    return tuple(places[place] for place in sorted(kept))


def suggest(name: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate that `name` was probably meant to be, or None.

    Example:
        >>> suggest("kernal_size", ["kernel_size", "stride"])
        'kernel_size'
    """
    if len(name) > 64:
        return None
    import difflib  # a clean spec does not need it

    names = sorted(set(candidates))
    folded = {candidate.lower().replace("_", ""): candidate for candidate in reversed(names)}
    close = difflib.get_close_matches(name.lower().replace("_", ""), folded, n=1, cutoff=0.6)
    return folded[close[0]] if close else None


def did_you_mean(name: str, candidates: Iterable[str], otherwise: str | None = None) -> str | None:
    """Return `did you mean …?` if a candidate comes near, and `otherwise` if none does."""
    meant = suggest(name, candidates)
    return f"did you mean {meant}?" if meant else otherwise


INVISIBLE = (
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ud800-\udfff\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U000e0000-\U000e0fff"
)
"""Ranges of a regular expression: soft hyphen, fillers and marks without width, bidirectional controls, line and
paragraph separators, byte-order marks, tag characters, surrogates and noncharacters."""

_UNPRINTABLE = re.compile(f"[\x00-\x1f\x7f-\x9f{INVISIBLE}]")


def printable(text: str) -> str:
    r"""Return `text` with control, bidirectional and zero-width characters written out, as `\u202e`."""
    return _UNPRINTABLE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def render(diagnostic: Diagnostic) -> str:
    """Return the diagnostic as text: place, code, message, excerpt with caret, labels, notes and help.

    Example:
        >>> span = Span("net.yaml", 3, 9, 3, 13, "layers: [ReLu]")
        >>> print(render(Diagnostic("AS107", "there is no op ReLu", span, help="did you mean ReLU?")))
        net.yaml:3:9: error[AS107]: there is no op ReLu
          |
        3 | layers: [ReLu]
          |         ^^^^
          = help: did you mean ReLU?
    """
    span = diagnostic.span
    head = f"{place(span)}: {diagnostic.severity}[{diagnostic.code}]: {printable(diagnostic.message)}"
    others = [label for label in diagnostic.labels if label.span.excerpt]
    gutter = max(len(str(s.line)) for s in (span, *(label.span for label in others)))
    lines = [head]
    if span.excerpt:
        lines += [" " * gutter + " |", *_excerpt(span, gutter, "^", "")]
    for label in others:
        if (label.span.file, label.span.line) != (span.file, span.line):
            lines += ["." * gutter + " | " + place(label.span)]
        lines += _excerpt(label.span, gutter, "-", label.text)
    lines += [" " * gutter + f" = {printable(note)}" for note in diagnostic.notes]
    if diagnostic.help:
        lines.append(" " * gutter + f" = help: {printable(diagnostic.help)}")
    lines += [" " * gutter + f" = extended by {place(extends)}" for extends in reversed(diagnostic.trail)]
    return "\n".join(lines)


def place(span: Span) -> str:
    """Return `file:line:column`."""
    return f"{printable(span.file)}:{span.line}:{span.column}"


_WIDEST = 100


def _excerpt(span: Span, gutter: int, mark: str, text: str) -> list[str]:
    """Return the source line and the line under it that marks the span; a very long line is cut around it."""
    line, start = span.excerpt, span.column - 1
    end = span.end_column - 1 if span.end_line == span.line else len(line)
    end = min(max(end, start + 1), start + _WIDEST)
    left = max(0, min(start - _WIDEST // 2, len(line) - _WIDEST))
    shown = line[left : max(left + _WIDEST, end)]
    before, marked = printable(line[left:start]), printable(line[start:end])
    lead, tail = ("… " if left else ""), (" …" if left + len(shown) < len(line) else "")
    under = " " * (_width(before) + len(lead)) + mark * max(_width(marked), 1)
    return [
        f"{span.line:>{gutter}} | {lead}{printable(shown)}{tail}",
        f"{'':>{gutter}} | {under}{' ' + printable(text) if text else ''}",
    ]


def _width(text: str) -> int:
    """Return how many columns of a terminal the text takes."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
