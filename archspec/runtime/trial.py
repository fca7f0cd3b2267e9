"""A module and its graph → what one batch through it shows."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain

import torch
from torch import nn

from archspec.diagnostic import DeviceError
from archspec.graph import Graph
from archspec.runtime.devices import device_named, dtype_named

__all__ = ["Trial", "able", "run", "samples", "weight_bytes"]


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
    where = device_named(device)
    on_cuda = where.type == "cuda"
    if on_cuda:
        torch.cuda.reset_peak_memory_stats(where)
    with able(device, dtype, batch), torch.inference_mode():
        inputs = list(samples(graph, where, dtype_named(dtype), batch, seed))
        start = time.perf_counter()
        outputs = module.eval()(*inputs)
        if on_cuda:
            torch.cuda.synchronize(where)
        seconds = time.perf_counter() - start
    shapes = outputs if isinstance(outputs, dict) else {"": outputs}
    peak = torch.cuda.max_memory_allocated(where) if on_cuda else None
    return Trial(seconds, peak, {name: tuple(output.shape) for name, output in shapes.items()})


@contextmanager
def able(device: str, dtype: str, batch: int) -> Iterator[None]:
    """Say why a device cannot run what is right in itself.

    Raises:
        DeviceError: it has too little memory, or cannot compute in the dtype.
    """
    try:
        yield
    except RuntimeError as error:
        if reason := _reason(error, batch):
            raise DeviceError(f"{device} cannot run the module in {dtype}: {reason}") from error
        raise


def weight_bytes(module: nn.Module) -> int:
    """Return how much memory the weights take, running statistics and the like among them."""
    return sum(tensor.nbytes for tensor in chain(module.parameters(), module.buffers()))


def samples(
    graph: Graph,
    device: torch.device,
    dtype: torch.dtype,
    batch: int,
    seed: int | None,
    shapes: Sequence[tuple[int, ...]] | None = None,
) -> Iterator[torch.Tensor]:
    """Yield a random batch for each input: normal numbers, or whole ones that every embedding takes.

    `shapes` are those of one sample of each, if not the graph's.
    """
    generator = torch.Generator()
    generator.manual_seed(generator.seed() if seed is None else seed)
    sizes = (dict(flat.node.op).get("num_embeddings") for flat in graph.nodes.values())
    below = min((size for size in sizes if isinstance(size, int)), default=2)
    for index, (_, tensor) in enumerate(graph.model.inputs):
        shape = (batch, *(tensor.shape if shapes is None else shapes[index]))
        whole = tensor.dtype == "int64"
        if device.type == "meta":
            yield torch.empty(shape, dtype=torch.int64 if whole else dtype, device=device)
        elif whole:
            yield torch.randint(below, shape, generator=generator, device=generator.device).to(device)
        else:
            yield torch.randn(shape, generator=generator, device=generator.device).to(device, dtype)


def _reason(error: RuntimeError, batch: int) -> str | None:
    """Return why a device cannot run what is right in itself; None for another error."""
    text = str(error).split("\n")[0]
    no_room = "can't allocate memory" in text or "not enough memory" in text
    if no_room or isinstance(error, torch.OutOfMemoryError):
        return f"it has too little memory for a batch of {batch}"
    return text if isinstance(error, NotImplementedError) or "not implemented for" in text else None
