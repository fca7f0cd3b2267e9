"""auxiliary

844 parameters, 202,768 multiply-accumulates a sample; input (N, 3, 16, 16).
"""

from collections import OrderedDict

import torch
from torch import nn


class Body(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, kernel_size=3, padding=1)
        self.early = nn.Conv2d(8, 2, kernel_size=1)
        self.conv2 = nn.Conv2d(8, 8, kernel_size=3, padding=1)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
        x = self.conv1(x)  # 8×16×16
        early = None
        if self.training:
            early = self.early(x)  # 2×16×16
        x = self.conv2(x)  # 8×16×16
        return x, early


class Auxiliary(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = Body()
        self.side = nn.Sequential(
            OrderedDict(
                pool=nn.AdaptiveAvgPool2d(output_size=1),
                flatten=nn.Flatten(),
            )
        )
        self.pool = nn.AdaptiveAvgPool2d(output_size=1)
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(8, 2)

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        x, early = self.body(x)  # 8×16×16, 2×16×16
        if self.training:
            side = self.side(early)  # 2
        x = self.pool(x)  # 8×1×1
        x = self.flatten(x)  # 8
        x = self.fc(x)  # 2
        if self.training:
            return {"logits": x, "side": side}
        return {"logits": x}
