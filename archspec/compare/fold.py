"""Many paths → few patterns that stand for them: `layer{1..4}.*.conv2`."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from archspec.graph import Path

__all__ = ["Pattern", "Siblings", "fold", "siblings"]

Siblings = Mapping[Path, frozenset[str]]
"""The names that stand under each path."""

_SHOWN = 6


def siblings(paths: Iterable[Path]) -> Siblings:
    """Return the names under each beginning of the paths."""
    found: dict[Path, set[str]] = {}
    for path in paths:
        for length, name in enumerate(path):
            found.setdefault(path[:length], set()).add(name)
    return {path: frozenset(names) for path, names in found.items()}


@dataclass(frozen=True, slots=True)
class Pattern:
    """What stands for some paths."""

    text: str
    paths: tuple[Path, ...]


def fold(paths: Iterable[Path], known: Siblings) -> list[Pattern]:
    """Return patterns for the paths; `*` is every name that is known there, `{1..4}` some of them.

    Example:
        >>> known = siblings([("a", "0", "w"), ("a", "1", "w"), ("b", "0", "w")])
        >>> [pattern.text for pattern in fold([("a", "0", "w"), ("a", "1", "w")], known)]
        ['a.*.w']
    """
    # The names at one depth are joined where all before and behind them is the same, from the right to the left:
    # so what stands before is still a path of its own.
    folded = [_Folded(path, (), (path,)) for path in paths]
    for depth in range(max((len(each.head) for each in folded), default=0) - 1, -1, -1):
        folded = _joined(folded, depth, known)
    return [Pattern(".".join(each.words), each.paths) for each in folded]


@dataclass(frozen=True, slots=True)
class _Folded:
    """A path up to some depth, the words behind it, and the paths that they stand for."""

    head: Path
    words: Path
    paths: tuple[Path, ...]


def _joined(folded: Iterable[_Folded], depth: int, known: Siblings) -> list[_Folded]:
    """Join the names at a depth."""
    groups: dict[tuple[Path, Path, bool], list[_Folded]] = {}
    for each in folded:
        groups.setdefault((each.head[:depth], each.words, len(each.head) > depth), []).append(each)
    joined = []
    for (head, words, deep), group in groups.items():
        name = _word([each.head[depth] for each in group], known.get(head, frozenset())) if deep else None
        paths = tuple(path for each in group for path in each.paths)
        joined.append(_Folded(head, words if name is None else (name, *words), paths))
    return joined


def _word(names: list[str], known: frozenset[str]) -> str:
    if len(names) == 1:
        return names[0]
    if known == set(names):
        return "*"
    stem, numbers = _stem(names[0]), [name[len(_stem(name)) :] for name in names]
    if all(numbers) and all(_stem(name) == stem for name in names):
        return f"{stem}{{{_cut(_runs(numbers))}}}"
    return f"{{{_cut(names)}}}"


def _cut(words: list[str]) -> str:
    shown = words if len(words) <= _SHOWN else [*words[: _SHOWN - 1], f"… {len(words) - _SHOWN + 1} more"]
    return ",".join(shown)


def _runs(numbers: list[str]) -> list[str]:
    """Return the numbers, three and more that count on as `1..4`."""
    runs: list[list[str]] = []
    for number in sorted(numbers, key=int):
        if runs and int(runs[-1][-1]) + 1 == int(number):
            runs[-1].append(number)
        else:
            runs.append([number])
    return [word for run in runs for word in ([f"{run[0]}..{run[-1]}"] if len(run) > 2 else run)]


def _stem(name: str) -> str:
    """Return a name without the number at its end."""
    return re.sub(r"[0-9]{1,9}\Z", "", name, flags=re.ASCII)
