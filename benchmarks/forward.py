"""Networks with the same weights, by hand and from the spec: on one image and on eight, and in a step of training."""

from collections.abc import Callable, Iterator
from time import perf_counter

import torch
from plain.resnet import BasicBlock, Bottleneck, ResNet
from plain.vgg import VGG
from torch import nn

import archspec
from benchmarks.measure import compare, two_threads

__all__ = ["NETS", "both", "running", "table"]

NETS: dict[str, Callable[[], nn.Module]] = {
    "resnet-18": lambda: ResNet(BasicBlock, (2, 2, 2, 2)),
    "resnet-50": lambda: ResNet(Bottleneck, (3, 4, 6, 3)),
    "vgg-D": lambda: VGG("D"),
}


def both(name: str) -> tuple[nn.Module, nn.Module]:
    """Return the network by hand and the compiled one, with equal weights."""
    by_hand = NETS[name]()
    return by_hand.eval(), archspec.load(name).build(weights=by_hand.state_dict()).eval()


def running(module: nn.Module, images: torch.Tensor) -> Callable[[], torch.Tensor]:
    @torch.inference_mode()
    def run() -> torch.Tensor:
        return module(images)

    return run


def training(module: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> Callable[[], None]:
    optimizer = torch.optim.SGD(module.train().parameters(), lr=1e-4)

    def step() -> None:
        optimizer.zero_grad()
        nn.functional.cross_entropy(module(images), labels).backward()
        optimizer.step()

    return step


def table() -> Iterator[str]:
    yield "two threads, in seconds on the clock"
    with two_threads():
        for name in NETS:
            by_hand, compiled = both(name)
            for batch in (1, 8):
                images = torch.randn(batch, 3, 224, 224)
                found = compare(running(by_hand, images), running(compiled, images), pairs=15, clock=perf_counter)
                yield f"{name:<10}batch {batch}   {found}"
            images, labels = torch.randn(8, 3, 112, 112), torch.randint(1000, (8,))
            theirs, ours = (training(module, images, labels) for module in (by_hand, compiled))
            yield f"{name:<10}training  {compare(theirs, ours, pairs=15, clock=perf_counter)}"
