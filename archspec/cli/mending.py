"""The options that make fixes → files with fixes made, or the difference that they would make."""

import difflib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from archspec.cli.loading import from_file, from_stdin
from archspec.diagnostic import SpecError, place, printable
from archspec.files import bundled
from archspec.lint.mend import Mended, mend
from archspec.lint.settings import Settings
from archspec.output import write
from archspec.pipeline import Request
from archspec.source import Source

__all__ = ["Mending", "mend_options"]

_Command = TypeVar("_Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Mending:
    """Whether fixes are made, also unsafe ones, and whether files are written or differences shown."""

    fix: bool
    diff: bool
    unsafe: bool

    def make(self, files: tuple[str, ...], request: Request, settings: Settings, stdin_name: str) -> str:
        """Make the fixes of all files, say on stderr how many, and return the difference if it is asked for.

        Raises:
            ArchspecError: a file cannot be written.
        """
        made, differences = 0, list[str]()
        for file in files:
            for source, mended in self._mended(file, request, settings, stdin_name):
                made += len(mended.made)
                _tell_withdrawn(mended)
                if self.diff:
                    differences += _difference(source, mended.source)
                elif mended.made:
                    mark = "\ufeff" if Path(file).read_bytes().startswith(b"\xef\xbb\xbf") else ""
                    write(Path(file), mark + mended.source.text)
        verb = "would be made" if self.diff else "made"
        click.echo(f"{made:,} fix{'' if made == 1 else 'es'} {verb}", err=True)
        return "".join(differences)

    def _mended(
        self, file: str, request: Request, settings: Settings, stdin_name: str
    ) -> Iterator[tuple[Source, Mended]]:
        """Yield the file and what became of it; nothing of one that cannot be read, or is archspec's own."""
        try:
            source = from_stdin(request.limits, stdin_name) if file == "-" else from_file(Path(file), request.limits)
        except SpecError:  # said when the file is checked
            return
        if Path(file) not in bundled().values():
            yield source, mend(source, request, settings, unsafe=self.unsafe)


def mend_options(command: _Command) -> _Command:
    """Add --fix, --unsafe-fixes and --diff; the command is given `mending`, None if no fix is asked for."""

    @wraps(command)
    def mending(*, fix: bool, unsafe_fixes: bool, diff: bool, **others: Any) -> Any:
        if fix and "-" in others["paths"]:
            raise click.UsageError("--fix writes files, and - is none; --diff shows what it would do")
        if unsafe_fixes and not (fix or diff):
            raise click.UsageError("--unsafe-fixes goes with --fix or --diff")
        if diff and (others["output_file"] or others["statistics"] or others["form"] != "full"):
            raise click.UsageError("--diff is a format of its own, on stdout")
        return command(mending=Mending(fix, diff, unsafe_fixes) if fix or diff else None, **others)

    for name, what in (
        ("--diff", "Show the fixes as a unified diff, and write nothing."),
        ("--unsafe-fixes", "With --fix or --diff: also fixes that may change the network or its state_dict."),
        ("--fix", "Write what mends a finding for sure into its file, and tell what is left."),
    ):
        mending = click.option(name, is_flag=True, help=what)(mending)
    return mending  # type: ignore[return-value]


def _tell_withdrawn(mended: Mended) -> None:
    for each in mended.withdrawn:
        diagnostic = each.diagnostic
        message = f"{place(diagnostic.span)}: {diagnostic.code}: not done, since it does not make the spec better: "
        click.echo(message + printable(each.fix.message), err=True)


def _difference(before: Source, after: Source) -> Iterator[str]:
    """Yield the lines of a unified diff."""
    old, new = (source.text.splitlines(keepends=True) for source in (before, after))
    name = printable(before.file)
    for line in difflib.unified_diff(old, new, name, name):
        ending = "" if line.endswith("\n") else "\n\\ No newline at end of file\n"
        yield line + ending
