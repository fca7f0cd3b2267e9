"""residual: A small residual network

https://arxiv.org/abs/1512.03385

34,058 parameters, 14,139,712 multiply-accumulates a sample; input (N, 3, 32, 32).

Folded in: stem = 16.
"""

import torch
from torch import nn


class Unit(nn.Module):
    """The shapes beside the lines are those of layer1.0."""

    def __init__(self, in_channels: int, width: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(
            in_channels, width, kernel_size=3, stride=stride, padding=1, bias=False
        )
        self.bn1 = nn.BatchNorm2d(width)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(width, 2 * width, kernel_size=3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(2 * width)
        self.shortcut: nn.Module | None = None
        if stride != 1 or in_channels != 2 * width:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, 2 * width, kernel_size=1, stride=stride, bias=False),
                nn.BatchNorm2d(2 * width),
            )
        self.relu2 = nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        identity = x
        x = self.conv1(x)  # 8×32×32
        x = self.bn1(x)  # 8×32×32
        x = self.relu1(x)  # 8×32×32
        x = self.conv2(x)  # 16×32×32
        x = self.bn2(x)  # 16×32×32
        if self.shortcut is not None:
            identity = self.shortcut(identity)
        x += identity  # 16×32×32
        x = self.relu2(x)  # 16×32×32
        return x


class Residual(nn.Module):
    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 16, kernel_size=3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(16)
        self.relu = nn.ReLU()
        self.layer1 = nn.Sequential(*[Unit(16, 8) for _ in range(3)])
        self.layer2 = nn.Sequential(Unit(16, 16, stride=2), *[Unit(32, 16) for _ in range(2)])
        self.pool = nn.AdaptiveAvgPool2d(output_size=1)
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(32, num_classes)
        self.reset_parameters()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv(x)  # 16×32×32
        x = self.bn(x)  # 16×32×32
        x = self.relu(x)  # 16×32×32
        x = self.layer1(x)  # 16×32×32
        x = self.layer2(x)  # 32×16×16
        x = self.pool(x)  # 32×1×1
        x = self.flatten(x)  # 32
        x = self.fc(x)  # 10
        return x

    def reset_parameters(self) -> None:
        for name, module in self.named_modules():
            if name.endswith(".bn2") and isinstance(module, nn.BatchNorm2d):
                nn.init.zeros_(module.weight)
                nn.init.zeros_(module.bias)
            elif isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            elif isinstance(module, nn.BatchNorm2d):
                nn.init.ones_(module.weight)
                nn.init.zeros_(module.bias)
            elif isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, std=0.01)
                nn.init.constant_(module.bias, 0.5)
