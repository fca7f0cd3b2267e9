"""A path and what belongs there → the file, written whole or not at all."""

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from archspec.diagnostic import ArchspecError, printable

__all__ = ["replacing", "write"]


def write(path: Path, text: str) -> None:
    """Write text as UTF-8.

    Raises:
        ArchspecError: the file cannot be written; what was there before is as it was.
    """
    with replacing(path) as stream:
        stream.write(text.encode())


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Yield a stream whose bytes are the file once the block ends; an exception leaves the old file alone.

    The bytes go to a file beside it, which takes its place in one step. A symbolic link stays one.

    Raises:
        ArchspecError: the file cannot be written.
    """
    target = path.resolve()
    beside = target.with_name(f".archspec-{secrets.token_hex(8)}")
    try:
        mode = _mode(target)
        try:
            with beside.open("xb") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            if mode is not None:
                beside.chmod(mode)
            beside.replace(target)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ArchspecError(f"cannot write {printable(str(path))}: {reason}") from error


def _mode(target: Path) -> int | None:
    """Return the permissions of the file that is there, if one is; refuse what must not be replaced."""
    if not target.exists():
        return None
    if not target.is_file():
        raise IsADirectoryError(None, "it is no regular file")
    if not os.access(target, os.W_OK):
        raise PermissionError(None, "it is read-only")
    return stat.S_IMODE(target.stat().st_mode)
