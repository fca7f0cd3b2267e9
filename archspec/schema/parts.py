"""The pieces that the schema is put together from."""

__all__ = ["Schema", "any_of", "by_kind", "described", "list_of", "mapping_of", "ref"]

Schema = dict[str, object]


def ref(name: str) -> Schema:
    """Return the definition of that name."""
    return {"$ref": f"#/$defs/{name}"}


def any_of(*schemas: Schema) -> Schema:
    """Return what fits one of the schemas at least."""
    return {"anyOf": list(schemas)}


def by_kind(otherwise: Schema, **kinds: Schema) -> Schema:
    """Return one schema for each JSON type: unlike `anyOf`, a mistake inside is reported where it is."""
    schema = otherwise
    for kind, found in kinds.items():
        schema = {"if": {"type": kind}, "then": found, "else": schema}
    return schema


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
