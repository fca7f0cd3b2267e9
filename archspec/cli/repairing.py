"""Files → files with fixes made, or the difference that they would make."""

import difflib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click

from archspec.cli.mending import Mending
from archspec.cli.sources import from_file
from archspec.cli.terminal import complain
from archspec.diagnostic import ArchspecError, SpecError, place, printable
from archspec.files import is_bundled
from archspec.limits import Limits
from archspec.lint.mend import Mended, mend, mend_unread
from archspec.lint.settings import Settings
from archspec.ops import Vocabulary
from archspec.ops.base import Op
from archspec.output import write
from archspec.pipeline import Request
from archspec.source import Source, parse

__all__ = ["Repaired", "repair"]


class Repaired(NamedTuple):
    """The difference, if it is asked for, and whether a file could not be written."""

    difference: str
    unwritten: bool


def repair(
    files: tuple[str, ...],
    mending: Mending,
    settings: Settings,
    limits: Limits,
    ops: tuple[type[Op], ...],
    stdin_name: str,
) -> Repaired:
    """Make the fixes of all files, and say on stderr how many, and which files cannot be written."""
    request = Request(vocabulary=Vocabulary(ops), limits=limits)
    made, differences, unwritten = 0, list[str](), False
    for file in files:
        for source, mended in _mended(file, mending, request, settings, stdin_name):
            _tell_left(mended)
            if mending.diff:
                differences += _difference(source, mended.source)
            elif mended.made and not _written(Path(file), mended.source.text):
                unwritten = True
                continue
            made += len(mended.made)
    verb = "would be made" if mending.diff else "made"
    click.echo(f"{made:,} fix{'' if made == 1 else 'es'} {verb}", err=True)
    return Repaired("".join(differences), unwritten)


def _written(path: Path, text: str) -> bool:
    """Write a file's text, behind the mark that it begins with; tell where it cannot be, and return whether it is."""
    try:
        mark = "\ufeff" if path.read_bytes().startswith(b"\xef\xbb\xbf") else ""
        write(path, mark + text)
    except ArchspecError as error:
        complain(str(error))
        return False
    return True


def _mended(
    file: str, mending: Mending, request: Request, settings: Settings, stdin_name: str
) -> Iterator[tuple[Source, Mended]]:
    """Yield the file and what became of it; nothing of one that cannot be read, or is archspec's own."""
    if is_bundled(Path(file)):
        return
    data = sys.stdin.buffer.read(request.limits.file_size + 1) if file == "-" else b""
    try:
        source = parse(data, stdin_name, request.limits) if file == "-" else from_file(Path(file), request.limits)
    except SpecError as error:  # said when the file is checked
        if any(one.fixes for one in error.diagnostics):
            name, path = (stdin_name, None) if file == "-" else (file, Path(file))
            text = (path.read_bytes() if path else data).decode().removeprefix("\ufeff")
            unread = Source(name, path, text, {})
            yield unread, mend_unread(unread, request, settings, unsafe=mending.unsafe)
    else:
        yield source, mend(source, request, settings, unsafe=mending.unsafe)


def _tell_left(mended: Mended) -> None:
    reasons = [(each, "it does not make the spec better") for each in mended.withdrawn]
    reasons += [(each, "what else is found, or was mended, may be why") for each in mended.held]
    for each, reason in reasons:
        code, where = each.diagnostic.code, place(each.diagnostic.span)
        click.echo(f"{where}: {code}: not done, since {reason}: {printable(each.fix.message)}", err=True)


def _difference(before: Source, after: Source) -> Iterator[str]:
    """Yield the lines of a unified diff."""
    old, new = (source.text.splitlines(keepends=True) for source in (before, after))
    name = printable(before.file)
    for line in difflib.unified_diff(old, new, name, name):
        ending = "" if line.endswith("\n") else "\n\\ No newline at end of file\n"
        yield line + ending
