"""A file's bytes → text without what a reader cannot see, and the lines and columns of that text."""

import re
import unicodedata
from bisect import bisect_right
from itertools import islice

from archspec.diagnostic import INVISIBLE, Diagnostic, Span, SpecError

__all__ = ["Lines", "check_characters", "decode"]

_BREAK = re.compile(r"\r\n?|\n")

# Controls, DEL and C1 with U+0085, and what has no width.
_FORBIDDEN = re.compile(f"[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f{INVISIBLE}]")
_SPACES = "\xa0\u1680\u2000-\u200a\u202f\u205f\u3000"
_ODD_SPACE = re.compile(f"(?m)(?:^[ \t]*|[-:,?{{\\[][ \t]*)([{_SPACES}])")


class Lines:
    """Offsets into a text → lines and columns."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = [0, *(match.end() for match in _BREAK.finditer(text))]
        self._excerpts: dict[int, str] = {}  # one string for all the places of a line, which may be very long

    def span(self, file: str, start: int, end: int) -> Span:
        """Return the place of `text[start:end]`."""
        line = bisect_right(self.starts, start)
        last = bisect_right(self.starts, end, line - 1)
        column, end_column = start - self.starts[line - 1] + 1, end - self.starts[last - 1] + 1
        return Span(file, line, column, last, end_column, self._excerpt(line))

    def line_end(self, offset: int) -> int:
        """Return where the line ends that holds the offset, blanks at its end left out."""
        line = bisect_right(self.starts, offset)
        return max(offset, self.starts[line - 1] + len(self._excerpt(line).rstrip()))

    def _excerpt(self, line: int) -> str:
        if line not in self._excerpts:
            end = self.starts[line] if line < len(self.starts) else len(self.text)
            self._excerpts[line] = self.text[self.starts[line - 1] : end].rstrip("\r\n")
        return self._excerpts[line]


def decode(data: bytes, file: str) -> str:
    """Return UTF-8 bytes as text. Raises SpecError with the place of the first byte that is none."""
    head = data[:64]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or head.count(0) * 4 > len(head):
        looks = "UTF-32" if head.count(0) * 2 > len(head) else "UTF-16"
        raise SpecError((
            Diagnostic("AS002", f"the file is not UTF-8; it looks like {looks}", Span(file, 1, 1, 1, 1),
                       help="save the file as UTF-8"),
        ))  # fmt: skip
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        lines = Lines(data.decode(errors="replace"))
        offset = len(data[: error.start].decode())
        message = f"byte 0x{data[error.start]:02x} at offset {error.start} is not UTF-8"
        span = lines.span(file, offset, offset + 1)
        raise SpecError((Diagnostic("AS002", message, span, help="save the file as UTF-8"),)) from None


def check_characters(text: str, file: str, most: int) -> None:
    """Raise SpecError, with at most so many messages, if a text holds characters that hide what it says.

    Those are controls, characters without width, marks that turn the direction of reading, and blanks that
    look like a space where YAML takes only a space. Text in double quotes can spell any of them as an escape.
    """
    hidden = [match.start() for match in islice(_FORBIDDEN.finditer(text), most)]
    blanks = [match.start(1) for match in islice(_ODD_SPACE.finditer(text), most)]
    found = sorted(hidden + blanks)
    if found:
        lines = Lines(text)
        raise SpecError(tuple(_forbidden(text[i], lines.span(file, i, i + 1)) for i in found[:most]))


def _forbidden(character: str, span: Span) -> Diagnostic:
    code = f"U+{ord(character):04X}"
    name = unicodedata.name(character, "")
    if unicodedata.category(character) == "Zs":
        message, advice = f"{code} {name} stands where YAML takes an ordinary space", "type a space instead"
    else:
        message = f"{code} {name or 'control character'} may not stand in a spec"
        escape = f"\\u{ord(character):04x}" if ord(character) < 0x10000 else f"\\U{ord(character):08x}"
        advice = f"delete it; text in double quotes can spell it as {escape}"
    return Diagnostic("AS006", message, span, help=advice)
