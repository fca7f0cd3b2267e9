"""archspec: a declarative compiler for neural-network architectures.

A YAML spec is checked down to every shape, and becomes a runnable torch module or a picture:

    >>> import archspec
    >>> net = archspec.load("lenet5")
    >>> net.output_shape, net.num_parameters
    ((10,), 61706)
    >>> module = net.build()  # doctest: +SKIP
"""

from archspec.architecture import Architecture
from archspec.diagnostic import (
    ArchspecError,
    DeviceError,
    Diagnostic,
    Label,
    NotFoundError,
    Span,
    SpecError,
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
    "load",
    "loads",
]
