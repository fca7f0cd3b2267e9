"""`archspec lint`: paths → every diagnostic of the specs there, as text or JSON."""

import json
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import click

from archspec.cli.configuration import ops_options
from archspec.cli.exits import USAGE, status
from archspec.cli.finding import find
from archspec.cli.loading import complete_spec, from_file, from_stdin, limit_option
from archspec.cli.terminal import complain, doing, report
from archspec.diagnostic import Diagnostic, Span, SpecError, printable, render
from archspec.limits import Limits
from archspec.lint import judge
from archspec.ops import Vocabulary
from archspec.ops.base import Op
from archspec.pipeline import Request
from archspec.report import Report

__all__ = ["lint"]


@click.command()
@click.argument("paths", nargs=-1, shell_complete=complete_spec)
@click.option(
    "form",
    "--format",
    type=click.Choice(["full", "concise", "json"]),
    default="full",
    show_default=True,
    help="full: with the lines of the file; concise: a line for each finding; json: a list, for programs.",
)
@click.option("--stdin-filename", default="<stdin>", metavar="NAME", help="What messages call stdin.")
@ops_options
@limit_option
def lint(paths: tuple[str, ...], form: str, stdin_filename: str, ops: tuple[type[Op], ...], limits: Limits) -> None:
    """Check specs, from their YAML to every shape.

    Every name, argument and shape is checked, and the figures that a spec expects.

    PATHS are files, folders (all specs below: *.yaml and *.yml that say archspec:), patterns such as
    'nets/**/*.yaml', names of bundled specs, or - for stdin; the current folder if none are given. Torch is
    not needed.

    \b
    Examples:
      archspec lint
      archspec lint specs/ net.yaml --format concise
      archspec lint - --stdin-filename net.yaml < net.yaml

    Exit status: 0 nothing found, or notes alone; 1 errors or warnings; 2 usage, or a file that cannot be
    read; 3 archspec's own failure.
    """  # noqa: D301 - click keeps the lines after it
    files, missing = find(paths or (".",))
    for message in missing:
        complain(message)
    found, request = Report(), Request(vocabulary=Vocabulary(ops), limits=limits)
    with doing(f"checking {_count(len(files), 'file')}"):
        for file in files:
            found.extend(_check(file, request, stdin_filename))
    diagnostics = found.diagnostics
    shown = _shown(diagnostics, limits)
    _print(shown, form)
    _close(diagnostics, shown, len(files), form)
    sys.exit(USAGE if missing else status(diagnostics))


def _check(file: str, request: Request, stdin_name: str) -> tuple[Diagnostic, ...]:
    """Return everything there is to say about one file."""
    try:
        limits = request.limits
        source = from_stdin(limits, stdin_name) if file == "-" else from_file(Path(file), limits)
        return judge(source, request)
    except SpecError as error:
        return error.diagnostics


def _shown(diagnostics: tuple[Diagnostic, ...], limits: Limits) -> tuple[Diagnostic, ...]:
    """Return the first so many of each file, and of all."""
    seen: Counter[str] = Counter()
    shown = []
    for diagnostic in diagnostics:
        seen[diagnostic.span.file] += 1
        if seen[diagnostic.span.file] <= limits.messages:
            shown.append(diagnostic)
    return tuple(shown[: limits.all_messages])


def _print(diagnostics: tuple[Diagnostic, ...], form: str) -> None:
    if form == "json":
        click.echo(json.dumps([_object(diagnostic) for diagnostic in diagnostics], indent=2))
    elif form == "concise":
        for diagnostic in diagnostics:
            click.echo(render(diagnostic).partition("\n")[0])
    else:
        report(diagnostics, err=False)


def _object(diagnostic: Diagnostic) -> dict[str, object]:
    return {
        "code": diagnostic.code,
        "name": diagnostic.name,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        **_position(diagnostic.span),
        "help": diagnostic.help,
        "notes": list(diagnostic.notes),
        "labels": [{"text": label.text, **_position(label.span)} for label in diagnostic.labels],
    }


def _position(span: Span) -> dict[str, str | int]:
    return {
        "file": span.file,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }


def _close(found: tuple[Diagnostic, ...], shown: tuple[Diagnostic, ...], files: int, form: str) -> None:
    """Say on stderr what the caps left out, and how much there is in all."""
    for file, left in (_by_file(found) - _by_file(shown)).items():
        click.echo(f"{printable(file)}: and {left:,} more", err=True)
    if form == "json":
        return
    severities = Counter(diagnostic.severity for diagnostic in found)
    counts = [_count(severities[kind], kind) for kind in ("error", "warning", "note") if severities[kind]]
    if found and form == "full":
        click.echo(err=True)
    click.echo(", ".join([f"{_count(files, 'file')} checked", *(counts or ["nothing found"])]), err=True)


def _by_file(diagnostics: Iterable[Diagnostic]) -> Counter[str]:
    return Counter(diagnostic.span.file for diagnostic in diagnostics)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
