"""densenet-121: DenseNet-121 (2016), a dense network with 121 weight layers

https://arxiv.org/abs/1608.06993

7,978,856 parameters, 2,834,161,664 multiply-accumulates a sample; input (N, 3, 224, 224).

Folded in: depths = (6, 12, 24, 16), growth = 32, stem = 64.
"""

from collections import OrderedDict

import torch
from torch import nn


class DenseLayer(nn.Module):
    """The shapes beside the lines are those of features.denseblock1.denselayer1."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(in_channels)
        self.relu1 = nn.ReLU(inplace=True)
        self.conv1 = nn.Conv2d(in_channels, 128, kernel_size=1, bias=False)
        self.norm2 = nn.BatchNorm2d(128)
        self.relu2 = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(128, 32, kernel_size=3, padding=1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        identity = x
        x = self.norm1(x)  # 64×56×56
        x = self.relu1(x)  # 64×56×56
        x = self.conv1(x)  # 128×56×56
        x = self.norm2(x)  # 128×56×56
        x = self.relu2(x)  # 128×56×56
        x = self.conv2(x)  # 32×56×56
        x = torch.cat([identity, x], dim=1)  # 96×56×56
        return x


class Transition(nn.Module):
    """The shapes beside the lines are those of features.transition1."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(in_channels)
        self.relu = nn.ReLU(inplace=True)
        self.conv = nn.Conv2d(in_channels, in_channels // 2, kernel_size=1, bias=False)
        self.pool = nn.AvgPool2d(kernel_size=2, stride=2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.norm(x)  # 256×56×56
        x = self.relu(x)  # 256×56×56
        x = self.conv(x)  # 128×56×56
        x = self.pool(x)  # 128×28×28
        return x


class Densenet121(nn.Module):
    def __init__(self, num_classes: int = 1000) -> None:
        super().__init__()
        self.features = nn.Sequential(
            OrderedDict(
                conv0=nn.Conv2d(3, 64, kernel_size=7, stride=2, padding=3, bias=False),
                norm0=nn.BatchNorm2d(64),
                relu0=nn.ReLU(inplace=True),
                pool0=nn.MaxPool2d(kernel_size=3, stride=2, padding=1),
                denseblock1=nn.Sequential(
                    OrderedDict((f"denselayer{i + 1}", DenseLayer(64 + 32 * i)) for i in range(6))
                ),
                transition1=Transition(256),
                denseblock2=nn.Sequential(
                    OrderedDict((f"denselayer{i + 1}", DenseLayer(128 + 32 * i)) for i in range(12))
                ),
                transition2=Transition(512),
                denseblock3=nn.Sequential(
                    OrderedDict((f"denselayer{i + 1}", DenseLayer(256 + 32 * i)) for i in range(24))
                ),
                transition3=Transition(1024),
                denseblock4=nn.Sequential(
                    OrderedDict((f"denselayer{i + 1}", DenseLayer(512 + 32 * i)) for i in range(16))
                ),
                norm5=nn.BatchNorm2d(1024),
            )
        )
        self.relu = nn.ReLU(inplace=True)
        self.avgpool = nn.AdaptiveAvgPool2d(output_size=1)
        self.flatten = nn.Flatten()
        self.classifier = nn.Linear(1024, num_classes)
        self.reset_parameters()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.features(x)  # 1024×7×7
        x = self.relu(x)  # 1024×7×7
        x = self.avgpool(x)  # 1024×1×1
        x = self.flatten(x)  # 1024
        x = self.classifier(x)  # 1000
        return x

    def reset_parameters(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight)
            elif isinstance(module, nn.Linear):
                nn.init.zeros_(module.bias)
