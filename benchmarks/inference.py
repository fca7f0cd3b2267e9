"""ResNet-18 and ResNet-50 for inference: by hand, and optimised, compiled, and compiled in bfloat16."""

from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any

import torch
from plain.resnet import BasicBlock, Bottleneck, ResNet
from torch import nn

import archspec
from benchmarks.forward import running
from benchmarks.measure import compare

__all__ = ["table"]

NETS: dict[str, Callable[[], nn.Module]] = {
    "resnet-18": lambda: ResNet(BasicBlock, (2, 2, 2, 2)),
    "resnet-50": lambda: ResNet(Bottleneck, (3, 4, 6, 3)),
}
MODES: dict[str, dict[str, Any]] = {
    "optimized": {},
    "compiled": {"compile": True},
    "compiled, bfloat16": {"compile": True, "dtype": "bfloat16"},
}


def table() -> Iterator[str]:
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    yield "two threads, in seconds on the clock; the error is relative to the network by hand"
    for name, make in NETS.items():
        by_hand = make().eval()
        weights = by_hand.state_dict()
        for mode, options in MODES.items():
            module = archspec.load(name).build(weights=weights, optimize="inference", **options)
            dtype = getattr(torch, options.get("dtype", "float32"))
            for batch in (1, 8):
                images = torch.randn(batch, 3, 224, 224)
                theirs, ours = running(by_hand, images), running(module, images.to(dtype))
                expected, given = theirs(), ours().float()
                error = float(torch.linalg.vector_norm(given - expected) / torch.linalg.vector_norm(expected))
                found = compare(theirs, ours, pairs=15, clock=perf_counter)
                yield f"{name}  {mode:<18}  batch {batch}  {found}  error {error:.0e}"
    torch.set_num_threads(threads)
