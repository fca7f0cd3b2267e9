"""The options that switch ops of installed packages on, and the pyproject.toml that configures a whole project."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from archspec.diagnostic import ArchspecError, did_you_mean, printable

if TYPE_CHECKING:
    from archspec.ops.base import Op

__all__ = ["FILE", "configured", "known_keys", "ops_options"]

_Command = TypeVar("_Command", bound=Callable[..., Any])
FILE, _TABLE = "pyproject.toml", "[tool.archspec]"
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
        help=f"Ignore {_TABLE} of the {FILE} above the current folder, as for a stranger's files.",
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
    from archspec.ops.installed import offered

    return [name for name in offered() if name.startswith(incomplete)]


def _switched_on(context: click.Context, _: click.Parameter, given: tuple[str, ...]) -> tuple[type["Op"], ...]:
    """Return the ops of the names on the command line and in the configuration, each once."""
    table, path = configured(context)
    names = (*_names(table, path), *given)
    if not names:
        return ()
    from archspec.ops import Vocabulary
    from archspec.ops.installed import load

    ops = tuple(dict.fromkeys(load(names)))
    Vocabulary(ops)  # an op that may not be called so is told before any spec is read
    return ops


def configured(context: click.Context) -> tuple[Mapping[str, object], Path]:
    """Return [tool.archspec] of the nearest pyproject.toml that has it, here or in a folder above, and its path.

    The table is empty where there is no such file, or where the command line says --isolated.

    Raises:
        ArchspecError: a file on the way cannot be read, or the table is none, or has a key that means nothing.
    """
    here = Path.cwd()
    for folder in () if context.meta[_ISOLATED] else (here, *here.parents):
        path = folder / FILE
        table = _table(path) if path.is_file() else None
        if table is not None:
            known_keys(table, ("ops", "lint"), path, _TABLE)
            return table, path
    return {}, here / FILE


def known_keys(table: Iterable[str], known: Iterable[str], path: object, name: str) -> None:
    """Raise ArchspecError for a key of a table that means nothing."""
    for key in table:
        if key not in known:
            advice = did_you_mean(key, known, f"its keys are {', '.join(known)}")
            raise ArchspecError(f"{path}: {name} has no key {printable(key)}; {advice}")


def _table(path: Path) -> Mapping[str, object] | None:
    """Return the table [tool.archspec], if there is one. Raises ArchspecError where it is none, or the file no TOML."""
    import tomllib

    with path.open("rb") as stream:
        text = stream.read(_LARGEST + 1)
    try:
        if len(text) > _LARGEST:
            raise ArchspecError(f"{path} is larger than {_LARGEST:,} bytes")
        tool = tomllib.loads(text.decode()).get("tool", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ArchspecError(f"{path} cannot be read: {error}") from None
    table = tool.get("archspec") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise ArchspecError(f"{path}: archspec in [tool] is a table, {_TABLE}")
    return table


def _names(table: Mapping[str, object], path: Path) -> tuple[str, ...]:
    names = table.get("ops", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ArchspecError(f'{path}: ops in {_TABLE} is a list of names, as ops = ["capsules"]')
    return tuple(names)
