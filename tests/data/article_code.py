# ruff: noqa
# fmt: off
"""The networks of an article on convolutional networks as its author wrote them, which the article's specs equal.

In order: Conv2dSame, LeNet5 and Flatten, AlexNet, VGG, Block and ResNet."""
import math
import torch
import torch.nn as nn
from collections import OrderedDict


class Conv2dSame(nn.Module):
    def __init__(self,
                 in_channels,
                 out_channels,
                 kernel_size,
                 bias=True,
                 padding_layer=torch.nn.ReflectionPad2d):
        super().__init__()
        ka = kernel_size // 2
        kb = ka - 1 if kernel_size % 2 == 0 else ka
        self.net = torch.nn.Sequential(
            padding_layer((ka, kb, ka, kb)),
            torch.nn.Conv2d(in_channels, out_channels, kernel_size, bias=bias)
        )

    def forward(self, x):
        return self.net(x)


class LeNet5(nn.Module):
    """
    Gradient-Based Learning Applied to Document Recognition
    """
    def __init__(self):
        super(LeNet5, self).__init__()
        self.conv = nn.Sequential(OrderedDict([
            ('conv1', nn.Conv2d(1, 6, kernel_size=5)),
            ('activate1', nn.Tanh()),
            ('pool1', nn.MaxPool2d(kernel_size=2)),
            ('conv2', nn.Conv2d(6, 16, kernel_size=5)),
            ('activate2', nn.Tanh()),
            ('pool2', nn.MaxPool2d(kernel_size=2))
        ]))
        self.fc = nn.Sequential(OrderedDict([
            ('fc1', nn.Linear(16*5*5, 120)),
            ('activate1', nn.Tanh()),
            ('fc2', nn.Linear(120, 84)),
            ('activate2', nn.Tanh()),
            ('fc3', nn.Linear(84, 10))
        ]))

    def forward(self, x):
        """
        x: torch.tensor
            A torch tensor of shape [batch, 1, 32, 32]
        """
        x = self.conv(x)
        x = Flatten()(x)
        x = self.fc(x)
        return x


class Flatten(nn.Module):
    def __init__(self):
        super().__init__()

    def forward(self, x):
        return x.view(x.size(0), -1)


class AlexNet(nn.Module):
    """
    ImageNet Classification with Deep Convolutional Neural Networks
    """
    def __init__(self, num_classes=1000):
        super(AlexNet, self).__init__()
        self.features = nn.Sequential(OrderedDict([
            ('conv1', nn.Conv2d(3, 64, kernel_size=11, stride=4, padding=2)),
            ('relu1', nn.ReLU(inplace=True)),
            ('pool1', nn.MaxPool2d(kernel_size=3, stride=2)),
            ('conv2', nn.Conv2d(64, 192, kernel_size=5, padding=2)),
            ('relu2', nn.ReLU(inplace=True)),
            ('pool2', nn.MaxPool2d(kernel_size=3, stride=2)),
            ('conv3', nn.Conv2d(192, 384, kernel_size=3, padding=1)),
            ('relu3', nn.ReLU(inplace=True)),
            ('conv4', nn.Conv2d(384, 256, kernel_size=3, padding=1)),
            ('relu4', nn.ReLU(inplace=True)),
            ('conv5', nn.Conv2d(256, 256, kernel_size=3, padding=1)),
            ('relu5', nn.ReLU(inplace=True)),
            ('pool5', nn.MaxPool2d(kernel_size=3, stride=2))
        ]))
        self.avgpool = nn.AdaptiveAvgPool2d((6, 6))
        self.classifier = nn.Sequential(OrderedDict([
            ('drop1', nn.Dropout()),
            ('fc1', nn.Linear(256*6*6, 4096)),
            ('relu1', nn.ReLU(inplace=True)),
            ('drop2', nn.Dropout()),
            ('fc2', nn.Linear(4096, 4096)),
            ('relu2', nn.ReLU(inplace=True)),
            ('fc3', nn.Linear(4096, num_classes)),
        ]))

    def forward(self, x):
        """
        x: torch.Tensor
            A torch tensor of shape [batch, 3, 224, 224]
        """
        x = self.features(x)
        x = self.avgpool(x)
        x = torch.flatten(x, 1)
        x = self.classifier(x)
        return x


