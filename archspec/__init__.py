"""archspec: a declarative compiler for neural-network architectures.

A YAML spec is checked down to every shape, and becomes a runnable torch module or a picture:

    >>> import archspec
    >>> net = archspec.load("lenet5")
    >>> net.output_shape, net.num_parameters
    ((10,), 61706)
    >>> module = net.build()  # doctest: +SKIP
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archspec.architecture import Architecture
    from archspec.diagnostic import (
        ArchspecError,
        DeviceError,
        Diagnostic,
        Label,
        NotFoundError,
        Span,
        SpecError,
        WeightsError,
    )
    from archspec.limits import Limits
    from archspec.loading import load, loads
    from archspec.ops.base import Op, ShapeError, Spelling, Tensor, Weight

__all__ = [
    "Architecture",
    "ArchspecError",
    "DeviceError",
    "Diagnostic",
    "Label",
    "Limits",
    "NotFoundError",
    "Op",
    "ShapeError",
    "Span",
    "SpecError",
    "Spelling",
    "Tensor",
    "Weight",
    "WeightsError",
    "load",
    "loads",
]

# A name's module is loaded when the name is first asked for: a command that finds all its answers in the cache
# needs none of them, and pydantic alone takes longer than that.
_MODULES = {
    "architecture": "Architecture",
    "diagnostic": "ArchspecError DeviceError Diagnostic Label NotFoundError Span SpecError WeightsError",
    "limits": "Limits",
    "loading": "load loads",
    "ops.base": "Op ShapeError Spelling Tensor Weight",
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    """Return a public name from the module that has it."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return globals()[name]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
