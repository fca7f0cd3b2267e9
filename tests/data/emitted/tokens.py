"""tokens

4,421 parameters, 83,940 multiply-accumulates a sample; input (N, 3, 16, 16).

Folded in: dim = 12, depth = 3.
"""

from collections import OrderedDict

import torch
from torch import nn


class Layer(nn.Module):
    def __init__(self, hidden: int, dropout: float) -> None:
        super().__init__()
        self.ln_1 = nn.LayerNorm(12)
        self.attention = nn.MultiheadAttention(12, 3, batch_first=True)
        self.ln_2 = nn.LayerNorm(12)
        self.mlp = nn.Sequential(
            nn.Linear(12, hidden),
            nn.GELU(),
            nn.Dropout(p=dropout),
            nn.Linear(hidden, 12),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        identity = x
        x = self.ln_1(x)  # 17×12
        x = self.attention(x, x, x, need_weights=False)[0]  # 17×12
        x = x + identity  # 17×12
        y = self.ln_2(x)  # 17×12
        y = self.mlp(y)  # 17×12
        x = x + y  # 17×12
        return x


class Encoder(nn.Module):
    def __init__(self, hidden: int, dropout: float) -> None:
        super().__init__()
        self.position = nn.Parameter(torch.randn(1, 17, 12))
        self.layers = nn.Sequential(
            OrderedDict((f"layer_{i}", Layer(hidden, dropout)) for i in range(3))
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.position  # 17×12
        x = self.layers(x)  # 17×12
        return x


class Tokens(nn.Module):
    def __init__(self, hidden: int = 20, dropout: float = 0.0) -> None:
        super().__init__()
        self.class_token = nn.Parameter(torch.zeros(1, 1, 12))
        self.patches = nn.Conv2d(3, 12, kernel_size=4, stride=4)
        self.flatten = nn.Flatten(start_dim=2)
        self.encoder = Encoder(hidden, dropout)
        self.head = nn.Linear(12, 5)
        self.reset_parameters()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.patches(x)  # 12×4×4
        x = self.flatten(x)  # 12×16
        x = x.permute(0, 2, 1)  # 16×12
        x = torch.cat([self.class_token.expand(x.shape[0], -1, -1), x], dim=1)  # 17×12
        x = self.encoder(x)  # 17×12
        x = x[:, 0]  # 12
        x = self.head(x)  # 5
        return x

    def reset_parameters(self) -> None:
        for name, module in self.named_modules():
            if name == "head" and type(module) is nn.Linear:
                nn.init.zeros_(module.weight)
                module.weight.requires_grad_(False)
                nn.init.normal_(module.bias, std=1e-6)
            elif isinstance(module, nn.LayerNorm):
                nn.init.constant_(module.bias, val=0.25)
            elif type(module) is nn.Linear:
                nn.init.xavier_uniform_(module.weight)
                nn.init.normal_(module.bias, std=1e-6)
