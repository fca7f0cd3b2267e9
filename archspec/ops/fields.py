"""The types of arguments: a spec's value comes in, and the field's value or one sentence against it goes out.

An op declares its fields with plain types (`int`, `float`, `bool`, `Literal`, tuples); pydantic's strict mode
tells them apart, and `Op` words a mistake by `wanted` and `mistake`. Only what no plain type says is here.
"""

from collections.abc import Sequence
from types import NoneType
from typing import Annotated, Literal, get_args, get_origin

from pydantic import AfterValidator, ValidationInfo
from pydantic_core import PydanticCustomError

__all__ = ["Inferred", "InferredShape", "as_tuples", "found", "mistake", "sizes", "spelt", "wanted"]


def mistake(name: str | None, want: str, value: object) -> PydanticCustomError:
    """Return the error for a value that its field cannot take: one sentence."""
    return PydanticCustomError(
        "argument", "{name} wants {want}, not {found}", {"name": name, "want": want, "found": found(value)}
    )


def found(value: object) -> str:
    """Return a value as a spec writes it, with its kind where that is the point; long ones are cut.

    Example:
        >>> found(True), found(2.0), found("3"), found((1, 2))
        ('true, a boolean', '2.0, a float', "the text '3'", '[1, 2]')
    """
    if isinstance(value, bool):
        return f"{str(value).lower()}, a boolean"
    if value is None:
        return "null"
    if isinstance(value, float):
        return f"{value}, a float"
    if isinstance(value, str):
        return f"the text {_cut(repr(value))}"
    if isinstance(value, (list, tuple)):
        return _cut(f"[{', '.join(_element(element) for element in value[:9])}{', …' if len(value) > 9 else ''}]")
    return _cut(str(value))


def spelt(value: object) -> str:
    """Return a value as a spec writes it.

    Example:
        >>> spelt(True), spelt((1, 2)), spelt("same_upper")
        ('true', '[1, 2]', 'same_upper')
    """
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(spelt, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _element(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "null" if value is None else "[…]" if isinstance(value, (list, tuple)) else repr(value)


def _cut(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"


def wanted(annotation: object) -> str:
    """Return in words what a field's type takes.

    Example:
        >>> wanted(int | None), wanted(Literal["zeros", "reflect"] | tuple[int, ...])
        ('an integer', "'zeros', 'reflect' or a list of integers")
    """
    parts = _wants(annotation)
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} or {parts[-1]}"


_SCALARS: dict[object, str] = {int: "an integer", float: "a number", bool: "true or false", str: "text"}


def _wants(annotation: object) -> list[str]:
    arguments = get_args(annotation)
    if get_origin(annotation) is Literal:
        return [repr(word) for word in arguments]
    if get_origin(annotation) is tuple:
        inner = wanted(arguments[0])
        return ["a list of integers" if inner == "an integer" else f"a list, each {inner}"]
    if get_origin(annotation) is Annotated:
        return _wants(arguments[0])
    if arguments:  # a union
        return [part for member in arguments if member is not NoneType for part in _wants(member)]
    return [_SCALARS.get(annotation, "another value")]


def as_tuples(value: object) -> object:
    """Return the value with its lists as tuples, so that an op is immutable and hashable."""
    if isinstance(value, (list, tuple)):
        return tuple([as_tuples(each) if isinstance(each, (list, tuple)) else each for each in value])
    return value


def _not_null(value: object, info: ValidationInfo) -> object:
    if value is None:
        raise PydanticCustomError(
            "argument", "{name} is null: left out, it is taken from the input", {"name": info.field_name}
        )
    return value


Inferred = Annotated[int | None, AfterValidator(_not_null)]
"""An integer that follows from the input where it is not written; `null` is no way to leave it out."""

InferredShape = Annotated[int | tuple[int, ...] | None, AfterValidator(_not_null)]
"""The same for one size or several."""


def sizes(value: object, axes: int, name: str | None, *, one: bool = True, words: Sequence[str] = ()) -> object:
    """Return one size an axis from an integer or a list of them; one of `words` stays as it is.

    With `one`, a list of one element stands for every axis, as torch expands it.

    Raises:
        PydanticCustomError: for anything else, in one sentence.

    Example:
        >>> sizes(3, 2, "stride"), sizes([1, 2], 2, "stride"), sizes([4], 2, "stride")
        ((3, 3), (1, 2), (4, 4))
    """
    if _whole(value):
        return (value,) * axes
    if isinstance(value, str) and value in words:
        return value
    if isinstance(value, (list, tuple)) and all(map(_whole, value)):
        if len(value) == axes:
            return tuple(value)
        if one and len(value) == 1:
            return tuple(value) * axes
    several = "a list of one integer" if axes == 1 else f"a list of {axes} integers"
    raise mistake(name, " or ".join(["an integer", several, *map(repr, words)]), value)


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
