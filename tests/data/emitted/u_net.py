"""u-net: U-Net (2015), a contracting and an expanding path with skips between them, to label every
pixel

https://arxiv.org/abs/1505.04597

31,030,658 parameters, 192,384,335,872 multiply-accumulates a sample; input (N, 1, 512, 512).

Folded in: width = 64.
"""

import torch
from torch import nn


class DoubleConvolution(nn.Sequential):
    def __init__(self, in_channels: int, channels: int) -> None:
        super().__init__(
            nn.Conv2d(in_channels, channels, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, channels, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
        )


class Up(nn.Module):
    """The shapes beside the lines are those of up4."""

    def __init__(self, low_channels: int, channels: int) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(low_channels, channels, kernel_size=2, stride=2)
        self.conv = DoubleConvolution(low_channels, channels)

    def forward(self, low: torch.Tensor, skip: torch.Tensor) -> torch.Tensor:
        x = self.up(low)  # 512×64×64
        x = torch.cat([skip, x], dim=1)  # 1024×64×64
        x = self.conv(x)  # 512×64×64
        return x


class UNet(nn.Module):
    def __init__(self, num_classes: int = 2) -> None:
        super().__init__()
        self.down1 = DoubleConvolution(1, 64)
        self.pool1 = nn.MaxPool2d(kernel_size=2)
        self.down2 = DoubleConvolution(64, 128)
        self.pool2 = nn.MaxPool2d(kernel_size=2)
        self.down3 = DoubleConvolution(128, 256)
        self.pool3 = nn.MaxPool2d(kernel_size=2)
        self.down4 = DoubleConvolution(256, 512)
        self.drop4 = nn.Dropout()
        self.pool4 = nn.MaxPool2d(kernel_size=2)
        self.bottom = DoubleConvolution(512, 1024)
        self.drop5 = nn.Dropout()
        self.up4 = Up(1024, 512)
        self.up3 = Up(512, 256)
        self.up2 = Up(256, 128)
        self.up1 = Up(128, 64)
        self.head = nn.Conv2d(64, num_classes, kernel_size=1)
        self.reset_parameters()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = down1 = self.down1(x)  # 64×512×512
        x = self.pool1(x)  # 64×256×256
        x = down2 = self.down2(x)  # 128×256×256
        x = self.pool2(x)  # 128×128×128
        x = down3 = self.down3(x)  # 256×128×128
        x = self.pool3(x)  # 256×64×64
        x = self.down4(x)  # 512×64×64
        x = drop4 = self.drop4(x)  # 512×64×64
        x = self.pool4(x)  # 512×32×32
        x = self.bottom(x)  # 1024×32×32
        x = self.drop5(x)  # 1024×32×32
        x = self.up4(x, drop4)  # 512×64×64
        del drop4
        x = self.up3(x, down3)  # 256×128×128
        del down3
        x = self.up2(x, down2)  # 128×256×256
        del down2
        x = self.up1(x, down1)  # 64×512×512
        del down1
        x = self.head(x)  # 2×512×512
        return x

    def reset_parameters(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
