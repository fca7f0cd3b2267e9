"""The options and the table [tool.archspec.lint] that say what `archspec lint` looks for → settings and limits."""

from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, TypeVar

import click
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PositiveInt, ValidationError

from archspec.cli.configuration import configured, known_keys
from archspec.cli.loading import bounded, limit_option
from archspec.diagnostic import CODES, ArchspecError, Severity, printable
from archspec.lint.codes import SAFETY, codes, no_such_code
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
        project = _project(table.get("lint", {}), str(path))
        line = Choice(select or None, extend_select, ignore)
        settings = Settings((project.choice, line), project.per_file, tuple(project.severity.items()), path.parent)
        others["limits"] = bounded(context, project.limits, f"{path}: {_TABLE}")
        return command(settings=settings, **others)

    for name, callback, what in (
        ("--ignore", _dispensable, "Look for everything but these; the codes of AS0 stay."),
        ("--extend-select", _known, "Look for these too: rules that are off by default."),
        ("--select", _known, "Look for these alone, beside AS0: codes, beginnings or names, as AS2,bias-before-norm."),
    ):
        chosen = click.option(
            name, callback=_each(callback), default="", metavar="CODES", shell_complete=_complete, help=what
        )(chosen)
    return limit_option(chosen)  # type: ignore[return-value]


def _known(text: str) -> str:
    if not codes(text):
        raise ValueError(no_such_code(text))
    return text


def _dispensable(text: str) -> str:
    if all(code.startswith(SAFETY) for code in codes(_known(text))):
        raise ValueError(f"{text} keeps from harm, and cannot be ignored or softened")
    return text


# On the command line


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


# In pyproject.toml

_Code = Annotated[str, AfterValidator(_known)]
_Ignored = Annotated[str, AfterValidator(_dispensable)]


class _Project(BaseModel):
    """The table [tool.archspec.lint]."""

    model_config = ConfigDict(frozen=True, strict=True)
    select: list[_Code] | None = None
    extend: list[_Code] = Field([], alias="extend-select")
    ignore: list[_Ignored] = []
    ignored: dict[str, list[_Ignored]] = Field({}, alias="per-file-ignores")
    severity: dict[_Ignored, Severity] = {}
    limits: dict[str, PositiveInt] = {}

    @property
    def choice(self) -> Choice:
        """What is looked for."""
        return Choice(None if self.select is None else tuple(self.select), tuple(self.extend), tuple(self.ignore))

    @property
    def per_file(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """What is ignored in files, by a pattern of their paths."""
        return tuple((pattern, tuple(ignored)) for pattern, ignored in self.ignored.items())


def _project(table: object, path: str) -> _Project:
    if not isinstance(table, dict):
        raise ArchspecError(f"{path}: lint in [tool.archspec] is a table, {_TABLE}")
    known_keys(table, [field.alias or name for name, field in _Project.model_fields.items()], path, _TABLE)
    try:
        return _Project.model_validate(table)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        at = ".".join(printable(str(part)) for part in first["loc"] if part != "[key]")
        raise ArchspecError(f"{path}: {_TABLE} {at}: {first['msg'].removeprefix('Value error, ')}") from None
