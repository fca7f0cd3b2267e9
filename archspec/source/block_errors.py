"""A complaint about lines and their indentation → what was done wrong there."""

import re
import unicodedata
from collections.abc import Iterator

from archspec.source.complaint import Complaint, after_value, colon_inside, stray_bracket
from archspec.source.mistake import Mistake, before_brace, cut, line_end, line_start, missing_space, shown

__all__ = ["block", "colon", "indentation", "no_colon"]


def no_colon(c: Complaint) -> Mistake | None:
    """Tell of a line that has no colon, or no blank after it."""
    if "unexpected ':'" in c.problem:
        return missing_space(c.text, c.begun, c.at + 1)
    if "expected ':'" not in c.problem:
        return None
    if mistake := _no_dash(c) or _line_without_colon(c.text, c.begun):
        return mistake
    advice = "a value that belongs to the line above is indented deeper than its key"
    message = "a value stands here, where a key is expected"
    return Mistake("AS003", message, c.begun, line_end(c.text, c.begun), advice)


def _no_dash(c: Complaint) -> Mistake | None:
    """Tell of a layer among list entries that has no dash."""
    start = line_start(c.text, c.begun)
    above, indent = next(_enclosing(c.text, start), (0, -1))
    line = c.text[c.begun : line_end(c.text, c.begun)].split(" #")[0].rstrip()
    listed = c.text.startswith("- ", above) and indent == c.begun - start
    if not listed or not re.fullmatch(r"\{.*\}|[A-Z]\w*", line):
        return None
    fix = (f"write `- {cut(line)}`", f"- {line}")
    return Mistake("AS003", "a dash is missing before this entry", c.begun, c.begun + len(line), fix[0], fix=fix)


def _line_without_colon(text: str, start: int) -> Mistake | None:
    """Say what the line that begins at `start` has instead of a key, a colon and a blank."""
    line = text[start : line_end(text, start)].split(" #")[0].rstrip()
    if line.startswith("//"):
        return Mistake("AS003", "a comment begins with #", start, start + 2, "write # instead of //")
    if re.match(r"-[^\s-]", line):
        message = "a space is missing after the dash"
        return Mistake("AS003", message, start, start + 1, f"write `- {cut(line[1:])}`")
    if re.match(r"[\w\"'-]+:\S", line):
        return missing_space(text, start, start + len(line))
    if re.search(r":(?:\s|$)", line) or line.startswith(("- ", "[", "{", "---")):
        return None
    return _other_colon(line, start) or _bare_key(line, start)


def _other_colon(line: str, start: int) -> Mistake | None:
    """Tell of `key = value`, and of a colon of another script."""
    match = re.match(r"([\w-]+)\s*([=：﹕︓︰ː꞉∶])\s*", line)
    if match is None:
        return None
    advice = f"write `{match[1]}: {cut(line[match.end() :])}`"
    message = f"U+{ord(match[2]):04X} {unicodedata.name(match[2])} is no colon"
    if match[2] == "=":
        message = "a key is followed by a colon, not by ="
    return Mistake("AS003", message, start + match.start(2), start + match.end(2), advice)


def _bare_key(line: str, start: int) -> Mistake:
    key, _, value = line.partition(" ")
    advice = f"write `{cut(key)}: {cut(value)}`" if value else f"write `{cut(key)}:`"
    message = f"a colon is missing after {shown(key)}"
    return Mistake("AS003", message, start, start + len(line), advice)


def colon(c: Complaint) -> Mistake | None:
    """Tell of a colon where YAML expects no key."""
    if "mapping values" not in c.problem:
        return None
    content = c.before.lstrip(" -")
    if len(content) > 1000:
        message = f"this key has {len(content)} characters"
        return Mistake("AS009", message, c.at - len(content), c.at, "a key is a short name")
    if mistake := _no_brace(c) or before_brace(c.text, c.line_start):
        return mistake
    if re.search(r":\s|\w\s\w", content):
        return colon_inside(c)
    above = next(_enclosing(c.text, c.line_start), None)
    return above and (_line_without_colon(c.text, above[0]) or _too_deep(c, *above))


