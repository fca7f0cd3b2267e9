"""The options of a baseline → the findings that are new, or a baseline written anew."""

from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import click

from archspec.diagnostic import ArchspecError, Diagnostic

__all__ = ["Knowing", "baseline_options"]

_Command = TypeVar("_Command", bound=Callable[..., Any])


class Knowing(NamedTuple):
    """The file of a baseline, and whether it is written or held against what is found."""

    path: Path | None = None
    anew: bool = False

    def left(
        self, found: tuple[Diagnostic, ...], files: Iterable[str], codes: Collection[str]
    ) -> tuple[Diagnostic, ...]:
        """Return what is found and not known; where the baseline is written anew, that is what no baseline may hold.

        What is known of files that were not checked now, and of codes that were not looked for, stays known.

        Raises:
            ArchspecError: the file cannot be read or written, or is no baseline.
        """
        if self.path is None:
            return found
        from archspec.lint.baseline import baseline, read
        from archspec.output import write

        if self.anew:
            known = baseline(found, self.path.resolve().parent)
            with suppress(ArchspecError):  # there is none yet, or what is there is none
                known = known.joined(read(self.path).split(files, codes)[1])
            write(self.path, known.text())
            click.echo(f"{self.path}: {known.counts.total():,} known", err=True)
            return known.new(found)[0]
        new, left = read(self.path).new(found)
        if gone := left.split(files, codes)[0].counts.total():
            click.echo(f"{self.path}: {gone:,} known, and no longer found; --write-baseline forgets them", err=True)
        return new


def baseline_options(command: _Command) -> _Command:
    """Add --baseline and --write-baseline; the command is given `knowing`."""

    @wraps(command)
    def knowing(*, baseline: Path | None, write_baseline: bool, **others: Any) -> Any:
        if write_baseline and baseline is None:
            raise click.UsageError("--write-baseline goes with --baseline FILE")
        return command(knowing=Knowing(baseline, write_baseline), **others)

    known = click.option("--write-baseline", is_flag=True, help="Write what is found now into the baseline.")
    file = click.option(
        "--baseline",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Tell only what is not in this file: findings that are known and not mended yet.",
    )
    return file(known(knowing))  # type: ignore[return-value]
