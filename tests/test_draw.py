"""Pictures: the plan by itself, what of it reaches the page, and the page of every bundled spec."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import pytest

import archspec
from archspec.draw.metrics import width
from archspec.draw.plan import Depth, Plan
from archspec.draw.planning import plan
from archspec.files import bundled

DEPTHS: tuple[Depth, ...] = ("stages", "blocks", "ops")


# The plan


def lines(found: Plan) -> dict[str, tuple[str, ...]]:
    return {box.name: box.lines for box in found.boxes}


def test_a_resnet_is_a_dozen_boxes_and_one_block() -> None:
    found = plan(archspec.load("resnet-50").layer_graph)
    assert [box.name for box in found.main.boxes] == [
        *("input", "conv1", "maxpool", "layer1", "layer2", "layer3", "layer4", "avgpool", "fc", "output"),
    ]
    assert found.main.boxes[1].lines == ("Conv2d 7×7 /2, 64", "BN, ReLU")
    assert lines(found)["layer3"][:4] == ("Bottleneck ×6", "width 256", "first: stride 2,", "downsample")
    assert [edge.text for edge in found.main.edges] == [
        *("3×224²", "64×112²", "64×56²", "256×56²", "512×28²", "1024×14²", "2048×7²", "2048", "1000"),
    ]
    assert [panel.title.partition("(")[0] for panel in found.insets] == ["Bottleneck"]
    assert [box.name for box in found.insets[0].boxes if box.dashed] == ["downsample"]
    assert lines(found)["downsample"][-1] == "in 4 of 16"


# The page


@dataclass(frozen=True)
class Text:
    left: float
    top: float
    right: float
    bottom: float
    size: float
    text: str


@dataclass(frozen=True)
class Page:
    wide: float
    high: float
    texts: list[Text]
    fills: set[str]


def page(svg: str) -> Page:
    root = ET.fromstring(svg)  # noqa: S314 - our own
    texts: list[Text] = []
    fills: set[str] = set()

    def walk(element: ET.Element, x: float, y: float) -> None:
        shift = re.match(r"translate\(([-\d.]+) ([-\d.]+)\)", element.get("transform", ""))
        if shift:
            x, y = x + float(shift[1]), y + float(shift[2])
        tag = element.tag.rpartition("}")[2]
        if tag == "text":
            texts.append(text(element, x, y))
        elif tag == "rect" and (element.get("fill") or "none").startswith("#"):
            fills.add(element.get("fill") or "")
        for child in element:
            walk(child, x, y)

    walk(root, 0, 0)
    return Page(float(root.get("width", "")), float(root.get("height", "")), texts, fills)


def text(element: ET.Element, x: float, y: float) -> Text:
    size, said = float(element.get("font-size", "")), element.text or ""
    wide = width(said, size, bold=element.get("font-weight") == "bold")
    left = x + float(element.get("x", "")) - (wide / 2 if element.get("text-anchor") == "middle" else 0)
    base = y + float(element.get("y", ""))
    return Text(left, base - 0.74 * size, left + wide, base + 0.2 * size, size, said)


def meeting(texts: list[Text]) -> Iterator[tuple[str, str]]:
    """Yield the texts that meet, by a sweep from the left."""
    ordered = sorted(texts, key=lambda text: text.left)
    for index, one in enumerate(ordered):
        for other in ordered[index + 1 :]:
            if other.left >= one.right:
                break
            if one.top < other.bottom and other.top < one.bottom:
                yield one.text, other.text


def lightness(colour: str) -> float:
    """Return CIE L* of an sRGB colour."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    y = sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return 116 * y ** (1 / 3) - 16 if y > 0.008856 else 903.3 * y


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("name", bundled())
def test_every_bundled_spec_is_a_page_that_is_read(name: str, depth: Depth) -> None:
    svg = archspec.load(name).draw(format="svg", depth=depth)
    found = page(svg)
    assert found.wide <= 1300
    assert found.wide <= 6 * found.high
    assert min(text.size for text in found.texts) * 0.75 >= 7  # points, where the page is 1300 px wide or scaled to be
    outside = [t.text for t in found.texts if t.left < 0 or t.top < 0 or t.right > found.wide or t.bottom > found.high]
    assert not outside
    assert not list(meeting(found.texts))
    light = sorted(map(lightness, found.fills))
    assert all(b - a >= 10 for a, b in pairwise(light))
