"""A key, a value or a property of YAML's → what is wrong with it, although YAML's syntax allows it."""

import math
import re

from archspec.source.mistake import Mistake, assigned, before_brace, line_end, missing_space, shown
from archspec.source.scalar import resolve, trap

__all__ = [
    "KINDS",
    "alias",
    "beside",
    "complex_key",
    "directive",
    "duplicate",
    "key",
    "not_a_mapping",
    "plain",
    "property_",
    "second_document",
    "text",
]

_BEGIN = "a spec begins with the line `archspec: 1`"
_PROPERTY = re.compile(r"[^\s,\[\]{}]+")
_SURROGATE = re.compile("[\ud800-\udfff]")


def key(source: str, text: str, start: int, end: int) -> Mistake | None:
    """Check an unquoted key: it must not be a merge key, nor what YAML takes for a number or a boolean."""
    if "=" in text and _ALONE.match(source, end) and (mistake := assigned(source, start)):
        return mistake
    value = resolve(text)
    if not text.isidentifier() and _ALONE.match(source, end) and (mistake := _braced(source, text, start, end)):
        return mistake
    if " " in text and _ALONE.match(source, end) and (mistake := _without_colon(text, start, end)):
        return mistake
    if "{" in text and (mistake := before_brace(source, start)):
        return mistake
    if text[:1] in _POSITIONAL and _ALONE.match(source, end):
        return _nameless(source, start, end)
    if isinstance(value, str) and text != "<<":
        return missing_space(source, start, end) if ":" in text else _trap(text, start, end)
    written = shown(text)
    if text == "<<":
        advice = "a block holds layers that recur, and `extends` takes over a whole spec"
        return Mistake("AS004", "a spec has no merge keys", start, end, advice)
    if value is None:
        found = written if text else "nothing"
        return Mistake("AS004", f"a key is a name, and this is {found}", start, end, "begin the key with a letter")
    if isinstance(value, bool):
        return Mistake("AS004", f"a key is a name, and {written} is a boolean", start, end, "use another name")
    advice = "begin it with a letter; numbered layers are a list, each after a `-`"
    return Mistake("AS004", f"a key is a name, and {written} is a number", start, end, advice)


_POSITIONAL = frozenset("+-.0123456789()")
_ALONE = re.compile(r"\s*[,}]")


def _nameless(source: str, start: int, end: int) -> Mistake | None:
    """Tell of `{op: Conv2d, 8, 3}`, once; what stands in parentheses that a comma cut is told of already."""
    entry = re.split("[{}]", source[max(0, start - 200) : start])[-1]
    if entry.count("(") > entry.count(")") or re.search(r"(?:^|,)\s*[-+.\d]+\s*,\s*$", entry):
        return None
    if mistake := _without_brackets(source, start, entry):
        return mistake
    message = f"{shown(source[start:end])} has no name here"
    return Mistake("AS004", message, start, end, "each argument has one: `kernel_size: 3`")


def _without_brackets(source: str, start: int, entry: str) -> Mistake | None:
    """Tell of `{depths: 3, 4, 6, 3}`; in a layer the second number may be an argument as well, without its name."""
    first, rest = re.search(r"([\w-]+):\s*([-+.\d]+)\s*,\s*$", entry), _NUMBERS_LISTED.match(source, start)
    if first is None or rest is None:
        return None
    begin = start - len(entry) + first.start(2)
    written = f"{first[1]}: [{', '.join([first[2], *re.findall(r'[^, ]+', rest[0])])}]"
    if re.search(r"\b(?:op|block):", entry):
        advice = f"a list stands in brackets: {shown(written)}; an argument has a name: `kernel_size: 3`"
        return Mistake("AS004", f"{shown(rest[0])} has no name here", start, rest.end(), advice)
    advice, listed = f"write {shown(written)}", written.partition(": ")[2]
    message = "brackets are missing around this list"
    return Mistake("AS003", message, begin, rest.end(), advice, fix=(advice, listed))


_NUMBERS_LISTED = re.compile(r"[-+.\d]++(?: *+, *+[-+.\d]++)*+(?=\s*+[,}])")


def _braced(source: str, text: str, start: int, end: int) -> Mistake | None:
    """Tell of `stride: {2 if index == 0 else 1}`."""
    opened = re.search(r":\s+(\{\s*)$", source[max(0, start - 80) : start])
    closed = re.compile(r"\s*\}").match(source, end)
    if opened is None or closed is None:
        return None
    fix = (f"write {shown(text)}", source[start:end])
    return Mistake("AS004", "a value has no braces around it", start - len(opened[1]), closed.end(),
                   f"write {shown(text)}", fix=fix)  # fmt: skip