class VGG(nn.Module):
    cfg = {
        'A': [64, 'M', 128, 'M', 256, 256, 'M', 512, 512, 'M', 512, 512, 'M'],
        'B': [64, 64, 'M', 128, 128, 'M', 256, 256, 'M', 512, 512, 'M', 512, 512, 'M'],
        'D': [64, 64, 'M', 128, 128, 'M', 256, 256, 256, 'M', 512, 512, 512, 'M', 512, 512, 512, 'M'],
        'E': [64, 64, 'M', 128, 128, 'M', 256, 256, 256, 256, 'M', 512, 512, 512, 512, 'M', 512, 512, 512, 512, 'M'],
    }

    def __init__(self, structure, dropout=0.5, batch_norm=True, num_classes=1000):
        """
        Examples
        --------
        >>> input_ = torch.rand((16, 3, 224, 224)).float()
        >>> VGG11 = VGG('A')
        >>> VGG13 = VGG('B')
        >>> VGG16 = VGG('D')
        >>> VGG19 = VGG('E')
        """
        super(VGG, self).__init__()
        self.features = self.make_layers(self.cfg[structure], batch_norm=batch_norm)
        self.classifier = nn.Sequential(OrderedDict([
            ('fc1', nn.Linear(512*7*7, 4096)),
            ('relu1', nn.ReLU(inplace=True)),
            ('drop1', nn.Dropout(p=dropout)),
            ('fc2', nn.Linear(4096, 4096)),
            ('relu2', nn.ReLU(inplace=True)),
            ('drop2', nn.Dropout(p=dropout)),
            ('fc3', nn.Linear(4096, num_classes)),
        ]))
        self._initialize_weights()

    def forward(self, x):
        """
        x: torch.Tensor
            A torch tensor of shape [batch, 3, 224, 224]
        """
        x = self.features(x)
        x = Flatten()(x)
        x = self.classifier(x)
        return x

    def _initialize_weights(self):
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                n = m.kernel_size[0] * m.kernel_size[1] * m.out_channels
                m.weight.data.normal_(0, math.sqrt(2. / n))
                if m.bias is not None:
                    m.bias.data.zero_()
            elif isinstance(m, nn.BatchNorm2d):
                m.weight.data.fill_(1)
                m.bias.data.zero_()
            elif isinstance(m, nn.Linear):
                m.weight.data.normal_(0, 0.01)
                m.bias.data.zero_()

    def make_layers(self, cfg, batch_norm=False):
        layers = []
        in_channels = 3
        for v in cfg:
            if v == 'M':
                layers += [nn.MaxPool2d(kernel_size=2, stride=2)]
            else:
                conv2d = nn.Conv2d(in_channels, v, kernel_size=3, padding=1)
                if batch_norm:
                    layers += [conv2d, nn.BatchNorm2d(v), nn.ReLU(inplace=True)]
                else:
                    layers += [conv2d, nn.ReLU(inplace=True)]
                in_channels = v
        return nn.Sequential(*layers)


class Block(nn.Module):
    def __init__(self, in_channels, out_channels, num_layers, downsample=None, stride=1):
        assert num_layers in [18, 34, 50, 101, 152], "Not a valid architecture."
        super(Block, self).__init__()
        self.num_layers = num_layers
        if self.num_layers > 34:
            self.expansion = 4
        else:
            self.expansion = 1
        self.conv1 = nn.Conv2d(in_channels, out_channels, kernel_size=1, stride=1, padding=0)
        self.bn1 = nn.BatchNorm2d(out_channels)
        if self.num_layers > 34:
            self.conv2 = nn.Conv2d(out_channels, out_channels, kernel_size=3, stride=stride, padding=1)
        else:
            self.conv2 = nn.Conv2d(in_channels, out_channels, kernel_size=3, stride=stride, padding=1)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.conv3 = nn.Conv2d(out_channels, out_channels * self.expansion, kernel_size=1, stride=1, padding=0)
        self.bn3 = nn.BatchNorm2d(out_channels * self.expansion)
        self.relu = nn.ReLU()
        self.downsample = downsample

    def forward(self, x):
        identity = x
        if self.num_layers > 34:
            x = self.conv1(x)
            x = self.bn1(x)
            x = self.relu(x)
        x = self.conv2(x)
        x = self.bn2(x)
        x = self.relu(x)
        x = self.conv3(x)
        x = self.bn3(x)
        if self.downsample is not None:
            identity = self.downsample(identity)
        x += identity
        x = self.relu(x)
        return x


class ResNet(nn.Module):
    def __init__(self, in_channels=3, num_layers=18, block=Block, num_classes=1000):
        assert num_layers in [18, 34, 50, 101, 152], "Not a valid architecture."
        super(ResNet, self).__init__()
        if num_layers < 50:
            self.expansion = 1
        else:
            self.expansion = 4
        if num_layers == 18:
            layers = [2, 2, 2, 2]
        elif num_layers == 34 or num_layers == 50:
            layers = [3, 4, 6, 3]
        elif num_layers == 101:
            layers = [3, 4, 23, 3]
        else:
            layers = [3, 8, 36, 3]
        self.in_channels = 64
        self.conv1 = nn.Conv2d(in_channels, 64, kernel_size=7, stride=2, padding=3)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU()
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        self.layer1 = self.make_layers(num_layers, block, layers[0], intermediate_channels=64, stride=1)
        self.layer2 = self.make_layers(num_layers, block, layers[1], intermediate_channels=128, stride=2)
        self.layer3 = self.make_layers(num_layers, block, layers[2], intermediate_channels=256, stride=2)
        self.layer4 = self.make_layers(num_layers, block, layers[3], intermediate_channels=512, stride=2)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(512*self.expansion, num_classes)

    def forward(self, x):
        """
        x: torch.Tensor
            A torch tensor of shape [batch, 3, 224, 224]
        """
        x = self.conv1(x)
        x = self.bn1(x)
        x = self.relu(x)
        x = self.maxpool(x)
        x = self.layer1(x)
        x = self.layer2(x)
        x = self.layer3(x)
        x = self.layer4(x)
        x = self.avgpool(x)
        x = Flatten()(x)
        x = self.fc(x)
        return x

    def make_layers(self, num_layers, block, num_residual_blocks, intermediate_channels, stride):
        layers = []
        downsample = nn.Sequential(OrderedDict([
            ('conv', nn.Conv2d(self.in_channels, intermediate_channels*self.expansion, kernel_size=1, stride=stride)),
            ('bn', nn.BatchNorm2d(intermediate_channels*self.expansion))
        ]))
        layers.append(block(self.in_channels, intermediate_channels, num_layers, downsample, stride))
        self.in_channels = intermediate_channels * self.expansion
        for i in range(num_residual_blocks - 1):
            layers.append(block(self.in_channels, intermediate_channels, num_layers))
        return nn.Sequential(*layers)
