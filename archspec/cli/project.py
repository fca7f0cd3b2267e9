"""The table [tool.archspec.lint] of a pyproject.toml → what a project chooses."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PositiveInt, ValidationError

from archspec.cli.configuration import known_keys
from archspec.diagnostic import ArchspecError, Severity, printable
from archspec.lint.codes import dispensable, known
from archspec.lint.settings import Choice

__all__ = ["Project", "project"]

_TABLE = "[tool.archspec.lint]"
_Code = Annotated[str, AfterValidator(known)]
_Ignored = Annotated[str, AfterValidator(dispensable)]


class Project(BaseModel):
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


def project(table: object, path: str) -> Project:
    """Return the table, checked. Raises ArchspecError with its place where it is wrong."""
    if not isinstance(table, dict):
        raise ArchspecError(f"{path}: lint in [tool.archspec] is a table, {_TABLE}")
    known_keys(table, [field.alias or name for name, field in Project.model_fields.items()], path, _TABLE)
    try:
        return Project.model_validate(table)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        at = ".".join(printable(str(part)) for part in first["loc"] if part != "[key]")
        raise ArchspecError(f"{path}: {_TABLE} {at}: {first['msg'].removeprefix('Value error, ')}") from None
