"""What a command raises → a message on stderr and an exit status, never a traceback for a user's mistake."""

import sys
from types import TracebackType
from typing import Any

import click

from archspec.cli.terminal import complain, report
from archspec.diagnostic import ArchspecError, Diagnostic, SpecError, did_you_mean, printable

__all__ = ["BUG", "FINDINGS", "INTERRUPTED", "SEVERITIES", "USAGE", "Commands", "excepthook", "status"]

FINDINGS = 1
"""The spec is wrong, or the linter has something against it."""
USAGE = 2
"""The command line is wrong, a file cannot be read or written, or the device is not there."""
SEVERITIES = ("error", "warning", "note")
"""How grave a finding is, the gravest first."""
BUG = 3
"""Archspec itself failed."""
INTERRUPTED = 130
"""Ctrl-C, as shells count it."""


class Commands(click.Group):
    """The commands, at whose border archspec's exceptions become messages and exit statuses."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is named. Raises click's UsageError, with the one that was probably meant."""
        if self.get_command(ctx, args[0]) is None and (advice := did_you_mean(args[0], self.list_commands(ctx))):
            ctx.fail(f"there is no command {printable(args[0])}; {advice}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command. Raises click's Exit with the status where it fails."""
        try:
            return super().invoke(ctx)
        except SpecError as error:
            report(error.diagnostics)
            code = status(error.diagnostics)
        except ArchspecError as error:
            complain(str(error))
            code = USAGE
        except BrokenPipeError:  # click ends quietly
            raise
        except OSError as error:
            complain(f"{error.filename}: {error.strerror}" if error.filename else str(error))
            code = USAGE
        except KeyboardInterrupt:
            complain("interrupted")
            code = INTERRUPTED
        raise click.exceptions.Exit(code)


def status(diagnostics: tuple[Diagnostic, ...], fail_on: str = "warning") -> int:
    """Return the exit status for what was found: an unreadable file weighs most.

    Args:
        diagnostics: what was found.
        fail_on: the least severity that counts, or `never`.
    """
    if any(diagnostic.code == "AS001" for diagnostic in diagnostics):
        return USAGE
    counts = () if fail_on == "never" else SEVERITIES[: SEVERITIES.index(fail_on) + 1]
    return FINDINGS if any(diagnostic.severity in counts for diagnostic in diagnostics) else 0


def excepthook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print an exception that is our mistake, and end with the status that says so."""
    sys.__excepthook__(kind, error, trace)
    sys.stderr.write("\nThis is a mistake in archspec, not in the spec. Please report it with the lines above.\n")
    raise SystemExit(BUG)
