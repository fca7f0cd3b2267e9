"""The keys of the language, each with what may stand there, as JSON Schema."""

from collections.abc import Mapping

from archspec.initializers import FUNCTIONS
from archspec.names import MODULE_ATTRIBUTES, RESERVED_KEYS, SHARED_KEYS
from archspec.program import TYPES
from archspec.schema.parts import Schema, any_of, by_kind, described, list_of, mapping_of, ref
from archspec.spec import VERSION

__all__ = ["DEFINITIONS", "KEYS", "SHARED"]

_NAME = "^[A-Za-z_][A-Za-z0-9_]*$"
_DTYPES = ["float32", "int64"]
KEYS: Schema = {
    "archspec": {"const": VERSION, "description": "The version of the language"},
    "name": ref("text"),
    "description": ref("text"),
    "reference": described(ref("text"), "Where the architecture was published"),
    "extends": described(ref("text"), "A file in this folder or below it, or a bundled spec by name"),
    "input": described(
        any_of(ref("sizes"), mapping_of(ref("input"), "parameter-name")),
        "The sizes of one sample, without the batch; by name for several inputs",
    ),
    "parameters": {
        "type": "object",
        "description": "Defaults, which --set overrides",
        "propertyNames": ref("parameter-name"),
        "additionalProperties": ref("parameter"),
    },
    "blocks": {
        "type": "object",
        "propertyNames": {"pattern": "^[A-Z][A-Za-z0-9_]*$", "maxLength": 64},
        "additionalProperties": ref("block"),
    },
    "layers": ref("scope"),
    "output": ref("output"),
    "init": {"type": "array", "items": ref("init-rule")},
    "expect": {
        "type": "object",
        "description": "The published figures, checked",
        "properties": {
            "output": any_of(ref("sizes"), mapping_of(ref("sizes"), "parameter-name")),
            "parameters": ref("number"),
            "macs": ref("number"),
        },
        "additionalProperties": False,
    },
}
_SHARED: Mapping[str, Schema] = {
    "from": described(
        any_of({"type": "string"}, list_of({"type": "string"})),
        "What the layer reads; the layer before it if left out",
    ),
    "when": described(ref("boolean"), "The condition under which the layer is there"),
    "repeat": described(ref("integer"), "So many copies, one after the other; `index` counts them"),
    "name": described(ref("text"), "The copies' names, as layer{index + 1}"),
    "inline": {
        "type": "boolean",
        "description": "Give the block's layers numbers of the list that it stands in",
    },
    "expect": described(ref("sizes"), "The output's sizes, checked"),
}
SHARED = {name: ref(f"shared-{name}") for name in _SHARED}
_VALUE = any_of({"type": ["number", "boolean", "string"]}, {"type": "array", "items": ref("value")})
DEFINITIONS: Schema = {
    **{f"shared-{name}": value for name, value in _SHARED.items()},
    "text": {"type": ["string", "number", "boolean"]},
    "expression": {
        "type": "string",
        "description": "An expression: 4 * width, 2 if index == 0 else 1",
        "minLength": 1,
        "maxLength": 512,
        "not": {"pattern": r"^(true|false|null|~|[-+]?[0-9][0-9.]*([eE][-+]?[0-9]+)?)$"},
    },
    "integer": any_of({"type": "integer"}, ref("expression")),
    "number": any_of({"type": "number"}, ref("expression")),
    "boolean": any_of({"type": "boolean"}, ref("expression")),
    "value": _VALUE,
    "sizes": list_of(any_of({"type": "integer", "minimum": 1}, ref("expression"))),
    "layer-name": {
        "pattern": _NAME,
        "maxLength": 64,
        "not": {"anyOf": [{"pattern": "^__"}, {"enum": ["input", *sorted(MODULE_ATTRIBUTES)]}]},
    },
    "parameter-name": {
        "pattern": "^[a-z_][A-Za-z0-9_]*$",
        "maxLength": 64,
        "not": {"enum": [*SHARED_KEYS, *RESERVED_KEYS, "op", "block", "layers", "input", "output", "index"]},
    },
    "input": any_of(
        ref("sizes"),
        {
            "type": "object",
            "properties": {"shape": ref("sizes"), "dtype": {"enum": _DTYPES}},
            "required": ["shape"],
            "additionalProperties": False,
        },
    ),
    "parameter": any_of(
        _VALUE,
        {
            "type": "object",
            "properties": {
                "type": {"enum": list(TYPES)},
                "default": ref("value"),
                "description": ref("text"),
            },
            "anyOf": [{"required": ["type"]}, {"required": ["default"]}],
            "additionalProperties": False,
        },
    ),
    "block": {
        "type": "object",
        "properties": {
            "parameters": {
                "type": "object",
                "description": "Defaults, or the types of what must be given",
                "propertyNames": ref("parameter-name"),
                "additionalProperties": ref("parameter"),
            },
            "input": described(any_of({"type": "string"}, list_of({"type": "string"})), "The names of its inputs"),
            "layers": ref("scope"),
            "output": ref("output"),
        },
        "required": ["layers"],
        "additionalProperties": False,
    },
    "output": described(
        any_of({"type": "string"}, mapping_of({"type": "string"}, "parameter-name")),
        "The layer that gives the output, or several by name; the last layer if left out",
    ),
    "init-rule": {
        "type": "object",
        "properties": {
            "op": {"type": "string"},
            "layer": {"type": "string"},
            "trainable": {"type": "boolean"},
        },
        "anyOf": [{"required": ["op"]}, {"required": ["layer"]}],
        "additionalProperties": ref("initialization"),
    },
    "initialization": any_of(
        {"type": ["number", "string"]},
        {"type": "array", "items": ref("initialization")},
        {
            "type": "object",
            "properties": {
                name: {
                    "type": "object",
                    "properties": dict.fromkeys(function.arguments, any_of({"type": "number"}, {"type": "string"})),
                    "additionalProperties": False,
                }
                for name, function in FUNCTIONS.items()
            },
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": False,
        },
    ),
    "call": {
        "type": "object",
        "properties": {
            "block": {"type": "string"},
            **SHARED,
            **dict.fromkeys(("layers", *RESERVED_KEYS), False),
        },
        "additionalProperties": ref("value"),
    },
    "group": {
        "type": "object",
        "properties": {"layers": ref("scope"), **SHARED},
        "required": ["layers"],
        "additionalProperties": False,
    },
    "scope": {
        **by_kind(array=list_of(ref("layer")), otherwise=mapping_of(ref("layer"), "layer-name")),
        "description": "Layers by name, or numbered as a list",
    },
}
