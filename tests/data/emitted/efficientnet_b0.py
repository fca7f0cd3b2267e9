"""efficientnet-b0: EfficientNet-B0 (2019), the base of the family

https://arxiv.org/abs/1905.11946

5,288,548 parameters, 385,814,752 multiply-accumulates a sample; input (N, 3, 224, 224).

Folded in: width = 1.0, depths = (1, 2, 2, 3, 3, 4, 1), drop_path = 0.2.
"""

import math

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


class Convolution(nn.Sequential):
    def __init__(
        self,
        in_channels: int,
        channels: int,
        norm_momentum: float,
        norm_eps: float,
        kernel_size: int = 1,
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
            nn.BatchNorm2d(channels, momentum=norm_momentum, eps=norm_eps),
            nn.SiLU(),
        )


class SqueezeExcitation(nn.Module):
    """The shapes beside the lines are those of features.1.0.block.1."""

    def __init__(self, in_channels: int, squeezed: int) -> None:
        super().__init__()
        self.avgpool = nn.AdaptiveAvgPool2d(output_size=1)
        self.fc1 = nn.Conv2d(in_channels, squeezed, kernel_size=1)
        self.activation = nn.SiLU()
        self.fc2 = nn.Conv2d(squeezed, in_channels, kernel_size=1)
        self.scale_activation = nn.Sigmoid()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        identity = x
        x = self.avgpool(x)  # 32×1×1
        x = self.fc1(x)  # 8×1×1
        x = self.activation(x)  # 8×1×1
        x = self.fc2(x)  # 32×1×1
        x = self.scale_activation(x)  # 32×1×1
        x = x * identity  # 32×112×112
        return x


class MBConv(nn.Module):
    """The shapes beside the lines are those of features.1.0."""

    def __init__(
        self,
        in_channels: int,
        c: int,
        k: int,
        before: int,
        norm_momentum: float,
        norm_eps: float,
        t: int = 6,
        s: int = 1,
    ) -> None:
        super().__init__()
        expanded = t * in_channels
        self.block = nn.Sequential()
        if t != 1:
            self.block.append(Convolution(in_channels, expanded, norm_momentum, norm_eps))
        self.block.append(
            Convolution(
                expanded,
                expanded,
                norm_momentum,
                norm_eps,
                kernel_size=k,
                stride=s,
                groups=expanded,
            )
        )
        self.block.append(SqueezeExcitation(expanded, max(1, in_channels // 4)))
        self.block.append(
            nn.Sequential(
                nn.Conv2d(expanded, c, kernel_size=1, bias=False),
                nn.BatchNorm2d(c, momentum=norm_momentum, eps=norm_eps),
            )
        )
        self.stochastic_depth: nn.Module | None = None
        if s == 1 and in_channels == c:
            self.stochastic_depth = StochasticDepth(p=0.2 * before / 16, mode="row")
        self.has_add = s == 1 and in_channels == c

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        identity = x
        x = self.block(x)  # 16×112×112
        if self.stochastic_depth is not None:
            x = self.stochastic_depth(x)
        if self.has_add:
            x = identity + x
        return x


class EfficientnetB0(nn.Module):
    def __init__(
        self,
        dropout: float = 0.2,
        norm_eps: float = 1e-5,
        norm_momentum: float = 0.1,
        num_classes: int = 1000,
    ) -> None:
        super().__init__()
        self.features = nn.Sequential(
            Convolution(3, 32, norm_momentum, norm_eps, kernel_size=3, stride=2),
            nn.Sequential(MBConv(32, 16, 3, 0, norm_momentum, norm_eps, t=1)),
            nn.Sequential(
                MBConv(16, 24, 3, 1, norm_momentum, norm_eps, s=2),
                MBConv(24, 24, 3, 2, norm_momentum, norm_eps),
            ),
            nn.Sequential(
                MBConv(24, 40, 5, 3, norm_momentum, norm_eps, s=2),
                MBConv(40, 40, 5, 4, norm_momentum, norm_eps),
            ),
            nn.Sequential(
                MBConv(40, 80, 3, 5, norm_momentum, norm_eps, s=2),
                MBConv(80, 80, 3, 6, norm_momentum, norm_eps),
                MBConv(80, 80, 3, 7, norm_momentum, norm_eps),
            ),
            nn.Sequential(
                MBConv(80, 112, 5, 8, norm_momentum, norm_eps),
                MBConv(112, 112, 5, 9, norm_momentum, norm_eps),
                MBConv(112, 112, 5, 10, norm_momentum, norm_eps),
            ),
            nn.Sequential(
                MBConv(112, 192, 5, 11, norm_momentum, norm_eps, s=2),
                *[MBConv(192, 192, 5, 12 + i, norm_momentum, norm_eps) for i in range(3)],
            ),
            nn.Sequential(MBConv(192, 320, 3, 15, norm_momentum, norm_eps)),
            Convolution(320, 1280, norm_momentum, norm_eps),
        )
        self.avgpool = nn.AdaptiveAvgPool2d(output_size=1)
        self.flatten = nn.Flatten()
        self.classifier = nn.Sequential(nn.Dropout(p=dropout), nn.Linear(1280, num_classes))
        self.num_classes = num_classes
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
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
            elif isinstance(module, nn.Linear):
                nn.init.uniform_(
                    module.weight,
                    a=-1 / math.sqrt(self.num_classes),
                    b=1 / math.sqrt(self.num_classes),
                )
                nn.init.zeros_(module.bias)
