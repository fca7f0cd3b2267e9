"""inception-v3: Inception v3 (2015), large convolutions factored into small and one-sided ones

https://arxiv.org/abs/1512.00567

27,161,264 parameters, 5,713,216,096 multiply-accumulates a sample; input (N, 3, 299, 299).

Folded in: aux_logits = True.
"""

import torch
from torch import nn


class Convolution(nn.Module):
    """The shapes beside the lines are those of Conv2d_1a_3x3."""

    def __init__(
        self,
        in_channels: int,
        channels: int,
        kernel_size: int | tuple[int, int],
        stride: int = 1,
        padding: int | tuple[int, int] = 0,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            in_channels,
            channels,
            kernel_size=kernel_size,
            padding=padding,
            stride=stride,
            bias=False,
        )
        self.bn = nn.BatchNorm2d(channels, eps=0.001)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv(x)  # 32×149×149
        x = self.bn(x)  # 32×149×149
        x = self.relu(x)  # 32×149×149
        return x


class InceptionA(nn.Module):
    """The shapes beside the lines are those of Mixed_5b."""

    def __init__(self, in_channels: int, pool_features: int) -> None:
        super().__init__()
        self.branch1x1 = Convolution(in_channels, 64, 1)
        self.branch5x5_1 = Convolution(in_channels, 48, 1)
        self.branch5x5_2 = Convolution(48, 64, 5, padding=2)
        self.branch3x3dbl_1 = Convolution(in_channels, 64, 1)
        self.branch3x3dbl_2 = Convolution(64, 96, 3, padding=1)
        self.branch3x3dbl_3 = Convolution(96, 96, 3, padding=1)
        self.pool = nn.AvgPool2d(kernel_size=3, stride=1, padding=1)
        self.branch_pool = Convolution(in_channels, pool_features, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        branch1x1 = self.branch1x1(x)  # 64×35×35
        branch5x5 = self.branch5x5_1(x)  # 48×35×35
        branch5x5 = self.branch5x5_2(branch5x5)  # 64×35×35
        branch3x3dbl = self.branch3x3dbl_1(x)  # 64×35×35
        branch3x3dbl = self.branch3x3dbl_2(branch3x3dbl)  # 96×35×35
        branch3x3dbl = self.branch3x3dbl_3(branch3x3dbl)  # 96×35×35
        branch_pool = self.pool(x)  # 192×35×35
        branch_pool = self.branch_pool(branch_pool)  # 32×35×35
        x = torch.cat([branch1x1, branch5x5, branch3x3dbl, branch_pool], dim=1)  # 256×35×35
        return x


class InceptionB(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.branch3x3 = Convolution(288, 384, 3, stride=2)
        self.branch3x3dbl_1 = Convolution(288, 64, 1)
        self.branch3x3dbl_2 = Convolution(64, 96, 3, padding=1)
        self.branch3x3dbl_3 = Convolution(96, 96, 3, stride=2)
        self.branch_pool = nn.MaxPool2d(kernel_size=3, stride=2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        branch3x3 = self.branch3x3(x)  # 384×17×17
        branch3x3dbl = self.branch3x3dbl_1(x)  # 64×35×35
        branch3x3dbl = self.branch3x3dbl_2(branch3x3dbl)  # 96×35×35
        branch3x3dbl = self.branch3x3dbl_3(branch3x3dbl)  # 96×17×17
        branch_pool = self.branch_pool(x)  # 288×17×17
        x = torch.cat([branch3x3, branch3x3dbl, branch_pool], dim=1)  # 768×17×17
        return x


class InceptionC(nn.Module):
    """The shapes beside the lines are those of Mixed_6b."""

    def __init__(self, inner: int) -> None:
        super().__init__()
        self.branch1x1 = Convolution(768, 192, 1)
        self.branch7x7_1 = Convolution(768, inner, 1)
        self.branch7x7_2 = Convolution(inner, inner, (1, 7), padding=(0, 3))
        self.branch7x7_3 = Convolution(inner, 192, (7, 1), padding=(3, 0))
        self.branch7x7dbl_1 = Convolution(768, inner, 1)
        self.branch7x7dbl_2 = Convolution(inner, inner, (7, 1), padding=(3, 0))
        self.branch7x7dbl_3 = Convolution(inner, inner, (1, 7), padding=(0, 3))
        self.branch7x7dbl_4 = Convolution(inner, inner, (7, 1), padding=(3, 0))
        self.branch7x7dbl_5 = Convolution(inner, 192, (1, 7), padding=(0, 3))
        self.pool = nn.AvgPool2d(kernel_size=3, stride=1, padding=1)
        self.branch_pool = Convolution(768, 192, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        branch1x1 = self.branch1x1(x)  # 192×17×17
        branch7x7 = self.branch7x7_1(x)  # 128×17×17
        branch7x7 = self.branch7x7_2(branch7x7)  # 128×17×17
        branch7x7 = self.branch7x7_3(branch7x7)  # 192×17×17
        branch7x7dbl = self.branch7x7dbl_1(x)  # 128×17×17
        branch7x7dbl = self.branch7x7dbl_2(branch7x7dbl)  # 128×17×17
        branch7x7dbl = self.branch7x7dbl_3(branch7x7dbl)  # 128×17×17
        branch7x7dbl = self.branch7x7dbl_4(branch7x7dbl)  # 128×17×17
        branch7x7dbl = self.branch7x7dbl_5(branch7x7dbl)  # 192×17×17
        branch_pool = self.pool(x)  # 768×17×17
        branch_pool = self.branch_pool(branch_pool)  # 192×17×17
        x = torch.cat([branch1x1, branch7x7, branch7x7dbl, branch_pool], dim=1)  # 768×17×17
        return x


class Auxiliary(nn.Module):
    """The shapes beside the lines are those of AuxLogits."""

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.pool = nn.AvgPool2d(kernel_size=5, stride=3)
        self.conv0 = Convolution(768, 128, 1)
        self.conv1 = Convolution(128, 768, 5)
        self.avgpool = nn.AdaptiveAvgPool2d(output_size=1)
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(768, num_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.pool(x)  # 768×5×5
        x = self.conv0(x)  # 128×5×5
        x = self.conv1(x)  # 768×1×1
        x = self.avgpool(x)  # 768×1×1
        x = self.flatten(x)  # 768
        x = self.fc(x)  # 1000
        return x


class InceptionD(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.branch3x3_1 = Convolution(768, 192, 1)
        self.branch3x3_2 = Convolution(192, 320, 3, stride=2)
        self.branch7x7x3_1 = Convolution(768, 192, 1)
        self.branch7x7x3_2 = Convolution(192, 192, (1, 7), padding=(0, 3))
        self.branch7x7x3_3 = Convolution(192, 192, (7, 1), padding=(3, 0))
        self.branch7x7x3_4 = Convolution(192, 192, 3, stride=2)
        self.branch_pool = nn.MaxPool2d(kernel_size=3, stride=2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        branch3x3 = self.branch3x3_1(x)  # 192×17×17
        branch3x3 = self.branch3x3_2(branch3x3)  # 320×8×8
        branch7x7x3 = self.branch7x7x3_1(x)  # 192×17×17
        branch7x7x3 = self.branch7x7x3_2(branch7x7x3)  # 192×17×17
        branch7x7x3 = self.branch7x7x3_3(branch7x7x3)  # 192×17×17
        branch7x7x3 = self.branch7x7x3_4(branch7x7x3)  # 192×8×8
        branch_pool = self.branch_pool(x)  # 768×8×8
        x = torch.cat([branch3x3, branch7x7x3, branch_pool], dim=1)  # 1280×8×8
        return x


class InceptionE(nn.Module):
    """The shapes beside the lines are those of Mixed_7b."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.branch1x1 = Convolution(in_channels, 320, 1)
        self.branch3x3_1 = Convolution(in_channels, 384, 1)
        self.branch3x3_2a = Convolution(384, 384, (1, 3), padding=(0, 1))
        self.branch3x3_2b = Convolution(384, 384, (3, 1), padding=(1, 0))
        self.branch3x3dbl_1 = Convolution(in_channels, 448, 1)
        self.branch3x3dbl_2 = Convolution(448, 384, 3, padding=1)
        self.branch3x3dbl_3a = Convolution(384, 384, (1, 3), padding=(0, 1))
        self.branch3x3dbl_3b = Convolution(384, 384, (3, 1), padding=(1, 0))
        self.pool = nn.AvgPool2d(kernel_size=3, stride=1, padding=1)
        self.branch_pool = Convolution(in_channels, 192, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        branch1x1 = self.branch1x1(x)  # 320×8×8
        branch3x3_1 = self.branch3x3_1(x)  # 384×8×8
        branch3x3_2a = self.branch3x3_2a(branch3x3_1)  # 384×8×8
        branch3x3_2b = self.branch3x3_2b(branch3x3_1)  # 384×8×8
        del branch3x3_1
        branch3x3dbl = self.branch3x3dbl_1(x)  # 448×8×8
        branch3x3dbl = self.branch3x3dbl_2(branch3x3dbl)  # 384×8×8
        branch3x3dbl_3a = self.branch3x3dbl_3a(branch3x3dbl)  # 384×8×8
        branch3x3dbl_3b = self.branch3x3dbl_3b(branch3x3dbl)  # 384×8×8
        del branch3x3dbl
        branch_pool = self.pool(x)  # 1280×8×8
        branch_pool = self.branch_pool(branch_pool)  # 192×8×8
        # 2048×8×8
        x = torch.cat(
            [branch1x1, branch3x3_2a, branch3x3_2b, branch3x3dbl_3a, branch3x3dbl_3b, branch_pool],
            dim=1,
        )
        return x


class InceptionV3(nn.Module):
    def __init__(self, dropout: float = 0.5, num_classes: int = 1000) -> None:
        super().__init__()
        self.Conv2d_1a_3x3 = Convolution(3, 32, 3, stride=2)
        self.Conv2d_2a_3x3 = Convolution(32, 32, 3)
        self.Conv2d_2b_3x3 = Convolution(32, 64, 3, padding=1)
        self.maxpool1 = nn.MaxPool2d(kernel_size=3, stride=2)
        self.Conv2d_3b_1x1 = Convolution(64, 80, 1)
        self.Conv2d_4a_3x3 = Convolution(80, 192, 3)
        self.maxpool2 = nn.MaxPool2d(kernel_size=3, stride=2)
        self.Mixed_5b = InceptionA(192, 32)
        self.Mixed_5c = InceptionA(256, 64)
        self.Mixed_5d = InceptionA(288, 64)
        self.Mixed_6a = InceptionB()
        self.Mixed_6b = InceptionC(128)
        self.Mixed_6c = InceptionC(160)
        self.Mixed_6d = InceptionC(160)
        self.Mixed_6e = InceptionC(192)
        self.AuxLogits = Auxiliary(num_classes)
        self.Mixed_7a = InceptionD()
        self.Mixed_7b = InceptionE(1280)
        self.Mixed_7c = InceptionE(2048)
        self.avgpool = nn.AdaptiveAvgPool2d(output_size=1)
        self.dropout = nn.Dropout(p=dropout)
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(2048, num_classes)
        self.reset_parameters()

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        x = self.Conv2d_1a_3x3(x)  # 32×149×149
        x = self.Conv2d_2a_3x3(x)  # 32×147×147
        x = self.Conv2d_2b_3x3(x)  # 64×147×147
        x = self.maxpool1(x)  # 64×73×73
        x = self.Conv2d_3b_1x1(x)  # 80×73×73
        x = self.Conv2d_4a_3x3(x)  # 192×71×71
        x = self.maxpool2(x)  # 192×35×35
        x = self.Mixed_5b(x)  # 256×35×35
        x = self.Mixed_5c(x)  # 288×35×35
        x = self.Mixed_5d(x)  # 288×35×35
        x = self.Mixed_6a(x)  # 768×17×17
        x = self.Mixed_6b(x)  # 768×17×17
        x = self.Mixed_6c(x)  # 768×17×17
        x = self.Mixed_6d(x)  # 768×17×17
        x = self.Mixed_6e(x)  # 768×17×17
        if self.training:
            AuxLogits = self.AuxLogits(x)  # 1000
        x = self.Mixed_7a(x)  # 1280×8×8
        x = self.Mixed_7b(x)  # 2048×8×8
        x = self.Mixed_7c(x)  # 2048×8×8
        x = self.avgpool(x)  # 2048×1×1
        x = self.dropout(x)  # 2048×1×1
        x = self.flatten(x)  # 2048
        x = self.fc(x)  # 1000
        if self.training:
            return {"logits": x, "aux_logits": AuxLogits}
        return {"logits": x}

    def reset_parameters(self) -> None:
        for name, module in self.named_modules():
            if name == "AuxLogits.conv1.conv" and isinstance(module, nn.Conv2d):
                nn.init.trunc_normal_(module.weight, std=0.01)
            elif name == "AuxLogits.fc" and isinstance(module, nn.Linear):
                nn.init.trunc_normal_(module.weight, std=0.001)
            elif isinstance(module, (nn.Conv2d, nn.Linear)):
                nn.init.trunc_normal_(module.weight, std=0.1)
