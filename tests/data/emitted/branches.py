"""branches

2,995 parameters, 416,448 multiply-accumulates a sample; input (N, 8, 12, 12).
"""

import torch
from torch import nn


class Conv(nn.Module):
    """The shapes beside the lines are those of mixed1.branch1."""

    def __init__(
        self,
        in_channels: int,
        channels: int,
        kernel_size: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] = 0,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, channels, kernel_size=kernel_size, padding=padding)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv(x)  # 4×12×12
        x = self.relu(x)  # 4×12×12
        return x


class Mixed(nn.Module):
    """The shapes beside the lines are those of mixed1."""

    def __init__(self, in_channels: int, widths: tuple[int, int, int, int]) -> None:
        super().__init__()
        self.branch1 = Conv(in_channels, widths[0])
        self.branch3_1 = Conv(in_channels, widths[1])
        self.branch3_2a = Conv(widths[1], widths[2], kernel_size=(1, 3), padding=(0, 1))
        self.branch3_2b = Conv(widths[1], widths[2], kernel_size=(3, 1), padding=(1, 0))
        self.pool = nn.MaxPool2d(kernel_size=3, stride=1, padding=1)
        self.branch_pool = Conv(in_channels, widths[3])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        branch1 = self.branch1(x)  # 4×12×12
        branch3_1 = self.branch3_1(x)  # 8×12×12
        branch3_2a = self.branch3_2a(branch3_1)  # 12×12×12
        branch3_2b = self.branch3_2b(branch3_1)  # 12×12×12
        del branch3_1
        branch_pool = self.pool(x)  # 8×12×12
        branch_pool = self.branch_pool(branch_pool)  # 16×12×12
        x = torch.cat([branch1, branch3_2a, branch3_2b, branch_pool], dim=1)  # 44×12×12
        return x


class Branches(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.mixed1 = Mixed(8, (4, 8, 12, 16))
        self.mixed2 = Mixed(44, (16, 12, 8, 4))
        self.head = nn.Conv2d(36, 3, kernel_size=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.mixed1(x)  # 44×12×12
        x = self.mixed2(x)  # 36×12×12
        x = self.head(x)  # 3×12×12
        return x
