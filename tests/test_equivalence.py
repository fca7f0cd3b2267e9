"""The bundled specs compute what hand-written networks do: outputs, gradients and running statistics."""

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from PIL import Image
from plain.alexnet import AlexNet
from plain.convnext import ConvNeXt
from plain.densenet import DenseNet
from plain.efficientnet import EfficientNet
from plain.googlenet import GoogLeNet
from plain.inception import InceptionV3
from plain.mobilenet import MobileNetV2
from plain.resnet import BasicBlock, Bottleneck, ResNet
from plain.shufflenet import ShuffleNetV2
from plain.squeezenet import SqueezeNet11
from plain.unet import UNet
from plain.vgg import VGG
from plain.vit import ViT
from scipy import ndimage
from torch import Tensor, nn

import archspec

TESTS = Path(__file__).parent
SPECS = TESTS.parent / "specs"


def _module(path: Path) -> ModuleType:
    found = importlib.util.spec_from_file_location(path.stem, path)
    assert found
    assert found.loader
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


article = _module(TESTS / "data" / "article_code.py")


@dataclass(frozen=True)
class Case:
    """A spec with its parameters, the same network by hand, and an input, the batch included."""

    spec: str
    plain: Callable[[], nn.Module]
    input: tuple[int, ...]
    parameters: Mapping[str, object] = field(default_factory=dict)
    dtype: torch.dtype = torch.float32


TEN = {"num_classes": 10}
SMALL = {"depths": (1, 1, 1, 1)}


def _small_article_vgg() -> nn.Module:
    """The article's VGG takes images of 224 pixels or so; with another first linear layer it takes 64."""
    plain = article.VGG("A", num_classes=10)
    plain.classifier.fc1 = nn.Linear(512 * 2 * 2, 4096)
    return plain


# Every input is about as small as the network lets it be; Inception's auxiliary head wants all 299 pixels.
# GELU is told from its approximation in double precision alone.
CASES = [
    Case("lenet5", article.LeNet5, (3, 1, 32, 32)),
    Case("alexnet", lambda: AlexNet(10), (2, 3, 64, 64), TEN),
    Case("vgg-A", lambda: VGG("A", num_classes=10), (2, 3, 64, 64), TEN),
    Case(
        "vgg-A",
        lambda: VGG("A", batch_norm=False, num_classes=10),
        (2, 3, 64, 64),
        {**TEN, "batch_norm": False},
    ),
    Case("resnet-18", lambda: ResNet(BasicBlock, (2, 2, 2, 2)), (3, 3, 64, 64)),
    Case("resnet-50", lambda: ResNet(Bottleneck, (3, 4, 6, 3)), (3, 3, 64, 64)),
    Case("resnext-50-32x4d", lambda: ResNet(Bottleneck, (1, 1, 1, 1), 32, 4), (3, 3, 64, 64), SMALL),
    Case("wide-resnet-50-2", lambda: ResNet(Bottleneck, (1, 1, 1, 1), 1, 128), (3, 3, 64, 64), SMALL),
    Case("squeezenet-1.1", SqueezeNet11, (2, 3, 70, 70)),
    Case("densenet-121", lambda: DenseNet((2, 3, 2, 2)), (3, 3, 64, 64), {"depths": (2, 3, 2, 2)}),
    Case("googlenet", GoogLeNet, (3, 3, 64, 64)),
    Case("inception-v3", InceptionV3, (2, 3, 299, 299)),
    Case("mobilenet-v2", MobileNetV2, (3, 3, 64, 64)),
    Case("shufflenet-v2", ShuffleNetV2, (3, 3, 64, 64)),
    Case("efficientnet-b0", lambda: EfficientNet(drop_path=0.0), (3, 3, 64, 64), {"drop_path": 0.0}),
    Case(
        "convnext-tiny",
        lambda: ConvNeXt((1, 1, 2, 1)),
        (2, 3, 32, 32),
        {"depths": (1, 1, 2, 1), "drop_path": 0.0},
        torch.float64,
    ),
    Case("u-net", lambda: UNet(8), (2, 1, 64, 64), {"width": 8}),
    Case("vit-b-16", lambda: ViT(64, depth=2), (2, 3, 64, 64), {"depth": 2}, torch.float64),
    Case("article/alexnet", lambda: article.AlexNet(10), (2, 3, 64, 64), TEN),
    Case("article/vgg-A", _small_article_vgg, (3, 3, 64, 64), TEN),
    Case("article/resnet-18", lambda: article.ResNet(num_layers=18), (3, 3, 64, 64)),
    Case("article/resnet-50", lambda: article.ResNet(num_layers=50), (3, 3, 64, 64)),
]


def _scatter(module: nn.Module) -> None:
    """Give every vector and scale a value of its own, so that none of them acts as if it were not there."""
    for name, tensor in module.state_dict().items():
        if name.endswith(("bias", "running_mean")):
            tensor.normal_(0, 0.1)
        elif name.endswith(("running_var", "layer_scale")) or (tensor.ndim == 1 and tensor.is_floating_point()):
            tensor.uniform_(0.5, 1.5)


