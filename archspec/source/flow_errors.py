"""A complaint about what stands between brackets → what was done wrong there."""

import re
from collections.abc import Callable

from archspec.source.complaint import (
    CHOICE,
    Complaint,
    after_quote,
    colon_inside,
    inline_list,
    never_closed,
    stray_bracket,
)
from archspec.source.mistake import Mistake, assigned, line_end, line_start, missing_space, shown

__all__ = ["flow"]


_ENTRY = 200  # characters: so far back an entry is looked at, which keeps the search for its parts short


def flow(c: Complaint) -> Mistake | None:
    """Return what is wrong inside the bracket that is still open; None if none is."""
    if c.bracket is None:
        return None
    return next((mistake for rule in _RULES if (mistake := rule(c, c.bracket))), None)


def _assigned(c: Complaint, bracket: int) -> Mistake | None:
    """Tell of `{kernel_size=[3, 3]}`."""
    if c.character != "[" or c.text[bracket] != "{":
        return None
    given = re.compile(r"[,{]\s*+([A-Za-z_]\w*+)[ \t]*+=[ \t]*+$").search(c.text, max(bracket, c.at - _ENTRY), c.at)
    return assigned(c.text, given.start(1)) if given else None


def _inside_value(c: Complaint, bracket: int) -> Mistake | None:
    """Tell of a bracket inside an unquoted value: an index, or `${x}`."""
    if c.character not in ("[", "{") or not re.search(
        r"[\w.)$({+*/%-]\s*$", c.text[max(bracket + 1, c.at - _ENTRY) : c.at]
    ):
        return None
    advice = "put the value in quotes"
    index = re.compile(r"([A-Za-z_][\w.]*)\[\s*(\d+)\s*\]").search(c.text, c.line_start, c.line_end)
    name = re.compile(r"\{+\s*([A-Za-z_][\w.]*)").match(c.text, c.at)
    if index:
        advice = f"a list is indexed with a dot: `{index[1]}.{index[2]}`"
    elif name and c.text[c.at - 1] == "$":
        advice = f"a name needs no sign around it: write `{name[1]}`"
    return c.here(f"`{c.character}` cannot stand inside an unquoted value", advice)


def _quote_inside(c: Complaint, bracket: int) -> Mistake | None:  # noqa: ARG001
    """Tell of `{a: 'it's'}`, and of a quote that ends where another text begins."""
    if c.quoted is None or c.text[c.quoted[1] : c.at].strip() or c.character in ("", ":", "]", "}"):
        return None
    if re.search(r"[\r\n]", c.text[slice(*c.quoted)]):
        return never_closed(c, c.quoted[0])
    return after_quote(c, c.quoted) if c.quoted[1] == c.at and c.character not in "\"'" else None


def _unclosed_bracket(c: Complaint, bracket: int) -> Mistake | None:
    """Tell of a bracket that nothing closes, or that a later line's or another bracket's end would."""
    sign = c.text[bracket]
    wanted = "]" if sign == "[" else "}"
    end = _closing(c.text, bracket)
    label = None
    if end is not None and c.text[end] != wanted:
        label = (end, end + 1, f"here {wanted} is expected before {c.text[end]}")
    elif end is not None and c.character and not _key_between(c.text, bracket, end):
        return None
    message = f"this {sign} is never closed"
    return Mistake("AS003", message, bracket, bracket + 1, f"close it with {wanted}", label)


# A bracket; before it, what hides brackets: text in quotes and comments.
_BRACKET = re.compile(r"""(?<=[\s\[{,:])(?:"(?:[^"\\]|\\.)*+"|'[^']*+'|#.*)|[\[\]{}]""")


def _closing(text: str, bracket: int) -> int | None:
    """Return where the first bracket stands that closes the one at `bracket`, or should."""
    depth = 0
    for match in _BRACKET.finditer(text, bracket):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(match[0], 0)
        if depth == 0:
            return match.start()
    return None


def _key_between(text: str, bracket: int, end: int) -> bool:
    """Whether a line between the brackets begins with a key, no deeper than the line of the opening one."""
    lead = text[line_start(text, bracket) : bracket]
    if not lead.strip():  # the bracket begins its line, as in JSON
        return False
    indent = len(lead) - len(lead.lstrip(" "))
    keys = re.compile(rf"(?m)^ {{0,{indent}}}[\w-]+:(?:\s|$)")
    return keys.search(text, line_end(text, bracket), end) is not None


def _colon(c: Complaint, bracket: int) -> Mistake | None:
    """Tell of `{a: 1 b: 2}`, `{a:1 b: 2}` and `{a: b: c}`."""
    if c.character != ":":
        return None
    entry = re.split(r"[,\[{]", c.text[max(bracket + 1, c.at - _ENTRY) : c.at])[-1]
    if not entry.strip():
        return c.here("a key is missing before this colon", "write `key: value`")
    if match := re.search(r"""(?s):\s.*\S\s+(["']?[A-Za-z_][\w-]*["']?)$""", entry):
        if "?" in entry:
            return c.here("a value cannot hold `? :`", CHOICE)
        message = f"a comma is missing before {shown(match[1])}"
        return Mistake("AS003", message, c.at - len(match[1]), c.at, "put a comma between the two")
    if re.match(r"[\w-]+:\S", entry.strip()):
        return missing_space(c.text, c.at - len(entry.lstrip()), c.at)
    return colon_inside(c)


def _separator(c: Complaint, bracket: int) -> Mistake | None:  # noqa: ARG001
    """Tell of what is between two entries, or is not."""
    if c.character == ",":
        return c.here("nothing stands before this comma", "delete the comma, or write the value")
    if c.character in ("]", "}"):
        return stray_bracket(c)
    if c.character == "?":
        return c.here("a value cannot hold `?`", CHOICE)
    if c.character == "-" and "node content" in c.problem:
        return inline_list(c)
    return c.here("a comma is missing before this", "put a comma between the two values")


_RULES: tuple[Callable[[Complaint, int], Mistake | None], ...] = (
    _assigned,
    _inside_value,
    _quote_inside,
    _unclosed_bracket,
    _colon,
    _separator,
)
