"""`archspec schema`: the JSON Schema of the spec language → stdout."""

import json

import click

__all__ = ["schema"]


@click.command()
def schema() -> None:
    """Print the JSON Schema of the spec language.

    The schema (draft 2020-12) is for editors. It knows every key, op and argument; names,
    expressions and shapes are what archspec lint is for.

    \b
    Examples:
      archspec schema > archspec.schema.json

    With `# yaml-language-server: $schema=archspec.schema.json` as its first line, a spec is completed and
    checked while it is typed.
    """  # noqa: D301 - click keeps the lines after it
    from archspec.schema import schema as language

    click.echo(json.dumps(language(), indent=2, ensure_ascii=False))
