"""What a person names on the command line → the files that are meant."""

import glob
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from archspec.diagnostic import NotFoundError
from archspec.files import locate

__all__ = ["find"]

_SUFFIXES = (".yaml", ".yml")
_SPEC = re.compile(rb"""(?m)^(?:\xef\xbb\xbf)?(?:---[ \t]+)?(?:\{[ \t]*)?["']?archspec["']?[ \t]*:""")
_SNIFFED = 1 << 20  # bytes


def find(paths: Iterable[str], *, specs_only: bool = False) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return every file that is meant, once, in order, and a message for each path that leads nowhere.

    A folder means the specs below it: YAML files with a top-level `archspec:`, without hidden files and
    folders. A file that is named itself is meant whatever it holds, but with `specs_only`.
    """
    files: dict[str, None] = {}
    messages: list[str] = []
    for path in paths:
        try:
            files.update(dict.fromkeys(_meant(path, messages)))
        except NotFoundError as error:
            messages.append(str(error))
    meant = (file for file in files if file == "-" or _says_archspec(Path(file))) if specs_only else files
    return tuple(meant), tuple(messages)


def _meant(path: str, messages: list[str]) -> Iterator[str]:
    if path == "-":
        yield path
    elif Path(path).is_dir():
        yield from _below(path, messages)
    elif glob.has_magic(path) and not Path(path).exists():
        matches = sorted(glob.glob(path, recursive=True))  # noqa: PTH207 - a pattern may be absolute
        if not matches:
            raise NotFoundError(f"no file matches {path}")
        for match in matches:
            yield from _below(match, messages) if Path(match).is_dir() else [match]
    else:
        yield str(locate(path))


def _below(folder: str, messages: list[str]) -> Iterator[str]:
    def refused(error: OSError) -> None:
        messages.append(f"cannot read {error.filename}: {error.strerror}")

    for parent, folders, names in os.walk(folder, onerror=refused):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(parent, name)
            if path.suffix in _SUFFIXES and not name.startswith(".") and _says_archspec(path):
                yield str(path)


def _says_archspec(path: Path) -> bool:
    """Whether a file looks like a spec; one that cannot be read does, so that it is reported."""
    if not path.is_file():  # nothing is read from a pipe; a link that leads nowhere is reported
        return path.is_symlink() and not path.exists()
    try:
        with path.open("rb") as stream:
            return _SPEC.search(stream.read(_SNIFFED)) is not None
    except OSError:
        return True
