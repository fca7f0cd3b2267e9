"""`archspec fmt`: paths → the specs there in the one layout, or what it would change."""

import difflib
import glob
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import click

from archspec.cli.bounding import limit_option
from archspec.cli.exits import FINDINGS, USAGE
from archspec.cli.finding import find
from archspec.cli.sources import from_file, from_stdin
from archspec.cli.terminal import complain, report, tell_changes
from archspec.diagnostic import ArchspecError, Diagnostic, SpecError, printable
from archspec.fmt import fmt as laid_out
from archspec.limits import Limits
from archspec.output import write

__all__ = ["fmt"]


@dataclass(frozen=True, slots=True)
class _Outcome:
    """A file before and after, or what is wrong with it."""

    file: str
    before: str = ""
    after: str = ""
    wrong: tuple[Diagnostic, ...] = ()
    unwritten: bool = False  # it could not be written

    @property
    def changed(self) -> bool:
        return self.before != self.after and not self.unwritten


@click.command()
@click.argument("paths", nargs=-1, type=click.Path())
@click.option("--check", is_flag=True, help="Write nothing: name the files that would change.")
@click.option("--diff", is_flag=True, help="Write nothing: show what would change.")
@click.option("--specs-only", is_flag=True, help="Pass over named files that do not say archspec:, as in a folder.")
@click.option("--stdin-filename", default="<stdin>", metavar="NAME", help="What messages call stdin.")
@limit_option
def fmt(paths: tuple[str, ...], check: bool, diff: bool, specs_only: bool, stdin_filename: str, limits: Limits) -> None:
    """Lay specs out in one way.

    Blanks, line breaks and quotes, and the order of the keys that a line or a file begins and ends with. Every
    value and every comment stays to the letter, which is proven before a file is written; each is written whole
    or not at all. There is nothing to configure.

    PATHS are files, folders (all specs below), patterns such as 'nets/**/*.yaml', or - for stdin to stdout; the
    current folder if none are given.

    \b
    Examples:
      archspec fmt
      archspec fmt specs/ --check
      archspec fmt - < net.yaml

    Exit status: 0 done, or nothing to do; 1 --check or --diff would change a file, or one is no YAML that
    archspec accepts; 2 usage, or a file that cannot be read or written; 3 archspec's own failure.
    """  # noqa: D301 - click keeps the lines after it
    files, missing = _files(paths or (".",), specs_only=specs_only)
    for message in missing:
        complain(message)
    outcomes = [_outcome(file, stdin_filename, limits) for file in files]
    outcomes = [_put(outcome, stdin_filename, check=check, diff=diff) for outcome in outcomes]
    if files != ("-",):
        click.echo(_closing(outcomes, dry=check or diff), err=True)
    unwritten = any(outcome.unwritten for outcome in outcomes)
    sys.exit(USAGE if missing or unwritten else _status(outcomes, dry=check or diff))


def _files(paths: tuple[str, ...], *, specs_only: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the files that are meant; a name that only a bundled spec bears is none, since those are not to change."""
    there = [path for path in paths if path == "-" or Path(path).exists() or glob.has_magic(path)]
    files, messages = find(there, specs_only=specs_only)
    return files, (*(f"there is no file {printable(path)}" for path in paths if path not in there), *messages)


def _outcome(file: str, stdin_name: str, limits: Limits) -> _Outcome:
    try:
        source = from_stdin(limits, stdin_name) if file == "-" else from_file(Path(file), limits)
        return _Outcome(file, source.text, laid_out(source, limits))
    except SpecError as error:
        return _Outcome(file, wrong=error.diagnostics)


def _put(outcome: _Outcome, stdin_name: str, *, check: bool, diff: bool) -> _Outcome:
    """Write a file, or show what would be written; what is wrong is told. Return what became of it."""
    name = stdin_name if outcome.file == "-" else outcome.file
    report(outcome.wrong)
    if outcome.wrong or ((diff or check) and not outcome.changed):
        return outcome
    if diff:
        tell_changes("\n".join(_difference(outcome, name)))
    elif check:
        click.echo(f"would change {printable(name)}")
    elif outcome.file == "-":
        sys.stdout.buffer.write(outcome.after.encode())
    elif outcome.changed:
        try:
            write(Path(outcome.file), outcome.after)
        except ArchspecError as error:
            complain(str(error))
            return replace(outcome, unwritten=True)
    return outcome


def _difference(outcome: _Outcome, name: str) -> Iterator[str]:
    """Yield the lines of a unified diff."""
    before, after = outcome.before.splitlines(), outcome.after.splitlines()
    for line in difflib.unified_diff(before, after, name, name, lineterm=""):
        yield printable(line)


def _closing(outcomes: list[_Outcome], *, dry: bool) -> str:
    """Return how many files there were of each kind."""
    wrong = sum(bool(outcome.wrong) for outcome in outcomes)
    changed = sum(outcome.changed for outcome in outcomes)
    unwritten = sum(outcome.unwritten for outcome in outcomes)
    kinds = (
        (changed, "would change" if dry else "changed"),
        (len(outcomes) - changed - wrong - unwritten, "left as is"),
        (wrong, "not readable"),
        (unwritten, "not written"),
    )
    counts = [f"{count:,} file{'' if count == 1 else 's'} {what}" for count, what in kinds if count]
    return ", ".join(counts or ["no files"])


def _status(outcomes: list[_Outcome], *, dry: bool) -> int:
    codes = {found.code for outcome in outcomes for found in outcome.wrong}
    if "AS001" in codes:
        return USAGE
    return FINDINGS if codes or (dry and any(outcome.changed for outcome in outcomes)) else 0
