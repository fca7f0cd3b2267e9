"""A source → everything there is to say about it: its mistakes, and what is legal and surely one.

What lint looks for (`codes`, `settings`) is known without the machinery that looks: `judge` is loaded when it is asked
for, and a linter that finds all its answers in the cache never asks.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archspec.lint.judging import judge

__all__ = ["judge"]


def __getattr__(name: str) -> Any:
    """Return `judge`."""
    if name != "judge":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from archspec.lint import judging

    return judging.judge
