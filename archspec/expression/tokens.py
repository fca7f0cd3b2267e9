"""An expression's text → its tokens, or what to write instead of a sign that the language does not have."""

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from archspec.expression.error import ExpressionError, shown

__all__ = ["Token", "tokens"]


class Token(NamedTuple):
    """One word or sign. `kind` is number, name, string, end, or the sign or keyword itself."""

    kind: str
    text: str
    start: int
    end: int


_KEYWORDS = frozenset(("and", "or", "not", "if", "else", "true", "false"))

_TOKEN = re.compile(
    r"""[ \t\r\n]*+(?:
    (?P<number>(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][-+]?[0-9]++)?)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*+(?:\.[A-Za-z0-9_]++)*+)
    |(?P<string>"[^"\\\r\n]*+"|'[^'\\\r\n]*+')
    |(?P<foreign>\*\*|===|!==|<<|>>|<>|<=>|&&|\|\||:=|->|=>|=(?!=)|!(?!=)|\$\{?|\{+)
    |(?P<sign>//|==|!=|<=|>=|[-+*/%<>(),])
    |(?P<end>\Z))""",
    re.VERBOSE | re.ASCII,
)

_NO_SIGIL = "a name needs no sign around it"
_NO_POWER = "there are no powers: write `x * x`"
_FOREIGN = {
    "**": _NO_POWER,
    "^": _NO_POWER,
    "===": "write `==`",
    "!==": "write `!=`",
    "<>": "write `!=`",
    "<<": "write the product out: `x * 2`",
    ">>": "write the division out: `x // 2`",
    "&&": "write `and`",
    "&": "write `and`",
    "||": "write `or`",
    "|": "write `or`",
    "!": "write `not`",
    "~": "write `not`",
    "=": "two values are compared with `==`",
    ":=": "an expression cannot assign; give the value a parameter of its own",
    "?": "a choice is written `a if condition else b`",
    ":": "a choice is written `a if condition else b`; text is put in quotes",
    "[": "a list is indexed with a dot: `depths.0`",
    "]": "a list is indexed with a dot: `depths.0`",
    "->": "a comparison is written `a > b`",
    "=>": "write `>=`",
    ";": "an expression is one value",
    "@": "text is put in quotes",
    "\\": "a backslash means nothing in an expression",
    ".": "a dot stands between names, without blanks: `input.channels`",
    "`": "text is put in quotes",
    "}": _NO_SIGIL,
}

_LOOK_ALIKES = {
    **dict.fromkeys("×·∙⋅✕", "*"),
    **dict.fromkeys("÷∕", "/"),
    **dict.fromkeys("−–—‐", "-"),
    **dict.fromkeys("“”„", '"'),
    **dict.fromkeys("‘’", "'"),
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "∧": "and",
    "∨": "or",
    "¬": "not",
}


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens, the last of the kind `end`. Raises ExpressionError at what is none."""
    token, at = None, 0
    while token is None or token.kind != "end":
        match = _TOKEN.match(text, at)
        if match is None:
            raise _stranger(text, at + len(text[at:]) - len(text[at:].lstrip(" \t\r\n")))
        kind = match.lastgroup or ""
        start, at = match.span(kind)
        word = match[kind]
        if kind == "foreign":
            raise _foreign(text, word, start)
        if kind in ("number", "string"):
            _check_literal(text, token, kind, start, at)
        if kind == "sign" or word in _KEYWORDS:
            kind = word
        token = Token(kind, word, start, at)
        yield token


def _check_literal(text: str, before: Token | None, kind: str, start: int, end: int) -> None:
    """Refuse what a number or a string may not touch: `3x`, `0x10`, `1_000`, `f"…"`."""
    word = text[start:end]
    if kind == "string":
        if before and before.kind == "name" and before.end == start:
            message = f"text cannot have the prefix {shown(before.text)}"
            raise ExpressionError(message, before.start, end, f"write {shown(word)}")
        return
    rest = re.compile(r"[A-Za-z0-9_.]+").match(text, end)
    if rest:
        whole = word + rest[0]
        advice = f"write `{word} * {rest[0]}`"
        if rest[0] in _SCALES:
            advice = f"write `{word}{_SCALES[rest[0]]}`"
        elif re.fullmatch(r"[1-9][0-9]*(?:x[0-9]+)+", whole):
            advice = f"write `[{whole.replace('x', ', ')}]`"
        elif rest[0] in ("f", "F") and re.search("[.e]", word):
            advice = f"write {shown(word)}"
        elif re.fullmatch(r"[0-9][0-9_]*", whole):
            advice = f"write {shown(whole.replace('_', ''))}"
        elif not rest[0].isidentifier() or re.fullmatch(r"0[xXoObB]\w*|[0-9.]+[jJlLeE]", whole):
            advice = "write a decimal number, as 64, 0.5 or 1e-5"
        raise ExpressionError(f"{shown(whole)} is no number", start, rest.end(), advice)
    if re.fullmatch(r"0[0-9]+", word):
        advice = f"write {shown(word.lstrip('0') or '0')}"
        raise ExpressionError(f"{shown(word)} begins with a zero", start, end, advice)


_SCALES = {"K": "e3", "M": "e6", "G": "e9", "B": "e9", "T": "e12"}


def _foreign(text: str, sign: str, start: int) -> ExpressionError:
    if sign[0] in "${":
        match = re.compile(r"\$?\{*\s*([A-Za-z_][\w.]*)").match(text, start)
        advice = f"{_NO_SIGIL}: write `{match[1]}`" if match else _NO_SIGIL
        return ExpressionError(f"{shown(sign)} is not part of the language", start, start + len(sign), advice)
    advice = _FOREIGN[sign]
    if text.startswith("=!", start):
        advice = "write `!=`"
    elif sign == "=" and re.search(r"\w\($|[(,]\s*\w+\s*$", text[:start]):
        advice = "arguments of a function have no names: `make_divisible(x, 4)`"
    return ExpressionError(f"{shown(sign)} is not part of the language", start, start + len(sign), advice)


def _stranger(text: str, at: int) -> ExpressionError:
    """Return the error of a character with which nothing begins."""
    character = text[at]
    if character in "\"'":
        backslash = text.find("\\", at)
        if backslash >= 0 and text.find(character, at + 1) > backslash:
            return ExpressionError("a backslash cannot stand in quoted text", backslash, backslash + 1,
                                   "text in an expression is taken as it stands")  # fmt: skip
        return ExpressionError("this quote is never closed", at, at + 1, f"end the text with {character}")
    name = re.search(r"[A-Za-z_][\w.]*$", text[:at])
    if name and (index := re.compile(r"\[\s*([0-9]+)\s*\]").match(text, at)):
        advice = f"write `{name[0]}.{index[1]}`"
        return ExpressionError("a list is not indexed with brackets", at, index.end(), advice)
    if character.isascii():
        message = f"{shown(character)} is not part of the language"
        return ExpressionError(message, at, at + 1, _FOREIGN.get(character))
    named = f"U+{ord(character):04X} {unicodedata.name(character, '(no name)')}"
    return ExpressionError(f"{named} is not part of the language", at, at + 1, _instead(character))


def _instead(character: str) -> str:
    """Return what to write for a character that is not ASCII."""
    plain = _LOOK_ALIKES.get(character) or unicodedata.normalize("NFKC", character)
    if character.isspace():
        return "type an ordinary space"
    return f"write {shown(plain)}" if plain.isascii() else "a name has ASCII letters, digits and _"
