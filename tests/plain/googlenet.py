"""GoogLeNet with batch normalization and two auxiliary heads: https://arxiv.org/abs/1409.4842."""

import torch
from torch import Tensor, nn
from torch.nn import functional


class Conv(nn.Module):
    def __init__(self, channels: int, out: int, kernel: int, stride: int = 1, padding: int = 0) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, out, kernel, stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(out, eps=0.001)

    def forward(self, x: Tensor) -> Tensor:
        return self.bn(self.conv(x)).relu()


class Inception(nn.Module):
    def __init__(self, channels: int, one: int, reduce3: int, three: int, reduce5: int, five: int, pool: int):
        super().__init__()
        self.branch1 = Conv(channels, one, 1)
        self.branch2 = nn.Sequential(Conv(channels, reduce3, 1), Conv(reduce3, three, 3, padding=1))
        self.branch3 = nn.Sequential(Conv(channels, reduce5, 1), Conv(reduce5, five, 3, padding=1))
        self.branch4 = nn.Sequential(nn.MaxPool2d(3, 1, 1, ceil_mode=True), Conv(channels, pool, 1))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], 1)


class Auxiliary(nn.Module):
    def __init__(self, channels: int, num_classes: int) -> None:
        super().__init__()
        self.conv = Conv(channels, 128, 1)
        self.fc1 = nn.Linear(2048, 1024)
        self.fc2 = nn.Linear(1024, num_classes)
        self.dropout = nn.Dropout(0.7)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(functional.adaptive_avg_pool2d(x, 4)).flatten(1)
        return self.fc2(self.dropout(self.fc1(x).relu()))


def pool(x: Tensor, kernel: int = 3) -> Tensor:
    return functional.max_pool2d(x, kernel, 2, ceil_mode=True)


class GoogLeNet(nn.Module):
    def __init__(self, num_classes: int = 1000) -> None:
        super().__init__()
        self.conv1 = Conv(3, 64, 7, 2, 3)
        self.conv2 = Conv(64, 64, 1)
        self.conv3 = Conv(64, 192, 3, padding=1)
        self.inception3a = Inception(192, 64, 96, 128, 16, 32, 32)
        self.inception3b = Inception(256, 128, 128, 192, 32, 96, 64)
        self.inception4a = Inception(480, 192, 96, 208, 16, 48, 64)
        self.inception4b = Inception(512, 160, 112, 224, 24, 64, 64)
        self.inception4c = Inception(512, 128, 128, 256, 24, 64, 64)
        self.inception4d = Inception(512, 112, 144, 288, 32, 64, 64)
        self.inception4e = Inception(528, 256, 160, 320, 32, 128, 128)
        self.inception5a = Inception(832, 256, 160, 320, 32, 128, 128)
        self.inception5b = Inception(832, 384, 192, 384, 48, 128, 128)
        self.aux1 = Auxiliary(512, num_classes)
        self.aux2 = Auxiliary(528, num_classes)
        self.dropout = nn.Dropout(0.2)
        self.fc = nn.Linear(1024, num_classes)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        x = pool(self.conv3(self.conv2(pool(self.conv1(x)))))
        x = pool(self.inception3b(self.inception3a(x)))
        first = self.inception4a(x)
        second = self.inception4d(self.inception4c(self.inception4b(first)))
        x = pool(self.inception4e(second), 2)
        x = self.inception5b(self.inception5a(x))
        auxiliary = {}
        if self.training:
            auxiliary["aux_logits1"] = self.aux1(first)
            auxiliary["aux_logits2"] = self.aux2(second)
        return {"logits": self.fc(self.dropout(x.mean((2, 3)))), **auxiliary}
