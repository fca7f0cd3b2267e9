"""Layers in a row → the pieces that write them, runs of alike ones as a comprehension."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from archspec.emit.names import Names
from archspec.emit.text import Code, Piece, flat

__all__ = ["fold"]

Named = tuple[str, Piece]

_NUMBER = re.compile(r"(?:(?<=[(=])|(?<=, ))\d+(?=[,)])")
"""A whole number that is an argument by itself."""


@dataclass(frozen=True, slots=True)
class _Run:
    """Layers whose texts are one template, in which numbers grow evenly."""

    length: int
    starts: tuple[int, ...]
    steps: tuple[int, ...]

    @property
    def even(self) -> bool:
        return not any(self.steps)


def fold(layers: Sequence[Named], names: Names) -> list[Piece]:
    """Return the layers' pieces; a run of alike numbered ones becomes `*[Block(64) for _ in range(3)]`.

    Named layers fold only if all of them are one run: then the one piece is a generator of names and layers.
    """
    texts = [flat(piece) for _, piece in layers]
    if layers and not layers[0][0].isdecimal():
        return _fold_named(layers, texts, names)
    pieces: list[Piece] = []
    place = 0
    while place < len(layers):
        run = _run(texts, place)
        piece = layers[place][1]
        if isinstance(piece, Code) and run.length >= (2 if run.even and piece.items else 3):
            pieces.append(_comprehension(piece, run, names, "*[", "]"))
            place += run.length
        else:
            pieces.append(piece)
            place += 1
    return pieces


def _fold_named(layers: Sequence[Named], texts: list[str], names: Names) -> list[Piece]:
    pieces = [piece for _, piece in layers]
    run = _run(texts, 0)
    match = re.fullmatch(r"(.*?)(\d+)", layers[0][0])
    if match is None or run.length < len(layers) or run.length < 3 or not isinstance(pieces[0], Code):
        return pieces
    prefix, first = match[1], int(match[2])
    if [name for name, _ in layers] != [f"{prefix}{first + i}" for i in range(len(layers))]:
        return pieces
    index = _index(texts[0], names)
    counted = f'f"{prefix}{{{index}{f" + {first}" if first else ""}}}"'
    pair = Code("(", (counted, _template(pieces[0], run, index)))
    return [Code("(", (pair, f"for {index} in range({run.length})"), comma="")]


def _run(texts: Sequence[str], start: int) -> _Run:
    """Return the longest run that begins at a layer."""
    template = _NUMBER.sub("#", texts[start])
    starts = tuple(map(int, _NUMBER.findall(texts[start])))
    steps: tuple[int, ...] | None = None
    length = 1
    for text in texts[start + 1 :]:
        if _NUMBER.sub("#", text) != template or (text != texts[start] and '"' in text):
            break
        numbers = map(int, _NUMBER.findall(text))
        found = tuple(number - first for number, first in zip(numbers, starts, strict=True))
        if steps is None:
            steps = found
        elif found != tuple(step * length for step in steps):
            break
        length += 1
    return _Run(length, starts, steps or ())


def _comprehension(piece: Code, run: _Run, names: Names, head: str, tail: str) -> Code:
    index = "_" if run.even else _index(flat(piece), names)
    body = piece if run.even else _template(piece, run, index)
    return Code(head, (body, f"for {index} in range({run.length})"), tail, comma="")


def _index(text: str, names: Names) -> str:
    """Return a name for the index that nothing inside the text has."""
    return Names(names.taken | set(re.findall(r" for (\w+) in ", text))).new("i")


def _template(piece: Code, run: _Run, index: str) -> Piece:
    """Return the first layer's piece with the numbers that grow as expressions of the index."""
    growing = iter(zip(run.starts, run.steps or (0,) * len(run.starts), strict=True))

    def write(match: re.Match[str]) -> str:
        start, step = next(growing)
        if not step:
            return match[0]
        term = index if step == 1 else f"{step} * {index}"
        return term if not start else f"{start} + {term}" if step > 0 else f"{start} - {-step} * {index}"

    text = _NUMBER.sub(write, flat(piece))
    return Code(piece.head, (text[len(piece.head) : -len(piece.tail)],), piece.tail)
