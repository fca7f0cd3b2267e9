"""skips

3,618 parameters, 847,872 multiply-accumulates a sample; input (N, 1, 32, 32).

Folded in: width = 4.
"""

import torch
from torch import nn


class Encoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.down1 = nn.Conv2d(1, 4, kernel_size=3, padding=1)
        self.pool1 = nn.MaxPool2d(kernel_size=2)
        self.down2 = nn.Conv2d(4, 8, kernel_size=3, padding=1)
        self.pool2 = nn.MaxPool2d(kernel_size=2)
        self.bottom = nn.Conv2d(8, 16, kernel_size=3, padding=1)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        x = down1 = self.down1(x)  # 4×32×32
        x = self.pool1(x)  # 4×16×16
        x = down2 = self.down2(x)  # 8×16×16
        x = self.pool2(x)  # 8×8×8
        x = self.bottom(x)  # 16×8×8
        return x, down1, down2


class Up(nn.Module):
    """The shapes beside the lines are those of up2."""

    def __init__(self, low_channels: int, channels: int) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(low_channels, channels, kernel_size=2, stride=2)
        self.conv = nn.Conv2d(low_channels, channels, kernel_size=3, padding=1)

    def forward(self, low: torch.Tensor, skip: torch.Tensor) -> torch.Tensor:
        x = self.up(low)  # 8×16×16
        x = torch.cat([skip, x], dim=1)  # 16×16×16
        x = self.conv(x)  # 8×16×16
        return x


class Skips(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encoder = Encoder()
        self.up2 = Up(16, 8)
        self.up1 = Up(8, 4)
        self.head = nn.Conv2d(4, 2, kernel_size=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        bottom, down1, down2 = self.encoder(x)  # 16×8×8, 4×32×32, 8×16×16
        x = self.up2(bottom, down2)  # 8×16×16
        x = self.up1(x, down1)  # 4×32×32
        del down1
        x = self.head(x)  # 2×32×32
        return x
