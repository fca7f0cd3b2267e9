"""vit-b-16: ViT-B/16 (2020), the base vision transformer on patches of 16×16

https://arxiv.org/abs/2010.11929

86,567,656 parameters, 17,563,828,224 multiply-accumulates a sample; input (N, 3, 224, 224).

Folded in: patch_size = 16, depth = 12, num_heads = 12, hidden_dim = 768.
"""

from collections import OrderedDict

import torch
from torch import nn


class EncoderLayer(nn.Module):
    def __init__(self, dropout: float, mlp_dim: int) -> None:
        super().__init__()
        self.ln_1 = nn.LayerNorm(768, eps=1e-6)
        self.self_attention = nn.MultiheadAttention(768, 12, batch_first=True)
        self.dropout = nn.Dropout(p=dropout)
        self.ln_2 = nn.LayerNorm(768, eps=1e-6)
        self.mlp = nn.Sequential(
            nn.Linear(768, mlp_dim),
            nn.GELU(),
            nn.Dropout(p=dropout),
            nn.Linear(mlp_dim, 768),
            nn.Dropout(p=dropout),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        identity = x
        x = self.ln_1(x)  # 197×768
        x = self.self_attention(x, x, x, need_weights=False)[0]  # 197×768
        x = self.dropout(x)  # 197×768
        x = x + identity  # 197×768
        y = self.ln_2(x)  # 197×768
        y = self.mlp(y)  # 197×768
        x = x + y  # 197×768
        return x


class Encoder(nn.Module):
    def __init__(self, mlp_dim: int, dropout: float) -> None:
        super().__init__()
        self.pos_embedding = nn.Parameter(torch.zeros(1, 197, 768))
        self.dropout = nn.Dropout(p=dropout)
        self.layers = nn.Sequential(
            OrderedDict((f"encoder_layer_{i}", EncoderLayer(dropout, mlp_dim)) for i in range(12))
        )
        self.ln = nn.LayerNorm(768, eps=1e-6)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.pos_embedding  # 197×768
        x = self.dropout(x)  # 197×768
        x = self.layers(x)  # 197×768
        x = self.ln(x)  # 197×768
        return x


class VitB16(nn.Module):
    def __init__(self, mlp_dim: int = 3072, dropout: float = 0.0, num_classes: int = 1000) -> None:
        super().__init__()
        self.class_token = nn.Parameter(torch.zeros(1, 1, 768))
        self.conv_proj = nn.Conv2d(3, 768, kernel_size=16, stride=16)
        self.flatten = nn.Flatten(start_dim=2)
        self.encoder = Encoder(mlp_dim, dropout)
        self.heads = nn.Sequential(OrderedDict(head=nn.Linear(768, num_classes)))
        self.reset_parameters()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv_proj(x)  # 768×14×14
        x = self.flatten(x)  # 768×196
        x = x.permute(0, 2, 1)  # 196×768
        x = torch.cat([self.class_token.expand(x.shape[0], -1, -1), x], dim=1)  # 197×768
        x = self.encoder(x)  # 197×768
        x = x[:, 0]  # 768
        x = self.heads(x)  # 1000
        return x

    def reset_parameters(self) -> None:
        for name, module in self.named_modules():
            if name == "heads.head" and type(module) is nn.Linear:
                nn.init.zeros_(module.weight)
                nn.init.zeros_(module.bias)
            elif isinstance(module, nn.Conv2d):
                nn.init.trunc_normal_(module.weight, std=0.036084391824351615)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
            elif isinstance(module, Encoder):
                nn.init.normal_(module.pos_embedding, std=0.02)
            elif type(module) is nn.Linear:
                nn.init.xavier_uniform_(module.weight)
                nn.init.normal_(module.bias, std=1e-6)
