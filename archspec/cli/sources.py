"""A file or stdin → its source, as the commands name it."""

import sys
from pathlib import Path

from archspec.files import is_bundled
from archspec.limits import Limits
from archspec.source import Source, parse, read

__all__ = ["from_file", "from_stdin"]


def from_file(path: Path, limits: Limits) -> Source:
    """Return a file; messages name a bundled one without the folder in which archspec is installed.

    Raises:
        SpecError: it cannot be read, or is no YAML that archspec accepts.
    """
    return read(path, limits, name=path.name if is_bundled(path) else None)


def from_stdin(limits: Limits, name: str = "<stdin>") -> Source:
    """Return stdin as a file, no more of it than the limit.

    Raises:
        SpecError: it is no YAML that archspec accepts.
    """
    return parse(sys.stdin.buffer.read(limits.file_size + 1), name, limits)
