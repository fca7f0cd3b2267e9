"""The options that switch ops of installed packages on, and the pyproject.toml that may do it for a whole project."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from archspec.diagnostic import ArchspecError, printable, suggest
from archspec.ops import Vocabulary
from archspec.ops.base import Op
from archspec.ops.installed import load, offered

__all__ = ["ops_options"]

_Command = TypeVar("_Command", bound=Callable[..., Any])
_FILE, _TABLE = "pyproject.toml", "[tool.archspec]"
_ISOLATED = "archspec.isolated"
_LARGEST = 1 << 20  # bytes


def ops_options(command: _Command) -> _Command:
    """Add --ops and --isolated; the command is given the ops that are switched on, as `ops`."""
    isolated = click.option(
        "--isolated",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_isolate,
        help=f"Ignore {_TABLE} of the {_FILE} above the current folder, as for a stranger's files.",
    )
    ops = click.option(
        "ops",
        "--ops",
        multiple=True,
        callback=_switched_on,
        shell_complete=_complete,
        metavar="NAME",
        help="Switch on the ops that an installed package offers under a name; several times for several.",
    )
    return isolated(ops(command))


def _isolate(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    context.meta[_ISOLATED] = wanted


def _complete(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in offered() if name.startswith(incomplete)]


def _switched_on(context: click.Context, _: click.Parameter, given: tuple[str, ...]) -> tuple[type[Op], ...]:
    """Return the ops of the names on the command line and in the configuration, each once."""
    configured = () if context.meta[_ISOLATED] else _configured()
    ops = tuple(dict.fromkeys(load((*configured, *given))))
    Vocabulary(ops)  # an op that may not be called so is told before any spec is read
    return ops


def _configured() -> tuple[str, ...]:
    """Return the names in the nearest pyproject.toml: of the current folder, or of one above it."""
    here = Path.cwd()
    nearest = next((folder / _FILE for folder in (here, *here.parents) if (folder / _FILE).is_file()), None)
    return () if nearest is None else _names(_table(nearest), nearest)


def _table(path: Path) -> Mapping[str, object]:
    """Return the table [tool.archspec]. Raises ArchspecError where the file is no TOML."""
    import tomllib

    with path.open("rb") as stream:
        text = stream.read(_LARGEST + 1)
    try:
        if len(text) > _LARGEST:
            raise ArchspecError(f"{path} is larger than {_LARGEST:,} bytes")
        tool = tomllib.loads(text.decode()).get("tool", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ArchspecError(f"{path} cannot be read: {error}") from None
    table = tool.get("archspec", {}) if isinstance(tool, dict) else {}
    return table if isinstance(table, dict) else {}


def _names(table: Mapping[str, object], path: Path) -> tuple[str, ...]:
    for key in table.keys() - {"ops"}:
        meant = "; did you mean ops?" if suggest(key, ("ops",)) else ""
        raise ArchspecError(f"{path}: {_TABLE} has no key {printable(key)}{meant}")
    names = table.get("ops", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ArchspecError(f'{path}: ops in {_TABLE} is a list of names, as ops = ["capsules"]')
    return tuple(names)
