"""What is wrong at a place of a text, before it is a message: offsets instead of lines and columns."""

import re
from typing import NamedTuple

__all__ = ["Mistake", "assigned", "before_brace", "cut", "line_end", "line_start", "missing_space", "shown"]


class Mistake(NamedTuple):
    """What a message will say, with places as offsets into the text."""

    code: str
    message: str
    start: int
    end: int
    help: str | None = None
    label: tuple[int, int, str] | None = None  # a second place, and what it is
    fix: tuple[str, str] | None = None  # what would mend it for sure, and the text to write in its place

    @property
    def refused(self) -> bool:
        """Whether there is no tree to go on with; a key too many or a trap leaves one."""
        return self.code not in ("AS005", "AS301")


def line_start(text: str, offset: int) -> int:
    """Return where the line begins that holds the offset."""
    return max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1


def line_end(text: str, offset: int) -> int:
    """Return where the line ends that holds the offset."""
    match = re.compile(r"[\r\n]").search(text, offset)
    return match.start() if match else len(text)


def cut(text: str) -> str:
    """Return the first line of a text, cut where it is long."""
    lines = text.strip().splitlines()
    line = lines[0] if lines else ""
    return line if len(line) <= 40 else line[:39] + "…"


def shown(text: str) -> str:
    """Return a piece of the file as a message quotes it."""
    quote = '"' if "`" in text else "`"
    return f"{quote}{cut(text)}{quote}"


def missing_space(text: str, start: int, end: int) -> Mistake:
    """Return the mistake of a key with a colon inside: `kernel_size:3`."""
    colon = text.index(":", start, end)
    key, value = text[start:colon], text[colon + 1 : end]
    message = f"a space is missing after the colon of {shown(key)}"
    return Mistake("AS003", message, colon, colon + 1, f"write `{cut(key)}: {cut(value) or '…'}`")


def before_brace(text: str, start: int) -> Mistake | None:
    """Tell of `conv {op: Conv2d}`; None if that is not what begins there."""
    begun = _BRACED.match(text, start)
    if begun is None:
        return None
    fix = (f"write `{cut(begun[1])}: {{…}}`", f"{begun[1]}:")
    return Mistake("AS003", f"a colon is missing after {shown(begun[1])}", *begun.span(1), fix[0], fix=fix)


_BRACED = re.compile(r"\s*+(?:- ++)*+([A-Za-z_][\w-]*+) *+\{\s*+[A-Za-z_]\w*+ *+:\s")


def assigned(text: str, start: int) -> Mistake | None:
    """Tell of `out_channels=8` in braces, with all of its kind that follow; None if that is not what begins there."""
    run = _ASSIGNMENTS.match(text, start)
    if run is None:
        return None
    written = ", ".join(f"{each[1]}: {_flow_value(each[2].rstrip())}" for each in _ASSIGNMENT.finditer(run[0]))
    advice = f"write `{written}`" if len(written) <= 100 else f"write {shown(written)}, and the others alike"
    message = "a key is followed by a colon, not by ="
    return Mistake("AS003", message, start, start + len(run[0].rstrip()), advice, fix=(advice, written))


_VALUE = r"(?:\[[^\[\]\n]*+\]|[^\s,{}\[\]()=](?:[^,{}\[\]()\n]|\([^()\n]*+\))*+|(?:\([^()\n]*+\))++[^,{}\[\]()\n]*+)"
_ASSIGNMENT = re.compile(rf"([A-Za-z_]\w*+)[ \t]*+=[ \t]*+({_VALUE})")
_ASSIGNMENTS = re.compile(rf"{_ASSIGNMENT.pattern}(?:\s*+,\s*+{_ASSIGNMENT.pattern})*+(?=\s*+[,}}])")


def _flow_value(text: str) -> str:
    """Return a value of Python's as it stands between braces."""
    if re.fullmatch(r"\([^()]*,[^()]*\)", text):
        return f"[{text[1:-1].strip().rstrip(',')}]"
    words = {"True": "true", "False": "false"}
    return f'"{text}"' if "," in text and text[0] not in "[\"'" else words.get(text, text)
