"""Two ways of doing a thing → how their times compare, in processor time: others disturb it less."""

import gc
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from time import process_time

import torch

__all__ = ["Comparison", "compare", "milliseconds", "two_threads"]


@dataclass(frozen=True)
class Comparison:
    """Times in milliseconds, and the ratio of ours to theirs with its 95 % interval."""

    theirs: float
    ours: float
    ratio: float
    low: float
    high: float

    def __str__(self) -> str:
        return (
            f"by hand {self.theirs:9.2f} ms   archspec {self.ours:9.2f} ms   "
            f"ratio {self.ratio:.3f}   95 % {self.low:.3f} to {self.high:.3f}"
        )


@contextmanager
def two_threads() -> Iterator[None]:
    """Let torch have two threads: the times are then those of a clock, since threads wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def milliseconds(run: Callable[[], object], clock: Callable[[], float] = process_time) -> float:
    start = clock()
    run()
    return 1e3 * (clock() - start)


def compare(
    theirs: Callable[[], object],
    ours: Callable[[], object],
    pairs: int = 31,
    clock: Callable[[], float] = process_time,
) -> Comparison:
    """Time both in interleaved pairs, each pair in the other order than the one before."""
    theirs(), ours()
    times = []
    gc.collect()
    gc.disable()
    try:
        for index in range(pairs):
            if index % 2:
                our = milliseconds(ours, clock)
                times.append((milliseconds(theirs, clock), our))
            else:
                their = milliseconds(theirs, clock)
                times.append((their, milliseconds(ours, clock)))
    finally:
        gc.enable()
    low, high = interval([our / their for their, our in times])
    return Comparison(
        theirs=median(their for their, _ in times),
        ours=median(our for _, our in times),
        ratio=median(our / their for their, our in times),
        low=low,
        high=high,
    )


def interval(ratios: list[float], rounds: int = 10_000) -> tuple[float, float]:
    """Return where a bootstrap puts the median of the ratios 95 times of 100."""
    rng = random.Random(0)  # noqa: S311
    medians = sorted(median(rng.choices(ratios, k=len(ratios))) for _ in range(rounds))
    return medians[rounds // 40], medians[-rounds // 40]
