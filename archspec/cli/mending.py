"""The options that make fixes → what is to be made of them."""

from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple, TypeVar

import click

__all__ = ["Mending", "mend_options"]

_Command = TypeVar("_Command", bound=Callable[..., Any])


class Mending(NamedTuple):
    """Whether fixes are made, also unsafe ones, and whether files are written or differences shown."""

    fix: bool
    diff: bool
    unsafe: bool


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
