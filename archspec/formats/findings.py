"""Diagnostics and the files they are about → what each format is made from."""

import os
from collections import Counter
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path, PurePath
from typing import NamedTuple

from archspec.diagnostic import CODES, Diagnostic, place, printable

__all__ = ["Findings", "advice", "fingerprints", "said", "shown_path", "uri"]


class Findings(NamedTuple):
    """What was found, in order, and every file that was checked, as messages name them."""

    diagnostics: tuple[Diagnostic, ...]
    files: tuple[str, ...] = ()

    @property
    def counts(self) -> tuple[tuple[int, str, str], ...]:
        """How often each code occurs, the most frequent first: count, code, name."""
        counted = Counter(diagnostic.code for diagnostic in self.diagnostics)
        return tuple((count, code, CODES[code]) for code, count in sorted(counted.items(), key=lambda c: (-c[1], c[0])))


def advice(diagnostic: Diagnostic) -> tuple[str, ...]:
    """Return the notes and the help of a message, a line each."""
    help_ = (f"help: {diagnostic.help}",) if diagnostic.help else ()
    return tuple(printable(line) for line in (*diagnostic.notes, *help_))


def said(diagnostic: Diagnostic) -> str:
    """Return a message for the place in the file that was checked: of a base that it extends, with the place there."""
    where = f"{place(diagnostic.span)}: " if diagnostic.trail else ""
    return where + printable(diagnostic.message)


def shown_path(file: str) -> str:
    """Return a file's path as a program elsewhere finds it: below the current folder where it is there, with `/`."""
    path = PurePath(file)
    if path.is_absolute():
        path = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    return os.path.normpath(path).replace(os.sep, "/")


def uri(file: str) -> str:
    """Return a file's path as a reference of RFC 3986: relative below the current folder, `file:///…` elsewhere.

    Example:
        >>> uri("nets/my net.yaml")
        'nets/my%20net.yaml'
    """
    path = shown_path(file)
    from urllib.parse import quote  # one format asks, and importing it takes a while

    return Path(path).as_uri() if Path(path).is_absolute() else quote(os.fsencode(path))


def fingerprints(findings: Findings) -> Iterator[tuple[str, Diagnostic]]:
    """Yield each diagnostic with a name for it that stays when lines above it come or go.

    It is made of the code, the file, the one that was checked if that extends it, and the text of the line; equal ones
    are numbered.
    """
    seen: Counter[tuple[str, ...]] = Counter()
    for diagnostic in findings.diagnostics:
        files = dict.fromkeys(shown_path(span.file) for span in (diagnostic.span, diagnostic.checked))
        same = diagnostic.code, *files, diagnostic.span.excerpt.strip()
        seen[same] += 1
        text = "\0".join([*same, str(seen[same])])
        yield blake2b(text.encode(errors="surrogatepass"), digest_size=16).hexdigest(), diagnostic
