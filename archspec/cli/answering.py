"""Files → what there is to say about them: what is known from the last time, and the rest checked now."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from archspec.cli.cache import Cache, Known
from archspec.limits import Limits
from archspec.lint.settings import Settings

if TYPE_CHECKING:
    from archspec.cli.checking import Checked
    from archspec.ops.base import Op

__all__ = ["answer"]

_FOLDER = "ARCHSPEC_CACHE_DIR"


def answer(
    files: tuple[str, ...],
    settings: Settings,
    limits: Limits,
    ops: tuple[type["Op"], ...] = (),
    stdin_name: str = "<stdin>",
    *,
    cached: bool = True,
) -> Iterator[Known]:
    """Yield what there is to say about each file.

    Ops of installed packages are code that the cache knows nothing of: with them every file is checked.
    """
    if ops or not cached:
        yield from (checked.diagnostics for checked in _check(files, settings, limits, ops, stdin_name))
        return
    with Cache(_place(), repr((settings, limits))) as cache:
        known = cache.known(file for file in files if file != "-")
        yield from known.values()
        left = [file for file in files if file not in known]
        for checked in _check(left, settings, limits, ops, stdin_name):
            if checked.reads:
                cache.keep(checked.file, checked.reads, checked.diagnostics)
            yield checked.diagnostics


def _place() -> Path:
    """Return where the cache is: where the environment says, or where the system keeps what may be thrown away."""
    if folder := os.environ.get(_FOLDER):
        return Path(folder, "lint.sqlite")
    from platformdirs import user_cache_path

    return user_cache_path("archspec", appauthor=False) / "lint.sqlite"


def _check(
    files: Sequence[str], settings: Settings, limits: Limits, ops: tuple[type["Op"], ...], stdin_name: str
) -> Iterator["Checked"]:
    """Yield what is checked now; where there is nothing to check, nothing of the compiler is loaded."""
    if files:
        from archspec.cli.checking import check_files

        yield from check_files(files, settings, limits, ops, stdin_name)
