"""The ops' declarations and the language's keys → the JSON Schema (draft 2020-12) of a spec.

The schema accepts more than archspec does: an expression is any text, and no shape is computed. Each op is a
definition of its own, chosen by `if` on `op`, so that an editor speaks of that op alone.
"""

from collections.abc import Mapping

from archspec.names import RESERVED_KEYS
from archspec.ops import Vocabulary
from archspec.ops.base import Op
from archspec.schema.language import DEFINITIONS, KEYS, SHARED
from archspec.schema.ops import op_schema
from archspec.schema.parts import Schema, any_of, described, list_of, ref
from archspec.spec import VERSION

__all__ = ["schema"]


def schema() -> Schema:
    """Return the schema as a JSON value.

    Example:
        >>> schema()["$defs"]["op-Conv2d"]["required"]
        ['op', 'out_channels', 'kernel_size']
    """
    vocabulary = Vocabulary()
    ops = {name: op for name in vocabulary.names() if (op := vocabulary.find(name))}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "archspec",
        "description": f"A neural-network architecture, version {VERSION} of the language",
        "type": "object",
        "properties": KEYS,
        "required": ["archspec"],
        "additionalProperties": False,
        "if": {"required": ["extends"]},
        "then": {"properties": dict.fromkeys(("blocks", "layers", "output"), False)},
        "else": {"required": ["input", "layers"]},
        "$defs": {**DEFINITIONS, **_layers(ops), **{f"op-{name}": op_schema(op) for name, op in ops.items()}},
    }


def _layers(ops: Mapping[str, type[Op]]) -> Schema:
    """Return what a layer is: a word, a list of layers, or a mapping with `op`, `block` or `layers`."""
    names = list(ops)
    return {
        "layer": {
            "type": ["string", "array", "object"],
            "if": {"type": "object"},
            "then": ref("written-layer"),
            "else": any_of(
                list_of(ref("layer")), {"enum": names}, {"type": "string", "pattern": "^[A-Z][A-Za-z0-9_]*$"}
            ),
        },
        "written-layer": {
            "if": {"required": ["op"]},
            "then": {
                "properties": {
                    "op": described(
                        any_of({"enum": names}, {"pattern": "^[a-z_]"}), "An op, or a parameter that is one"
                    )
                },
                "allOf": [
                    {"if": {"properties": {"op": {"const": name}}}, "then": ref(f"op-{name}")}
                    for name in names
                ],
            },
            "else": {"if": {"required": ["block"]}, "then": ref("call"), "else": ref("group")},
        },
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
    }
