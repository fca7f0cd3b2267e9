"""A source → its text as a tree of collections, texts and comments: nothing of it is lost but blanks."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from archspec.fmt.spelling import indentation
from archspec.fmt.tree import Collection, Comment, Entry, Node, Text
from archspec.source import Scalar, Source, Tree
from archspec.source.reader import Place

__all__ = ["read"]

_COMMENT_OR_DASH = re.compile(r"#[^\n]*|-")
_BESIDE_KEY = re.compile(r"[ \t]*:?[ \t]*(#[^\n]*)")
_BESIDE = re.compile(r"[ \t]*(#[^\n]*)")
_BESIDE_COMMA = re.compile(r"[ \t]*(?::[ \t]*)?,?[ \t]*(#[^\n]*)")  # a colon without a value
_BELOW = re.compile(r"\n([ \t]*)(#[^\n]*)")


def read(source: Source) -> tuple[Entry, tuple[Comment, ...]]:
    """Return the whole of a source, and the comments that follow it.

    The source's lines end with a line feed, and each of its keys is there once.
    """
    reading, text = _Reading(source.text), source.text
    if text[source.places.start] in "{[":
        return reading.bracketed(source.root, source.places)
    root, cursor = reading.block(source.root, source.places, _Gap(0, len(text), -1))
    return Entry(None, root), reading.lines(cursor, len(text))[0]


@dataclass(frozen=True, slots=True)
class _Gap:
    """Where a block's first comments may begin, where the next leaf after the block stands, and in which column."""

    start: int
    stop: int
    bound: int


@dataclass(frozen=True, slots=True)
class _Child:
    """One entry of a tree, and where it stands."""

    key: str | None
    tree: Tree
    place: Place

    @property
    def name(self) -> tuple[int, int] | None:
        """Where its key stands."""
        return None if self.key is None else self.place.name

    @property
    def start(self) -> int:
        """Where its key begins, or else its value."""
        return self.name[0] if self.name else self.place.start

    @property
    def named(self) -> int:
        """Where its key ends, or else its value begins."""
        return self.name[1] if self.name else self.place.start


def _children(tree: Tree, place: Place) -> list[_Child]:
    if isinstance(tree, dict) and isinstance(place.children, dict):
        return [_Child(key, value, place.children[key]) for key, value in tree.items()]
    if isinstance(tree, list) and isinstance(place.children, list):
        return [_Child(None, value, below) for value, below in zip(tree, place.children, strict=True)]
    raise AssertionError("places have the shape of their tree")


