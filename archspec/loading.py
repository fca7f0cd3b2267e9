"""A path, a name or a text, and what a caller wants otherwise → the checked `Architecture`."""

from collections.abc import Iterable, Mapping, Sequence
from operator import index
from os import PathLike, fspath
from typing import Any

from archspec import source as reader
from archspec.architecture import Architecture
from archspec.diagnostic import ArchspecError, SpecError
from archspec.files import locate
from archspec.garbage import uncollected
from archspec.limits import Limits
from archspec.ops import Vocabulary
from archspec.ops.base import Op, Value
from archspec.pipeline import Request, check
from archspec.source import Scalar, Source, Tree

__all__ = ["load", "loads"]

Sizes = Sequence[int] | Mapping[str, Sequence[int]]


@uncollected()
def load(
    path_or_name: str | PathLike[str],
    /,
    *,
    input: Sizes | None = None,  # noqa: A002
    ops: Iterable[type[Op]] = (),
    limits: Limits = Limits(),  # noqa: B008 - frozen
    **parameters: Any,
) -> Architecture:
    """Load and check a spec, by path or by the name of a bundled one.

    Args:
        path_or_name: a file, or a name such as `resnet-50`; case, `-` and `_` do not matter.
        input: sizes to use instead of the spec's, without the batch; by name where the spec names its inputs.
        ops: further ops that the spec may use.
        limits: bounds other than the usual ones.
        parameters: values for the spec's parameters.

    Raises:
        SpecError: the spec is wrong; `.diagnostics` says where and how.
        NotFoundError: there is no such spec.
        ArchspecError: a parameter or a size is of no type that a spec has.

    Example:
        >>> import archspec
        >>> archspec.load("vgg-A", input=(3, 64, 64)).input_shape
        (3, 64, 64)
    """
    return _architecture(reader.read(locate(fspath(path_or_name)), limits), input, ops, limits, parameters)


@uncollected()
def loads(
    text: str,
    /,
    *,
    input: Sizes | None = None,  # noqa: A002
    ops: Iterable[type[Op]] = (),
    limits: Limits = Limits(),  # noqa: B008 - frozen
    **parameters: Any,
) -> Architecture:
    r"""Check a spec given as text; arguments and errors as in `load`.

    Example:
        >>> import archspec
        >>> text = "archspec: 1\ninput: [1, 28, 28]\nlayers: [Flatten, {op: Linear, out_features: 10}]"
        >>> archspec.loads(text).num_parameters
        7850
    """
    return _architecture(reader.parse(text, limits=limits), input, ops, limits, parameters)


def _architecture(
    source: Source,
    input_: Sizes | None,
    ops: Iterable[type[Op]],
    limits: Limits,
    parameters: Mapping[str, Any],
) -> Architecture:
    values = {name: _value(name, value) for name, value in parameters.items()}
    request = Request(values, None if input_ is None else _sizes(input_), Vocabulary(tuple(ops)), limits)
    result = check(source, request)
    if result.failed or result.graph is None:
        raise SpecError(result.diagnostics)
    return Architecture(request, result)


def _value(name: str, value: object) -> Value:
    """Return a caller's value as the language's: lists become tuples."""
    if isinstance(value, list | tuple):
        return tuple(_value(name, item) for item in value)
    if isinstance(value, bool | int | float | str):
        return value
    if hasattr(value, "__index__"):  # as an integer of NumPy
        return index(value)
    raise ArchspecError(f"{name}={value!r}: a parameter is a number, True, False, text or a list of these")


def _sizes(sizes: Sizes) -> Tree:
    """Return sizes as if they were written in the spec."""
    if isinstance(sizes, Mapping):
        return {name: _shape(shape) for name, shape in sizes.items()}
    return _shape(sizes)


def _shape(sizes: Sequence[int]) -> Tree:
    try:
        whole = [index(size) for size in sizes]
    except TypeError:
        whole = []
    if not whole or not all(0 < size < 2**31 for size in whole):
        raise ArchspecError(f"input={sizes!r}: sizes are integers, at least 1 and below 2³¹, as (3, 224, 224)")
    return [Scalar(str(size)) for size in whole]
