"""EfficientNet-B0: https://arxiv.org/abs/1905.11946."""

import torch
from torch import Tensor, nn

STAGES = (
    (1, 16, 1, 3, 1),
    (6, 24, 2, 3, 2),
    (6, 40, 2, 5, 2),
    (6, 80, 3, 3, 2),
    (6, 112, 3, 5, 1),
    (6, 192, 4, 5, 2),
    (6, 320, 1, 3, 1),
)
"""Expansion, channels, blocks, kernel and stride: table 1 of the paper."""


def conv(channels: int, out: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, out, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(out),
        nn.SiLU(),
    )


class SqueezeExcitation(nn.Module):
    def __init__(self, channels: int, squeezed: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(channels, squeezed, 1)
        self.fc2 = nn.Conv2d(squeezed, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        scale = nn.functional.silu(self.fc1(x.mean((2, 3), keepdim=True)))
        return x * self.fc2(scale).sigmoid()


class MBConv(nn.Module):
    def __init__(self, channels: int, out: int, expansion: int, kernel: int, stride: int, drop: float) -> None:
        super().__init__()
        hidden = expansion * channels
        layers: list[nn.Module] = [] if expansion == 1 else [conv(channels, hidden, 1)]
        layers.append(conv(hidden, hidden, kernel, stride, hidden))
        layers.append(SqueezeExcitation(hidden, channels // 4))
        layers.append(nn.Sequential(nn.Conv2d(hidden, out, 1, bias=False), nn.BatchNorm2d(out)))
        self.block = nn.Sequential(*layers)
        self.residual = stride == 1 and channels == out
        self.drop = drop

    def forward(self, x: Tensor) -> Tensor:
        y = self.block(x)
        if not self.residual:
            return y
        if self.training and self.drop:
            kept = torch.rand(len(x), 1, 1, 1) >= self.drop
            y = y * kept / (1 - self.drop)
        return x + y


class EfficientNet(nn.Module):
    def __init__(self, num_classes: int = 1000, dropout: float = 0.2, drop_path: float = 0.2) -> None:
        super().__init__()
        features: list[nn.Module] = [conv(3, 32, 3, 2)]
        channels, before, total = 32, 0, sum(blocks for _, _, blocks, _, _ in STAGES)
        for expansion, out, blocks, kernel, stride in STAGES:
            stage = nn.Sequential()
            for index in range(blocks):
                drop = drop_path * before / total
                stage.append(MBConv(channels, out, expansion, kernel, stride if index == 0 else 1, drop))
                channels, before = out, before + 1
            features.append(stage)
        self.features = nn.Sequential(*features, conv(320, 1280, 1))
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(1280, num_classes))

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.features(x).mean((2, 3)))