class _Reading:
    def __init__(self, text: str) -> None:
        self.text = text

    # Blocks

    def bracketed(self, tree: Tree, place: Place) -> tuple[Entry, tuple[Comment, ...]]:
        """Return a file that is all in brackets, and the comments that follow it."""
        after, cursor = self._beside(_BESIDE, place.end)
        entry = Entry(None, self._flow(tree, place), self.lines(0, place.start)[0], after=after)
        return entry, self.lines(cursor, len(self.text))[0]

    def block(self, tree: Tree, place: Place, gap: _Gap) -> tuple[Collection, int]:
        """Return a block, and where what it does not hold any more begins."""
        children = _children(tree, place)
        column = self._column(children[0].start if isinstance(tree, dict) else place.start)
        cursor, entries = gap.start, []
        for index, child in enumerate(children):
            last = index == len(children) - 1
            after = _Gap(0, gap.stop if last else children[index + 1].start, column)
            start = child.start if isinstance(tree, dict) else self._dash(cursor, child.start)
            before, blank = self.lines(cursor, start)
            entry, cursor = self._entry(child, start, after, column, (before, blank))
            entries.append(entry)
        tail = []
        for comment, end in self._own(cursor, gap.stop):
            if comment.column < column or comment.column <= gap.bound:
                break
            tail.append(comment)
            cursor = end
        return Collection(tuple(entries), isinstance(tree, dict), flow=False, tail=tuple(tail)), cursor

    def _entry(
        self, child: _Child, start: int, after: _Gap, column: int, above: tuple[tuple[Comment, ...], bool]
    ) -> tuple[Entry, int]:
        """Return an entry of a block, and where the next gap begins."""
        head, key = child.named if child.name else start + 1, self._key(child)
        beside, cursor = self._beside(_BESIDE if child.key is None else _BESIDE_KEY, head)
        value: Node
        if self._is_nothing(child):
            return Entry(key, Text(Scalar(""), "", column), *above, after=beside), cursor
        if self._is_block(child):
            value, cursor = self.block(child.tree, child.place, replace(after, start=cursor))
            return Entry(key, value, *above, beside), cursor
        between = self.lines(cursor, child.place.start)[0]
        value, cursor = self._inline(child, column)
        behind, cursor = self._beside(_BESIDE, cursor)
        return Entry(key, value, *above, beside, between, behind), cursor

    def _key(self, child: _Child) -> Text | None:
        if child.key is None or child.name is None:
            return None
        raw = self.text[slice(*child.name)]
        return Text(Scalar(child.key, quoted=raw[:1] in ("'", '"')), raw, 0)

    def _is_nothing(self, child: _Child) -> bool:
        """Whether a value is left out; its place says nothing then."""
        return isinstance(child.tree, Scalar) and child.place.start == child.place.end

    def _is_block(self, child: _Child) -> bool:
        return not isinstance(child.tree, Scalar) and self.text[child.place.start] not in "{["

    def _inline(self, child: _Child, column: int) -> tuple[Node, int]:
        """Return a text, or a collection in brackets, and where it ends."""
        if not isinstance(child.tree, Scalar):
            return self._flow(child.tree, child.place), child.place.end
        raw = self.text[child.place.start : child.place.end]
        if raw[:1] in ("|", ">") and child.tree.quoted:
            raw = _without_last_lines(raw, column)
        below = "\n" in self.text[child.start : child.place.start]
        return Text(child.tree, raw, column, below), child.place.start + len(raw)

    # Brackets

    def _flow(self, tree: Tree, place: Place) -> Collection:
        bracketed = self.text[place.start] in "{["
        value: Node
        cursor, entries = place.start + bracketed, []
        for child in _children(tree, place):
            before = [*self.lines(cursor, child.start)[0]]
            if self._is_nothing(child):
                value, cursor = Text(Scalar(""), "", 0), child.named
            else:
                before += self.lines(child.named, child.place.start)[0]
                value, cursor = self._pair(child)
            after = None
            if bracketed:  # of `[a: b]`, what follows b belongs to the list
                after, cursor = self._beside(_BESIDE_COMMA, cursor)
            entries.append(Entry(self._key(child), value, tuple(before), after=after))
        tail = self.lines(cursor, place.end - 1)[0] if bracketed else ()
        return Collection(tuple(entries), isinstance(tree, dict), flow=True, tail=tail)

    def _pair(self, child: _Child) -> tuple[Node, int]:
        """Return what stands in brackets; `[a: b]` holds a mapping that has none of its own."""
        if isinstance(child.tree, dict) and self.text[child.place.start] != "{":
            (only,) = _children(child.tree, child.place)
            return self._flow(child.tree, child.place), only.named if self._is_nothing(only) else only.place.end
        return self._inline(child, 0)

    # Comments

    def _beside(self, pattern: re.Pattern[str], end: int) -> tuple[Comment | None, int]:
        """Return the comment behind code that ends at `end`, with the lines that go on below it, and where it ends."""
        match = pattern.match(self.text, end)
        if match is None:
            return None, end
        column, more, cursor = self._column(match.start(1)), [], match.end()
        while (below := _BELOW.match(self.text, cursor)) and len(below[1]) == column:
            more.append(below[2].rstrip())
            cursor = below.end()
        code = len(self.text[match.start(1) - column : match.start(1)].rstrip())
        return Comment(match[1].rstrip(), column, code, more=tuple(more)), cursor

    def lines(self, start: int, end: int) -> tuple[tuple[Comment, ...], bool]:
        """Return the comments between two leaves, and whether a blank line follows the last."""
        found = tuple(self._comments(start, end))
        rest = max((stop for _, stop in found), default=start)
        return tuple(comment for comment, _ in found), self._blank(rest, end)

    def _own(self, start: int, end: int) -> Iterator[tuple[Comment, int]]:
        """Yield the comments that stand before anything else, as the dash of the next entry."""
        for comment, stop in self._comments(start, end):
            if self.text[start:stop].lstrip()[:1] != "#":
                return
            yield comment, stop
            start = stop

    def _comments(self, start: int, end: int) -> Iterator[tuple[Comment, int]]:
        """Yield each comment between two leaves with its end; between leaves, nothing else has a #."""
        cursor = start
        while (at := self.text.find("#", cursor, end)) >= 0:
            stop = self.text.find("\n", at, end)
            stop = end if stop < 0 else stop
            column = self._column(at)
            code = len(self.text[at - column : at].rstrip())
            yield Comment(self.text[at:stop].rstrip(), column, code, self._blank(cursor, at)), stop
            cursor = stop

    def _blank(self, start: int, end: int) -> bool:
        return re.search(r"\n[ \t]*\n", self.text[start:end]) is not None

    def _dash(self, start: int, end: int) -> int:
        """Return where the dash of an entry stands."""
        dashes: Iterable[re.Match[str]] = _COMMENT_OR_DASH.finditer(self.text, start, end)
        return next(match.start() for match in dashes if match[0] == "-")

    def _column(self, offset: int) -> int:
        return offset - (self.text.rfind("\n", 0, offset) + 1)


def _without_last_lines(raw: str, column: int) -> str:
    """Return text below `|` or `>` without the blank lines after it that do not count, and the last line's end."""
    if "+" in raw.partition("\n")[0].partition("#")[0]:
        return raw.removesuffix("\n")
    deep, lines = indentation(raw, column), raw.split("\n")
    while len(lines) > 1 and not lines[-1].strip(" ") and len(lines[-1]) <= deep:
        lines.pop()
    return "\n".join(lines)
