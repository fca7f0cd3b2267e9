"""A YAML parser's complaint → what the person did, where, and what to write instead.

The parser says where it gave up, which is seldom where the mistake is. Each rule looks at the text around
that place for one common mistake; the first that knows it answers.
"""

import re
from collections.abc import Callable

from archspec.source.block_errors import block, colon, indentation, no_colon
from archspec.source.complaint import CHOICE, Complaint, after_value, directive, inline_list, never_closed
from archspec.source.flow_errors import flow
from archspec.source.mistake import Mistake, shown

__all__ = ["explain"]


def explain(c: Complaint) -> Mistake:
    """Return what the person did wrong, as far as the text shows it."""
    for rule in _RULES:
        if mistake := rule(c):
            return mistake
    at = min(c.at, len(c.text.rstrip()))
    advice = "look for a mistake on this line and the one before it"
    return Mistake("AS003", "YAML cannot be read from here on", at, at + 1, advice)


def _tab(c: Complaint) -> Mistake | None:
    if c.character != "\t":
        return None
    end = c.at + len(c.text[c.at : c.line_end]) - len(c.text[c.at : c.line_end].lstrip("\t"))
    if c.before.strip():
        message, advice = "a tab stands here, where YAML takes only spaces", "type a space instead"
    else:
        message, advice = "this line is indented with a tab; YAML takes only spaces", "use two spaces a level"
    return Mistake("AS003", message, c.at, end, advice)


def _unclosed_quote(c: Complaint) -> Mistake | None:
    unclosed = "quoted" in c.context and ("end of stream" in c.problem or "document" in c.problem)
    return never_closed(c, c.begun) if unclosed else None


def _escape(c: Complaint) -> Mistake | None:
    if "quoted" not in c.context:
        return None
    start = max(c.text.rfind("\\", c.begun, c.at + 1), c.begun)
    match = re.compile(r"\\(?:x[^\s\"]{0,2}|u[^\s\"]{0,4}|U[^\s\"]{0,8}|.)?").match(c.text, start)
    end = match.end() if match else start + 1
    advice = "write \\\\ for a backslash, or use single quotes, between which it stands for itself"
    return Mistake("AS003", f"{shown(c.text[start:end])} stands for no character", start, end, advice)


def _document(c: Complaint) -> Mistake | None:
    if "directive" in c.context or "incompatible" in c.problem:
        return directive(c, c.line_start)
    if not c.before and c.text.startswith("...", c.at):
        return Mistake("AS003", "`...` has no meaning in a spec", c.at, c.at + 3, "delete the line")
    if "<document start>" not in c.problem:
        return None
    if match := re.compile("(?m)^%").search(c.text):
        return directive(c, match.start())
    if c.before.strip():
        return after_value(c)
    if re.compile(r"(?m)^\.\.\.\s*$").search(c.text, 0, c.at):
        message = "this stands after the end of the document"
        return Mistake("AS003", message, c.at, c.line_end, "delete the line `...` above it")
    return indentation(c)


_FIRST = {
    "@": "put the value in quotes",
    "`": "put the value in quotes, or leave the ` away",
    "%": "a remainder is written `a % b`; put text that begins with % in quotes",
    "&": "put the value in quotes; a condition's and is written `and`",
    "*": "put the value in quotes; a product is written `a * b`",
    "!": "put the value in quotes; a condition's not is written `not x`",
    "|": "put the value in quotes; a condition's or is written `or`",
    ">": "put the value in quotes; a comparison is written `a > b`",
    "?": f"put the value in quotes; {CHOICE}",
}


def _first_character(c: Complaint) -> Mistake | None:
    begun = any(word in c.context for word in ("an anchor", "an alias", "a tag", "a block scalar"))
    at = c.begun if begun else c.at
    advice = _FIRST.get(c.text[at : at + 1])
    if advice is None or not (begun or "start any token" in c.problem or "mapping keys" in c.problem):
        return None
    if c.text[at] == "%" and not c.before:
        return directive(c, at)
    return Mistake("AS003", f"a value cannot begin with {c.text[at]}", at, at + 1, advice)


def _sequence(c: Complaint) -> Mistake | None:
    return inline_list(c) if "sequence entries" in c.problem else None


_RULES: tuple[Callable[[Complaint], Mistake | None], ...] = (
    _tab,
    _unclosed_quote,
    _escape,
    _document,
    _first_character,
    no_colon,
    flow,
    colon,
    _sequence,
    block,
)
