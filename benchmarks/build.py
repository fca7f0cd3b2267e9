"""Making a ResNet-50 with its weights drawn: by hand, and from the spec; and from the spec without drawing them."""

from collections.abc import Iterator

from plain.resnet import Bottleneck, ResNet
from torch import nn

import archspec
from benchmarks.measure import compare

__all__ = ["table"]


def by_hand() -> nn.Module:
    module = ResNet(Bottleneck, (3, 4, 6, 3))
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
    return module


def table() -> Iterator[str]:
    loaded = archspec.load("resnet-50")
    yield f"build        {compare(by_hand, loaded.build)}"
    yield f"load, build  {compare(by_hand, lambda: archspec.load('resnet-50').build())}"
    yield f"init=False   {compare(by_hand, lambda: archspec.load('resnet-50').build(init=False))}"
