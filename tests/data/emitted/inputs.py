"""inputs

866 parameters, 808 multiply-accumulates a sample; input image (N, 3, 8, 8), tokens (N, 6).
"""

import torch
from torch import nn


class Both(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(4, 5)
        self.second = nn.Linear(4, 5)

    def forward(self, one: torch.Tensor, other: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = self.first(one)  # 5
        second = self.second(other)  # 5
        x += second  # 5
        return x, second


class Inputs(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, kernel_size=8)
        self.flatten = nn.Flatten()
        self.embedding = nn.Embedding(11, 4)
        self.both = Both()

    def forward(self, image: torch.Tensor, tokens: torch.Tensor) -> dict[str, torch.Tensor]:
        flatten = self.conv(image)  # 4×1×1
        flatten = self.flatten(flatten)  # 4
        mean = self.embedding(tokens)  # 6×4
        mean = mean.mean(dim=1)  # 4
        x, second = self.both(flatten, mean)  # 5, 5
        x = x * second  # 5
        return {"product": x, "features": flatten}
