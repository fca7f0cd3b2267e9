"""Emitted source → the classes that it defines, which tracebacks show and which travel between processes."""

import hashlib
import linecache
import re
import sys
import threading
from collections.abc import Callable, Iterator
from types import ModuleType

from torch import nn

from archspec.diagnostic import printable

__all__ = ["load", "model_class"]


def model_class(source: str, name: str) -> type[nn.Module]:
    """Return the last class of the source, the model's.

    Args:
        source: what `emit` returned.
        name: of the architecture; tracebacks show it.
    """
    *_, last = _classes(load(source, name))
    return last


def load(source: str, name: str) -> ModuleType:
    """Return the module that the source makes, the same one for the same source."""
    digest = hashlib.sha256(source.encode()).hexdigest()[:16]
    stem = re.sub("[^0-9A-Za-z]+", "_", name) or "model"
    title = f"archspec.built.{stem}_{digest}"
    with _TURNS:
        return sys.modules[title] if title in sys.modules else _made(title, source, name, digest)


_TURNS = threading.RLock()
"""Threads make modules one after the other: one that is half made is among those that Python knows already."""


def _made(title: str, source: str, name: str, digest: str) -> ModuleType:
    file = f"<archspec {printable(name)} {digest}>"
    module = ModuleType(title)
    module.__file__ = file
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    sys.modules[title] = module  # where torch.compile looks a function's globals up
    try:
        exec(compile(source, file, "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - from a checked graph
    except BaseException:
        del sys.modules[title], linecache.cache[file]
        raise
    for one in _classes(module):
        one.__reduce_ex__ = _reducer(source, name)  # type: ignore[assignment, method-assign]
    return module


def _classes(module: ModuleType) -> Iterator[type[nn.Module]]:
    for value in vars(module).values():
        if isinstance(value, type) and value.__module__ == module.__name__ and issubclass(value, nn.Module):
            yield value


def _reducer(source: str, name: str) -> Callable[[nn.Module, int], tuple[object, ...]]:
    def reduce(self: nn.Module, protocol: int) -> tuple[object, ...]:  # noqa: ARG001
        return _restore, (source, name, type(self).__name__), self.__getstate__()  # type: ignore[no-untyped-call]

    return reduce


def _restore(source: str, name: str, class_name: str) -> nn.Module:
    """Return an empty instance of a class of the source: what pickle and deepcopy fill."""
    made: type[nn.Module] = getattr(load(source, name), class_name)
    return made.__new__(made)
