"""A collection in brackets → its lines: one if it fits, else as much on each as fits, aligned behind the bracket."""

from dataclasses import replace
from typing import ClassVar

from archspec.fmt.order import below, ordered, reads_text
from archspec.fmt.spelling import key, line
from archspec.fmt.tree import Collection, Comment, Entry, Line, Node

__all__ = ["Brackets"]


class Brackets:
    """Writes one collection behind what stands on its line already."""

    WIDTH: ClassVar[int] = 110
    """How many columns a line takes, where it can be broken."""

    def __init__(self, head: str) -> None:
        self._lines: list[Line] = []
        self._current = head
        self._whole: dict[tuple[int, str], str | None] = {}

    def lines(self, node: Node, kind: str) -> list[Line]:
        """Return the lines of a collection that is a value of the kind."""
        self._node(node, kind, "")
        return [*self._lines, Line(self._current)]

    def _node(self, node: Node, kind: str, ends: str) -> None:
        """Write a node, with room for the brackets that close behind it."""
        whole = self._on_one_line(node, kind)
        if isinstance(node, Collection) and (whole is None or (node.entries and not self._fits(whole + ends))):
            self._collection(node, kind, ends)
        else:
            self._current += whole or ""

    def _fits(self, text: str) -> bool:
        return len(self._current) + len(text) <= self.WIDTH

    def _collection(self, node: Collection, kind: str, ends: str) -> None:
        column = len(self._current)
        self._current += "{" if node.mapping else "["
        close = "}" if node.mapping else "]"
        entries = ordered(node.entries, kind) if node.mapping else node.entries
        alone = bool(node.tail or (entries and entries[-1].after))  # the closing bracket has a line of its own
        for index, entry in enumerate(entries):
            last = index == len(entries) - 1
            self._above(entry, column + 1, first=index == 0)
            broken = self._entry(entry, below(kind, entry.name, mapping=node.mapping), column + 1,
                                 "," if not last else "" if alone else close + ends)  # fmt: skip
            if not last:
                self._current += ","
            if entry.after or (broken and not last):
                self._end(entry.after)
        for comment in node.tail:
            self._comment(comment, column + 1)
        if alone:
            self._end()
            self._current = " " * column
        self._current += close

    def _above(self, entry: Entry, column: int, *, first: bool) -> None:
        """Write the comments before an entry; those before the first begin behind the bracket."""
        for index, comment in enumerate(entry.before):
            if first and index == 0:
                code = len(self._current)
                self._end(comment if comment.code else replace(comment, column=code + 2, code=code))
            else:
                self._comment(comment, column)

    def _comment(self, comment: Comment, column: int) -> None:
        self._end()
        self._lines.append(Line(" " * column + comment.text))

    def _entry(self, entry: Entry, kind: str, column: int, ends: str) -> bool:
        """Write an entry on the line that is begun, or on one of its own; return whether it takes several."""
        head = "" if entry.key is None else key(entry.key)
        whole = self._on_one_line(entry.value, kind)
        text = None if whole is None else _pair(head, whole)
        if len(self._current) > column:
            if text is not None and self._fits(f" {text}{ends}"):
                self._current += " "
            else:
                self._end()
        self._current = self._current or " " * column
        if text is not None and self._fits(text + ends):
            self._current += text
            return False
        self._current += head if whole == "" or not head else f"{head}: "
        begun = len(self._lines)
        self._node(entry.value, kind, ends)
        return len(self._lines) > begun

    def _end(self, comment: Comment | None = None) -> None:
        if self._current.strip():
            self._lines.append(Line(self._current.rstrip(), comment))
        self._current = ""

    def _on_one_line(self, node: Node, kind: str) -> str | None:
        """Return a node on one line; None if a comment stands in it."""
        found = (id(node), kind)
        if found not in self._whole:
            self._whole[found] = self._joined(node, kind)
        return self._whole[found]

    def _joined(self, node: Node, kind: str) -> str | None:
        if not isinstance(node, Collection):
            return line(node, words=reads_text(kind))
        if node.tail:
            return None
        parts = []
        for entry in ordered(node.entries, kind) if node.mapping else node.entries:
            whole = self._on_one_line(entry.value, below(kind, entry.name, mapping=node.mapping))
            if whole is None or entry.before or entry.after:
                return None
            parts.append(_pair("" if entry.key is None else key(entry.key), whole))
        return ("{%s}" if node.mapping else "[%s]") % ", ".join(parts)


def _pair(head: str, value: str) -> str:
    """Return a key and its value, either of which may be nothing."""
    return f"{head}: {value}" if head and value else head or value