def _without_colon(text: str, start: int, end: int) -> Mistake | None:
    """Tell of `{op Conv2d, kernel_size 3}`, where one word stands beside the other."""
    words = re.fullmatch(r"([A-Za-z_]\w*+) ++([\w.]++)", text)
    if words is None:
        return None
    fix = (f"write {shown(f'{words[1]}: {words[2]}')}", f"{words[1]}: {words[2]}")
    return Mistake("AS003", f"a colon is missing after {shown(words[1])}", start, end, fix[0], fix=fix)


def complex_key(source: str, kind: type, start: int, end: int) -> Mistake:
    """Refuse a collection as a key: `? [a, b]`, `{op: Add, [a, b]}`, and `{{x}}`, a mapping with such a key."""
    names = re.compile(r"\[\s*+[A-Za-z_][\w.]*+(?:\s*+,\s*+[A-Za-z_][\w.]*+)*+\s*+\](?=\s*+[,}])").match(source, start)
    if names and re.search(r",\s*$", source[max(0, start - 80) : start]):
        message, written = f"the names {shown(names[0])} have no key", f"from: {names[0]}"
        return Mistake(
            "AS004", message, start, names.end(), f"write {shown(written)}", fix=(f"write {shown(written)}", written)
        )
    what = "list" if kind is list else "mapping"
    advice = "a key is a name, and a name in a value needs no braces"
    return Mistake("AS004", f"a {what} cannot be a key", start, end, advice)


def duplicate(source: str, start: int, end: int, first: tuple[int, int]) -> Mistake | None:
    """Tell of a key that stands in its mapping already; `{op: MaxPool2d, 2, 2}` has no keys to tell of."""
    if source[start:end][:1] in _POSITIONAL and _ALONE.match(source, end):
        return None
    message = f"the key {shown(source[start:end])} is already in this mapping"
    return Mistake("AS005", message, start, end, "delete one of the two, or rename it", (*first, "first here"))


KINDS = frozenset({"op", "block"})
"""The keys that say what a layer is."""


def beside(source: str, start: int, end: int, layer: tuple[int, int]) -> Mistake:
    """Tell of a layer's keys that are indented as much as its name."""
    name = shown(source[slice(*layer)])
    message = f"{shown(source[start:end])} stands beside {name}, and not below it"
    return Mistake("AS003", message, start, end, f"indent these lines below {name}", (*layer, "the layer"))


def plain(source: str, text: str, start: int, end: int, *, flow: bool, listed: bool) -> Mistake | None:
    """Check an unquoted value: is it out of range, or something else than it was surely meant to be?"""
    if listed and flow and _NUMBERS.fullmatch(text):
        return _without_commas(source, text, start, end)
    if "(" in text and flow and (mistake := _split_by_comma(source, start, end)):
        return mistake
    if ":" in text and (mistake := _colon(source, text, start, end)):
        return mistake
    value = resolve(text)
    if isinstance(value, float) and not math.isfinite(value):
        return _not_finite(text, start, end)
    return _trap(text, start, end)


_NUMBERS = re.compile(r"[-+]?[0-9]++(?:\.[0-9]*+)?(?:\s++[0-9]++(?:\.[0-9]*+)?)++")  # [3 -4] is a difference


def _without_commas(source: str, text: str, start: int, end: int) -> Mistake:
    """Tell of `[3 4 6 3]`; with its brackets, where nothing else stands in them."""
    written = ", ".join(text.split())
    if source[start - 1 : start] == "[" and source[end : end + 1] == "]":
        start, end, written = start - 1, end + 1, f"[{written}]"
    message = f"commas are missing between the entries of {shown(source[start:end])}"
    return Mistake("AS003", message, start, end, f"write {shown(written)}", fix=(f"write {shown(written)}", written))


def _split_by_comma(source: str, start: int, end: int) -> Mistake | None:
    """Tell of `{width: max(a, b)}`, which YAML reads as `width: "max(a"` and a key `b)`."""
    value = source[start:end]
    if value.count("(") <= value.count(")") or not re.compile(r"[ \t]*,").match(source, end):
        return None
    whole = source[start : _end_outside(source, start)].rstrip()
    if re.fullmatch(r"[\w.]*\b[A-Z]\w*\(.*", whole):
        advice = f"write {value.partition('(')[0]}, and after it each argument with its name, as `kernel_size: 3`"
        return Mistake("AS003", "an op is not called: its arguments are keys", start, start + len(whole), advice)
    if re.fullmatch(r"\([^()]*\)", whole):
        brackets = f"[{whole[1:-1].strip().rstrip(',')}]"
        message = "a list stands in brackets, not in parentheses"
        fix = (f"write {shown(brackets)}", brackets)
        return Mistake("AS003", message, start, start + len(whole), f"write {shown(brackets)}", fix=fix)
    message = f"the comma ends the value here, and {shown(value)} alone is no expression"
    advice = "put the expression in quotes" + (f': "{whole}"' if len(whole) < 60 else "")
    if re.search(r"\bparameters:\s*+\{[^{}]*$", source[max(0, start - 400) : start]):  # where quotes make it text
        advice = "write these parameters without {…}, each on a line of its own: there a comma ends nothing"
    return Mistake("AS003", message, start, start + len(whole), advice)


