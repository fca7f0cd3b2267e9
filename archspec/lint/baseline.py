"""The findings that a project knows of and has not mended yet → the findings that are new."""

import json
import os
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archspec.diagnostic import ArchspecError, Diagnostic, printable
from archspec.lint.codes import SAFETY

__all__ = ["Baseline", "baseline", "read"]

_VERSION = 1
_LARGEST = 64 << 20  # bytes
_MOST = 1 << 31  # of one finding

Known = tuple[str, str, str, str]
"""A finding as it is recognized after lines have moved: the file that was checked, its own file, which another may
extend, its code, and the text of its line."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """How often each finding is known."""

    counts: Counter[Known]
    folder: Path  # that the files' paths start from

    def new(self, found: Iterable[Diagnostic]) -> tuple[tuple[Diagnostic, ...], "Baseline"]:
        """Return the findings beyond the known ones, and what is known and no longer found.

        What is known of a base itself is known of all that extend it, also where the base is not checked with them.
        """
        left = Counter(self.counts)
        new = []
        for diagnostic in found:
            known = _known(diagnostic, self.folder)
            base = (known[1], *known[1:])
            if diagnostic.code.startswith(SAFETY):
                new.append(diagnostic)
            elif left[known] > 0:
                left[known] -= 1
            elif not (diagnostic.trail and self.counts[base]):
                new.append(diagnostic)
        return tuple(new), Baseline(+left, self.folder)

    def split(self, files: Iterable[str], codes: Collection[str]) -> tuple["Baseline", "Baseline"]:
        """Return what is known of codes in files, or in files that are no longer there, and the rest."""
        checked = {_name(file, self.folder) for file in files}
        judged, rest = Counter[Known](), Counter[Known]()
        for known, count in self.counts.items():
            file, _, code, _ = known
            gone = file not in checked and not os.path.exists(self.folder / file)  # noqa: PTH110 - nor a name too long
            (judged if code in codes and (gone or file in checked) else rest)[known] = count
        return Baseline(judged, self.folder), Baseline(rest, self.folder)

    def joined(self, other: "Baseline") -> "Baseline":
        """Return what either knows."""
        return Baseline(self.counts + other.counts, self.folder)

    def text(self) -> str:
        """Return the baseline's file: a line for each finding, so that a pull request shows what is new in it."""
        rows = ["\n    " + json.dumps(_row(*known), ensure_ascii=False) for known in sorted(self.counts.items())]
        return f'{{\n  "version": {_VERSION},\n  "findings": [{",".join(rows)}\n  ]\n}}\n'


def baseline(found: Iterable[Diagnostic], folder: Path) -> Baseline:
    """Return findings as a baseline; those that keep from harm are never known."""
    kept = (_known(one, folder) for one in found if not one.code.startswith(SAFETY))
    return Baseline(Counter(kept), folder)


def read(path: Path) -> Baseline:
    """Return the baseline in a file.

    Raises:
        ArchspecError: the file cannot be read, or is no baseline.
    """
    name = printable(str(path))
    try:
        with path.open("rb") as stream:
            data = json.loads(stream.read(_LARGEST).decode())
        rows = [_read(row) for row in data["findings"]]
        version = data["version"]
    except FileNotFoundError:
        raise ArchspecError(f"there is no baseline {name}; --write-baseline writes one") from None
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise ArchspecError(f"{name} cannot be read as a baseline; --write-baseline writes it anew") from None
    if version != _VERSION:
        raise ArchspecError(
            f"{name} is a baseline of version {printable(str(version))}, and this archspec writes {_VERSION}"
        )
    counts: Counter[Known] = Counter()
    for known, count in rows:
        counts[known] += count
    return Baseline(counts, path.resolve().parent)


def _row(known: Known, count: int) -> dict[str, str | int]:
    checked, file, code, line = known
    row: dict[str, str | int] = {"file": file, "code": code, "line": line, "count": count}
    return row if checked == file else {"checked": checked, **row}


def _read(row: Any) -> tuple[Known, int]:
    count = row["count"]
    if not isinstance(count, int) or not 0 <= count < _MOST:
        raise ValueError(count)
    file = row["file"]
    return (str(row.get("checked", file)), str(file), str(row["code"]), str(row["line"])), count


def _known(diagnostic: Diagnostic, folder: Path) -> Known:
    span = diagnostic.span
    return _name(diagnostic.checked.file, folder), _name(span.file, folder), diagnostic.code, span.excerpt.strip()


def _name(name: str, folder: Path) -> str:
    """Return what a baseline of a folder calls a file: its path from there."""
    file = Path(name)
    whole = file.resolve()
    inside = whole.relative_to(folder) if whole.is_relative_to(folder) else file
    return inside.as_posix()
