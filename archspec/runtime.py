"""Emitted source → a live `nn.Module` on a device, and a batch through it. Nothing else imports torch."""

import hashlib
import linecache
import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from itertools import chain
from types import ModuleType
from typing import BinaryIO

from archspec.diagnostic import ArchspecError, DeviceError, did_you_mean, printable
from archspec.graph import Graph

try:
    import torch
except ModuleNotFoundError as missing:
    raise ArchspecError('building a module needs torch: pip install "archspec-nn[torch]"') from missing

from torch import nn

__all__ = ["Trial", "build", "run", "save", "weight_bytes"]

_DTYPES = {
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
    "float32": torch.float32,
    "float64": torch.float64,
}


def build(
    source: str,
    name: str,
    *,
    device: str | None = None,
    dtype: str | None = None,
    seed: int | None = None,
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
        num_parameters: how many learned numbers there are; that they fit is checked before any is allocated.
        arguments: of the model's class.

    Raises:
        DeviceError: there is no such device or dtype, or the device cannot hold the weights.

    Example:
        >>> import archspec
        >>> net = archspec.loads("archspec: 1\ninput: [4]\nlayers: {fc: {op: Linear, out_features: 2}}")
        >>> build(net.source(), "net", device="meta").fc
        Linear(in_features=4, out_features=2, bias=True)
    """
    where = torch.get_default_device() if device is None else _device(device)
    kind = torch.get_default_dtype() if dtype is None else _dtype(dtype)
    _check_room(where, num_parameters * kind.itemsize)
    model = _model(_load(source, name))
    # Where nothing changes, nothing is entered: torch asks every call under a device what it would do there.
    place = nullcontext() if where == torch.get_default_device() else where
    with place, _default_dtype(kind), _seeded(where, seed):
        return model(**arguments)


# -- classes from source


def _load(source: str, name: str) -> ModuleType:
    """Return the module that the source makes, the same one for the same source."""
    digest = hashlib.sha256(source.encode()).hexdigest()[:16]
    stem = re.sub("[^0-9A-Za-z]+", "_", name) or "model"
    title = f"archspec.built.{stem}_{digest}"
    if title in sys.modules:
        return sys.modules[title]
    file = f"<archspec {printable(name)} {digest}>"
    module = ModuleType(title)
    module.__file__ = file
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    sys.modules[title] = module  # where torch.compile looks a function's globals up
    exec(compile(source, file, "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - emitted from a checked graph
    for one in _classes(module):
        one.__reduce_ex__ = _reducer(source, name)  # type: ignore[assignment, method-assign]
    return module


def _classes(module: ModuleType) -> Iterator[type[nn.Module]]:
    for value in vars(module).values():
        if isinstance(value, type) and value.__module__ == module.__name__ and issubclass(value, nn.Module):
            yield value


def _model(module: ModuleType) -> type[nn.Module]:
    *_, last = _classes(module)
    return last


def _reducer(source: str, name: str) -> Callable[[nn.Module, int], tuple[object, ...]]:
    def reduce(self: nn.Module, protocol: int) -> tuple[object, ...]:  # noqa: ARG001
        return _restore, (source, name, type(self).__name__), self.__dict__

    return reduce


def _restore(source: str, name: str, class_name: str) -> nn.Module:
    """Return an empty instance of a class of the source: what pickle and deepcopy fill."""
    made: type[nn.Module] = getattr(_load(source, name), class_name)
    return made.__new__(made)


# -- devices


def _device(name: str) -> torch.device:
    if not re.fullmatch(r"cpu|meta|cuda(:\d{1,3})?", name):
        raise DeviceError(f"there is no device {printable(name)}; {_choices(name, ('cpu', 'cuda', 'meta'))}")
    device = torch.device(name)
    if device.type != "cuda":
        return device
    if not torch.cuda.is_available():
        raise DeviceError("there is no CUDA device here, or this torch is built without CUDA")
    if device.index is not None and device.index >= torch.cuda.device_count():
        raise DeviceError(f"there is no {name}; the CUDA devices are 0 to {torch.cuda.device_count() - 1}")
    return device


def _dtype(name: str) -> torch.dtype:
    if name not in _DTYPES:
        raise DeviceError(f"weights have no dtype {printable(name)}; {_choices(name, _DTYPES)}")
    return _DTYPES[name]


def _choices(name: str, choices: Iterable[str]) -> str:
    """Return what to ask for instead."""
    return did_you_mean(name, choices, f"there are {', '.join(choices)}") or ""


def _check_room(device: torch.device, size: int) -> None:
    """Refuse a module of `size` bytes that the device does not hold."""
    room = _room(device)
    if room is not None and size > room:
        raise DeviceError(
            f"the weights take {size / 2**30:,.1f} GiB, and {device} holds {room / 2**30:,.1f} GiB; "
            "device='meta' allocates nothing"
        )


def _room(device: torch.device) -> int | None:
    """Return the bytes that a device can hold; None where that is not known, or does not matter."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    if device.type != "cpu":
        return None
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # not a POSIX system
        return None


@contextmanager
def _default_dtype(dtype: torch.dtype) -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


@contextmanager
def _seeded(device: torch.device, seed: int | None) -> Iterator[None]:
    """Draw from generators that begin at a seed, and give the caller's back."""
    if seed is None:
        yield
        return
    on_cuda = device.type == "cuda"
    index = torch.cuda.current_device() if on_cuda and device.index is None else device.index
    with torch.random.fork_rng(devices=[index] if on_cuda else []):
        torch.default_generator.manual_seed(seed)
        if on_cuda:
            with torch.cuda.device(index):
                torch.cuda.manual_seed(seed)
        yield


# -- one batch


@dataclass(frozen=True, slots=True)
class Trial:
    """What one batch showed.

    `seconds` is the time of the forward pass; `peak` the most bytes that were taken on the device, weights
    included, None where torch does not count them. `outputs` are shapes with the batch; a single one has an
    empty name.
    """

    seconds: float
    peak: int | None
    outputs: Mapping[str, tuple[int, ...]]


def run(module: nn.Module, graph: Graph, *, device: str, dtype: str, batch: int, seed: int | None) -> Trial:
    """Run one batch of random input through the module, in evaluation mode.

    Args:
        module: the module, on the device.
        graph: its layer graph, which knows the inputs.
        device: where the module is.
        dtype: of its floating-point weights.
        batch: how many samples.
        seed: makes the input the same at every call.

    Raises:
        DeviceError: the device has too little memory, or cannot compute in the dtype.
    """
    where = _device(device)
    on_cuda = where.type == "cuda"
    if on_cuda:
        torch.cuda.reset_peak_memory_stats(where)
    try:
        with torch.inference_mode():
            inputs = list(_samples(graph, where, _dtype(dtype), batch, seed))
            start = time.perf_counter()
            outputs = module.eval()(*inputs)
            if on_cuda:
                torch.cuda.synchronize(where)
            seconds = time.perf_counter() - start
    except RuntimeError as error:
        if reason := _reason(error, batch):
            raise DeviceError(f"{device} cannot run the module in {dtype}: {reason}") from error
        raise
    shapes = outputs if isinstance(outputs, dict) else {"": outputs}
    peak = torch.cuda.max_memory_allocated(where) if on_cuda else None
    return Trial(seconds, peak, {name: tuple(output.shape) for name, output in shapes.items()})


def weight_bytes(module: nn.Module) -> int:
    """Return how much memory the weights take, running statistics and the like among them."""
    return sum(tensor.nbytes for tensor in chain(module.parameters(), module.buffers()))


def save(module: nn.Module, stream: BinaryIO) -> None:
    """Write the module's state_dict, as `torch.load` reads it with `weights_only=True`."""
    torch.save(module.state_dict(), stream)


def _samples(
    graph: Graph, device: torch.device, dtype: torch.dtype, batch: int, seed: int | None
) -> Iterator[torch.Tensor]:
    """Yield a random batch for each input: normal numbers, or whole ones that every embedding takes."""
    generator = torch.Generator()
    generator.manual_seed(generator.seed() if seed is None else seed)
    sizes = (dict(flat.node.op).get("num_embeddings") for flat in graph.nodes.values())
    below = min((size for size in sizes if isinstance(size, int)), default=2)
    for _, tensor in graph.model.inputs:
        shape = (batch, *tensor.shape)
        whole = tensor.dtype == "int64"
        if device.type == "meta":
            yield torch.empty(shape, dtype=torch.int64 if whole else dtype, device=device)
        elif whole:
            yield torch.randint(below, shape, generator=generator).to(device)
        else:
            yield torch.randn(shape, generator=generator).to(device, dtype)


def _reason(error: RuntimeError, batch: int) -> str | None:
    """Return why a device cannot run what is right in itself; None for another error."""
    text = str(error).split("\n")[0]
    no_room = "can't allocate memory" in text or "not enough memory" in text
    if no_room or isinstance(error, torch.OutOfMemoryError):
        return f"it has too little memory for a batch of {batch}"
    return text if isinstance(error, NotImplementedError) or "not implemented for" in text else None