_KEYS = re.compile(
    r"\s*+(?:- +)*+(?:[\w-]++: +|(?<=- )|)"  # what the keys belong to
    r"((?:op|block): +[^{}\s][^{}\r\n]*+(?:\{[^{}\r\n]*+\}[^{}\r\n]*+)*+)(\}?)"
)
"""A layer's keys in the place of a value, and the brace that closes what none opened."""


def _no_brace(c: Complaint) -> Mistake | None:
    """Tell of `conv: op: Conv2d, kernel_size: 3}`, and of such keys without any brace."""
    line = _KEYS.match(c.text, c.line_start, c.line_end)
    if line is None:
        return None
    keys, comment, _ = line[1].partition(" #")
    keys, closed, alone = keys.rstrip(), bool(line[2] and not comment), line.start(1) == c.line_start + c.indent
    written = f"{{{keys}}}"
    message = "`{` is missing before these keys" if closed else "braces are missing around these keys"
    advice = f"write `{written}`" if len(written) <= 100 else "write {…} around the keys of a layer on one line"
    fix = None if alone and not closed else (advice, written)  # keys on a line of their own may go on in the next
    return Mistake("AS003", message, line.start(1), line.start(1) + len(keys) + closed, advice, fix=fix)


def _too_deep(c: Complaint, above: int, indent: int) -> Mistake | None:
    """Tell of a key that is indented below a line that has its value already."""
    if c.indent <= indent:
        return None
    start = c.line_start + c.indent
    label = (above, line_end(c.text, above), "this line is complete")
    advice = f"indent it by {_spaces(indent)}, as the line above, or end that line with its colon"
    message = f"{shown(c.text[start : c.at])} is indented as if it belonged to the line above"
    return Mistake("AS003", message, start, c.at, advice, label)


def block(c: Complaint) -> Mistake | None:
    """Tell of what cannot follow a complete value."""
    if "expected" not in c.problem or c.at >= len(c.text):
        return None
    if c.character in ("]", "}"):
        return stray_bracket(c)
    if c.before.strip():
        return after_value(c)
    if c.character == ":":
        return c.here("a key is missing before this colon", "write `key: value`")
    if c.at - c.line_start == c.begun - line_start(c.text, c.begun):
        return _mixed(c)
    return indentation(c)


def _mixed(c: Complaint) -> Mistake:
    """Tell of a list and a mapping in one."""
    message, first = "a named key stands among list entries", "the list begins here"
    if c.character == "-":
        message, first = "a list entry stands among named keys", "the mapping begins here"
    label = (c.begun, line_end(c.text, c.begun), first)
    advice = "give each a name, or each a `-`; what belongs to an entry is indented deeper than its `-`"
    return Mistake("AS003", message, c.at, c.line_end, advice, label)


def indentation(c: Complaint) -> Mistake:
    """Tell of a line whose indentation is none of those of the lines above."""
    levels = [level for _, level in _enclosing(c.text, c.line_start)]
    if c.indent in levels:
        message = "nothing can follow the value above, which is the whole file"
        return Mistake("AS003", message, c.at, c.line_end, "a spec is a mapping, each key on a line of its own")
    deeper, outer = [n for n in levels if n > c.indent][-1:], [n for n in levels if n < c.indent][:1]
    message = f"this line is indented by {_spaces(c.indent)}, which fits no line above it"
    advice = f"indent it by {' or '.join(_spaces(level) for level in outer + deeper)}"
    return Mistake("AS003", message, c.at, c.line_end, advice)


def _spaces(count: int) -> str:
    return "1 space" if count == 1 else f"{count} spaces"


def _enclosing(text: str, offset: int) -> Iterator[tuple[int, int]]:
    """Yield where the lines above begin that enclose this one, innermost first, and their indentation."""
    least, start = 1 << 30, offset
    while start > 0 and least > 0:
        end, start = start - 1, line_start(text, start - 1)
        line = text[start:end]
        indent = len(line) - len(line.lstrip(" "))
        if indent < least and line.strip() and line[indent] != "#":
            least = indent
            yield start + indent, indent
