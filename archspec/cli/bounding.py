"""The option --limit and a configuration's table of limits → the bounds."""

import re
from collections.abc import Mapping
from dataclasses import fields

import click

from archspec.diagnostic import ArchspecError, did_you_mean, printable
from archspec.limits import Limits

__all__ = ["bounded", "limit_option"]

_LIMITS = {field.name.replace("_", "-"): field.name for field in fields(Limits)}
_GIVEN = "archspec.limits"


def _limits(context: click.Context, _: click.Parameter, given: tuple[str, ...]) -> Limits:
    """Return the bounds with those that `name=value` gives."""
    changed = {}
    for text in given:
        name, _equals, number = text.partition("=")
        if name not in _LIMITS:
            raise click.BadParameter(f"there is no limit {name!r}; the limits are {', '.join(_LIMITS)}")
        if not re.fullmatch("[0-9]{1,18}", number, re.ASCII) or not int(number):
            raise click.BadParameter(f"{name} is a positive integer, as in {name}=100")
        changed[_LIMITS[name]] = int(number)
    context.meta[_GIVEN] = changed
    return Limits(**changed)


def bounded(context: click.Context, configured: Mapping[str, int], table: str) -> Limits:
    """Return the bounds with those of a configuration's table, and with those of the command line, which decide.

    Raises:
        ArchspecError: there is no such bound.
    """
    for name in configured:
        if name not in _LIMITS:
            advice = did_you_mean(name, _LIMITS, f"the limits are {', '.join(_LIMITS)}")
            raise ArchspecError(f"{table} limits: there is no limit {printable(name)}; {advice}")
    return Limits(**{**{_LIMITS[name]: number for name, number in configured.items()}, **context.meta[_GIVEN]})


def _complete_limit(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    return [f"{name}=" for name in _LIMITS if name.startswith(incomplete)]


limit_option = click.option(
    "limits",
    "--limit",
    multiple=True,
    callback=_limits,
    shell_complete=_complete_limit,
    metavar="NAME=VALUE",
    help="Raise or lower a bound, as layers=50000; several times for several.",
)
