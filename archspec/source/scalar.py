"""A YAML scalar as written → its value by YAML 1.2's core schema, and what older YAML makes of it."""

import math
import re
from typing import NamedTuple

__all__ = ["Scalar", "Trap", "resolve", "trap"]

_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMBER_STARTS = frozenset("+-.0123456789")
_DECIMAL = re.compile(r"[-+]?0*+([0-9]*+)")
_BASED = re.compile(r"0o0*+([0-7]*+)|0x0*+([0-9a-fA-F]*+)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]++|[0-9]++(?:\.[0-9]*+)?)(?:[eE][-+]?[0-9]++)?")
_SPECIAL = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


class Scalar(NamedTuple):
    """A YAML scalar as written. What it means depends on where it stands."""

    text: str
    quoted: bool = False  # in quotes, or a block scalar

    @property
    def value(self) -> int | float | bool | str | None:
        """The value by YAML 1.2's core schema; quoted text stays text."""
        return self.text if self.quoted else resolve(self.text)


def resolve(text: str) -> int | float | bool | str | None:
    """Return what plain text means in YAML 1.2's core schema (YAML 1.2.2, section 10.3.2), in linear time.

    A number that is out of range, which no source holds that was read without an error, is infinite.

    Example:
        >>> [resolve(text) for text in ("1e-5", "0x1F", "010", "no", "~")]
        [1e-05, 31, 10, 'no', None]
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_STARTS:
        return text
    if len(text) < 19 and text.isdecimal() and text.isascii():  # nearly all numbers of a spec
        return int(text)
    if (match := _DECIMAL.fullmatch(text)) and text[-1].isdigit():
        return _bounded(match[1], 10, negative=text[0] == "-")
    if (match := _BASED.fullmatch(text)) and len(text) > 2:
        return _bounded(match[1] or match[2] or "", 8 if text[1] == "o" else 16)
    if _FLOAT.fullmatch(text):
        return float(text)
    return float(text.replace(".", "", 1)) if _SPECIAL.fullmatch(text) else text


def _bounded(digits: str, base: int, *, negative: bool = False) -> int | float:
    """Return the integer of these digits, without leading zeros, or infinity if it is 2⁶³ or more."""
    value = int(digits or "0", base) if len(digits) <= 21 else 1 << 63
    bounded = value if value < 1 << 63 else math.inf
    return -bounded if negative else bounded


_BOOLEANS = {
    **{word: "true" for yes in ("yes", "on") for word in (yes, yes.title(), yes.upper())},
    **{word: "false" for no in ("no", "off") for word in (no, no.title(), no.upper())},
}
_LEADING_ZERO = re.compile(r"[-+]?0++[0-9]++")
_UNDERSCORED = re.compile(r"[-+]?[0-9][0-9_]*+(?:\.[0-9_]*+)?")
_SEXAGESIMAL = re.compile(r"[-+]?[0-9]++(?::[0-5]?[0-9])++(?:\.[0-9]*+)?")
_OTHER_BASE = re.compile(r"[-+]?0b[01_]++|[-+]0x[0-9a-fA-F_]++|0x[0-9a-fA-F]*+_[0-9a-fA-F_]*+")


class Trap(NamedTuple):
    """What surprises in a plain text, what to write, and the text that was meant if it is no text."""

    message: str
    help: str
    meant: str | None = None


def trap(text: str) -> Trap | None:
    """Return what surprises in plain text that YAML 1.1 reads as something else, and what to write.

    Example:
        >>> trap("no").message
        '`no` is text here, not false'
    """
    if text in _BOOLEANS:
        meant = _BOOLEANS[text]
        return Trap(f"`{text}` is text here, not {meant}", f"write `{meant}`, or put the text in quotes", meant)
    if text[:1] not in _NUMBER_STARTS or len(text) > 64:
        return None
    if _LEADING_ZERO.fullmatch(text):
        octal = "" if set(text) & set("89") else f"; an octal number is written `0o{text.lstrip('+-0') or 0}`"
        number = str(resolve(text))
        return Trap(f"`{text}` is the number {number} here, not an octal one", f"write `{number}`{octal}", number)
    if "_" in text and _UNDERSCORED.fullmatch(text):
        plain = text.replace("_", "")
        return Trap(f"`{text}` is text here, not a number", f"write `{plain}`, or put the text in quotes", plain)
    if _SEXAGESIMAL.fullmatch(text):
        return Trap(f"`{text}` is text here, not a number in base 60", "put the text in quotes")
    if _OTHER_BASE.fullmatch(text):
        advice = "write the number in decimal, or put the text in quotes"
        return Trap(f"`{text}` is text here, not a number", advice)
    return None
