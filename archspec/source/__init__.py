"""YAML text → plain values, and where each was written."""

import os
import stat
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path as FilePath

from archspec.diagnostic import Diagnostic, Span, SpecError
from archspec.garbage import uncollected
from archspec.limits import Limits
from archspec.source.encoding import Lines, check_characters, decode
from archspec.source.reader import Place, Reader, Tree
from archspec.source.scalar import Scalar

__all__ = ["Key", "Place", "Scalar", "Source", "Tree", "parse", "read", "read_bytes"]

Key = tuple[str | int, ...]
"""A path in a file: `("blocks", "Bottleneck", "layers", "conv1", "kernel_size", 0)`."""


@dataclass(frozen=True, eq=False)
class Source:
    """One file: its tree of values, and the place of each.

    Example:
        >>> source = parse("conv1: {op: Conv2d, stride: 2}")
        >>> source.root["conv1"]["stride"].value
        2
        >>> source.span(("conv1", "stride")).column
        29
    """

    file: str  # as messages name it
    path: FilePath | None  # None for text that came from no file
    text: str
    root: Tree
    diagnostics: tuple[Diagnostic, ...] = ()  # what the reader could go on after
    places: Place = field(default_factory=lambda: Place(0, 0), repr=False)

    def span(self, key: Key, *, name: bool = False) -> Span:
        """Return the place of the value at `key`, or of its key; of the nearest written parent else.

        The place of a mapping or a list ends with its first line.
        """
        place, _ = self._nearest(key)
        if name and place.name:
            return self.between(*place.name)
        end = place.end if place.children is None else min(place.end, self._lines.line_end(place.start))
        return self.between(place.start, end)

    def place(self, key: Key) -> Place | None:
        """Return the offsets of what stands at `key`; None where nothing is written there."""
        place, whole = self._nearest(key)
        return place if whole else None

    def between(self, start: int, end: int) -> Span:
        """Return the place of `text[start:end]`."""
        return self._lines.span(self.file, start, end)

    def offsets(self, span: Span) -> tuple[int, int]:
        """Return where in the text a span of this file begins and ends."""
        starts = self._lines.starts
        return starts[span.line - 1] + span.column - 1, starts[span.end_line - 1] + span.end_column - 1

    def _nearest(self, key: Key) -> tuple[Place, bool]:
        place = self.places
        for part in key:
            below = _child(place, part)
            if below is None:
                return place, False
            place = below
        return place, True

    @cached_property
    def _lines(self) -> Lines:
        return Lines(self.text)


def _child(place: Place, part: str | int) -> Place | None:
    if isinstance(place.children, dict):
        return place.children.get(part) if isinstance(part, str) else None
    if isinstance(place.children, list) and isinstance(part, int) and 0 <= part < len(place.children):
        return place.children[part]
    return None


def read(path: FilePath, limits: Limits = Limits(), *, name: str | None = None) -> Source:  # noqa: B008
    """Read a file.

    Args:
        path: the file; only regular files are read, and no more of them than the limit.
        limits: the bounds.
        name: how messages name the file, by default its path.

    Raises:
        SpecError: the file cannot be read, or is no YAML that archspec accepts.
    """
    file = name or str(path)
    return parse(read_bytes(path, file, limits), file, limits, path=path)


def read_bytes(path: FilePath, file: str, limits: Limits) -> bytes:
    """Return what a file holds; `file` is its name in messages. Raises SpecError where it cannot be read."""
    try:
        with open(path, "rb", opener=_open) as stream:  # Path.open takes no opener
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise OSError(None, "it is not a regular file")
            data = stream.read(limits.file_size + 1)
            size = max(len(data), os.fstat(stream.fileno()).st_size)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        message = f"cannot read {file}: {reason}"
        raise SpecError((Diagnostic("AS001", message, Span(file, 1, 1, 1, 1)),)) from None
    _check_size(size, file, limits)
    return data


def _open(path: str, flags: int) -> int:
    """Open without waiting for the other end of a pipe."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


@uncollected()
def parse(text: str | bytes, file: str = "<string>", limits: Limits = Limits(), *, path: FilePath | None = None) -> Source:  # noqa: B008, E501  # fmt: skip
    """Read text, or bytes in UTF-8.

    Raises:
        SpecError: it is no YAML that archspec accepts; `diagnostics` hold all that was found.
    """
    data = text.encode(errors="surrogatepass") if isinstance(text, str) else text
    _check_size(len(data), file, limits)
    text = (decode(text, file) if isinstance(text, bytes) else text).removeprefix("\ufeff")
    check_characters(text, file, limits.messages)
    reader = Reader(text, file, limits)
    root, places = reader.read()
    return Source(file, path, text, root, tuple(reader.found), places)


def _check_size(size: int, file: str, limits: Limits) -> None:
    if size > limits.file_size:
        message = f"{file} has {size} bytes; at most {limits.file_size} are allowed"
        advice = f"`--limit file_size={size}` raises the limit"
        raise SpecError((Diagnostic("AS009", message, Span(file, 1, 1, 1, 1), help=advice),))
