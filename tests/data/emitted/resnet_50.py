"""resnet-50: ResNet-50 (2015), a residual network with 50 weight layers

https://arxiv.org/abs/1512.03385

25,557,032 parameters, 4,089,184,256 multiply-accumulates a sample; input (N, 3, 224, 224).

Folded in: unit = Bottleneck, depths = (3, 4, 6, 3), groups = 1, group_width = 64.
"""

import torch
from torch import nn


class Projection(nn.Sequential):
    def __init__(self, in_channels: int, channels: int, stride: int) -> None:
        super().__init__(
            nn.Conv2d(in_channels, channels, kernel_size=1, stride=stride, bias=False),
            nn.BatchNorm2d(channels),
        )


class Bottleneck(nn.Module):
    """The shapes beside the lines are those of layer1.0."""

    def __init__(self, in_channels: int, width: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, kernel_size=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu1 = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(width, width, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.relu2 = nn.ReLU(inplace=True)
        self.conv3 = nn.Conv2d(width, 4 * width, kernel_size=1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)
        self.downsample: nn.Module | None = None
        if stride != 1 or in_channels != 4 * width:
            self.downsample = Projection(in_channels, 4 * width, stride)
        self.relu3 = nn.ReLU(inplace=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        identity = x
        x = self.conv1(x)  # 64×56×56
        x = self.bn1(x)  # 64×56×56
        x = self.relu1(x)  # 64×56×56
        x = self.conv2(x)  # 64×56×56
        x = self.bn2(x)  # 64×56×56
        x = self.relu2(x)  # 64×56×56
        x = self.conv3(x)  # 256×56×56
        x = self.bn3(x)  # 256×56×56
        if self.downsample is not None:
            identity = self.downsample(identity)  # 256×56×56
        x += identity  # 256×56×56
        x = self.relu3(x)  # 256×56×56
        return x


class Resnet50(nn.Module):
    def __init__(self, num_classes: int = 1000) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        self.layer1 = nn.Sequential(Bottleneck(64, 64), *[Bottleneck(256, 64) for _ in range(2)])
        self.layer2 = nn.Sequential(
            Bottleneck(256, 128, stride=2), *[Bottleneck(512, 128) for _ in range(3)]
        )
        self.layer3 = nn.Sequential(
            Bottleneck(512, 256, stride=2), *[Bottleneck(1024, 256) for _ in range(5)]
        )
        self.layer4 = nn.Sequential(
            Bottleneck(1024, 512, stride=2), *[Bottleneck(2048, 512) for _ in range(2)]
        )
        self.avgpool = nn.AdaptiveAvgPool2d(output_size=1)
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(2048, num_classes)
        self.reset_parameters()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv1(x)  # 64×112×112
        x = self.bn1(x)  # 64×112×112
        x = self.relu(x)  # 64×112×112
        x = self.maxpool(x)  # 64×56×56
        x = self.layer1(x)  # 256×56×56
        x = self.layer2(x)  # 512×28×28
        x = self.layer3(x)  # 1024×14×14
        x = self.layer4(x)  # 2048×7×7
        x = self.avgpool(x)  # 2048×1×1
        x = self.flatten(x)  # 2048
        x = self.fc(x)  # 1000
        return x

    def reset_parameters(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
