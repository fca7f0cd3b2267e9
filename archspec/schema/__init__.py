"""The ops' declarations and the language's keys → the JSON Schema (draft 2020-12) of a spec.

The schema accepts more than archspec does: an expression is any text, and no shape is computed. Each op is a
definition of its own, chosen by `if` on `op`, so that an editor speaks of that op alone.
"""

from collections.abc import Mapping

from archspec.ops import Vocabulary
from archspec.ops.base import Op
from archspec.schema.language import DEFINITIONS, KEYS
from archspec.schema.ops import op_schema, summary
from archspec.schema.parts import Schema, any_of, by_kind, list_of, ref
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
    """Return what a layer is: a word, a list, or a mapping with `op`, `block` or `layers`."""
    names = list(ops)
    listed: Schema = {"enum": names, "enumDescriptions": [summary(op) for op in ops.values()]}  # the keyword of editors
    word = any_of(listed, {"type": "string", "pattern": "^[A-Z][A-Za-z0-9_]*$"})
    return {
        "layer": by_kind(object=ref("written-layer"), array=list_of(ref("layer")), otherwise=word),
        "written-layer": {
            "if": {"required": ["op"]},
            "then": {
                "properties": {"op": any_of(listed, {"pattern": "^[a-z_]"})},
                "allOf": [{"if": {"properties": {"op": {"const": name}}}, "then": ref(f"op-{name}")} for name in names],
            },
            "else": {"if": {"required": ["block"]}, "then": ref("call"), "else": ref("group")},
        },
    }
