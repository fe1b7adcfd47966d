"""The backbone `small`: a ResNet-10 (He et al. 2016) for small images and CPUs, built without torchvision."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn


class Block(nn.Module):
    """Two 3 × 3 convolutions beside the identity, which a 1 × 1 convolution fits to the output where they differ."""

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        fitted = stride != 1 or channels != width
        shortcut = nn.Conv2d(channels, width, 1, stride=stride, bias=False) if fitted else None
        self.conv1 = nn.Conv2d(channels, width, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = None if shortcut is None else nn.Sequential(shortcut, nn.BatchNorm2d(width))

    def forward(self, images: Tensor) -> Tensor:
        """Maps [B, channels, H, W] to [B, width, H / stride, W / stride]."""
        identity = images if self.downsample is None else self.downsample(images)
        changed = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(images)))))
        changed += identity
        return self.relu(changed)  # type: ignore[no-any-return]


class ResNet10(nn.Module):
    """One block for each of four widths, with the names of torchvision's ResNets.

    stem: the first convolution. widths: the channels of its output, then of each block's.
    """

    def __init__(self, stem: nn.Conv2d, widths: Sequence[int], classes: int) -> None:
        super().__init__()
        self.conv1 = stem
        self.bn1 = nn.BatchNorm2d(stem.out_channels)
        self.relu = nn.ReLU(inplace=True)
        self.layer1 = nn.Sequential(Block(stem.out_channels, widths[0], 1))
        self.layer2 = nn.Sequential(Block(widths[0], widths[1], 2))
        self.layer3 = nn.Sequential(Block(widths[1], widths[2], 2))
        self.layer4 = nn.Sequential(Block(widths[2], widths[3], 2))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(widths[3], classes)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, images: Tensor) -> Tensor:
        """Images [B, 3, H, W] to logits [B, classes]."""
        maps = self.relu(self.bn1(self.conv1(images)))
        maps = self.layer4(self.layer3(self.layer2(self.layer1(maps))))
        return self.fc(self.avgpool(maps).flatten(1))  # type: ignore[no-any-return]


def small_resnet() -> ResNet10:
    """A ResNet-10 of width 32 with a 3 × 3 stem and a head of one output, initialized from torch's generator."""
    # A network of torchvision's width draws its weights first: sessions and suites depend on the state it leaves.
    ResNet10(nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False), (64, 128, 256, 512), classes=1000)
    return ResNet10(nn.Conv2d(3, 32, 3, padding=1, bias=False), (32, 64, 128, 256), classes=1)
