"""The findings that a project knows of and has not mended yet → the findings that are new."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from archspec.diagnostic import ArchspecError, Diagnostic, printable
from archspec.lint.codes import SAFETY

__all__ = ["Baseline", "baseline", "read"]

_VERSION = 1
_LARGEST = 64 << 20  # bytes

Known = tuple[str, str, str]
"""A finding as it is recognized after lines have moved: its file, its code, and the text of its line."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """How often each finding is known."""

    counts: Counter[Known]
    folder: Path  # that the files' paths start from

    def new(self, found: Iterable[Diagnostic]) -> tuple[tuple[Diagnostic, ...], int]:
        """Return the findings beyond the known ones, and how many known ones are no longer found."""
        left = Counter(self.counts)
        new = []
        for diagnostic in found:
            known = _known(diagnostic, self.folder)
            if left[known] > 0 and not diagnostic.code.startswith(SAFETY):
                left[known] -= 1
            else:
                new.append(diagnostic)
        return tuple(new), left.total()

    def text(self) -> str:
        """Return the baseline's file: a line for each finding, so that a pull request shows what is new in it."""
        rows = [
            "\n    " + json.dumps({"file": file, "code": code, "line": line, "count": count}, ensure_ascii=False)
            for (file, code, line), count in sorted(self.counts.items())
        ]
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
        rows = [((str(row["file"]), str(row["code"]), str(row["line"])), int(row["count"])) for row in data["findings"]]
        version = data["version"]
    except FileNotFoundError:
        raise ArchspecError(f"there is no baseline {name}; --write-baseline writes one") from None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise ArchspecError(f"{name} cannot be read as a baseline; --write-baseline writes it anew") from None
    if version != _VERSION:
        raise ArchspecError(
            f"{name} is a baseline of version {printable(str(version))}, and this archspec writes {_VERSION}"
        )
    counts: Counter[Known] = Counter()
    for known, count in rows:
        counts[known] += count
    return Baseline(counts, path.resolve().parent)


def _known(diagnostic: Diagnostic, folder: Path) -> Known:
    file = Path(diagnostic.span.file)
    whole = file.resolve()
    inside = whole.relative_to(folder) if whole.is_relative_to(folder) else file
    return inside.as_posix(), diagnostic.code, diagnostic.span.excerpt.strip()
