"""Texts of specs, right and wrong ones, and a number → another text: one of them with a few things changed.

A change is one of bytes, characters, words, lines or of the YAML's own structure. The same corpus, seed and number
give the same text, whatever was drawn before.
"""

import copy
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import yaml

from archspec.ops import find, names

ROOT = Path(__file__).parents[1]
DATA = ROOT / "tests" / "data"
LARGEST = 16 << 10  # bytes of a text that is drawn from
LONGEST = 128 << 10  # bytes of a text that comes out

WORD = re.compile(r"\w+|[^\w\s]|[ ]+|\s")
NUMBER = re.compile(r"(?<![\w.])-?[0-9]{1,19}(?:\.[0-9]{1,19})?(?![\w.])")

NUMBERS = (
    *("0", "-0", "1", "-1", "2", "3", "7", "31", "64", "65", "127", "255", "999", "1000", "1001", "4096", "65537"),
    *("2147483647", "2147483648", "-2147483649", "9223372036854775807", "9223372036854775808", "1" + "0" * 30),
    *("9" * 5000, "0.5", "1.5", "-0.0", "1e3", "1e308", "1e309", "1e-320", ".inf", "-.inf", ".nan", "0x10", "0o17"),
    *("017", "0b11", "1_000", "1:30", "+3", "3.", ".5", "true", "no", "null", "~", '"3"', "''", "[]", "{}", "[3]"),
    *("[3, 3]", "[1, 2, 3, 4]", "[-1, 0]", "{a: 1}", "3 + 4", "width", "input.channels", "input.features // 0"),
)
"""What a number gives way to."""

CHARACTERS = (
    *"\0\a\b\t\n\v\f\r\x1b\x7f\x85\xa0\xad\u0301\u061c\u200b\u200d\u202e\u2028\u2029\u2066\u3000\ufeff\ufffd\uffff",
    *"\U0001f600\U000e0041\U0010ffffé中ｗßıǅ٣₂",
    *":#,[]{}&*!|>'\"%@`-?.~<=/\\()+_ ",
    *(
        "\\x00",
        "\\ud800",
        "\\U0010ffff",
        "\\u202e",
        ": ",
        "- ",
        " #",
        "<<: ",
        "---\n",
        "...\n",
        "!!python/name:os ",
        "&a ",
    ),
    *("*a", "${", "}}", "://", "\r\n", "    ", "%YAML 1.1\n", "? ", "| ", ">-\n", '"', '""', "''"),
)
"""What is put between characters."""

EXPRESSIONS = (
    *(
        "1/0",
        "2**99",
        "9223372036854775807 + 1",
        "-(1)",
        "not 3",
        "1 < 2 < 3",
        "max()",
        "min(1)",
        "sqrt(-1)",
        "log2(0)",
    ),
    *("input", "input.channels", "input.height * 0", "input.features", "previous.channels", "index", "index + 1"),
    *(
        "a if b else c",
        "1 if true else",
        "(" * 40 + "1" + ")" * 40,
        "((1)",
        "1 +",
        "* 1",
        "a.b.c",
        "a[0]",
        "f(1)",
        "'x'",
    ),
    *(
        "ceil(1.5)",
        "floor(7 / 2)",
        "7 // 2",
        "-7 % 3",
        "0.1 * 3",
        "1e308 * 10",
        "width",
        "width * width",
        "True",
        "None",
    ),
)
"""What is written for a value, beside numbers."""

COMMENTS = (
    *("# archspec: ignore", "# archspec: ignore[AS203]", "# archspec: ignore[AS3] why", "# archspec: ignore[] why"),
    *("# archspec: ignore[AS009] why", "# archspec: ignore[AS107, AS999] why", "# archspec: ignore[" + "A" * 300 + "]"),
    *("# archspec: ignore[dead-layer] \u4e2d", "#", "# yaml-language-server: $schema=x"),
)

KEYS = (
    *(
        "op",
        "from",
        "block",
        "layers",
        "repeat",
        "when",
        "name",
        "inline",
        "expect",
        "init",
        "output",
        "input",
        "blocks",
    ),
    *(
        "parameters",
        "extends",
        "archspec",
        "description",
        "reference",
        "in_features",
        "kernel_size",
        "",
        "a.b",
        "<<",
        "_",
    ),
)


@dataclass(frozen=True)
class Text:
    """A text that a spec may have, and the file that it is the text of."""

    path: Path
    data: bytes


@cache
def corpus() -> tuple[Text, ...]:
    """Return what is drawn from: the bundled specs, the linter's corpus of good and bad ones, and the small attacks."""
    folders = (ROOT / "specs", DATA / "lint" / "good", DATA / "lint" / "bad", DATA / "hostile", DATA / "fmt")
    paths = sorted(path for folder in folders for path in folder.rglob("*.yaml"))
    return tuple(Text(path, path.read_bytes()) for path in paths if path.stat().st_size <= LARGEST)


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    def ignore_aliases(self, data: Any) -> bool:
        return True  # specs have no anchors


