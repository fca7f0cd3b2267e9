"""mobilenet-v2: MobileNetV2 (2018), inverted residuals with linear bottlenecks

https://arxiv.org/abs/1801.04381

3,504,872 parameters, 300,774,272 multiply-accumulates a sample; input (N, 3, 224, 224).

Folded in: width = 1.0.
"""

import torch
from torch import nn


class Convolution(nn.Sequential):
    def __init__(
        self,
        in_channels: int,
        channels: int,
        kernel_size: int = 3,
        stride: int = 1,
        groups: int = 1,
    ) -> None:
        super().__init__(
            nn.Conv2d(
                in_channels,
                channels,
                kernel_size=kernel_size,
                stride=stride,
                padding=kernel_size // 2,
                groups=groups,
                bias=False,
            ),
            nn.BatchNorm2d(channels),
            nn.ReLU6(inplace=True),
        )


class InvertedResidual(nn.Module):
    """The shapes beside the lines are those of features.1."""

    def __init__(self, in_channels: int, c: int, t: int = 6, s: int = 1) -> None:
        super().__init__()
        expanded = t * in_channels
        self.conv = nn.Sequential()
        if t != 1:
            self.conv.append(Convolution(in_channels, expanded, kernel_size=1))
        self.conv.append(Convolution(expanded, expanded, stride=s, groups=expanded))
        self.conv.append(nn.Conv2d(expanded, c, kernel_size=1, bias=False))
        self.conv.append(nn.BatchNorm2d(c))
        self.has_add = s == 1 and in_channels == c

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        identity = x
        x = self.conv(x)  # 16×112×112
        if self.has_add:
            x = identity + x
        return x


class MobilenetV2(nn.Module):
    def __init__(self, dropout: float = 0.2, num_classes: int = 1000) -> None:
        super().__init__()
        self.features = nn.Sequential(
            Convolution(3, 32, stride=2),
            InvertedResidual(32, 16, t=1),
            InvertedResidual(16, 24, s=2),
            InvertedResidual(24, 24),
            InvertedResidual(24, 32, s=2),
            *[InvertedResidual(32, 32) for _ in range(2)],
            InvertedResidual(32, 64, s=2),
            *[InvertedResidual(64, 64) for _ in range(3)],
            InvertedResidual(64, 96),
            *[InvertedResidual(96, 96) for _ in range(2)],
            InvertedResidual(96, 160, s=2),
            *[InvertedResidual(160, 160) for _ in range(2)],
            InvertedResidual(160, 320),
            Convolution(320, 1280, kernel_size=1),
        )
        self.avgpool = nn.AdaptiveAvgPool2d(output_size=1)
        self.flatten = nn.Flatten()
        self.classifier = nn.Sequential(nn.Dropout(p=dropout), nn.Linear(1280, num_classes))
        self.reset_parameters()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.features(x)  # 1280×7×7
        x = self.avgpool(x)  # 1280×1×1
        x = self.flatten(x)  # 1280
        x = self.classifier(x)  # 1000
        return x

    def reset_parameters(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out")
            elif isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, std=0.01)
                nn.init.zeros_(module.bias)
