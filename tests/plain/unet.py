"""U-Net with padded convolutions: https://arxiv.org/abs/1505.04597."""

import torch
from torch import Tensor, nn
from torch.nn import functional


def double(channels: int, out: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, out, 3, padding=1), nn.ReLU(), nn.Conv2d(out, out, 3, padding=1), nn.ReLU()
    )


class Up(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(channels, channels // 2, 2, 2)
        self.conv = double(channels, channels // 2)

    def forward(self, low: Tensor, skip: Tensor) -> Tensor:
        return self.conv(torch.cat([skip, self.up(low)], 1))


class UNet(nn.Module):
    def __init__(self, width: int = 64, num_classes: int = 2) -> None:
        super().__init__()
        self.down1 = double(1, width)
        self.down2 = double(width, 2 * width)
        self.down3 = double(2 * width, 4 * width)
        self.down4 = double(4 * width, 8 * width)
        self.bottom = double(8 * width, 16 * width)
        self.up4 = Up(16 * width)
        self.up3 = Up(8 * width)
        self.up2 = Up(4 * width)
        self.up1 = Up(2 * width)
        self.head = nn.Conv2d(width, num_classes, 1)
        self.dropout = nn.Dropout(0.5)

    def forward(self, x: Tensor) -> Tensor:
        one = self.down1(x)
        two = self.down2(functional.max_pool2d(one, 2))
        three = self.down3(functional.max_pool2d(two, 2))
        four = self.dropout(self.down4(functional.max_pool2d(three, 2)))
        x = self.dropout(self.bottom(functional.max_pool2d(four, 2)))
        x = self.up2(self.up3(self.up4(x, four), three), two)
        return self.head(self.up1(x, one))
