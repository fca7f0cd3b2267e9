"""mobile

11,354 parameters, 784,128 multiply-accumulates a sample; input (N, 3, 16, 16).
"""

import torch
from torch import nn


class StochasticDepth(nn.Module):
    """Zero samples with probability p in training: each by itself (row) or all as one (batch)."""

    def __init__(self, p: float, mode: str) -> None:
        super().__init__()
        self.p = p
        self.mode = mode

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training or self.p == 0:
            return x
        samples = x.shape[0] if self.mode == "row" else 1
        kept = x.new_empty([samples] + [1] * (x.dim() - 1)).bernoulli_(1 - self.p)
        return x * (kept / (1 - self.p) if self.p < 1 else kept)


class Inverted(nn.Module):
    """The shapes beside the lines are those of features.0."""

    def __init__(
        self,
        in_channels: int,
        channels: int,
        activation: type[nn.Module],
        t: int = 6,
        stride: int = 1,
    ) -> None:
        super().__init__()
        hidden = t * in_channels
        self.conv = nn.Sequential()
        if t != 1:
            self.conv.append(nn.Conv2d(in_channels, hidden, kernel_size=1, bias=False))
            self.conv.append(activation())
        self.conv.append(
            nn.Conv2d(hidden, hidden, kernel_size=3, stride=stride, padding=1, groups=hidden)
        )
        self.conv.append(activation())
        self.conv.append(nn.Conv2d(hidden, channels, kernel_size=1))
        self.drop: nn.Module | None = None
        if stride == 1 and in_channels == channels:
            self.drop = StochasticDepth(p=0.1, mode="row")
        self.has_add = stride == 1 and in_channels == channels

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        identity = x
        x = self.conv(x)  # 8×16×16
        if self.drop is not None:
            x = self.drop(x)
        if self.has_add:
            x = identity + x
        return x


class Mobile(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            Inverted(3, 8, nn.ReLU, t=1),
            Inverted(8, 12, nn.ReLU, stride=2),
            *[Inverted(12, 12, nn.ReLU) for _ in range(2)],
            *[Inverted(12, 12, nn.Hardswish) for _ in range(2)],
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.features(x)  # 12×8×8
        return x
