"""Emitted source → a live `nn.Module` on a device. The rooms below import torch, and nothing else does."""

from collections.abc import Mapping
from contextlib import nullcontext
from threading import RLock

from archspec.diagnostic import ArchspecError

try:
    import torch
except ModuleNotFoundError as missing:
    raise ArchspecError('building a module needs torch: pip install "archspec-nn[torch]"') from missing

from torch import nn

from archspec.runtime.classes import model_class
from archspec.runtime.devices import check_room, default_dtype, device_named, dtype_named, seeded
from archspec.runtime.drawing import Once, Undrawn
from archspec.runtime.weights import Weights, fill

__all__ = ["build"]


def build(
    source: str,
    name: str,
    *,
    device: str | torch.device | None = None,
    dtype: str | torch.dtype | None = None,
    seed: int | None = None,
    weights: Weights | None = None,
    init: bool = True,
    num_parameters: int = 0,
    **arguments: object,
) -> nn.Module:
    r"""Return an instance of the last class of `source`, on a device, its weights initialised.

    The classes are pickled with their source, so that a process which has only archspec can load them.

    Args:
        source: what `emit` returned.
        name: of the architecture; tracebacks show it.
        device: `cpu`, `cuda`, `cuda:1` or `meta`, which allocates nothing; torch's default device if None.
        dtype: of the floating-point tensors, as `bfloat16`; torch's default dtype if None.
        seed: makes the weights the same whatever was drawn before; the caller's random state stays as it was.
        weights: what the tensors are filled with; then none is initialised, except where some are skipped.
        init: whether the other weights are initialised; if not, they are what the memory held.
        num_parameters: how many learned numbers there are; that they fit is checked before any is allocated.
        arguments: of the model's class.

    Raises:
        DeviceError: there is no such device or dtype, or the device cannot hold the weights.
        WeightsError: the weights are on the device meta, without values.

    Example:
        >>> import archspec
        >>> net = archspec.loads("archspec: 1\ninput: [4]\nlayers: {fc: {op: Linear, out_features: 2}}")
        >>> build(net.source(), "net", device="meta").fc
        Linear(in_features=4, out_features=2, bias=True)
    """
    where, kind = device_named(device), dtype_named(dtype)
    check_room(where, num_parameters * kind.itemsize)
    model = model_class(source, name)
    # Where nothing changes, nothing is entered: torch asks every call under a device what it would do there.
    place = nullcontext() if where == torch.get_default_device() else where
    drawn = init and (weights is None or weights.fit.skipped)
    with _TURNS, place, seeded(where, seed):
        module = _made(model, kind, arguments, Once if drawn else Undrawn)
    if weights is not None:
        fill(module, weights)
    return module


_TURNS = RLock()
"""Threads build one after the other: torch's random state and its default dtype are one for all of them."""


def _made(
    model: type[nn.Module], dtype: torch.dtype, arguments: Mapping[str, object], drawing: type[Once | Undrawn]
) -> nn.Module:
    """Return an instance; of a short dtype in which torch cannot draw its weights, they are drawn in float32 first."""
    try:
        with default_dtype(dtype), drawing():
            return model(**arguments)
    except NotImplementedError:  # as orthogonal_ in bfloat16 on the CPU
        if dtype.itemsize >= torch.float32.itemsize:
            raise
    with default_dtype(torch.float32), drawing():
        module = model(**arguments)
    return module.to(dtype)
