"""A source and a key in it → the text of that entry as it is written: its name and its value, over all their lines."""

import re
from dataclasses import dataclass
from itertools import islice
from textwrap import dedent

from archspec.source import Key, Place, Source
from archspec.source.mistake import line_start

__all__ = ["Entry", "end_of", "entry", "is_flow"]

_BREAK = re.compile(r"\r\n?|\n")
_LINES, _CHARACTERS = 16, 1_600
"""Of an entry, so many are shown."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as it is written, and what of it is left out, in words: `31 more lines`; empty where nothing is."""

    text: str
    left_out: str = ""


def entry(source: Source, key: Key) -> Entry:
    r"""Return what is written at `key`, with its name, or its dash, and a comment that ends its last line.

    Lines lose the indentation that all of them have; of a very long entry the beginning is shown.

    Example:
        >>> from archspec.source import parse
        >>> source = parse("layers:\n  a: Tanh\n  b:  # then\n    op: ReLU\n\n  c: Tanh\n")
        >>> entry(source, ("layers", "b")).text
        'b:  # then\n  op: ReLU'
    """
    place = source.place(key)
    if place is None:
        return Entry(source.span(key).excerpt.strip())
    text = source.text
    start, end = place.name[0] if place.name else place.start, end_of(text, place)
    if comment := re.compile(r"[ \t]+#[^\r\n]*").match(text, end):
        end = comment.end()
    shown, left_out = _shown(text, start, end)
    lead = text[line_start(text, start) : start]
    before = lead if re.fullmatch("[ ]*(?:-[ ]+)*", lead) else " " * (len(lead) - len(lead.lstrip(" ")))
    return Entry("\n".join(dedent(before + text[start:shown]).splitlines()).rstrip(), left_out)


def _shown(text: str, start: int, end: int) -> tuple[int, str]:
    """Return where what is shown of `text[start:end]` ends, and what is left out."""
    breaks = [at.end() for at in islice(_BREAK.finditer(text, start, end), _LINES)]
    if len(breaks) == _LINES and breaks[-1] <= start + _CHARACTERS:
        more = sum(1 for _ in _BREAK.finditer(text, breaks[-1], end)) + 1
        return breaks[-1], f"{more:,} more line{'s' if more > 1 else ''}"
    if end - start > _CHARACTERS:
        return start + _CHARACTERS, f"{end - start - _CHARACTERS:,} more characters"
    return end, ""


def end_of(text: str, place: Place) -> int:
    """Return where a value ends; of a collection over lines, which YAML ends at the next token, where its last does."""
    while place.children and not is_flow(text, place):
        place = (list(place.children.values()) if isinstance(place.children, dict) else place.children)[-1]
    written = text[place.start : place.end].rstrip()
    end = place.start + len(written)
    return max(end, place.name[1] + 1) if place.name and not written else end


def is_flow(text: str, place: Place) -> bool:
    """Whether a collection is written in braces or brackets."""
    return text[place.start] in "{["
