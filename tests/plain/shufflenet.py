"""ShuffleNet V2: https://arxiv.org/abs/1807.11164."""

import torch
from torch import Tensor, nn


def shuffle(x: Tensor) -> Tensor:
    """Interleave the channels of the two halves."""
    left, right = x.chunk(2, 1)
    return torch.stack([left, right], 2).flatten(1, 2)


def branch(channels: int, out: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, out, 1, bias=False),
        nn.BatchNorm2d(out),
        nn.ReLU(),
        nn.Conv2d(out, out, 3, stride, 1, groups=out, bias=False),
        nn.BatchNorm2d(out),
        nn.Conv2d(out, out, 1, bias=False),
        nn.BatchNorm2d(out),
        nn.ReLU(),
    )


class Unit(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.branch2 = branch(channels // 2, channels // 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        left, right = x.chunk(2, 1)
        return shuffle(torch.cat([left, self.branch2(right)], 1))


class Downsample(nn.Module):
    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        self.branch1 = nn.Sequential(
            nn.Conv2d(channels, channels, 3, 2, 1, groups=channels, bias=False),
            nn.BatchNorm2d(channels),
            nn.Conv2d(channels, out // 2, 1, bias=False),
            nn.BatchNorm2d(out // 2),
            nn.ReLU(),
        )
        self.branch2 = branch(channels, out // 2, 2)

    def forward(self, x: Tensor) -> Tensor:
        return shuffle(torch.cat([self.branch1(x), self.branch2(x)], 1))


def stage(channels: int, out: int, blocks: int) -> nn.Sequential:
    return nn.Sequential(Downsample(channels, out), *(Unit(out) for _ in range(blocks - 1)))


class ShuffleNetV2(nn.Module):
    def __init__(self, num_classes: int = 1000) -> None:
        super().__init__()
        self.conv1 = nn.Sequential(nn.Conv2d(3, 24, 3, 2, 1, bias=False), nn.BatchNorm2d(24), nn.ReLU())
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        self.stage2 = stage(24, 116, 4)
        self.stage3 = stage(116, 232, 8)
        self.stage4 = stage(232, 464, 4)
        self.conv5 = nn.Sequential(nn.Conv2d(464, 1024, 1, bias=False), nn.BatchNorm2d(1024), nn.ReLU())
        self.fc = nn.Linear(1024, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stage4(self.stage3(self.stage2(self.maxpool(self.conv1(x)))))
        return self.fc(self.conv5(x).mean((2, 3)))