def _run(module: nn.Module, x: Tensor) -> dict[str, Tensor]:
    """Return the outputs by name; dropout draws the same numbers each time."""
    torch.manual_seed(1)
    out = module(x)
    return {"": out} if isinstance(out, Tensor) else dict(out)


def _train(module: nn.Module, x: Tensor) -> dict[str, Tensor | None]:
    """Return everything that one step of training leaves behind: outputs, gradients and buffers."""
    x = x.clone().requires_grad_()
    outputs = _run(module.train(), x)
    weights = [torch.linspace(-1, 1, out.numel(), dtype=out.dtype).view_as(out) for out in outputs.values()]
    torch.autograd.backward(list(outputs.values()), weights)
    return {
        **{f"output {name}": out.detach() for name, out in outputs.items()},
        "input": x.grad,
        **{f"gradient of {name}": parameter.grad for name, parameter in module.named_parameters()},
        **dict(module.named_buffers()),
    }


def _assert_same(ours: Mapping[str, Tensor | None], plain: Mapping[str, Tensor | None]) -> None:
    """The same tensors under the same names; a difference is measured against the tensor's largest number."""
    assert ours.keys() == plain.keys()
    for name, expected in plain.items():
        found = ours[name]
        if found is None or expected is None:
            assert found is expected, name
        elif not torch.equal(found, expected):  # far faster where it holds, as it mostly does
            assert found.shape == expected.shape, name
            error = float((found - expected).abs().max() / expected.abs().max())
            assert error < (1e-4 if found.dtype is torch.float32 else 1e-9), name


@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join((case.spec, *case.parameters)))
def test_computes_the_same(case: Case) -> None:
    torch.manual_seed(0)
    plain = case.plain().to(case.dtype)
    _scatter(plain)
    architecture = archspec.load(SPECS / f"{case.spec}.yaml", input=case.input[1:], **case.parameters)
    ours = architecture.build().to(case.dtype)
    assert list(ours.state_dict()) == list(plain.state_dict())
    ours.load_state_dict(plain.state_dict())
    x = torch.randn(case.input, dtype=case.dtype)
    with torch.no_grad():
        _assert_same(_run(ours.eval(), x), _run(plain.eval(), x))
    _assert_same(_train(ours, x), _train(plain, x))


def test_article_vgg_draws_the_same_weights() -> None:
    plain = article.VGG("A", num_classes=10)
    torch.manual_seed(3)
    plain._initialize_weights()
    torch.manual_seed(3)
    ours = archspec.load(SPECS / "article" / "vgg-A.yaml", **TEN).build()
    for name, expected in plain.state_dict().items():
        torch.testing.assert_close(ours.state_dict()[name], expected, rtol=0, atol=0)


@pytest.mark.parametrize("kernel_size", [1, 2, 3, 4, 5, 6, 7])
def test_same_padding_is_the_articles(kernel_size: int) -> None:
    plain = article.Conv2dSame(1, 3, kernel_size)
    ours = archspec.load(SPECS / "article" / "conv2d_same.yaml", kernel_size=kernel_size).build()
    ours.load_state_dict(dict(zip(ours.state_dict(), plain.state_dict().values(), strict=True)))
    x = torch.randn(2, 1, 32, 100)
    torch.testing.assert_close(ours(x), plain(x))


KERNELS = {
    "identity": [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
    "blur": [[1 / 9] * 3] * 3,
    "gaussian": [[1 / 16, 2 / 16, 1 / 16], [2 / 16, 4 / 16, 2 / 16], [1 / 16, 2 / 16, 1 / 16]],
    "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
    "edge": [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
    "emboss": [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]],
}


def test_filters_are_scipys() -> None:
    module = archspec.load(SPECS / "article" / "filters.yaml").build()
    image = torch.rand(2, 3, 256, 256)
    found = module(image)
    assert not any(parameter.requires_grad for parameter in module.parameters())
    assert found.keys() == KERNELS.keys()
    for name, kernel in KERNELS.items():
        expected = ndimage.correlate(image.double().numpy(), [[kernel]], mode="nearest")
        torch.testing.assert_close(found[name], torch.from_numpy(expected).float())


def test_the_filtered_photographs_of_the_pages_are_scipys() -> None:
    script = _module(TESTS.parent / "scripts" / "filters.py")
    with Image.open(script.PHOTOGRAPH) as photograph, Image.open(script.SHEET) as shown:
        made, image, sheet = script.filtered(photograph), np.asarray(photograph), np.asarray(shown)
    high, wide, _ = image.shape
    for index, (name, kernel) in enumerate(KERNELS.items()):
        expected = ndimage.correlate(image.astype(float), np.array(kernel)[..., None], mode="nearest")
        expected = expected.round().clip(0, 255)
        x, y = script.place(index, (wide, high))
        assert (np.asarray(made[name]) == expected).all()
        assert (sheet[y : y + high, x : x + wide] == expected).all()
