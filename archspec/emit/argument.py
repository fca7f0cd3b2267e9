"""One argument of a class's constructor: its name, its default, and its value in each instance of the class."""

from dataclasses import dataclass
from functools import cached_property

from archspec.emit.shared import ABSENT, Raw

__all__ = ["REQUIRED", "Argument"]

REQUIRED = ABSENT
"""The default of an argument that has none."""


@dataclass(eq=False)
class Argument:
    """An argument of a class's constructor, with its value in each instance."""

    name: str
    values: tuple[object, ...]
    rank: int  # sizes of the input come first, then the block's parameters, then what is derived
    default: object = REQUIRED

    @cached_property
    def annotation(self) -> str:
        """Its type."""
        kinds = sorted({_annotation(value) for value in self.values if value is not None})
        kinds = ["float"] if kinds == ["float", "int"] else kinds
        return " | ".join([*kinds, *(["None"] if None in self.values else [])])


def _annotation(value: object) -> str:
    if isinstance(value, Raw):
        return "type[nn.Module]"
    if isinstance(value, tuple):
        return f"tuple[{', '.join(map(_annotation, value)) or '()'}]"
    return "None" if value is None else type(value).__name__
