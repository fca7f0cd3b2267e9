"""A revision of git and a file → the file as it was there, with what it extends, in a folder of its own."""

import posixpath
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from archspec.diagnostic import ArchspecError, SpecError, printable
from archspec.limits import Limits
from archspec.source import Scalar, Source, read

__all__ = ["at_revision"]

_SECONDS = 60
_SUFFIXES = (".yaml", ".yml")


@contextmanager
def at_revision(revision: str, path: Path, limits: Limits = Limits()) -> Iterator[Source]:  # noqa: B008 - frozen
    """Yield a file as it was at a revision; the files that it extends lie beside it, as they were then.

    Git is asked for the bytes of files alone, and runs nothing that the repository brings along.

    Args:
        revision: what git calls a commit: `HEAD~1`, `main`, a hash.
        path: the file in the working tree, whether it is still there or not.
        limits: the bounds.

    Raises:
        ArchspecError: there is no git, no such revision, or no such file in it.
        SpecError: it is no YAML that archspec accepts.
    """
    folder = path.parent
    commit = _commit(folder, revision)
    with TemporaryDirectory(prefix="archspec-") as made:
        if not _copy(folder, commit, path.name, Path(made), limits):
            raise ArchspecError(f"there is no file {printable(str(path))} at revision {printable(revision)}")
        source = read(Path(made, path.name), limits, name=f"{revision}:{path}")
        _copy_bases(source, folder, commit, Path(made), limits)
        yield source


def _commit(folder: Path, revision: str) -> str:
    """Return the hash of a revision: nothing else of what a person writes reaches git."""
    if not revision or revision.startswith("-") or "\0" in revision:
        raise ArchspecError(f"{printable(revision) or 'nothing'} is no revision")
    found = _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if found is None:
        raise ArchspecError(f"there is no revision {printable(revision)} of what is in {printable(str(folder))}")
    return found.decode("ascii").strip()


def _copy_bases(source: Source, folder: Path, commit: str, made: Path, limits: Limits) -> None:
    """Copy what a file extends, and what that extends; what cannot be copied is told where the chain is followed."""
    name = source.path.name if source.path else ""
    for _ in range(limits.extends):
        name = _extended(source, name)
        if not name or (made / name).exists() or not _copy(folder, commit, name, made, limits):
            return
        try:
            source = read(made / name, limits)
        except SpecError:
            return


def _extended(source: Source, name: str) -> str:
    """Return the file that one extends, as a path from the first file's folder; the empty text if it is not below."""
    tree = source.root.get("extends") if isinstance(source.root, dict) else None
    if not isinstance(tree, Scalar) or not (tree.text.endswith(_SUFFIXES) or "/" in tree.text):
        return ""
    target = posixpath.normpath(posixpath.join(posixpath.dirname(name), tree.text))
    return "" if target.startswith(("..", "/")) or "\0" in target else target


def _copy(folder: Path, commit: str, name: str, made: Path, limits: Limits) -> bool:
    """Copy a file of a commit, if it is there."""
    size = _git(folder, "cat-file", "-s", f"{commit}:./{name}")
    if size is not None and int(size) > limits.file_size:
        raise ArchspecError(f"{printable(name)} had {int(size):,} bytes; at most {limits.file_size:,} are allowed")
    data = None if size is None else _git(folder, "cat-file", "blob", f"{commit}:./{name}")
    if data is None:
        return False
    (made / name).parent.mkdir(parents=True, exist_ok=True)
    (made / name).write_bytes(data)
    return True


def _git(folder: Path, *arguments: str) -> bytes | None:
    """Return what git prints; None where it has no answer."""
    command = ["git", "-C", str(folder), "--no-optional-locks", "--no-pager", *arguments]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=False)  # noqa: S603 - fixed but for checked names
    except FileNotFoundError:
        raise ArchspecError("there is no program git") from None
    except subprocess.TimeoutExpired:
        raise ArchspecError(f"git gave no answer in {_SECONDS} seconds") from None
    return done.stdout if done.returncode == 0 else None
