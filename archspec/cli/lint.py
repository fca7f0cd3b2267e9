"""`archspec lint`: paths → every diagnostic of the specs there, in the format that is asked for."""

import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archspec.cli.answering import answer
from archspec.cli.choosing import choice_options
from archspec.cli.configuration import ops_options
from archspec.cli.exits import FINDINGS, SEVERITIES, USAGE, status
from archspec.cli.finding import complete_spec, find
from archspec.cli.knowing import Knowing, baseline_options
from archspec.cli.mending import Mending, mend_options
from archspec.cli.terminal import complain, doing, report
from archspec.diagnostic import Diagnostic, printable, unique
from archspec.formats import COUNTED, FORMATS, Findings, written
from archspec.limits import Limits
from archspec.lint.settings import Settings

if TYPE_CHECKING:
    from archspec.ops.base import Op

__all__ = ["lint"]


@click.command()
@click.argument("paths", nargs=-1, shell_complete=complete_spec)
@click.option(
    "form",
    "--format",
    type=click.Choice(list(FORMATS)),
    default="full",
    show_default=True,
    help="; ".join(f"{form}: {what}" for form, what in FORMATS.items()) + ".",
)
@click.option(
    "-o",
    "--output-file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the findings there instead of to stdout.",
)
@click.option(
    "--statistics", is_flag=True, help=f"Count each code instead, as {', '.join(COUNTED[:-1])} or {COUNTED[-1]}."
)
@click.option("--specs-only", is_flag=True, help="Pass over named files that do not say archspec:, as in a folder.")
@click.option(
    "--fail-on",
    type=click.Choice([*SEVERITIES, "never"]),
    default="warning",
    show_default=True,
    help="The least finding for which the exit status is 1.",
)
@click.option("--no-cache", is_flag=True, help="Check every file anew, and remember nothing.")
@click.option("--stdin-filename", default="<stdin>", metavar="NAME", help="What messages call stdin.")
@ops_options
@choice_options
@mend_options
@baseline_options
def lint(
    paths: tuple[str, ...],
    form: str,
    output_file: Path | None,
    statistics: bool,
    specs_only: bool,
    fail_on: str,
    no_cache: bool,
    stdin_filename: str,
    ops: tuple[type["Op"], ...],
    settings: Settings,
    limits: Limits,
    mending: Mending | None,
    knowing: Knowing,
) -> None:
    """Check specs, from their YAML to every shape.

    Every name, argument and shape is checked, and the figures that a spec expects.

    PATHS are files, folders (all specs below: *.yaml and *.yml that say archspec:), patterns such as
    'nets/**/*.yaml', names of bundled specs, or - for stdin; the current folder if none are given. Torch is
    not needed.

    \b
    Examples:
      archspec lint
      archspec lint specs/ net.yaml --format concise
      archspec lint --format sarif --output-file lint.sarif
      archspec lint - --stdin-filename net.yaml < net.yaml

    Exit status: 0 nothing found, or notes alone; 1 errors or warnings (see --fail-on); 2 usage, or a file that
    cannot be read or written; 3 archspec's own failure.
    """  # noqa: D301 - click keeps the lines after it
    if statistics and form not in COUNTED:
        raise click.BadParameter(f"--statistics has the formats {', '.join(COUNTED)}; {form} is for findings")
    files, missing = find(paths or (".",), specs_only=specs_only)
    for message in missing:
        complain(message)
    refused = bool(missing)
    if mending is not None:
        from archspec.cli.repairing import repair

        difference, unwritten = repair(files, mending, settings, limits, ops, stdin_filename)
        refused = refused or unwritten
        if mending.diff:
            click.echo(difference, nl=False)
            sys.exit(USAGE if refused else FINDINGS if difference else 0)
    with doing(f"checking {_count(len(files), 'file')}"):
        answers = answer(files, settings, limits, ops, stdin_filename, cached=not (no_cache or mending))
        found = unique(one for answered in answers for one in answered)
    names = tuple(stdin_filename if file == "-" else file for file in files)
    found = knowing.left(found, names, settings.codes)
    findings = Findings(found, names)
    shown = findings if statistics else Findings(_shown(findings.diagnostics, limits), names)
    _print(shown, form, output_file, statistics)
    _close(findings, shown, form)
    sys.exit(USAGE if refused else status(findings.diagnostics, fail_on))


def _shown(diagnostics: tuple[Diagnostic, ...], limits: Limits) -> tuple[Diagnostic, ...]:
    """Return the first so many of each file that was checked, and of all."""
    seen: Counter[str] = Counter()
    shown = []
    for diagnostic in diagnostics:
        seen[diagnostic.checked.file] += 1
        if seen[diagnostic.checked.file] <= limits.messages:
            shown.append(diagnostic)
    return tuple(shown[: limits.all_messages])


def _print(findings: Findings, form: str, file: Path | None, statistics: bool) -> None:
    if file is not None:
        from archspec.output import write

        write(file, written(form, findings, counts=statistics))
    elif form == "full" and not statistics:
        report(findings.diagnostics, err=False)
        if findings.diagnostics:
            click.echo(err=True)
    else:
        click.echo(written(form, findings, counts=statistics), nl=False)


def _close(found: Findings, shown: Findings, form: str) -> None:
    """Say on stderr what the caps left out, and to a person how much there is in all."""
    for file, left in (_by_file(found.diagnostics) - _by_file(shown.diagnostics)).items():
        click.echo(f"{printable(file)}: and {left:,} more", err=True)
    if form not in ("full", "concise", "github"):
        return
    severities = Counter(diagnostic.severity for diagnostic in found.diagnostics)
    counts = [_count(severities[kind], kind) for kind in ("error", "warning", "note") if severities[kind]]
    counts = counts or ["nothing found"] * bool(found.files)
    closing = ", ".join([f"{_count(len(found.files), 'file')} checked", *counts])
    click.echo(closing + _fixable(found), err=True)


def _fixable(found: Findings) -> str:
    """Return how much of it --fix and --unsafe-fixes would mend, as the closing line says it."""
    fixes = [any(fix.safe for fix in diagnostic.fixes) for diagnostic in found.diagnostics if diagnostic.fixes]
    safe, unsafe = sum(fixes), len(fixes)
    ways = [f"{safe:,} with --fix"] * bool(safe) + [f"{unsafe:,} with --unsafe-fixes"] * (unsafe > safe)
    return f" (fixable: {', '.join(ways)})" if ways else ""


def _by_file(diagnostics: Iterable[Diagnostic]) -> Counter[str]:
    return Counter(diagnostic.checked.file for diagnostic in diagnostics)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
