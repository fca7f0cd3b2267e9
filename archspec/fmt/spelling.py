"""A key or a scalar → how it is written: without quotes that do nothing, and with the same meaning."""

import json
import re

from archspec.fmt.tree import Text
from archspec.source.scalar import resolve, trap

__all__ = ["indentation", "key", "line", "lines"]

_PLAIN = re.compile(r"[A-Za-z_][\w.+*/()-]*(?: [\w.+*/()-]+)*", re.ASCII)
_SINGLE = re.compile(r"'[^'\"\\\n]*'")
_HEADER = re.compile(r"([|>])(?:([1-9])?([-+])?|([-+])([1-9])?)[ \t]*(#.*)?")


def key(text: Text) -> str:
    """Return how a key is written.

    Example:
        >>> from archspec.source import Scalar
        >>> key(Text(Scalar("conv1", quoted=True), "'conv1'", 0)), key(Text(Scalar("no", quoted=True), "'no'", 0))
        ('conv1', '"no"')
    """
    written = line(text, words=True)
    return json.dumps(text.scalar.text, ensure_ascii=False) if "\n" in written else written


def line(text: Text, *, words: bool) -> str:
    """Return how a scalar is written on one line; as it is where a line cannot hold it.

    Args:
        text: the scalar.
        words: whether it is the same text with quotes and without.
    """
    raw, value = text.raw, text.scalar.text
    if not text.scalar.quoted:
        return raw if re.search(r"\n[ \t]*\n", raw) else " ".join(part.strip(" \t") for part in raw.split("\n"))
    if words and _PLAIN.fullmatch(value) and resolve(value) == value and trap(value) is None:
        return value
    if "\n" in raw:
        return raw if "\\" in raw else json.dumps(value, ensure_ascii=False)
    return f'"{raw[1:-1]}"' if _SINGLE.fullmatch(raw) else raw


def lines(text: Text, indent: int, *, words: bool) -> list[str]:
    """Return how a scalar of a block is written, the first line without its indentation.

    Args:
        text: the scalar.
        indent: that of the block.
        words: whether it is the same text with quotes and without.
    """
    if "\n" not in text.raw:
        return [line(text, words=words)]
    if text.raw[0] in "|>":
        return _under_header(text, indent)
    first, *rest = text.raw.split("\n")
    blank = "" if text.scalar.quoted else " \t"  # what ends a line of quoted text may be escaped
    return [first.rstrip(blank), *(_indented(part.lstrip(" \t").rstrip(blank), indent + 2) for part in rest)]


def _indented(text: str, indent: int) -> str:
    return " " * indent + text if text.strip(" \t") else ""


def indentation(raw: str, column: int) -> int:
    """Return how deep the lines below `|` or `>` are indented, in a block that is indented by `column`."""
    header, _, content = raw.partition("\n")
    if digit := re.match(r"[|>][-+]?([1-9])", header):
        return column + int(digit[1])
    first = re.search(r"^( *)[^ \n]", content, re.MULTILINE)
    return len(first[1]) if first else max((len(part) for part in content.split("\n")), default=0)


def _under_header(text: Text, indent: int) -> list[str]:
    """Return text below `|` or `>`, indented by two more than its block, or by what the header says."""
    header, *content = text.raw.split("\n")
    old, match = indentation(text.raw, text.column), _HEADER.fullmatch(header)
    if match is None:
        raise AssertionError("a block scalar begins with its header")
    digit, chomping = match[2] or match[5] or "", match[3] or match[4] or ""
    if text.scalar.text and not text.scalar.text.endswith("\n"):
        chomping = "-"  # the last line has an end now, which was not in the text
    new = indent + int(digit or 2)
    comment = f"  {match[6].rstrip()}" if match[6] else ""
    return [match[1] + digit + chomping + comment, *(_indented_text(part, old, new) for part in content)]


def _indented_text(part: str, old: int, new: int) -> str:
    """Return a line with another indentation; blanks that are deeper are text."""
    return " " * new + part[old:] if part[old:] else ""
