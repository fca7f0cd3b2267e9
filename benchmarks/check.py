"""Reading and checking a spec, its file and its shapes, without torch."""

from collections.abc import Iterator
from statistics import median

import archspec
from benchmarks.measure import milliseconds

__all__ = ["table"]

SPECS = ("lenet5", "resnet-50", "resnet-152", "densenet-201", "efficientnet-b7", "inception-v3")


def table() -> Iterator[str]:
    yield f"{'spec':<18}{'layers':>7}{'first':>10}{'median of 21':>15}"
    for spec in SPECS:
        times = [milliseconds(lambda spec=spec: archspec.load(spec)) for _ in range(22)]
        layers = archspec.load(spec).layer_graph.model.layers
        yield f"{spec:<18}{layers:>7}{times[0]:>7.1f} ms{median(times[1:]):>12.1f} ms"
