"""Files and what decides over them → what was said of them the last time, where nothing of it has changed.

What decides is the contents of a file and of all that it extends, its name, what the linter looks for, its bounds, and
archspec itself: every line of its code, its Python, and the libraries that read and validate. So an upgrade, an edit
of archspec or another configuration finds nothing here. A cache that cannot be read or written is none.
"""

import json
import os
import sqlite3
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path
from time import time
from typing import Any

from archspec.cli.finding import look
from archspec.diagnostic import Diagnostic, Edit, Fix, Label, Span

__all__ = ["Cache", "Known"]

_ROOT = Path(__file__).parents[1]
_LIBRARIES = {"pydantic": "version.py", "yaml": "__init__.py"}
_KEPT = 30  # days after the last use
_AT_ONCE = 500  # keys of a query
_TABLE = (
    "CREATE TABLE IF NOT EXISTS findings (key BLOB PRIMARY KEY, reads TEXT, found TEXT, used INTEGER) WITHOUT ROWID"
)

Known = tuple[Diagnostic, ...]


class Cache:
    """What is known of files. Used as a context, at whose end what is new is written.

    Args:
        path: the database.
        settings: everything that decides beside the files and archspec itself, as text.
    """

    def __init__(self, path: Path, settings: str) -> None:
        self._path, self._settings = path, settings
        self._folder = str(Path.cwd())
        self._today = int(time() // 86400)
        self._new: list[tuple[bytes, str, str, int]] = []
        self._used: list[tuple[int, bytes]] = []
        self._base = b""
        self._store: sqlite3.Connection | None = None

    def __enter__(self) -> "Cache":
        with suppress(OSError):
            self._base = _itself(self._settings)
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with suppress(sqlite3.Error):
                self._store = sqlite3.connect(self._path, timeout=1, isolation_level=None)
                self._store.execute("PRAGMA synchronous = OFF")  # what a power cut breaks is thrown away
                self._store.execute(_TABLE)
        return self

    def __exit__(self, *_: object) -> None:
        if self._store is None:
            return
        try:
            if self._new or self._used:
                self._store.execute("BEGIN IMMEDIATE")
                self._store.executemany("INSERT OR REPLACE INTO findings VALUES (?, ?, ?, ?)", self._new)
                self._store.executemany("UPDATE findings SET used = ? WHERE key = ?", self._used)
                self._store.execute("DELETE FROM findings WHERE used < ?", (self._today - _KEPT,))
                self._store.execute("COMMIT")
        except sqlite3.OperationalError:  # locked or full: the next run will do
            pass
        except sqlite3.DatabaseError:
            self._discard()
        finally:
            self._store.close()

    def known(self, files: Iterable[str]) -> Mapping[str, Known]:
        """Return what was said of each file of which that is known."""
        keys = {self._key(file, mark): file for file in files if (mark := look(file).digest) is not None}
        try:
            return {keys[row[0]]: found for row in self._rows(list(keys)) if (found := self._found(*row)) is not None}
        except sqlite3.OperationalError:
            return {}
        except (sqlite3.DatabaseError, ValueError, TypeError, KeyError):
            self._discard()
            return {}

    def _rows(self, keys: Sequence[bytes]) -> list[tuple[bytes, str, str, int]]:
        rows: list[tuple[bytes, str, str, int]] = []
        for start in range(0, len(keys), _AT_ONCE):
            some = keys[start : start + _AT_ONCE]
            marks = ", ".join("?" * len(some))
            query = f"SELECT key, reads, found, used FROM findings WHERE key IN ({marks})"  # noqa: S608 - only marks
            rows += self._store.execute(query, some) if self._store else ()
        return rows

    def _found(self, key: bytes, reads: str, found: str, used: int) -> Known | None:
        if not all(
            os.path.realpath(path) == real and look(path).digest == mark for path, real, mark in json.loads(reads)
        ):
            return None
        if used != self._today:
            self._used.append((self._today, key))
        return tuple(_diagnostic(given) for given in json.loads(found))

    def keep(self, file: str, reads: Iterable[tuple[Path, str]], found: Known) -> None:
        """Remember what is said of a file, given every file that was read for it with its digest, itself first."""
        (_, contents), *bases = reads
        if look(file).digest == contents:  # else it was written while it was read
            written = json.dumps([(self._whole(path), os.path.realpath(path), mark) for path, mark in bases])
            spoken = json.dumps([asdict(one) for one in found])
            self._new.append((self._key(file, contents), written, spoken, self._today))

    def _key(self, file: str, contents: str) -> bytes:
        place = "\0".join((file, self._whole(file), contents))
        return blake2b(self._base + os.fsencode(place), digest_size=16).digest()

    def _whole(self, path: str | Path) -> str:
        """Return a path that means the same in every folder."""
        return os.path.join(self._folder, path)  # noqa: PTH118 - a tenth of the time that Path takes

    def _discard(self) -> None:
        """Throw away what is no database of ours."""
        self._store, store = None, self._store
        if store is not None:
            store.close()
        with suppress(OSError):
            self._path.unlink()


def _itself(settings: str) -> bytes:
    """Return what stands for archspec as it is, and for what it is asked."""
    whole = blake2b(f"{sys.version}\0{_ROOT}\0{settings}\0".encode(), digest_size=16)
    for name, file in _LIBRARIES.items():
        found = find_spec(name)
        if found is not None and found.origin is not None:
            whole.update(Path(found.origin).with_name(file).read_bytes())
    for folder, folders, files in os.walk(_ROOT):
        folders.sort()
        for file in sorted(files):
            if file.endswith(".py"):
                whole.update(file.encode() + b"\0" + Path(folder, file).read_bytes())
    return whole.digest()


def _diagnostic(given: Mapping[str, Any]) -> Diagnostic:
    """Return the diagnostic that `asdict` wrote."""
    return Diagnostic(**{
        **given,
        "span": Span(**given["span"]),
        "labels": tuple(Label(Span(**label["span"]), label["text"]) for label in given["labels"]),
        "notes": tuple(given["notes"]),
        "fixes": tuple(Fix(fix["message"], tuple(map(_edit, fix["edits"])), fix["safe"]) for fix in given["fixes"]),
        "trail": tuple(Span(**span) for span in given["trail"]),
    })  # fmt: skip


def _edit(given: Mapping[str, Any]) -> Edit:
    return Edit(Span(**given["span"]), given["text"])