class Mutations:
    """Draws texts, by number."""

    def __init__(self, texts: tuple[Text, ...], seed: int = 0) -> None:
        self.seed = seed
        self.texts = texts
        small = [text for text in texts if ROOT / "specs" not in text.path.parents]
        self.drawn = (*small * 4, *texts)  # a small spec is judged ten times faster, and shows as much
        self.lines = sorted({line for text in texts for line in _shown(text.data).splitlines()})
        words = {word for text in texts for word in re.findall(r"[\w.-]{1,40}", _shown(text.data))}
        self.words = sorted(words | set(names()) | set(KEYS))
        self.trees = {text.path: tree for text in texts if isinstance(tree := _tree(text.data), dict)}
        self.values = [
            holder[key] for tree in self.trees.values() for holder, key in _places(tree) if len(str(holder[key])) < 400
        ]

    def text(self, number: int) -> Text:
        """Return the text of a number."""
        random = Random(f"{self.seed}/{number}")  # noqa: S311 - nothing is secret
        drawn = random.choice(self.drawn)
        one = _One(self, random)
        text = _shown(drawn.data)
        if drawn.path in self.trees and random.random() < 0.5:
            text = one.structure(self.trees[drawn.path])
        if random.random() < 0.7:
            for _ in range(random.choice((1, 1, 1, 2, 2, 3, 5, 8))):
                text = random.choice(one.kinds)(text)[:LONGEST]
        data = text.encode(errors="replace")
        if random.random() < 0.1:
            data = one.bytes_(drawn.data if random.random() < 0.3 else data)
        while data == drawn.data:
            data = random.choice(one.kinds)(text).encode(errors="replace")[:LONGEST]
        return Text(drawn.path, data)


def _shown(data: bytes) -> str:
    return data.decode(errors="replace")


