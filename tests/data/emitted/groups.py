"""groups

1,176 parameters, 39,168 multiply-accumulates a sample; input (N, 8, 6, 6).
"""

import torch
from torch import nn


class Stem(nn.Sequential):
    def __init__(self) -> None:
        super().__init__(
            nn.Conv2d(8, 8, kernel_size=3, padding=1),
            nn.Identity(),
        )

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = self[0](x)  # 8×6×6
        x, x1_1 = x.chunk(2, dim=1)  # 4×6×6, 4×6×6
        return x, x1_1


class Features(nn.Sequential):
    def __init__(self) -> None:
        super().__init__(
            nn.Conv2d(8, 8, kernel_size=1),
            nn.Tanh(),
            nn.Sequential(nn.Conv2d(8, 8, kernel_size=1), nn.Tanh()),
        )

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = self[0](x)  # 8×6×6
        x = x1 = self[1](x)  # 8×6×6
        x = self[2](x)  # 8×6×6
        return x, x1


class Mixed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(8, 1, 1))
        self.conv = nn.Conv2d(8, 8, kernel_size=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.conv(x)  # 8×6×6
        y = y * self.scale  # 8×6×6
        x = x + y  # 8×6×6
        return x


class Outer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(8, 8, kernel_size=1)

    def forward(self, x: torch.Tensor, tap: torch.Tensor) -> torch.Tensor:
        x = self.conv(x)  # 8×6×6
        x += tap  # 8×6×6
        return x


class Cross(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(8, 8, kernel_size=1)

    def forward(self, low: torch.Tensor, memory: torch.Tensor) -> torch.Tensor:
        x = self.conv(low)  # 8×6×6
        x = x * memory  # 8×6×6
        return x


class Decoder(nn.ModuleList):
    def __init__(self) -> None:
        super().__init__([Cross() for _ in range(3)])

    def forward(self, x: torch.Tensor, halves: torch.Tensor) -> torch.Tensor:
        for layer in self:
            x = layer(x, halves)  # 8×6×6
        return x


class Groups(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = Stem()
        self.features = Features()
        self.decoder = Decoder()
        self.mixed = nn.Sequential(Mixed(), Mixed())
        self.outer = Outer()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        stem_1, stem_1_2 = self.stem(x)  # 4×6×6, 4×6×6
        x = halves = torch.cat([stem_1_2, stem_1], dim=1)  # 8×6×6
        x, features_1 = self.features(x)  # 8×6×6, 8×6×6
        x = tap = x + features_1  # 8×6×6
        x = self.decoder(x, halves)  # 8×6×6
        del halves
        x = self.mixed(x)  # 8×6×6
        x = self.outer(x, tap)  # 8×6×6
        return x
