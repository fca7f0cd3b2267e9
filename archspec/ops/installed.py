"""Ops that installed packages offer by the entry-point group `archspec.ops`, switched on by name, never by a spec.

A package declares a name for its ops, and the Op subclass or the iterable of them that the name stands for::

    [project.entry-points."archspec.ops"]
    capsules = "capsule_ops:OPS"
"""

import sys
from collections.abc import Iterable
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points

from archspec.diagnostic import ArchspecError, NotFoundError, did_you_mean
from archspec.ops.base import Op

__all__ = ["load", "offered"]

_GROUP = "archspec.ops"


def offered() -> dict[str, EntryPoint]:
    """Return what installed packages offer, by name, without importing any of it."""
    return _offered(tuple(sys.path))


@lru_cache(maxsize=1)
def _offered(_path: tuple[str, ...]) -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=_GROUP)}


def load(names: Iterable[str]) -> tuple[type[Op], ...]:
    """Import the ops that the names stand for.

    Raises:
        NotFoundError: no installed package offers ops under the name.
        ArchspecError: what it offers is not Op subclasses.
    """
    known = offered()
    return tuple(op for name in names for op in _ops(name, known))


def _ops(name: str, known: dict[str, EntryPoint]) -> tuple[type[Op], ...]:
    if name not in known:
        advice = did_you_mean(name, known, f"on offer: {', '.join(known) or 'nothing'}")
        raise NotFoundError(f"no installed package offers ops named {name}; {advice}")
    try:
        found = known[name].load()
    except (ImportError, AttributeError) as error:
        raise ArchspecError(f"the ops named {name} cannot be imported from {known[name].value}: {error}") from error
    ops = tuple(found) if isinstance(found, Iterable) and not isinstance(found, type) else (found,)
    if not all(isinstance(op, type) and issubclass(op, Op) for op in ops):
        raise ArchspecError(f"what {known[name].value} offers as {name} is not made of subclasses of archspec.Op")
    return ops
