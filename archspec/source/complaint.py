"""What the YAML parser complained of with the text around it, and the answers that several rules share."""

import re
from typing import NamedTuple

from archspec.source.mistake import Mistake, line_end, line_start

__all__ = [
    "CHOICE",
    "Complaint",
    "after_quote",
    "after_value",
    "colon_inside",
    "directive",
    "inline_list",
    "never_closed",
    "stray_bracket",
]

CHOICE = "a choice is written `a if condition else b`"


class Complaint(NamedTuple):
    """What the parser said, and what it had just read."""

    text: str
    problem: str
    context: str
    at: int  # where it gave up
    begun: int  # where that began which it could not finish
    bracket: int | None  # the innermost bracket that is still open
    quoted: tuple[int, int] | None  # the value read last, if it is in quotes

    @property
    def character(self) -> str:
        """What stands where the parser gave up; empty at the end of the file."""
        return self.text[self.at : self.at + 1]

    @property
    def line_start(self) -> int:
        """Where the line begins on which the parser gave up."""
        return line_start(self.text, self.at)

    @property
    def line_end(self) -> int:
        """Where that line ends."""
        return line_end(self.text, self.at)

    @property
    def before(self) -> str:
        """What stands on that line before that place."""
        return self.text[self.line_start : self.at]

    @property
    def indent(self) -> int:
        """How many spaces that line begins with."""
        return len(self.before) - len(self.before.lstrip(" "))

    def here(self, message: str, advice: str | None = None) -> Mistake:
        """Return a mistake of syntax that is the character where the parser gave up."""
        return Mistake("AS003", message, self.at, self.at + 1, advice)


def never_closed(c: Complaint, quote: int) -> Mistake:
    """Tell of a quote without an end."""
    return Mistake("AS003", "this quote is never closed", quote, quote + 1, f"end the text with {c.text[quote]}")


def after_quote(c: Complaint, quoted: tuple[int, int]) -> Mistake:
    """Tell of `'it's'`, or of a quote that is closed only by the opening one of another text."""
    if re.search(r"[\r\n]", c.text[slice(*quoted)]):
        return never_closed(c, quoted[0])
    sign = c.text[quoted[0]]
    other = "'" if sign == '"' else '"'
    return c.here("the quotes end before this", f"put text that holds {sign} between {other}")


def after_value(c: Complaint) -> Mistake:
    """Tell of what stands after a complete value on its line."""
    if c.character == ",":
        return c.here("a comma cannot follow this value", "each key has a line of its own, or {…} around")
    if c.quoted and not c.text[c.quoted[1] : c.at].strip():
        return after_quote(c, c.quoted)
    return c.here("the value on this line is already complete", "a new key begins on a new line")


def stray_bracket(c: Complaint) -> Mistake:
    """Tell of a closing bracket without an opening one."""
    opening = "[" if c.character == "]" else "{"
    return c.here(f"this {c.character} closes nothing", f"delete it, or open with {opening}")


def inline_list(c: Complaint) -> Mistake:
    """Tell of `key: - value`."""
    advice = "put each `- …` on a line of its own, or write [a, b]"
    return c.here("a list with dashes begins on a line of its own", advice)


def colon_inside(c: Complaint) -> Mistake:
    """Tell of `description: ResNet: a network`, and of `x ? 1 : 2`."""
    if " ? " in c.before:
        return c.here("a value cannot hold `? :`", CHOICE)
    advice = "put the value in quotes"
    pair = re.compile(r"\s*(?:- )?([\w-]+):\s+([^\[{\s].*)").fullmatch(c.text, c.line_start, c.line_end)
    if pair and len(pair[2]) < 60:
        value = pair[2].rstrip().replace("\\", "\\\\").replace('"', '\\"')
        advice = f'{advice}: {pair[1]}: "{value}"'
    return c.here("an unquoted value cannot hold a colon and a space", advice)


def directive(c: Complaint, start: int) -> Mistake:
    """Refuse a line that begins with %."""
    return Mistake("AS004", "a spec has no YAML directives", start, line_end(c.text, start), "delete the line")
