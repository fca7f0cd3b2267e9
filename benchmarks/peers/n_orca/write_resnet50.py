"""Nothing → resnet50.n.orca.md on standard output: the language has no blocks and no repeats."""

from collections.abc import Iterator

DEPTHS = (3, 4, 6, 3)

Layer = tuple[str, str, tuple[str, ...]]
"""A layer's name, its call, and the layers that it reads."""


def conv_bn(name: str, source: str, of: int, to: int, kernel: int = 1, stride: int = 1) -> Iterator[Layer]:
    yield f"{name}_conv", f"Conv2d({of}, {to}, {kernel}, {stride}, {kernel // 2}, bias=False)", (source,)
    yield name, f"BatchNorm2d({to})", (f"{name}_conv",)


def bottleneck(name: str, source: str, of: int, width: int, stride: int) -> Iterator[Layer]:
    yield from conv_bn(f"{name}_narrow", source, of, width)
    yield f"{name}_relu1", "ReLU(inplace=True)", (f"{name}_narrow",)
    yield from conv_bn(f"{name}_middle", f"{name}_relu1", width, width, 3, stride)
    yield f"{name}_relu2", "ReLU(inplace=True)", (f"{name}_middle",)
    yield from conv_bn(f"{name}_widen", f"{name}_relu2", width, 4 * width)
    shortcut = source
    if of != 4 * width:
        shortcut = f"{name}_shortcut"
        yield from conv_bn(shortcut, source, of, 4 * width, 1, stride)
    yield f"{name}_add", "Add", (f"{name}_widen", shortcut)
    yield name, "ReLU(inplace=True)", (f"{name}_add",)


def layers() -> Iterator[Layer]:
    yield from conv_bn("stem", "image", 3, 64, 7, 2)
    yield "relu", "ReLU(inplace=True)", ("stem",)
    yield "maxpool", "MaxPool2d(3, 2, 1)", ("relu",)
    source, channels = "maxpool", 64
    for stage, depth in enumerate(DEPTHS):
        for index in range(depth):
            name = f"s{stage + 1}_{index + 1}"
            yield from bottleneck(name, source, channels, 64 << stage, 2 if stage and index == 0 else 1)
            source, channels = name, 256 << stage
    yield "avgpool", "AdaptiveAvgPool2d(1)", (source,)
    yield "flatten", "Flatten(1)", ("avgpool",)
    yield "fc", "Linear(2048, 1000)", ("flatten",)


def document() -> Iterator[str]:
    net = list(layers())
    yield from ("# architecture ResNet50", "", "## tensors", "")
    yield from ("| Name | Shape | Dtype |", "|---|---|---|", "| image | (B, 3, 224, 224) | float32 |")
    yield from ("| logits | (B, 1000) | float32 |", "")
    yield "## layer image [input]"
    for name, call, _ in net:
        yield from (f"## layer {name}", f"- op: {call}")
    yield from ("## layer logits [output]", "", "## flow", "", "| Source | Target | Tensor |", "|---|---|---|")
    yield from (f"| {source} | {name} | {source} |" for name, _, sources in net for source in sources)
    yield "| fc | logits | fc |"


if __name__ == "__main__":
    print(*document(), sep="\n")
