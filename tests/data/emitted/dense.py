"""dense

4,476 parameters, 755,712 multiply-accumulates a sample; input (N, 3, 16, 16).

Folded in: growth = 4.
"""

from collections import OrderedDict

import torch
from torch import nn


class Layer(nn.Module):
    """The shapes beside the lines are those of features.block1.layer1."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(in_channels)
        self.relu = nn.ReLU()
        self.conv = nn.Conv2d(in_channels, 4, kernel_size=3, padding=1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        identity = x
        x = self.norm(x)  # 8×16×16
        x = self.relu(x)  # 8×16×16
        x = self.conv(x)  # 4×16×16
        x = torch.cat([identity, x], dim=1)  # 12×16×16
        return x


class Dense(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            OrderedDict(
                conv0=nn.Conv2d(3, 8, kernel_size=3, padding=1),
                block1=nn.Sequential(
                    OrderedDict((f"layer{i + 1}", Layer(8 + 4 * i)) for i in range(4))
                ),
                transition=nn.Sequential(
                    nn.Conv2d(24, 12, kernel_size=1), nn.AvgPool2d(kernel_size=2)
                ),
                block2=nn.Sequential(
                    OrderedDict((f"layer{i + 1}", Layer(12 + 4 * i)) for i in range(3))
                ),
            )
        )
        self.last = nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.features(x)  # 24×8×8
        x = self.last(x)  # 24×8×8
        return x
