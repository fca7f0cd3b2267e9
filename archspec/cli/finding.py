"""What a person names on the command line → the files that are meant."""

import glob
import os
import re
import stat
from collections.abc import Iterable, Iterator
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from archspec.diagnostic import NotFoundError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

__all__ = ["Look", "complete_bundled", "complete_spec", "digest", "find", "look"]

_SUFFIXES = (".yaml", ".yml")
_SPEC = re.compile(rb"""(?m)^(?:\xef\xbb\xbf)?(?:---[ \t]+)?(?:\{[ \t]*)?["']?archspec["']?[ \t]*:""")
_HERE = os.path.join(os.curdir, "")  # noqa: PTH118
_SNIFFED, _LARGEST = 1 << 20, 8 << 20  # bytes


def complete_bundled(_: click.Context, __: click.Parameter, incomplete: str) -> list["CompletionItem"]:
    """Return the bundled specs that begin so."""
    from click.shell_completion import CompletionItem

    from archspec.files import bundled

    return [CompletionItem(name) for name in bundled() if name.startswith(incomplete)]


def complete_spec(context: click.Context, parameter: click.Parameter, incomplete: str) -> list["CompletionItem"]:
    """Return the bundled specs that begin so; if there are none, let the shell complete files."""
    from click.shell_completion import CompletionItem

    return complete_bundled(context, parameter, incomplete) or [CompletionItem(incomplete, type="file")]


def find(paths: Iterable[str], *, specs_only: bool = False) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return every file that is meant, once, in order, and a message for each path that leads nowhere.

    A folder means the specs below it: YAML files with a top-level `archspec:`, without hidden files and
    folders. A file that is named itself is meant whatever it holds, but with `specs_only`.
    """
    look.cache_clear()  # what an earlier run of this process saw may have changed
    files: dict[str, None] = {}
    messages: list[str] = []
    for path in paths:
        try:
            files.update(dict.fromkeys(_meant(path, messages)))
        except NotFoundError as error:
            messages.append(str(error))
        except OSError as error:  # a name too long
            messages.append(f"cannot read {path}: {error.strerror}")
    meant = (file for file in files if file == "-" or _says_archspec(file)) if specs_only else files
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
    elif os.path.isfile(path):  # noqa: PTH113 - a name too long is no file, and no error either
        yield str(Path(path))
    else:
        from archspec.files import locate

        yield str(locate(path))


def _below(folder: str, messages: list[str]) -> Iterator[str]:
    def refused(error: OSError) -> None:
        messages.append(f"cannot read {error.filename}: {error.strerror}")

    for parent, folders, names in os.walk(os.path.normpath(folder), onerror=refused):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.endswith(_SUFFIXES) and not name.startswith("."):
                path = os.path.join(parent, name).removeprefix(_HERE)  # noqa: PTH118 - Path takes longer
                if _says_archspec(path):
                    yield path


def _says_archspec(path: str) -> bool:
    """Whether a file looks like a spec; one that cannot be read does, so that it is reported."""
    seen = look(path)
    return seen.spec or seen.unread


class Look(NamedTuple):
    """What a look into a file shows: whether it says `archspec:` at its top, and a digest of its contents.

    Nothing is read from a pipe or a device, and there is no digest of what is larger than any file that is checked. A
    link that leads nowhere and a file that may not be read are unread.
    """

    spec: bool = False
    digest: str | None = None
    unread: bool = False


@cache
def look(path: str) -> Look:
    """Look into a file, once in a run."""
    try:
        found = os.stat(path)  # noqa: PTH116 - a third of the time that Path takes
        if not stat.S_ISREG(found.st_mode):
            return Look()
        with open(path, "rb") as stream:  # noqa: PTH123
            data = stream.read(_LARGEST)
    except FileNotFoundError:
        return Look(unread=os.path.islink(path))  # noqa: PTH114
    except (OSError, ValueError):
        return Look(unread=True)
    whole = found.st_size <= _LARGEST
    return Look(_SPEC.search(data, 0, _SNIFFED) is not None, digest(data) if whole else None)


def digest(data: bytes) -> str:
    """Return what stands for a file's contents; a byte-order mark is none of it."""
    return blake2b(data.removeprefix(b"\xef\xbb\xbf"), digest_size=16).hexdigest()
