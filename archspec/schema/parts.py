"""The pieces that the schema is put together from."""

__all__ = ["Schema", "any_of", "described", "list_of", "mapping_of", "ref"]

Schema = dict[str, object]


def ref(name: str) -> Schema:
    """Return the definition of that name."""
    return {"$ref": f"#/$defs/{name}"}


def any_of(*schemas: Schema) -> Schema:
    """Return what fits one of the schemas at least."""
    return {"anyOf": list(schemas)}


def list_of(items: Schema) -> Schema:
    """Return a list that is not empty."""
    return {"type": "array", "items": items, "minItems": 1}


def mapping_of(values: Schema, names: str) -> Schema:
    """Return a mapping that is not empty, whose keys fit the definition of that name."""
    return {
        "type": "object",
        "propertyNames": ref(names),
        "additionalProperties": values,
        "minProperties": 1,
    }


def described(schema: Schema, description: str) -> Schema:
    """Return the schema with what an editor shows."""
    return {**schema, "description": description}
