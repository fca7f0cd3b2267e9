"""An op's declaration → the JSON Schema of a layer that writes it."""

from collections.abc import Mapping
from types import NoneType
from typing import Annotated, Literal, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from archspec.ops.base import Op, Value
from archspec.ops.fields import Inferred, wanted
from archspec.schema.arguments import meaning
from archspec.schema.language import SHARED
from archspec.schema.parts import Schema, any_of, described, ref

__all__ = ["op_schema", "summary"]


def op_schema(op: type[Op]) -> Schema:
    """Return the mapping that writes an op: its arguments and the shared keys, nothing else."""
    taking = {name for validator in _before(op) for name in validator}
    arguments = {
        name: described(_argument(field, name in taking), _told(op, name, name in taking))
        for name, field in op.model_fields.items()
    }
    required = [name for name, field in op.model_fields.items() if field.is_required()]
    return {
        "type": "object",
        "description": summary(op),
        "properties": {"op": {"const": op.__name__, "description": summary(op)}, **SHARED, **arguments},
        "required": ["op", *required],
        "additionalProperties": False,
    }


def summary(op: type[Op]) -> str:
    """Return what an op does, in its first sentence."""
    return (op.__doc__ or "").strip().split("\n")[0]


def _told(op: type[Op], name: str, one_for_all: bool) -> str:
    """Return what an editor shows of an argument: what it is, and what it takes."""
    field = op.model_fields[name]
    takes = wanted(field.annotation)
    if one_for_all:
        takes = takes.replace("a list of integers", "an integer, one for each axis")
    sentences = (meaning(op, name), f"Takes {takes}{'; required' if field.is_required() else ''}")
    return ". ".join(sentence for sentence in sentences if sentence)


def _before(op: type[Op]) -> list[tuple[str, ...]]:
    """Return the fields of each validator before the type: a list there also takes one value for all."""
    validators = op.__pydantic_decorators__.field_validators.values()
    return [validator.info.fields for validator in validators if validator.info.mode == "before"]


def _argument(field: FieldInfo, one_for_all: bool) -> Schema:
    kinds = _kinds(field.annotation)
    if one_for_all:
        kinds += [kind for array in kinds if array.get("type") == "array" for kind in _branches(array["items"])]
    if field.metadata == list(get_args(Inferred)[1:]):  # follows from the input where it is not written
        kinds = [kind for kind in kinds if kind != {"type": "null"}]
    unique = [kind for index, kind in enumerate(kinds) if kind not in kinds[:index]]
    default = {} if field.default in (None, PydanticUndefined) else {"default": _json(field.default)}
    return {**any_of(*unique, ref("expression")), **default}


def _branches(items: object) -> list[Schema]:
    return [kind for kind in items["anyOf"] if kind != ref("expression")] if isinstance(items, dict) else []


_SCALARS: Mapping[object, str] = {
    int: "integer",
    float: "number",
    bool: "boolean",
    str: "string",
    NoneType: "null",
}


def _kinds(annotation: object) -> list[Schema]:
    """Return what a field's type takes, without expressions."""
    arguments = get_args(annotation)
    if get_origin(annotation) is Literal:
        return [{"enum": list(arguments)}]
    if get_origin(annotation) is tuple:
        return [{"type": "array", "items": any_of(*_kinds(arguments[0]), ref("expression"))}]
    if get_origin(annotation) is Annotated:
        return _kinds(arguments[0])
    if arguments:  # a union
        return [kind for member in arguments for kind in _kinds(member)]
    return [{"type": _SCALARS[annotation]}]


def _json(value: Value) -> object:
    return [_json(item) for item in value] if isinstance(value, tuple) else value