def _end_outside(source: str, start: int) -> int:
    """Return where the value that begins at `start` would end, were a comma in parentheses a part of it."""
    depth = 0
    for match in re.compile(r"[()\r\n,\]}]").finditer(source, start):
        if match[0] in "\r\n" or (depth <= 0 and match[0] in ",]}"):
            return match.start()
        depth += {"(": 1, ")": -1}.get(match[0], 0)
    return len(source)


def _colon(source: str, text: str, start: int, end: int) -> Mistake | None:
    """Tell of `kernel_size:3` where a key is surely meant: first on its line, or in a list."""
    lead = source[max(0, start - 80) : start].rstrip(" \t")
    first = not lead or lead[-1] in "-[,\r\n"
    return missing_space(source, start, end) if first and re.match(r"[A-Za-z_]\w*:(?!//)\S", text) else None


def _not_finite(text: str, start: int, end: int) -> Mistake:
    if re.match(r"[+-]?\.[A-Za-z]", text):  # .inf, .nan
        return Mistake("AS104", f"{shown(text)} is not a finite number", start, end, "write a finite number")
    whole = text[:2] in ("0x", "0o") or not re.search("[.eE]", text)
    bound = "integers are below 2⁶³" if whole else "numbers are below 1.8e308"
    return Mistake("AS009", f"{shown(text)} is too large a number; {bound}", start, end)


def _trap(text: str, start: int, end: int) -> Mistake | None:
    found = trap(text)
    if found is None:
        return None
    number = not isinstance(resolve(text), str)  # it means what it says, and looks like something else
    fix = (f"write {found.meant}", str(found.meant)) if number else ("put it in quotes", f'"{text}"')
    return Mistake("AS301", found.message, start, end, found.help, fix=fix)


def text(value: str, style: str, start: int, end: int) -> Mistake | None:
    """Check text in quotes, or below `|` or `>`."""
    if not value.isascii() and _SURROGATE.search(value):
        return Mistake("AS003", "half of a surrogate pair stands for no character", start, end)
    if style in ("|", ">") and not value.strip():
        advice = f"put a value that begins with {style} in quotes; a comparison is written `a > b`"
        return Mistake("AS301", f"{style} begins a block of text, and this one is empty", start, end, advice)
    return None


def property_(source: str, start: int) -> Mistake:
    """Refuse an anchor or a tag."""
    match = _PROPERTY.match(source, start)
    end = match.end() if match else start
    written = shown(source[start:end])
    if source[start] == "&":
        advice = "layers that recur are a block, and a value that recurs is a parameter"
        return Mistake("AS004", f"{written} is an anchor, which a spec does not have", start, end, advice)
    advice = "write the value alone; a condition's not is written `not x`"
    return Mistake("AS004", f"{written} is a tag, which a spec does not have", start, end, advice)


def alias(source: str, start: int, end: int) -> Mistake:
    """Refuse an alias."""
    message = f"{shown(source[start:end])} is an alias, which a spec does not have"
    advice = "write the value again, or make it a parameter or a block; a product is written `a * b`"
    return Mistake("AS004", message, start, end, advice)


def directive(source: str, end: int) -> Mistake | None:
    """Refuse a directive before `end`."""
    match = re.compile("(?m)^%.*").search(source, 0, end)
    return Mistake("AS004", "a spec has no YAML directives", *match.span(), "delete the line") if match else None


def second_document(source: str, start: int, end: int) -> Mistake:
    """Refuse what follows `---` after the first document."""
    start = max(source.rfind("---", start, end + 1), start)
    advice = "delete the line, or put what follows into a file of its own"
    return Mistake("AS004", "a second document begins here; a file holds one spec", start, end, advice)


def not_a_mapping(source: str, kind: type, start: int, end: int) -> Mistake:
    """Refuse a file whose whole content is no mapping."""
    end = min(end, len(source.rstrip()))
    if end <= start:
        return Mistake("AS104", "the file is empty", 0, 0, _BEGIN)
    if kind is list:
        return Mistake("AS104", "a spec is a mapping of keys, and this is a list", start, end, _BEGIN)
    if re.match(r"[A-Za-z_]\w*:\S", source[start:end]):
        return missing_space(source, start, line_end(source, start))
    advice = f"each line is `key: value`; {_BEGIN}"
    return Mistake("AS104", "a spec is a mapping of keys, and this is text", start, end, advice)
