"""Python's garbage collector, kept from looking while values are made that all stay."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["uncollected"]


@contextmanager
def uncollected() -> Iterator[None]:
    """Stop the search for circles of dead objects while a spec is read and checked, also as a decorator.

    The collector looks at every live object again whenever their number has grown by a quarter; a spec's values are
    all alive, so that it finds nothing, and each layer costs more the more there are. What a spec can make is bounded.

    Example:
        >>> with uncollected():
        ...     gc.isenabled()
        False
        >>> gc.isenabled()
        True
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
