"""A tree of collections, texts and comments → its lines in the one layout."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from archspec.fmt.brackets import Brackets
from archspec.fmt.order import FILE, below, ordered, reads_text
from archspec.fmt.spelling import key, lines
from archspec.fmt.tree import Collection, Comment, Entry, Line, Text

__all__ = ["write"]

_STEP = 2


def write(root: Entry, tail: Iterable[Comment]) -> list[Line]:
    """Return the lines of a whole file; `tail` are the comments at its end."""
    written = list(_comments(root.before, 0))
    if isinstance(root.value, Collection) and not root.value.flow:
        written += _block(root.value, 0, FILE)
    else:
        written += _closed(Brackets("").lines(root.value, FILE), root.after)
    return written + list(_comments(tail, 0, first=False))


def _comments(comments: Iterable[Comment], indent: int, *, first: bool = True) -> Iterator[Line]:
    """Yield comments on lines of their own, with at most one blank line before each but the first."""
    for comment in comments:
        if comment.blank and not first:
            yield Line("")
        first = False
        yield Line(" " * indent + comment.text)


def _block(block: Collection, indent: int, kind: str) -> Iterator[Line]:
    entries = _in_order(block.entries, kind)
    for index, entry in enumerate(entries):
        first = index == 0
        yield from _comments(entry.before, indent, first=first)
        if entry.blank and not (first and not entry.before):
            yield Line("")
        yield from _entry(entry, indent, below(kind, entry.name, mapping=block.mapping))
    yield from _comments(block.tail, indent, first=False)


def _in_order(entries: tuple[Entry, ...], kind: str) -> tuple[Entry, ...]:
    """Return the entries as they are written; what stands above the first of a file stays there."""
    found = ordered(entries, kind)
    if kind != FILE or found[0] is entries[0]:
        return found
    head = entries[0].before
    moved = [replace(entry, before=()) if entry is entries[0] else entry for entry in found]
    return (replace(moved[0], before=head + moved[0].before, blank=moved[0].blank or entries[0].blank), *moved[1:])


def _entry(entry: Entry, indent: int, kind: str) -> Iterator[Line]:
    head, value = " " * indent + ("-" if entry.key is None else f"{key(entry.key)}:"), entry.value
    if isinstance(value, Collection) and not value.flow:
        nested = list(_block(value, indent + _STEP, kind))
        if entry.key is None and entry.beside is None and not value.entries[0].before:
            nested[0] = replace(nested[0], text=f"{head} {nested[0].text.lstrip()}")
        else:
            yield Line(head, entry.beside)
        yield from nested
        return
    written = _text(value, head, indent, kind) if isinstance(value, Text) else _brackets(value, head, indent, kind)
    if entry.beside or entry.between or (isinstance(value, Text) and value.below and len(written) > 1):
        written = _value_below(entry, indent, kind)
        yield Line(head, entry.beside)
        yield from _comments(entry.between, indent + _STEP, first=False)
    yield from _closed(written, entry.after)


def _value_below(entry: Entry, indent: int, kind: str) -> list[Line]:
    """Return the lines of a value that begins below its key."""
    pad = " " * (indent + _STEP)
    if isinstance(entry.value, Text):
        first, *rest = lines(entry.value, indent, words=reads_text(kind))
        return [Line(pad + first), *map(Line, rest)]
    return Brackets(pad).lines(entry.value, kind)


def _text(value: Text, head: str, indent: int, kind: str) -> list[Line]:
    first, *rest = lines(value, indent, words=reads_text(kind))
    return [Line(f"{head} {first}" if first else head), *map(Line, rest)]


def _brackets(value: Collection, head: str, indent: int, kind: str) -> list[Line]:
    """Return a collection in brackets beside its key; below it if only there its lines are short enough."""
    beside = Brackets(f"{head} ").lines(value, kind)
    if head.endswith("-") or not _too_long(beside):
        return beside
    under = Brackets(" " * (indent + _STEP)).lines(value, kind)
    return beside if _too_long(under) else [Line(head), *under]


def _too_long(written: Iterable[Line]) -> bool:
    return any(len(line.text) > Brackets.WIDTH for line in written)


def _closed(written: list[Line], comment: Comment | None) -> list[Line]:
    """Return the lines of a value with the comment behind it."""
    return [*written[:-1], replace(written[-1], comment=comment)] if comment else written