@cache
def _tree(data: bytes) -> Any:
    if b"&" in data:  # aliases of an anchor may stand for more than memory holds
        return None
    try:
        tree = yaml.load(data, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - it is the safe one
        return tree if len(yaml.dump(tree, Dumper=_Dumper)) < 2 * LARGEST else None
    except (yaml.YAMLError, ValueError, RecursionError):
        return None


def _places(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every collection of a tree with each of its keys."""
    stack = [tree]
    while stack:
        holder = stack.pop()
        for key in list(holder) if isinstance(holder, dict) else range(len(holder)):
            yield holder, key
            if isinstance(holder[key], dict | list):
                stack.append(holder[key])


class _One:
    """Draws the changes of one text."""

    def __init__(self, mutations: Mutations, random: Random) -> None:
        self.of = mutations
        self.random = random
        self.kinds: tuple[Callable[[str], str], ...] = (
            *(self.number, self.number, self.word, self.word, self.word, self.character, self.line, self.line),
            *(self.dropped, self.spliced, self.comment),
        )

    def at(self, length: int) -> tuple[int, int]:
        """Draw a piece of something so long: mostly a short one."""
        start = self.random.randrange(length + 1)
        return start, min(length, start + self.random.choice((0, 1, 1, 1, 2, 3, 8, 40)))

    # Bytes and characters

    def bytes_(self, data: bytes) -> bytes:
        start, end = self.at(len(data))
        piece = self.random.choice((
            bytes((self.random.randrange(256),)),
            *(b"\0", b"\xff", b"\xed\xa0\x80", b"\xc0\xaf", b"\xef\xbb\xbf", b"\xf4\x90\x80\x80", b"\xe2\x80"),
            data[start:end] * self.random.choice((2, 3, 50)),
        ))  # fmt: skip
        if self.random.random() < 0.1:
            return data[:start]
        return (data[:start] + piece + data[end:])[:LONGEST]

    def character(self, text: str) -> str:
        start, end = self.at(len(text))
        piece = self.random.choice(CHARACTERS) * self.random.choice((1, 1, 1, 1, 2, 3, 200))
        return text[:start] + piece + text[end if self.random.random() < 0.3 else start :]

    def dropped(self, text: str) -> str:
        """Take a piece out, or write it again."""
        start, end = self.at(len(text))
        return text[:start] + text[start:end] * self.random.choice((0, 0, 0, 2, 3, 100)) + text[end:]

    # Words and numbers

    def number(self, text: str) -> str:
        found = list(NUMBER.finditer(text))
        if not found:
            return self.word(text)
        one = self.random.choice(found)
        near = str(int(float(one[0]) * self.random.choice((0.5, 1, 2, 3))) + self.random.randrange(-2, 3))
        return text[: one.start()] + self.random.choice((*NUMBERS, *[near] * 30)) + text[one.end() :]

    def word(self, text: str) -> str:
        found = [match.span() for match in WORD.finditer(text)]
        if not found:
            return self.random.choice(self.of.words)
        (start, end), (begin, stop) = sorted((self.random.choice(found), self.random.choice(found)))
        match self.random.randrange(6):
            case 0 if end <= begin:
                return text[:start] + text[begin:stop] + text[end:begin] + text[start:end] + text[stop:]
            case 1:
                return text[:start] + text[end:]
            case 2:
                return text[:start] + text[begin:stop] + text[start:]
            case 3:
                return text[:start] + self.misspelt(text[start:end]) + text[end:]
            case _:
                return text[:start] + self.random.choice(self.of.words) + text[end:]

    def misspelt(self, word: str) -> str:
        place = self.random.randrange(len(word))
        letter = self.random.choice(("", word[place] * 2, "x", "_", word[place].swapcase()))
        return word[:place] + letter + word[place + 1 :]

    # Lines

    def line(self, text: str) -> str:
        lines = text.split("\n")
        here, there = self.random.randrange(len(lines)), self.random.randrange(len(lines))
        match self.random.randrange(9):
            case 0:
                del lines[here]
            case 1:
                lines.insert(there, lines[here])
            case 2:
                lines[here], lines[there] = lines[there], lines[here]
            case 3:
                lines[here] = " " * self.random.choice((1, 2, 3, 60)) + lines[here]
            case 4:
                lines[here] = lines[here][self.random.choice((1, 2, 4)) :]
            case 5:
                lines[here : here + 1] = [lines[here]] * self.random.choice((2, 3, 30, 300))
            case 6:
                lines[here] += lines.pop(there) if there > here else ""
            case 7:
                return self.random.choice(("\r\n", "\r", "\n\n", " \n")).join(lines)
            case _:
                lines.insert(here, self.random.choice(self.of.lines))
        return "\n".join(lines)

    def comment(self, text: str) -> str:
        lines = text.split("\n")
        lines[self.random.randrange(len(lines))] += " " + self.random.choice(COMMENTS)
        return "\n".join(lines)

    def spliced(self, text: str) -> str:
        """Go on as another text does."""
        other = _shown(self.random.choice(self.of.texts).data).split("\n")
        lines = text.split("\n")
        return "\n".join(
            lines[: self.random.randrange(len(lines) + 1)] + other[self.random.randrange(len(other) + 1) :]
        )

    # The YAML's structure

    def structure(self, tree: Any) -> str:
        changed = copy.deepcopy(tree)
        for _ in range(self.random.choice((1, 1, 1, 2, 3, 6))):
            places = list(_places(changed))
            if places:
                self.change(*self.random.choice(places), places)
        style, width = self.random.choice((None, None, False, True)), self.random.choice((40, 110, 10_000))
        dumped: str = yaml.dump(
            changed, Dumper=_Dumper, sort_keys=False, default_flow_style=style, width=width, allow_unicode=True
        )
        return dumped

    def change(self, holder: Any, key: Any, places: list[tuple[Any, Any]]) -> None:  # noqa: C901 - a case each
        match self.random.randrange(12):
            case 0:
                del holder[key]
            case 1:
                other, name = self.random.choice(places)
                holder[key] = copy.deepcopy(other[name]) if name in other or isinstance(other, list) else None
            case 2:
                holder[key] = copy.deepcopy(self.random.choice(self.of.values))
            case 3:
                holder[key] = self.nested(holder[key])
            case 4:
                holder[key] = self.random.choice(([], {}, None, "", True, 0, -1, 10**30, 1.5, float("inf"), "x" * 300))
            case 5:
                holder[key] = self.random.choice(EXPRESSIONS)
            case 6 if isinstance(holder[key], int) and not isinstance(holder[key], bool):
                holder[key] = self.random.choice(
                    (0, 1, 2, 3, holder[key] * 2, holder[key] + 1, holder[key] // 2, 10**6)
                )
            case 7 if isinstance(holder[key], dict):
                holder[key]["repeat"] = self.random.choice((0, 1, 2, 3, 20, 1000, 1001, -1, "index", True))
            case 8 | 9:
                self.put(holder, key, self.written())
            case 10 if isinstance(holder, dict):
                holder[self.random.choice(self.of.words)] = holder.pop(key)
            case _:
                self.put(holder, key, copy.deepcopy(holder[key]))

    def put(self, holder: Any, key: Any, value: Any) -> None:
        """Put a value beside another, under a new name."""
        if isinstance(holder, list):
            holder.insert(key, value)
        else:
            holder[self.random.choice((*self.of.words[:50], *KEYS, f"{key}2", "new"))] = value

    def nested(self, value: Any) -> Any:
        """Put a value into lists, or into groups of layers."""
        for _ in range(self.random.choice((1, 1, 2, 5, 30, 70))):
            value = {"layers": value} if self.random.random() < 0.5 else [value]
        return value

    def written(self) -> Any:
        """Write a layer of any op, with a few of its arguments."""
        name = self.random.choice(names())
        op = find(name)
        fields = list(op.model_fields) if op else []
        given = self.random.sample(fields, min(len(fields), self.random.randrange(5)))
        values = (1, 2, 3, 0, -1, 8, [1, 2], [3, 3], True, False, "same", "width", 0.5, None, 64)
        return {"op": name} | {field: self.random.choice(values) for field in given}
