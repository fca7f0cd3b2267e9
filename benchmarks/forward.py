"""ResNet-50 with the same weights, by hand and from the spec, on one image and on eight."""

from collections.abc import Callable, Iterator

import torch
from plain.resnet import Bottleneck, ResNet
from torch import nn

import archspec
from benchmarks.measure import compare

__all__ = ["both", "running", "table"]


def both() -> tuple[nn.Module, nn.Module]:
    """Return the network by hand and the compiled one, with equal weights."""
    by_hand = ResNet(Bottleneck, (3, 4, 6, 3))
    compiled = archspec.load("resnet-50").build()
    compiled.load_state_dict(by_hand.state_dict())
    return by_hand.eval(), compiled.eval()


def running(module: nn.Module, images: torch.Tensor) -> Callable[[], torch.Tensor]:
    @torch.inference_mode()
    def run() -> torch.Tensor:
        return module(images)

    return run


def table() -> Iterator[str]:
    by_hand, compiled = both()
    for batch in (1, 8):
        images = torch.randn(batch, 3, 224, 224)
        yield f"batch {batch}  {compare(running(by_hand, images), running(compiled, images))}"
