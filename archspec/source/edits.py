"""A source and a key in it → the edit of the text that replaces, renames, adds or removes there.

An edit leaves the rest of the text as it is: comments, quotes, blank lines, and whether a collection is written in
braces or over lines. Where no edit of that kind is sure to be right, there is none.
"""

import re
from collections.abc import Iterable

from archspec.diagnostic import Edit
from archspec.source import Key, Place, Source
from archspec.source.entry import end_of, is_flow
from archspec.source.mistake import line_end, line_start

__all__ = ["add", "edited", "insert", "remove", "rename", "replace", "reword", "undash"]


def edited(source: Source, edits: Iterable[Edit]) -> str:
    """Return the file's text with edits that do not overlap; of several at one offset, the first comes first."""
    text, last, pieces = source.text, 0, []
    for (start, end), new in sorted(
        ((source.offsets(edit.span), edit.text) for edit in edits), key=lambda each: each[0]
    ):
        pieces += [text[last:start], new]
        last = end
    return "".join([*pieces, text[last:]])


def replace(source: Source, key: Key, text: str, *, to: str | None = None) -> Edit | None:
    """Return the edit that writes `text` in place of the value at `key`, and of what follows it up to the key `to`.

    None where a comment would go with a collection; one over lines gives way to text on the line of its key.
    """
    place, last = source.place(key), source.place((*key[:-1], to)) if to else None
    if place is None:
        return None
    start, end = place.start, max(last.end, last.name[1]) if last and last.name else end_of(source.text, place)
    if place.children is not None:
        if place.name and not is_flow(source.text, place):
            start, text = source.text.index(":", place.name[1]) + 1, f" {text}"
        if re.search(r"(?:^|\s)#", source.text[start:end]):
            return None
    return Edit(source.between(start, end), text)


def reword(source: Source, key: Key, old: str, new: str, *, name: bool = False) -> Edit | None:
    """Return the edit that writes one word for another in the value at `key`, or in its key; None unless it is once."""
    place = source.place(key)
    if place is None or (name and not place.name) or (not name and place.children is not None):
        return None
    start, end = place.name if name and place.name else (place.start, place.end)
    found = list(re.finditer(rf"(?<!\w){re.escape(old)}(?!\w)", source.text[start:end])) if old else []
    if len(found) != 1:
        return None
    return Edit(source.between(start + found[0].start(), start + found[0].end()), new)


def rename(source: Source, key: Key, name: str) -> Edit | None:
    """Return the edit that gives the value at `key` another key."""
    place = source.place(key)
    return Edit(source.between(*place.name), name) if place is not None and place.name else None


def add(source: Source, key: Key, name: str, text: str) -> Edit | None:
    r"""Return the edit that adds `name: text` at the end of the mapping at `key`.

    Example:
        >>> from archspec.source import parse
        >>> add(parse("conv: {op: Conv2d}"), ("conv",), "bias", "false").text
        ', bias: false'
        >>> add(parse("conv:\n  op: Conv2d\n"), ("conv",), "bias", "false").text
        '\n  bias: false'
    """
    place = source.place(key)
    if place is None or not isinstance(place.children, dict) or not place.children:
        return None
    last = list(place.children)[-1]
    return insert(source, (*key, last), name, text, after=True)


def insert(source: Source, key: Key, name: str, text: str, *, after: bool = False) -> Edit | None:
    """Return the edit that writes `name: text` beside what stands at `key`; in a list, which has no keys, `text` alone.

    It comes before, or after it.
    """
    around, place = source.place(key[:-1]), source.place(key)
    if around is None or place is None:
        return None
    entry = f"{name}: {text}" if place.name else text
    start, end = place.name[0] if place.name else place.start, end_of(source.text, place)
    if is_flow(source.text, around):
        at = end if after else start
        return Edit(source.between(at, at), f", {entry}" if after else f"{entry}, ")
    return _line(source, place, start, end, entry, after=after)


def _line(source: Source, place: Place, start: int, end: int, entry: str, *, after: bool) -> Edit | None:
    """Return the edit that writes a line of its own before or after an entry of a mapping or list over lines."""
    text = source.text
    lead = text[line_start(text, start) : start]
    own = "[ ]*" if place.name else "[ ]*-[ ]+"  # all that stands before it, if its line is its own
    if not re.fullmatch("[ ]*(?:-[ ]+)*" if after else own, lead):
        return None
    indent = " " * len(lead) if place.name else re.sub("-(?=.*-)", " ", lead)
    broken = re.search(r"\r\n?|\n", text)
    newline = broken[0] if broken else "\n"
    at = line_end(text, end) if after else line_start(text, start)
    return Edit(source.between(at, at), f"{newline}{indent}{entry}" if after else f"{indent}{entry}{newline}")


def remove(source: Source, key: Key) -> Edit | None:
    """Return the edit that takes away what stands at `key`, with its key; None for the last of its collection."""
    around, place = source.place(key[:-1]), source.place(key)
    if around is None or place is None or not around.children or len(around.children) < 2:
        return None
    text = source.text
    start, end = place.name[0] if place.name else place.start, end_of(text, place)
    if is_flow(text, around):
        if behind := re.compile(r"\s*,[ \t]*").match(text, end):
            return Edit(source.between(start, behind.end()), "")
        before = re.search(r",\s*$", text[around.start : start])
        return None if before is None else Edit(source.between(around.start + before.start(), end), "")
    first, last = line_start(text, start), line_end(text, end)
    if not re.fullmatch("[ ]*" if place.name else "[ ]*-[ ]+", text[first:start]):
        return None
    if last < len(text):
        last += 2 if text.startswith("\r\n", last) else 1
    return Edit(source.between(first, last), "")


def undash(source: Source, key: Key) -> Edit | None:
    """Return the edit that takes away the dash before the entry of a list at `key`; None where it has no line."""
    place = source.place(key)
    if place is None:
        return None
    lead = re.fullmatch("[ ]*(-[ ]+)", source.text[line_start(source.text, place.start) : place.start])
    return Edit(source.between(place.start - len(lead[1]), place.start), "") if lead else None
