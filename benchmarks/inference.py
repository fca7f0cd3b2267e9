"""ResNet-18 and ResNet-50 for inference: by hand, and optimised, compiled, and compiled in bfloat16."""

from collections.abc import Iterator
from time import perf_counter
from typing import Any

import torch

import archspec
from benchmarks.forward import NETS, running
from benchmarks.measure import compare, two_threads

__all__ = ["table"]

MODES: dict[str, dict[str, Any]] = {
    "optimized": {},
    "compiled": {"compile": True},
    "compiled, bfloat16": {"compile": True, "dtype": "bfloat16"},
}


def table() -> Iterator[str]:
    yield "two threads, in seconds on the clock; the error is relative to the network by hand"
    for name in ("resnet-18", "resnet-50"):
        by_hand = NETS[name]().eval()
        weights = by_hand.state_dict()
        for mode, options in MODES.items():
            module = archspec.load(name).build(weights=weights, optimize="inference", **options)
            dtype = getattr(torch, options.get("dtype", "float32"))
            for batch in (1, 8):
                images = torch.randn(batch, 3, 224, 224)
                theirs, ours = running(by_hand, images), running(module, images.to(dtype))
                with two_threads():
                    expected, given = theirs(), ours().float()
                    found = compare(theirs, ours, pairs=15, clock=perf_counter)
                error = float(torch.linalg.vector_norm(given - expected) / torch.linalg.vector_norm(expected))
                yield f"{name}  {mode:<18}  batch {batch}  {found}  error {error:.0e}"
