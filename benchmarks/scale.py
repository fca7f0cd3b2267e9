"""The cost of a layer, as networks grow to the most layers that a spec may have."""

from collections.abc import Iterator
from statistics import median

import archspec
from benchmarks.measure import milliseconds

__all__ = ["table"]


def chain(layers: int) -> str:
    """Return a spec of so many layers, each on a line of its own copy: half are convolutions."""
    pairs = layers // 2
    repeats = [min(500, pairs - start) for start in range(0, pairs, 500)]
    unit = "[{op: Conv2d, out_channels: 8, kernel_size: 3, padding: 1}, ReLU]"
    lines = [f"  - {{repeat: {count}, layers: {unit}}}" for count in repeats]
    return "\n".join(["archspec: 1", "input: [8, 32, 32]", "layers:", *lines])


def table() -> Iterator[str]:
    yield f"{'layers':>7}{'check':>12}{'a layer':>12}{'source':>12}{'a layer':>12}"
    for layers in (100, 300, 1_000, 3_000, 10_000, 20_000):
        text = chain(layers)
        rounds = 9 if layers <= 3_000 else 3
        check = median(milliseconds(lambda text=text: archspec.loads(text)) for _ in range(rounds))
        loaded = [archspec.loads(text) for _ in range(rounds)]
        source = median(milliseconds(net.source) for net in loaded)
        yield (
            f"{layers:>7}{check:>9.1f} ms{1e3 * check / layers:>9.1f} µs"
            f"{source:>9.1f} ms{1e3 * source / layers:>9.1f} µs"
        )
