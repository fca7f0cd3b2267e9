"""The declarations of the ops → docs/ops.md."""

import inspect
import re
from collections import defaultdict
from pathlib import Path
from types import NoneType
from typing import Annotated, Literal, get_args, get_origin

from archspec.ops import REFUSED, find, names
from archspec.ops.base import Op
from archspec.ops.fields import Inferred

__all__ = ["pages"]

INFERRED = Inferred.__metadata__[0]
PAGE = Path(__file__).parents[1] / "docs" / "ops.md"

HEAD = """\
# The ops

Every op that comes with archspec, by family, with its arguments and their defaults. An argument that
is *inferred* follows from the input; where it is written, it is checked. Where an argument takes an integer
for each axis, a single one stands for all. Shapes leave the batch out.

This page is written by `python scripts/ops_page.py` from the declarations of the ops.
"""


def pages() -> dict[Path, str]:
    """Return the text of the page by its path."""
    return {PAGE: page()}


def page() -> str:
    """Return docs/ops.md as it should be."""
    families = defaultdict(list)
    for name in names():
        op = find(name)
        if op is not None:
            families[op.family].append(op)
    parts = [HEAD]
    for family in sorted(families):
        parts.append(f"## {family.capitalize()}\n")
        parts += [entry(op) for op in families[family]]
    parts.append("## Refused\n")
    parts.append("Classes of torch.nn that are no ops, and what to use instead.\n")
    parts.append("| class | why |\n|---|---|\n" + "\n".join(f"| `{k}` | {v} |" for k, v in sorted(REFUSED.items())))
    return "\n".join(parts) + "\n"


def entry(op: type[Op]) -> str:
    """Return the section of one op."""
    lines = [f"### {op.__name__}\n", *description(op)]
    if op.model_fields:
        lines += ["| argument | takes | default |", "|---|---|---|"]
        lines += [f"| `{name}` | {takes(op, name)} | {default(op, name)} |" for name in op.model_fields]
        lines.append("")
    return "\n".join(lines)


def description(op: type[Op]) -> list[str]:
    """Return an op's docstring without its examples."""
    text = inspect.getdoc(op) or ""
    text = re.split(r"^(?:Examples?|Raises|Args):", text, flags=re.MULTILINE)[0].strip()
    return [text, ""]


def takes(op: type[Op], name: str) -> str:
    """Return what an argument takes, in words."""
    return ", ".join(dict.fromkeys(_takes(op.model_fields[name].annotation)))


_WORDS = {int: "integer", float: "number", bool: "true or false", str: "text"}


def _takes(annotation: object) -> list[str]:
    if get_origin(annotation) is Literal:
        return [f"`{word}`" for word in get_args(annotation)]
    if get_origin(annotation) is tuple:
        return [f"{_takes(get_args(annotation)[0])[0]}s"]
    if get_origin(annotation) is Annotated:
        return _takes(get_args(annotation)[0])
    if get_args(annotation):
        return [word for part in get_args(annotation) if part is not NoneType for word in _takes(part)]
    return [_WORDS.get(annotation, str(annotation))]  # type: ignore[call-overload]


def default(op: type[Op], name: str) -> str:
    """Return an argument's default as a spec would write it."""
    field = op.model_fields[name]
    if field.is_required():
        return "required"
    value = field.default
    if value is None:
        return "*inferred*" if INFERRED in field.metadata else "none"
    shown = str(value).lower() if isinstance(value, bool) else list(value) if isinstance(value, tuple) else value
    return f"`{shown}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
