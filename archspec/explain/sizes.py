"""Which sizes a spec accepts, as they were tried → runs of them with the reason, as text or JSON."""

import json
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby, pairwise

from archspec.diagnostic import printable

__all__ = ["Run", "runs", "runs_json", "runs_text"]


@dataclass(frozen=True, slots=True)
class Run:
    """Sides of square inputs, one after the other, that are accepted, or are refused for the same reason."""

    first: int
    last: int
    refusal: str  # empty where they are accepted


def runs(tried: Iterable[tuple[int, str]]) -> tuple[Run, ...]:
    """Return the runs of sides, each with why it is refused, empty where it is not.

    Example:
        >>> runs([(1, "too small"), (2, ""), (3, "")])
        (Run(first=1, last=1, refusal='too small'), Run(first=2, last=3, refusal=''))
    """
    found = []
    for refusal, group in groupby(tried, key=lambda one: one[1]):
        sides = [side for side, _ in group]
        found.append(Run(sides[0], sides[-1], refusal))
    return tuple(found)


def runs_json(name: str, found: Sequence[Run]) -> str:
    """Return the runs as they are."""
    return json.dumps({"name": name, "sizes": [asdict(run) for run in found]}, indent=2, ensure_ascii=False)


def runs_text(name: str, shape: Sequence[int], found: Sequence[Run], width: int = 100) -> str:
    """Return which sides of an input, in place of those of its shape, are accepted, and why the others are not.

    The text has so many columns.
    """
    if not found:
        return f"{printable(name)}: what sides it accepts is no question: it wants one input that has any"
    good = [run for run in found if not run.refusal]
    sides = "×n" * len(shape[1:])
    head = f"{printable(name)} reads {shape[0]}{sides}; tried were 1 to {found[-1].last}"
    if not good:
        return f"{head}, and none is accepted: {printable(found[0].refusal)}"
    lines = [head, "", f"accepted  {_sides(good)}"]
    reasons: dict[str, list[Run]] = {}
    for run in found:
        if run.refusal:
            reasons.setdefault(run.refusal, []).append(run)
    for reason, each in list(reasons.items())[:_SHOWN]:
        text = f"refused   {_sides(each)}: {printable(reason)}"
        lines += textwrap.wrap(text, width, subsequent_indent=" " * len("refused   "))
    if len(reasons) > _SHOWN:
        lines.append(f"          … and {len(reasons) - _SHOWN} other reasons")
    return "\n".join(lines)


_SHOWN = 8  # reasons, and runs of sides


def _sides(found: Sequence[Run]) -> str:
    """Return the sides: `32, 48, 64, …, 512 (every 16)`, or runs, not too many of them."""
    singles = all(run.first == run.last for run in found)
    steps = {b.first - a.first for a, b in pairwise(found)}
    if singles and len(found) > 3 and len(steps) == 1:
        return f"{found[0].first}, {found[1].first}, {found[2].first}, …, {found[-1].first} (every {min(steps)})"
    texts = [str(run.first) if run.first == run.last else f"{run.first}–{run.last}" for run in found]
    return ", ".join(texts[:_SHOWN]) + (", …" if texts[_SHOWN:] else "")
