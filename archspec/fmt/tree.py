"""What a file holds, as it is laid out: collections, texts and comments, each where it stands."""

from dataclasses import dataclass

from archspec.source import Scalar

__all__ = ["Collection", "Comment", "Entry", "Line", "Node", "Text"]


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment, on a line of its own or behind code."""

    text: str
    column: int  # where it stood
    code: int = 0  # where the code before it ended; 0 on a line of its own
    blank: bool = False  # whether a blank line stood before it
    more: tuple[str, ...] = ()  # the lines below that go on in the same column


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar: what it means, and how it is written, without the blanks around it."""

    scalar: Scalar
    raw: str
    column: int  # of the collection that it stands in
    below: bool = False  # begins on another line than its key


@dataclass(frozen=True, slots=True)
class Entry:
    """A key with its value, or an entry of a list."""

    key: Text | None
    value: "Node"
    before: tuple[Comment, ...] = ()  # the lines above it
    blank: bool = False  # whether a blank line stood right above it
    beside: Comment | None = None  # behind the key or the dash, where the value begins below
    between: tuple[Comment, ...] = ()  # the lines between the key and a value that is no block
    after: Comment | None = None  # behind the value

    @property
    def name(self) -> str | None:
        """The key, without quotes."""
        return None if self.key is None else self.key.scalar.text


@dataclass(frozen=True, slots=True)
class Collection:
    """A mapping or a list."""

    entries: tuple[Entry, ...]
    mapping: bool
    flow: bool  # in brackets
    tail: tuple[Comment, ...] = ()  # the lines after the last entry


Node = Text | Collection


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it is written, and the comment behind its code."""

    text: str
    comment: Comment | None = None
