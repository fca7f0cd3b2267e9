"""A name as written, what it is taken for, and the other candidates → whether that is certain."""

from collections.abc import Iterable

__all__ = ["is_slip"]

_SHORTEST = 4  # of a shorter name another letter makes another name


def is_slip(name: str, meant: str, candidates: Iterable[str]) -> bool:
    """Whether a name is surely a slip of the pen: one letter off, or other capitals or underscores, of one candidate.

    A digit is no letter here: `conv1` is not `conv2`. Nor is it a slip where a letter stands for another at an end of
    the name or of a part of it, which makes another word: `pooled` is not `pooler`, and `q_proj` is not `k_proj`.

    Example:
        >>> ops = ["Conv1d", "Conv2d", "ReLU", "Linear"]
        >>> [is_slip(name, meant, ops) for name, meant in (("Relu", "ReLU"), ("Conv2", "Conv2d"), ("Conv4d", "Conv2d"))]
        [True, True, False]
        >>> is_slip("pooled", "pooler", ["pooler"])
        False
    """
    others = [other for other in candidates if other != meant]
    if _folded(name) == _folded(meant):
        return all(_folded(other) != _folded(meant) for other in others)
    near = len(name) >= _SHORTEST and _one_off(name, meant) and not _another_word(name, meant)
    return near and not any(_one_off(name, other) for other in others)


def _folded(name: str) -> str:
    return name.lower().replace("_", "")


def _one_off(name: str, other: str) -> bool:
    """Whether one letter too many, too few or wrong, or two in the wrong order, make one name of the other."""
    start = next((i for i, (a, b) in enumerate(zip(name, other, strict=False)) if a != b), min(len(name), len(other)))
    rest, wanted = name[start:], other[start:]
    while rest and wanted and rest[-1] == wanted[-1]:
        rest, wanted = rest[:-1], wanted[:-1]
    swapped = len(rest) == 2 and rest == wanted[::-1]
    return (swapped or (len(rest) <= 1 and len(wanted) <= 1)) and (rest + wanted).isalpha()


def _another_word(name: str, other: str) -> bool:
    """Whether the two differ in the first or last letter of a part: one that has no letter on both sides."""
    differ = [i for i, (a, b) in enumerate(zip(name, other, strict=False)) if a != b]
    if len(name) != len(other) or len(differ) != 1:
        return False
    around = name[max(differ[0] - 1, 0) : differ[0]], name[differ[0] + 1 : differ[0] + 2]
    return not all(letter.isalpha() for letter in around)
