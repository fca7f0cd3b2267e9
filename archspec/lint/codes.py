"""A code, the beginning of some, or a name → the codes that are meant."""

from collections.abc import Iterable
from functools import lru_cache
from typing import TypeVar

from archspec.diagnostic import CODES, did_you_mean

__all__ = ["EXPECTATION", "OPT_IN", "SAFETY", "codes", "decided", "dispensable", "known", "no_such_code"]

SAFETY = "AS0"
"""The codes that begin so keep archspec and its users from harm: they are never ignored."""

EXPECTATION = "AS210"
"""The code of a figure that a spec expects and does not have: what is wrong may be either."""

OPT_IN = frozenset({"AS317", "AS318", "AS334", "AS336", "AS337", "AS354", "AS355", "AS356", "AS357"})
"""The codes of the rules that run only where they are selected."""

_Value = TypeVar("_Value")


@lru_cache(maxsize=256)
def codes(text: str) -> frozenset[str]:
    """Return the codes that a text means, none if it means none: `AS203`, `AS2`, `shape-mismatch`.

    Example:
        >>> sorted(codes("AS11"))[:2], codes("shape-mismatch"), codes("2")
        (['AS110', 'AS111'], frozenset({'AS203'}), frozenset())
    """
    begin = text.startswith("AS")
    return frozenset(code for code, name in CODES.items() if name == text or (begin and code.startswith(text)))


def decided(code: str, said: Iterable[tuple[str, _Value]], otherwise: _Value) -> _Value:
    """Return what is said of a code: a longer text decides over a shorter one, a later over an equal one before.

    Example:
        >>> decided("AS203", [("AS203", "note"), ("AS2", "error")], "warning")
        'note'
    """
    length = 0
    for text, value in said:
        own = len(text) if text.startswith("AS") else len(code)
        if own >= length and code in codes(text):
            otherwise, length = value, own
    return otherwise


def no_such_code(text: str) -> str:
    """Return the sentence for a text that means no code."""
    meant = "AS" if text.upper() == "ALL" else text.upper()
    advice = f"did you mean {meant}?" if codes(meant) else _meant_name(text)
    return f"there is no code {text}; {advice or '`archspec rule` lists them'}"


def _meant_name(text: str) -> str | None:
    begun = [name for name in CODES.values() if text and name.startswith(text.lower())]
    if 1 <= len(begun) <= _FEW:
        return f"did you mean {' or '.join(begun)}?"
    return None if text.startswith("AS") else did_you_mean(text, CODES.values())


_FEW = 3


def known(text: str) -> str:
    """Return a text that means codes. Raises ValueError with a sentence for one that means none."""
    if not codes(text):
        raise ValueError(no_such_code(text))
    return text


def dispensable(text: str) -> str:
    """Return a text that means codes which may be ignored. Raises ValueError with a sentence for another."""
    if all(code.startswith(SAFETY) for code in codes(known(text))):
        raise ValueError(f"{text} keeps from harm, and cannot be ignored or softened")
    return text
