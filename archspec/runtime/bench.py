"""Modules that do the same, and a graph → how long they take, side by side, and which of their layers."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from statistics import median, quantiles

import torch
from torch import nn

from archspec.graph import Graph, Path

__all__ = ["LayerTime", "Timing", "layer_times", "setting", "timings"]

_WARM = 2  # calls before the first that counts: memory is taken, code is compiled


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a module takes for a batch, in seconds: median and quartiles; `peak` bytes where torch counts them."""

    mode: str
    batch: int
    median: float
    low: float
    high: float
    peak: int | None


@dataclass(frozen=True, slots=True)
class LayerTime:
    """How long a layer's module takes in one forward pass, in seconds, the median."""

    path: Path
    seconds: float


def setting() -> tuple[str, int]:
    """Return torch's version, and on how many threads of the CPU it computes."""
    return torch.__version__, torch.get_num_threads()


def timings(modes: Mapping[str, nn.Module], inputs: list[torch.Tensor], rounds: int) -> Iterator[Timing]:
    """Yield the time of each module for a batch. They take turns, so that what else goes on is the same for all.

    Args:
        modes: the modules by what they are called.
        inputs: the batch.
        rounds: how many turns, two or more.
    """
    seconds: dict[str, list[float]] = {mode: [] for mode in modes}
    peaks: dict[str, int | None] = {}
    with torch.inference_mode():
        for turn in range(_WARM + rounds):
            for mode, module in modes.items():
                spent, peaks[mode] = _timed(partial(module, *inputs), inputs[0].device)
                if turn >= _WARM:
                    seconds[mode].append(spent)
    for mode, taken in seconds.items():
        low, _, high = quantiles(taken, n=4, method="inclusive")  # of few, none beyond the least and the most
        yield Timing(mode, len(inputs[0]), median(taken), low, high, peaks[mode])


def _timed(work: Callable[[], object], device: torch.device) -> tuple[float, int | None]:
    if device.type != "cuda":
        start = time.perf_counter()
        work()
        return time.perf_counter() - start, None
    torch.cuda.reset_peak_memory_stats(device)
    first, last = (torch.Event(device, enable_timing=True) for _ in range(2))
    first.record()
    work()
    last.record()
    torch.cuda.synchronize(device)
    return first.elapsed_time(last) / 1000, torch.cuda.max_memory_allocated(device)


def layer_times(module: nn.Module, graph: Graph, inputs: list[torch.Tensor], rounds: int) -> tuple[LayerTime, ...]:
    """Return the time of each layer that is a module of its own, the slowest first.

    Sums and the like, which are lines of a block's forward, are not among them. On CUDA each layer is waited for,
    so that their sum is more than a forward pass takes.
    """
    seconds: dict[Path, list[float]] = {}
    with torch.inference_mode(), _watched(module, graph, inputs[0].device, seconds):
        for turn in range(_WARM + rounds):
            if turn == _WARM:
                seconds.clear()
            module(*inputs)
    found = [LayerTime(path, median(taken)) for path, taken in seconds.items()]
    return tuple(sorted(found, key=lambda layer: -layer.seconds))


@contextmanager
def _watched(module: nn.Module, graph: Graph, device: torch.device, seconds: dict[Path, list[float]]) -> Iterator[None]:
    """Note when each layer's module begins and ends."""
    started: dict[Path, float] = {}
    handles = []

    def now() -> float:
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        return time.perf_counter()

    def watch(path: Path, layer: nn.Module) -> None:
        handles.append(layer.register_forward_pre_hook(lambda *_: started.update({path: now()})))
        handles.append(
            layer.register_forward_hook(lambda *_: seconds.setdefault(path, []).append(now() - started[path]))
        )

    layers = dict(module.named_modules())
    for path in graph.nodes:
        if layer := layers.get(".".join(path)):
            watch(path, layer)
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
