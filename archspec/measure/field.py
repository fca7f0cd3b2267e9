"""Which places of one axis each place of another reads: fields come in, and are chained or joined to one."""

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from math import gcd, lcm

__all__ = ["SAME", "Field", "chained", "joined", "one_place", "whole"]

_LONGEST = 64
"""Spans of one field: beyond, as after resizing by an odd ratio, every place counts as reading everything."""


@dataclass(frozen=True)
class Field:
    """What each place along an axis reads of another axis, as the first and the last pixel that it reads.

    Place p reads `spans[p % n]`, moved by `advance · (p // n)`, where n is the number of spans: one, except
    where something enlarges. Pixels before 0 or beyond the axis are padding. An advance of 0 says that
    all places read the same. It is the r, S and P of Araujo, Norris & Sim, "Computing receptive fields of
    convolutional neural networks" (Distill 2019): `size`, `jump` and −`start`.
    """

    spans: tuple[tuple[int, int], ...]
    advance: int = 1
    even: bool = True
    """False where branches of different jumps were joined: then the spans hold all that is read, and more."""

    @cached_property
    def size(self) -> int:
        """How many pixels a place reads, padding among them; the most, where places differ."""
        return max(last - first + 1 for first, last in self.spans)

    @property
    def jump(self) -> Fraction:
        """How many pixels lie between what neighbours read, the effective stride; 0 where all read the same."""
        return Fraction(self.advance, len(self.spans))

    @property
    def start(self) -> int:
        """The first pixel that place 0 reads; −3 is three pixels into the padding."""
        return self.spans[0][0]

    def at(self, place: int) -> tuple[int, int]:
        """Return the first and the last pixel that a place reads, padding among them.

        Example:
            >>> Field(((-3, 3),), 2).at(111)
            (219, 225)
        """
        turn, phase = divmod(place, len(self.spans))
        first, last = self.spans[phase]
        return first + turn * self.advance, last + turn * self.advance


SAME = Field(((0, 0),))
"""Each place reads the one that it stands for."""


def whole(size: int) -> Field:
    """Return the field of what reads an axis of so many pixels from end to end."""
    return Field(((0, size - 1),), 0)


def one_place(place: int) -> Field:
    """Return the field of what reads one place, wherever it stands."""
    return Field(((place, place),), 0)


def chained(outer: Field, inner: Field, size: int) -> Field:
    """Return what `outer` reads through `inner`, of an axis of `size` pixels.

    Example:
        >>> conv = Field(((-1, 1),), 2)
        >>> chained(conv, conv, 32)
        Field(spans=((-3, 3),), advance=4, even=True)
    """
    if outer is SAME:
        return inner
    if inner is SAME:
        return outer if outer.advance else _all(outer.spans, size, even=outer.even)
    turns = len(inner.spans) // gcd(len(inner.spans), outer.advance) if outer.advance else 1
    count = turns * len(outer.spans)
    if count > _LONGEST:
        return replace(whole(size), even=False)
    ends = map(outer.at, range(count))
    spans = tuple((inner.at(first)[0], inner.at(last)[1]) for first, last in ends)
    advance = inner.advance * (turns * outer.advance // len(inner.spans))
    even = outer.even and inner.even
    return _reduced(Field(spans, advance, even)) if advance else _all(spans, size, even=even)


def joined(one: Field, other: Field, places: int, size: int) -> Field:
    """Return what is read by either of two fields of `places` places, of an axis of `size` pixels.

    The extents are the greatest of both. Where the jumps differ, the greater one stays, with spans that hold whatever
    is read, and `even` is false.
    """
    if one == other:
        return one
    even = one.even and other.even
    if not (one.advance and other.advance):
        ends = [field.at(place) for field in (one, other) for place in (0, places - 1)]
        return _all(ends, size, even=even)
    if one.jump != other.jump:
        slow, fast = sorted((one, other), key=lambda field: field.jump)
        return _uneven(slow, fast, places)
    count = lcm(len(one.spans), len(other.spans))
    if count > _LONGEST:
        return replace(whole(size), even=False)
    pairs = ((one.at(place), other.at(place)) for place in range(count))
    spans = tuple((min(a[0], b[0]), max(a[1], b[1])) for a, b in pairs)
    return _reduced(Field(spans, one.advance * (count // len(one.spans)), even))


def _all(spans: "tuple[tuple[int, int], ...] | list[tuple[int, int]]", size: int, *, even: bool) -> Field:
    """Return the field of what reads the same from everywhere: the pixels that are there, without padding."""
    first, last = min(first for first, _ in spans), max(last for _, last in spans)
    first = min(max(first, 0), size - 1)
    return Field(((first, max(min(last, size - 1), first)),), 0, even)


def _uneven(slow: Field, fast: Field, places: int) -> Field:
    """Return the fast field, its spans widened until they hold those of the slow one at every place."""
    ends = {
        place for n in (0, max(0, places - len(slow.spans) * len(fast.spans))) for place in range(n, places)[:_ENDS]
    }
    early = min(0, *(slow.at(place)[0] - fast.at(place)[0] for place in ends))
    late = max(0, *(slow.at(place)[1] - fast.at(place)[1] for place in ends))
    return Field(tuple((first + early, last + late) for first, last in fast.spans), fast.advance, even=False)


_ENDS = _LONGEST * _LONGEST
"""Between two fields that move at constant speed, the widest gap is near one end: within a turn of both."""


def _reduced(field: Field) -> Field:
    """Return the field with as few spans as say the same."""
    count = len(field.spans)
    for turns in (2, 3, 5, 7, 11, 13):
        short, rest = divmod(count, turns)
        if rest or field.advance % turns or count == 1:
            continue
        fewer = Field(field.spans[:short], field.advance // turns, field.even)
        if all(fewer.at(place) == field.spans[place] for place in range(count)):
            return _reduced(fewer)
    return field
