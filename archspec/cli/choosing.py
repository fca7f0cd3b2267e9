"""The options and the table [tool.archspec.lint] that say what `archspec lint` looks for → settings and limits."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click

from archspec.cli.bounding import bounded, limit_option
from archspec.cli.configuration import configured
from archspec.diagnostic import CODES
from archspec.lint.codes import dispensable, known
from archspec.lint.settings import Choice, Settings

__all__ = ["choice_options"]

_Command = TypeVar("_Command", bound=Callable[..., Any])
_TABLE = "[tool.archspec.lint]"


def choice_options(command: _Command) -> _Command:
    """Add --select, --extend-select, --ignore and --limit; the command is given `settings` and `limits`."""

    @wraps(command)
    def chosen(
        *,
        select: tuple[str, ...],
        extend_select: tuple[str, ...],
        ignore: tuple[str, ...],
        **others: Any,
    ) -> Any:
        context = click.get_current_context()
        table, path = configured(context)
        line, limits = Choice(select or None, extend_select, ignore), {}
        settings = Settings((line,), root=path.parent)
        if "lint" in table:
            from archspec.cli.project import project  # by pydantic, which takes longer than all else here

            chose = project(table["lint"], str(path))
            limits = chose.limits
            settings = Settings((chose.choice, line), chose.per_file, tuple(chose.severity.items()), path.parent)
        others["limits"] = bounded(context, limits, f"{path}: {_TABLE}")
        return command(settings=settings, **others)

    for name, callback, what in (
        ("--ignore", dispensable, "Look for everything but these; the codes of AS0 stay."),
        ("--extend-select", known, "Look for these too: rules that are off by default."),
        ("--select", known, "Look for these alone, beside AS0: codes, beginnings or names, as AS2,bias-before-norm."),
    ):
        chosen = click.option(
            name, callback=_each(callback), default="", metavar="CODES", shell_complete=_complete, help=what
        )(chosen)
    return limit_option(chosen)  # type: ignore[return-value]


def _each(check: Callable[[str], str]) -> Callable[[click.Context, click.Parameter, str], tuple[str, ...]]:
    def checked(_: click.Context, __: click.Parameter, given: str) -> tuple[str, ...]:
        try:
            return tuple(check(part.strip()) for part in given.split(",") if part.strip())
        except ValueError as error:
            raise click.BadParameter(str(error)) from None

    return checked


def _complete(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """Return the codes and names that begin as what follows the last comma."""
    done, comma, begun = incomplete.rpartition(",")
    return [f"{done}{comma}{text}" for pair in CODES.items() for text in pair if text.startswith(begun)]
