"""Pieces of Python: checked values and names come in, and lines go out as `ruff format` would leave them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

__all__ = ["INDENT", "WIDTH", "Code", "Piece", "flat", "lay", "literal", "named", "parse", "string"]

WIDTH = 100
"""Columns of a line."""

INDENT = "    "


@dataclass(frozen=True, slots=True)
class Code:
    """A bracketed expression: `head`, which ends with the bracket, the items inside, `tail`.

    `comma` stands between the items: a comma, or nothing for the parts of a comprehension. `open` writes one
    item a line, however short they are.
    """

    head: str
    items: "tuple[Piece, ...]"
    tail: str = ")"
    comma: str = ","
    open: bool = False

    @property
    def opened(self) -> bool:
        """Whether this or anything inside is written over several lines in any case."""
        return self.open or any(isinstance(piece, Code) and piece.opened for piece in self.items)


Piece = Code | str


def flat(piece: Piece) -> str:
    """Return the piece on one line."""
    if isinstance(piece, str):
        return piece
    return piece.head + f"{piece.comma} ".join(map(flat, piece.items)) + piece.tail


def named(name: str, piece: Piece) -> Piece:
    """Return the piece as a keyword argument; without a name it stays as it is."""
    if not name:
        return piece
    return f"{name}={piece}" if isinstance(piece, str) else replace(piece, head=f"{name}={piece.head}")


def lay(piece: Piece, indent: int, before: str = "", after: str = "") -> list[str]:
    """Return the lines of `before piece after`, broken where one line would be too long.

    Example:
        >>> lay(Code("nn.Conv2d(", ("3", "64", "kernel_size=3")), 2, "self.conv = ")
        ['        self.conv = nn.Conv2d(3, 64, kernel_size=3)']
    """
    margin = INDENT * indent
    if isinstance(piece, str) or not piece.items:
        return [margin + before + flat(piece) + after]
    if not piece.opened and len(one := margin + before + flat(piece) + after) <= WIDTH:
        return [one]
    if before.endswith(" = ") and len(margin + before + piece.head) > WIDTH:
        return [f"{margin}{before}(", *lay(piece, indent + 1), f"{margin}){after}"]
    return [margin + before + piece.head, *_inside(piece, indent + 1), margin + piece.tail + after]


def _inside(code: Code, indent: int) -> list[str]:
    together = INDENT * indent + f"{code.comma} ".join(map(flat, code.items))
    collection = bool(code.comma) and re.search(r"(^|[ =(\[])[(\[{]$", code.head) is not None
    if not code.opened and not collection and len(together) <= WIDTH:
        return [together]
    # a lone argument gets a comma only where it is asked to stand on a line of its own
    comma = code.comma if code.open or collection or len(code.items) > 1 else ""
    return [line for piece in code.items for line in lay(piece, indent, after=comma)]


def parse(text: str) -> Piece:
    """Return an expression as a piece that breaks at its last call's arguments, or else at its operators.

    Example:
        >>> parse("torch.cat([a, b], dim=1)").items[1], flat(parse("a + b.mean(1)"))
        ('dim=1', '(a + b.mean(1))')
    """
    start = _last_bracket(text)
    if start is not None:
        items = _split(text[start + 1 : -1], ", ")
        return Code(text[: start + 1], tuple(map(parse, items)), text[-1])
    for operator in (" + ", " - ", " * "):
        first, *rest = _split(text, operator)
        if rest:
            parts = (first, *(operator.lstrip() + part for part in rest))
            return Code("(", parts, ")", comma="")
    return text


def _last_bracket(text: str) -> int | None:
    """Return where the bracket opens that the whole expression ends with; None where there is none."""
    if not text.endswith((")", "]")):
        return None
    opened: list[int] = []
    last = None
    for position, character in _code(text):
        if character in "([{":
            opened.append(position)
        elif character in ")]}":
            last = opened.pop()
        elif character == " " and not opened:
            return None  # an operator outside of brackets
    return last


def _split(text: str, separator: str) -> list[str]:
    """Split at a separator that stands outside of brackets and strings."""
    parts, start, depth = [], 0, 0
    for position, character in _code(text):
        depth += (character in "([{") - (character in ")]}")
        if depth == 0 and position >= start and text.startswith(separator, position):
            parts.append(text[start:position])
            start = position + len(separator)
    return [*parts, text[start:]] if text else []


def _code(text: str) -> Iterator[tuple[int, str]]:
    """Yield the characters that are not inside of strings, with their positions."""
    for match in re.finditer(r'"(?:[^"\\]|\\.)*"|.', text):
        if len(match[0]) == 1:
            yield match.start(), match[0]


def string(text: str) -> str:
    r"""Return a string literal in double quotes, whatever the text holds.

    Example:
        >>> print(string('a"b\n'))
        "a\x22b\n"
    """
    return '"' + "".join(r"\x22" if c == '"' else "'" if c == "'" else repr(c)[1:-1] for c in text) + '"'


def literal(value: object) -> str:
    """Return a checked value as Python text.

    Raises: TypeError: for anything but numbers, booleans, text, None and tuples of them.

    Example:
        >>> literal((1, 1e-05, True, "same", None))
        '(1, 1e-5, True, "same", None)'
    """
    if isinstance(value, str):
        return string(value)
    if isinstance(value, float):
        return _float(value)
    if value is None or isinstance(value, int):
        return repr(value)
    if isinstance(value, tuple):
        return f"({', '.join(map(literal, value))}{',' if len(value) == 1 else ''})"
    raise TypeError(f"no literal for {type(value).__name__}")


def _float(value: float) -> str:
    if value != value or value in (float("inf"), -float("inf")):
        return f'float("{value!r}")'
    return re.sub(r"e([+-]?)0*(\d)", lambda m: f"e{m[1].replace('+', '')}{m[2]}", repr(value))
