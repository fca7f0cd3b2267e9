"""Pictures: the plan by itself, what of it reaches the page, and the page of every bundled spec."""

import os
import re
import struct
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from clock import within

import archspec
from archspec.cli import commands
from archspec.draw import engine
from archspec.draw.metrics import width
from archspec.draw.plan import Box, Depth, Panel, Plan
from archspec.draw.planning import plan
from archspec.draw.raster import pdf, png
from archspec.files import bundled

ROOT = Path(__file__).parents[1]
DEPTHS: tuple[Depth, ...] = ("stages", "blocks", "ops")


# The plan


def names(found: Plan) -> list[str]:
    return [box.name for box in found.main.boxes]


def box(found: Panel, name: str) -> Box:
    (only,) = [box for box in found.boxes if box.name == name]
    return only


def test_a_resnet_is_a_dozen_boxes_and_one_block() -> None:
    found = plan(archspec.load("resnet-50").layer_graph)
    assert names(found) == [
        *("input", "conv1", "maxpool", "layer1", "layer2", "layer3", "layer4", "avgpool", "fc", "output"),
    ]
    assert found.facts == ("25.6M parameters", "4.09G MACs at 3×224×224", "receptive field 427")
    assert box(found.main, "conv1").lines == ("Conv2d 7×7 /2, 64", "BN, ReLU")
    assert box(found.main, "layer1").lines[:3] == ("Bottleneck ×3", "width 64", "first: downsample")
    assert box(found.main, "layer3").lines == (
        *("Bottleneck ×6", "width 256", "first: stride 2,", "downsample", "7.10M · 1.46G"),
    )
    assert [edge.text for edge in found.main.edges] == [
        *("3×224²", "64×112²", "64×56²", "256×56²", "512×28²", "1024×14²", "2048×7²", "2048", "1000"),
    ]


def test_a_block_is_drawn_in_its_own_expressions() -> None:
    (inset,) = plan(archspec.load("resnet-50").layer_graph).insets
    assert inset.title == "Bottleneck(width, stride = 1, inner = width·group_width // 64·groups)"
    assert box(inset, "conv2").lines == ("Conv2d 3×3 /stride,", "inner", "BN, ReLU")
    assert box(inset, "downsample").lines == ("Conv2d 1×1 /stride,", "4·width", "BN", "in 4 of 16")
    assert [box.name for box in inset.boxes if box.dashed] == ["downsample"]
    add = box(inset, "add")
    assert (add.kind, add.lines) == ("merge", ("+",))
    assert sum(edge.target == add.key for edge in inset.edges) == 2


def test_neighbours_of_one_line_are_one_box() -> None:
    vgg = plan(archspec.load("vgg-D").layer_graph)
    assert names(vgg)[1:4] == ["features.0–3", "features.6", "features.7–10"]
    assert box(vgg.main, "features.0–3").lines == ("Conv2d 3×3, 64 ×2", "BN, ReLU")
    mobile = plan(archspec.load("mobilenet-v2").layer_graph)
    assert box(mobile.main, "features.4–6").lines[:3] == ("InvertedResidual ×3", "c 32", "first: s 2, no add")
    dense = plan(archspec.load("densenet-121").layer_graph)
    assert [box.copies for box in dense.main.boxes if "denseblock" in box.name] == [6, 12, 24, 16]
    assert box(dense.insets[0], "conv1").lines == ("BN, ReLU", "Conv2d 1×1, 4·growth")  # what comes first stands first


def test_a_long_network_is_folded_further_and_what_trains_is_dashed() -> None:
    found = plan(archspec.load("googlenet").layer_graph)
    assert box(found.main, "inception4a–4e").lines[0] == "Inception ×5"
    assert [box.name for box in found.main.boxes if box.dashed] == ["aux1", "aux2", "aux_logits2", "aux_logits1"]
    assert box(found.main, "aux1").lines[-1] == "training only"
    assert [panel.title for panel in found.insets] == ["Inception(widths)", "Auxiliary"]


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("resnet-50", ["3×H×W", "64×H/2×W/2", "64×H/4×W/4", "256×H/4×W/4", "512×H/8×W/8", "1024×H/16×W/16",
                       "2048×H/32×W/32", "2048", "1000"]),
        ("alexnet", ["3×H×W", "64×55²", "64×27²", "192×27²", "192×13²", "384×13²", "256×13²", "256×6²", "9216",
                     "4096", "1000"]),
        ("u-net", ["1×H×W", "64×H×W", "64×H/2×W/2"]),
    ],
)  # fmt: skip
def test_a_size_is_a_share_of_the_input_s_where_it_is_an_exact_one(name: str, shapes: list[str]) -> None:
    found = plan(archspec.load(name).layer_graph, symbols=True).main
    told = [edge.text for edge in found.edges if edge.text]
    assert told[: len(shapes)] == shapes
    if name != "alexnet":
        other = plan(archspec.load(name, input=(found_channels(name), 64, 96)).layer_graph).main
        assert [edge.text for edge in other.edges if edge.text] == [at(text, 64, 96) for text in told]


def found_channels(name: str) -> int:
    return archspec.load(name).layer_graph.model.inputs[0][1].shape[0]


def at(text: str, high: int, wide: int) -> str:
    """Return a shape with sides at another size."""
    for side, length in (("H", high), ("W", wide)):
        text = re.sub(rf"{side}(?:/(\d+))?", lambda part, length=length: str(length // int(part[1] or 1)), text)
    return re.sub(r"×(\d+)×\1$", r"×\1²", text)


def test_skips_are_edges() -> None:
    found = plan(archspec.load("u-net").layer_graph).main
    keys = {box.name: box.key for box in found.boxes}
    edges = {(edge.source, edge.target) for edge in found.edges}
    assert {(keys[f"down{n}"], keys[f"up{n}"]) for n in (1, 2, 3, 4)} < edges


@pytest.mark.parametrize("name", ["resnet-18", "googlenet", "densenet-121", "vit-b-16"])
def test_at_full_depth_each_op_is_a_box_and_each_value_read_an_edge(name: str) -> None:
    net = archspec.load(name)
    found = plan(net.layer_graph, "ops").main
    outputs = sum(box.key.startswith("m.out") for box in found.boxes)
    assert len(found.boxes) == net.graph.number_of_nodes() + outputs
    assert len(found.edges) == net.graph.number_of_edges() + outputs


def test_blocks_opens_what_stages_folds() -> None:
    found = plan(archspec.load("resnet-50").layer_graph, "blocks").main
    assert [box.name for box in found.boxes][3:7] == ["layer1.0", "layer1.1–2", "layer2.0", "layer2.1–3"]


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("vgg-D", "receptive field 212"),
        ("resnet-152", "receptive field 1451"),
        ("vit-b-16", "receptive field: the whole input"),
    ],
)
def test_the_title_tells_the_receptive_field(name: str, seen: str) -> None:
    assert plan(archspec.load(name).layer_graph).facts[-1] == seen


PATCHES = """  patch: {op: Conv2d, out_channels: 6, kernel_size: 4, stride: 4}
  flat: {op: Flatten, start_dim: 2}
  tokens: {op: Permute, dims: [0, 2, 1]}
"""
HEADS = """  near: {op: Conv2d, out_channels: 6, kernel_size: 3, padding: 1}
  far: {op: Conv2d, out_channels: 6, kernel_size: 3, stride: 2, padding: 1}
  middle: {op: Conv2d, from: near, out_channels: 6, kernel_size: 1}
"""


@pytest.mark.parametrize(
    ("layers", "seen"),
    [
        (PATCHES, ["receptive field 4"]),  # tokens see their own patch, as far as they are only laid out anew
        (f"{PATCHES}  swap: {{op: Permute, dims: [0, 2, 1]}}\n  mix: {{op: Linear, out_features: 16}}\n"
         "  back: {op: Permute, dims: [0, 2, 1]}\n", ["receptive field: the whole input"]),
        (f"{PATCHES}  mix: {{op: Conv1d, out_channels: 16, kernel_size: 1}}\n  norm: LayerNorm\n"
         "  mean: {op: Mean, dim: 1}\n  fc: {op: Linear, out_features: 9}\n", ["receptive field: the whole input"]),
        (f"{HEADS}output: {{a: middle, b: far}}\n", ["receptive field 5"]),
        (f"{HEADS}output: {{a: far, b: middle}}\n", ["receptive field 5"]),
        (f"{HEADS}output: middle\n", ["receptive field 3"]),
        (f"{HEADS}  a: {{op: Flatten, from: far, start_dim: 2}}\n  b: {{op: Flatten, from: middle, start_dim: 2}}\n"
         "  both: {op: Concat, from: [a, b], dim: 2}\n", ["receptive field 5"]),
        (f"{HEADS}  pool: {{op: AdaptiveAvgPool2d, from: far, output_size: 1}}\n  flat: Flatten\n",
         ["receptive field 5"]),
        ("  flat: Flatten\n  fc: {op: Linear, out_features: 9}\n", []),
    ],
)  # fmt: skip
def test_the_title_tells_what_the_outputs_see(layers: str, seen: list[str]) -> None:
    net = archspec.loads(f"archspec: 1\ninput: [3, 16, 16]\nlayers:\n{layers}")
    assert [fact for fact in plan(net.layer_graph).facts if "receptive" in fact] == seen


WORDS = """archspec: 1
input: [8, 12, 12]
blocks:
  Unit:
    parameters: {p: 1, axis: 1}
    layers:
      turn: {op: Permute, dims: [0, 2, axis, 3]}
      ahead: {op: ZeroPad2d, padding: [p, 0]}
      around: {op: ZeroPad2d, padding: [p, p, p, p]}
layers:
  equal: {op: ZeroPad2d, padding: 1}
  wide: {op: ZeroPad2d, padding: [1, 1]}
  low: {op: ZeroPad2d, padding: [0, 0, 1, 2]}
  conv: {op: Conv2d, out_channels: 8, kernel_size: [3, 5], stride: [1, 2], padding: [1, 0]}
  swap: {op: Permute, dims: [0, 2, 3, 1]}
  back: {op: Permute, dims: [0, 3, 1, 2]}
  pool: {op: AdaptiveAvgPool2d, output_size: [3, 4]}
  mean: {op: Mean, from: conv, dim: [2, 3]}
  unit: {block: Unit, from: pool}
output: {mean: mean, unit: unit}
"""


def test_a_list_reads_as_a_list_and_sizes_as_a_product() -> None:
    """Axes, parts and unequal sides are no sizes along the axes: nothing is multiplied."""
    made = plan(archspec.loads(WORDS).layer_graph)
    told = {each.name: " ".join(each.lines) for panel in made.panels for each in panel.boxes if each.kind != "port"}
    assert told["equal"] == "ZeroPad2d, padding 1"
    assert told["wide"] == "ZeroPad2d, padding [1, 1]"
    assert told["low"] == "ZeroPad2d, padding [0, 0, 1, 2]"
    assert told["back"] == "Permute, dims [0, 3, 1, 2]"
    assert told["pool"].endswith("to 3×4")
    assert told["mean"] == "Mean, dim [2, 3]"
    assert told["ahead"] == "ZeroPad2d, padding [p, 0]"
    assert told["around"] == "ZeroPad2d, padding p"
    assert told["turn"] == "Permute, dims [0, 2, axis, 3]"
    assert told["conv"] == "Conv2d 3×5 /1×2, 8"
    opened = box(plan(archspec.loads(WORDS).layer_graph, "ops").main, "conv")
    assert opened.lines == ("Conv2d", "out_channels 8,", "kernel_size 3×5,", "stride 1×2,", "padding 1×0")


def test_what_a_number_is_is_told_once() -> None:
    text = """archspec: 1
input: {a: [4, 6], b: [4, 6]}
blocks:
  Unit: {parameters: {heads: 2}, layers: {attention: {op: MultiheadAttention, num_heads: heads}, norm: LayerNorm,
         other: {op: MultiheadAttention, num_heads: 2 * heads // 2}}}
layers:
  drop: {op: Dropout, from: input.a, p: 0.2}
  unit: Unit
  far: {op: PairwiseDistance, from: [unit, input.b], p: 1}
"""
    made = plan(archspec.loads(text).layer_graph)
    assert box(made.main, "drop").lines == ("Dropout 0.2",)
    assert box(made.main, "far").lines == ("PairwiseDistance,", "p 1")
    assert box(made.insets[0], "attention").lines == ("MultiheadAttention,", "heads", "LN")
    assert box(made.insets[0], "other").lines == ("MultiheadAttention,", "heads 2·heads // 2")


def test_a_plan_is_made_of_frozen_values_without_graphviz() -> None:
    program = (
        "import sys, archspec\nfrom archspec.draw.planning import plan\n"
        "plan(archspec.load('resnet-50').layer_graph)\nprint({'graphviz', 'wasmtime'} & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "set()\n"


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


def test_every_theme_is_told_apart_by_lightness() -> None:
    net = archspec.load("efficientnet-b0")
    for theme in ("light", "dark", "print"):
        for heat in (None, "macs", "parameters", "memory"):
            light = sorted(map(lightness, page(net.draw(format="svg", theme=theme, heat=heat)).fills))  # type: ignore[arg-type]
            assert all(b - a >= 10 for a, b in pairwise(light)), (theme, heat)


def columns(svg: str) -> list[tuple[float, float, float]]:
    """Return the left side, the top and the foot of each column of the network: of its boxes."""
    found = []
    main = next(each for each in ET.fromstring(svg) if each.tag.endswith("}g"))  # noqa: S314 - our own
    for column in main.iterfind("{*}g"):
        shift = re.match(r"translate\(([-\d.]+) ([-\d.]+)\)", column.get("transform", ""))
        assert shift
        rects = [(float(r.get("y", "")), float(r.get("height", ""))) for r in column.iterfind(".//{*}g/{*}rect")]
        top = float(shift[2])
        found.append((float(shift[1]), top + min(y for y, _ in rects), top + max(y + high for y, high in rects)))
    return found


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("name", [
    "resnet-18", "resnet-152", "densenet-121", "googlenet", "inception-v3", "u-net", "vit-b-16", "mobilenet-v2",
    "efficientnet-b0", "convnext-tiny", "vgg-E", "shufflenet-v2-x1.0",
])  # fmt: skip
def test_it_runs_down_too(name: str, depth: Depth) -> None:
    """In columns of a page's height, side by side in bands, with every box that the picture to the right has."""
    net = archspec.load(name)
    svg = net.draw(format="svg", direction="down", depth=depth)
    found = page(svg)
    assert found.wide <= 1300
    assert min(text.size for text in found.texts) * 0.75 >= 7
    outside = [t.text for t in found.texts if t.left < 0 or t.top < 0 or t.right > found.wide or t.bottom > found.high]
    assert not outside
    assert not list(meeting(found.texts))
    cut = columns(svg)
    assert all(foot - top <= 1100 for _, top, foot in cut)
    assert all(b[0] > a[0] or (b[0] == 0 and b[1] > a[2]) for a, b in pairwise(cut))
    planned = plan(net.layer_graph, depth)
    boxes = [text for each in planned.boxes for text in (each.name, *each.lines) if each.kind != "merge"]
    assert set(boxes) <= {text.text for text in found.texts}
    assert svg.count("<title>") == 1 + sum(bool(each.tip) for each in planned.boxes)


def test_the_same_bytes_in_another_process() -> None:
    program = "import archspec; print(archspec.load('googlenet').draw(format='svg', depth='blocks'), end='')"
    environment = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONIOENCODING": "utf-8"}
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, env=environment, check=True).stdout
    assert archspec.load("googlenet").draw(format="svg", depth="blocks").encode() == other


def test_it_is_quick() -> None:
    deep = archspec.load("resnet-152")
    deep.draw(format="svg", depth="ops")
    within(1, lambda: deep.draw(format="svg", depth="ops"))  # 516 boxes
    wide = archspec.load("densenet", depths=[12, 24, 72, 48])
    assert len(wide.layer_graph.nodes) > 1000
    within(2, lambda: wide.draw(format="svg", depth="ops"))


# What a spec says stays text


HOSTILE = r"""archspec: 1
name: "<b>x</b>\"];</title><script>alert(1)</script>\e[31m\0"
description: "\"]; evil [label=\"\\N\\G </td>\n&\e[31m"
input: {"a": [3, 8, 8]}
parameters: {kind: "\"]; evil --> click m_b1 href \"javascript:alert(1)\" <img src=x onerror=alert(1)>"}
blocks:
  Unit:
    parameters: {note: {type: str, default: "none"}}
    layers: {one: {op: Upsample, scale_factor: 2}, two: {op: MaxPool2d, kernel_size: 2}, three: Softmax2d}
layers: {u: {block: Unit, from: input.a, note: "'<img onerror=x>]; click'"}}
output: {"b": u}
"""


@pytest.mark.parametrize("depth", DEPTHS)
def test_nothing_of_a_spec_becomes_markup(depth: Depth) -> None:
    net = archspec.loads(HOSTILE)
    root = ET.fromstring(net.draw(format="svg", depth=depth))  # noqa: S314 - our own
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags <= {"svg", "g", "title", "rect", "path", "polygon", "text"}
    assert any("<script>" in (element.text or "") for element in root.iter())
    assert not any(name.startswith("on") or "href" in name for element in root.iter() for name in element.attrib)
    dot = net.draw(depth=depth)
    assert "\x1b" not in dot
    assert not re.search(r"^\s*evil", dot, re.MULTILINE)
    mermaid = net.draw(format="mmd", depth=depth)
    assert not re.search(r"<(?!br/>)|^\s*(evil|click)", mermaid, re.MULTILINE)
    assert mermaid.count('"') % 2 == 0


# Files and engines


def run(*arguments: str) -> Result:
    return CliRunner().invoke(commands, ["draw", *arguments], prog_name="archspec")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_ending_says_the_format(here: Path) -> None:
    for name, start in {"a.svg": b"<svg ", "a.png": b"\x89PNG", "a.pdf": b"%PDF-", "a.dot": b"digraph {",
                        "a.mmd": b"%% lenet5"}.items():  # fmt: skip
        result = run("lenet5", "-o", name)
        assert (result.exit_code, result.stdout, result.stderr) == (0, "", f"wrote {name}\n")
        written = (here / name).read_bytes()
        assert written.startswith(start)
        shown = run("lenet5", "--format", name.removeprefix("a."))
        assert shown.stdout_bytes == written
    assert run("lenet5").stdout == (here / "a.dot").read_text()


def test_a_png_has_the_page_s_pixels_and_its_text(here: Path) -> None:
    svg = archspec.load("lenet5").draw(format="svg")
    found = page(svg)
    for scale in (1, 2):
        run("lenet5", "-o", "a.png", "--scale", str(scale))
        wide, high = struct.unpack(">II", (here / "a.png").read_bytes()[16:24])
        assert (wide - scale * found.wide, high - scale * found.high) == (pytest.approx(0, abs=1),) * 2
    assert png(svg) != png(re.sub("<text.*</text>", "", svg))  # without a font, resvg draws none


def test_a_pdf_holds_its_fonts() -> None:
    made = pdf(archspec.load("lenet5").draw(format="svg"))
    assert {b"Arimo", b"Arimo-Bold"} <= set(re.findall(rb"/BaseFont\s*/[A-Z]{6}\+([\w-]+)", made))


@pytest.mark.parametrize(("name", "depth"), [("lenet5", "stages"), ("googlenet", "ops")])
def test_a_pdf_is_the_same_bytes_each_time(name: str, depth: Depth) -> None:
    svg = archspec.load(name).draw(format="svg", depth=depth)
    made = {pdf(svg) for _ in range(12)}  # svg2pdf's own come in several orders
    assert len(made) == 1


def test_a_pdf_has_every_object_where_its_table_says() -> None:
    """What svg2pdf wrote is there, each object once, with the numbers that the others call it by."""
    import svg2pdf_py

    svg = archspec.load("googlenet").draw(format="svg")
    fonts = svg2pdf_py.FontDatabase()
    for font in sorted((ROOT / "archspec" / "draw" / "fonts").glob("*.ttf")):
        fonts.load_font_file(str(font))
    theirs, ours = bytes(svg2pdf_py.svg_to_pdf(svg, fonts)), pdf(svg)
    root, objects = read_pdf(ours)
    assert sorted(objects) == list(range(1, len(objects) + 1))
    before, written = read_pdf(theirs)
    assert len(objects) == len(written)
    assert told(objects[root], objects) == told(written[before], written)


def read_pdf(document: bytes) -> tuple[int, dict[int, bytes]]:
    """Return the number of the root, and the objects by their numbers, from where the table says that they begin."""
    table = int(re.findall(rb"startxref\n(\d+)\n%%EOF", document)[0])
    head, rows, trailer = re.fullmatch(  # type: ignore[union-attr]
        rb"xref\n0 (\d+)\n0000000000 65535 f\r\n((?:\d{10} 00000 n\r\n)*)(trailer.*)", document[table:], re.DOTALL
    ).groups()
    assert re.findall(rb"/Size (\d+)", trailer) == [head] == [b"%d" % (rows.count(b"\n") + 1)]
    objects = {}
    for number, row in enumerate(rows.split(b"\r\n")[:-1], 1):
        mark = b"%d 0 obj\n" % number
        assert document.startswith(mark, int(row[:10]))
        start = int(row[:10]) + len(mark)
        length = re.match(rb"<<\s+/Length (\d+)[^>]*>>\nstream\n", document[start : start + 400])
        end = document.index(b"endobj\n", start + (length.end() + int(length[1]) if length else 0))
        objects[number] = document[start:end]
    return int(re.findall(rb"/Root (\d+) 0 R", trailer)[0]), objects


def told(body: bytes, objects: dict[int, bytes], above: tuple[bytes, ...] = ()) -> Any:
    """Return an object with what it refers to in the place of the numbers; the lines of a dictionary in any order."""
    if body in above:
        return "above"
    head, stream = (body, b"") if b"stream\n" not in body else body.split(b"stream\n", 1)
    lines = [
        (re.sub(rb"\d+ 0 R", b"R", line),
         [told(objects[int(number)], objects, (*above, body)) for number in re.findall(rb"(\d+) 0 R", line)])
        for line in head.split(b"\n")
    ]  # fmt: skip
    return sorted(lines, key=repr), stream


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-o", "net.jpg"), "cannot draw net.jpg: a picture is .svg, .png, .pdf, .dot, .mmd, a page .html"),
        (("-o", "net.svg", "--scale", "2"), "--scale is for a PNG, and svg is asked for"),
        (("-o", "nowhere/net.svg"), "cannot write nowhere/net.svg: No such file or directory"),
    ],
)
def test_what_cannot_be_written_is_said(here: Path, arguments: tuple[str, ...], message: str) -> None:
    result = run("lenet5", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr


@pytest.mark.parametrize(
    ("look", "message"),
    [
        ({"theme": "pink"}, "theme='pink': theme is one of light, dark, print"),
        ({"scale": 9}, "scale=9: scale is an integer from 1 to 8"),
        ({"zoom": 1}, "a picture has no zoom; it has depth, heat, symbolic, theme, direction, engine, scale"),
        ({"format": "png"}, "format='png': what can be returned as text is svg, dot or mmd; others go to a path"),
    ],
)
def test_another_look_is_refused(look: dict[str, Any], message: str) -> None:
    with pytest.raises(archspec.ArchspecError, match=re.escape(message)):
        archspec.load("lenet5").draw(**look)


BROKEN = """archspec: 1
name: broken
input: [3, 32, 32]
layers:
  conv: {op: Conv2d, out_channels: 16, kernel_size: 3, padding: 1}
  relu: ReLU
  features:
    - {op: MaxPool2d, kernel_size: 2}
    - {op: Conv2d, out_channels: 32, kernel_size: 3, stride: 2}
  sum: {op: Add, from: [features, relu]}
  fc: {op: Linear, out_features: 10}
"""


def test_a_spec_with_a_mistake_is_drawn_up_to_it(here: Path) -> None:
    (here / "net.yaml").write_text(BROKEN)
    result = run("net.yaml", "-o", "net.svg")
    assert result.exit_code == 1
    assert "net.yaml:10:" in result.stderr
    said = [text.text for text in page((here / "net.svg").read_text()).texts]
    assert {"broken", "as far as it is known: AS203 in line 10", "sum", "32×7×7", "16×32×32"} <= set(said)
    assert "fc" not in said
    assert (here / "net.svg").read_text().count('stroke="#c4001d" stroke-width="2"') == 3  # two edges and the box


def test_a_mistake_in_a_block_is_the_line_that_calls_it(here: Path) -> None:
    text = BROKEN.replace("layers:", "blocks:\n  Bad: {layers: {pool: {op: MaxPool2d, kernel_size: 99}}}\nlayers:", 1)
    (here / "net.yaml").write_text(text.replace("{op: Add, from: [features, relu]}", "{block: Bad}"))
    assert run("net.yaml", "-o", "net.svg").exit_code == 1
    assert {"sum", "Bad", "32×7×7"} <= {text.text for text in page((here / "net.svg").read_text()).texts}


TWO = """archspec: 1
input: [4, 8, 8]
blocks:
  Two:
    input: [a, b]
    layers: {x: {op: Conv2d, from: input.a, out_channels: 4, kernel_size: 1}, s: {op: Add, from: [x, input.b]},
             p: {op: MaxPool2d, kernel_size: 2}}
    output: {s: s, p: p}
  Bad: {layers: {a: {op: MaxPool2d, kernel_size: 99}}}
layers:
  split: {op: Chunk, chunks: 2}
  two: {block: Two, from: [input, input]}
"""


def boxes_of(dot: str) -> list[str]:
    """Return the names of the network's boxes."""
    return re.findall(r'^\t"m\.\w+" \[label="?([\w.]+)', dot, re.MULTILINE)


@pytest.mark.parametrize(
    ("line", "reaching"),
    [
        ("{op: Conv2d, from: split, out_channels: 3, kernel_size: 1}", ["2×8×8", "2×8×8"]),
        ("{op: Conv2d, out_channels: 3, kernel_size: 1}", ["4×8×8", "4×4×4"]),
        ("{op: Add, from: [split.1, two]}", ["2×8×8", "4×8×8", "4×4×4"]),
        ("{block: Two, from: [two.s, two.p]}", ["4×8×8", "4×4×4"]),
        ("{block: Two, from: [two.p]}", ["4×4×4"]),
        ("{block: Bad, from: two.p}", ["4×4×4"]),
        ("{op: Add, from: [later, two.p]}\n  later: ReLU", ["4×4×4"]),
        ("{from: split.0, layers: {pool: {op: MaxPool2d, kernel_size: 99}}}", ["2×8×8"]),
        ("{op: Chunk, from: input, chunks: 2}", ["4×8×8"]),  # the last layer, and no output is named
    ],
)
def test_the_layer_that_the_linter_blames_is_the_red_one(here: Path, line: str, reaching: list[str]) -> None:
    (here / "net.yaml").write_text(f"{TWO}  head: {line}\n")
    with pytest.raises(archspec.SpecError) as raised:
        archspec.load(here / "net.yaml")
    first = raised.value.diagnostics[0]
    result = run("net.yaml")
    assert result.exit_code == 1
    assert f"as far as it is known: {first.code} in line {first.span.line}" in result.stdout
    assert boxes_of(result.stdout) == ["input", "split", "two", "head.pool" if "pool" in line else "head"]
    assert re.findall(r'label=" (\S+) " color="#c4001d"', result.stdout) == reaching


@pytest.mark.parametrize(
    ("broken", "drawn"),
    [
        ("layers: [Nothing]", ["input", "0"]),
        ("layers: {a: {op: MaxPool2d, kernel_size: 99}, b: ReLU}", ["input", "a"]),
        ("layers: {u: Unit}, blocks: {Unit: {layers: {a: {op: Add, from: [input, x]}}}}", ["input", "u"]),
        ("layers: {a: ReLU, u: Unit}, blocks: {Unit: {layers: {a: Nothing}}}", ["input", "a", "u"]),
        ("layers: {a: ReLU, b: {op: ReLU, from: c}}", ["input", "a", "b"]),
    ],
)
def test_one_of_the_first_layers_may_be_the_red_one(here: Path, broken: str, drawn: list[str]) -> None:
    (here / "net.yaml").write_text(f"{{archspec: 1, input: [3, 8, 8], {broken}}}")
    result = run("net.yaml")
    assert result.exit_code == 1
    assert boxes_of(result.stdout) == drawn


@pytest.mark.parametrize("broken", ["extends: nothing", "layers: [ReLU], expect: {parameters: 7}", "layers: []"])
def test_a_picture_of_nothing_is_not_made_in_vain(here: Path, broken: str) -> None:
    (here / "net.yaml").write_text(f"{{archspec: 1, input: [3], {broken}}}")
    result = run("net.yaml", "-o", "net.svg")
    assert result.exit_code in (1, 2)
    assert not (here / "net.svg").exists()
    assert result.stderr.startswith("no picture was drawn: no layer is found to be what is wrong\n")


def test_a_picture_that_no_eye_reads_is_refused() -> None:
    text = "{archspec: 1, input: [8], layers: {a: {op: ReLU, repeat: 1000}, b: {op: Tanh, repeat: 1000}}}"
    net = archspec.loads(text)
    with pytest.raises(archspec.ArchspecError, match="2,002 boxes, and at most 1,500 are drawn; --depth blocks or"):
        net.draw(depth="ops")
    assert names(plan(net.layer_graph)) == ["input", "a", "b", "output"]


def test_without_the_extra_there_is_a_way_out(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("wasmtime", "resvg_py", "svg2pdf_py"):
        monkeypatch.setitem(sys.modules, package, None)
    result = run("lenet5", "-o", "a.svg")
    assert result.exit_code == 2
    assert "a picture needs Graphviz: pip install 'archspec-nn[draw]'" in result.stderr
    assert not (here / "a.svg").exists()
    for form in ("dot", "mmd"):
        assert run("lenet5", "-o", f"a.{form}").exit_code == 0
    for make, form in ((png, "PNG"), (pdf, "PDF")):
        with pytest.raises(archspec.ArchspecError, match=f"a {form} needs more than is installed"):
            make("<svg/>")
    assert list(archspec.load("lenet5")._repr_mimebundle_()) == ["text/plain"]


def test_the_system_s_dot_is_asked_for_by_name(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    result = run("lenet5", "-o", "a.svg", "--engine", "system")
    assert result.exit_code == 2
    assert "there is no program dot on the path" in result.stderr


@pytest.mark.dot
@pytest.mark.parametrize("name", ["lenet5", "resnet-18", "googlenet", "u-net"])
def test_the_system_s_dot_draws_the_same_plan(name: str) -> None:
    net = archspec.load(name)
    ours, theirs = (page(net.draw(format="svg", engine=engine)) for engine in ("embedded", "system"))
    assert sorted(text.text for text in theirs.texts) == sorted(text.text for text in ours.texts)
    assert not list(meeting(theirs.texts))
    for depth in DEPTHS:
        done = subprocess.run(["dot", "-Tsvg"], input=net.draw(depth=depth), capture_output=True, text=True, check=True)
        assert done.stdout.count('class="node"') == len(list(plan(net.layer_graph, depth).boxes))


def test_graphviz_has_a_deadline_and_goes_on_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    tangle = f"digraph {{{';'.join(f'{a}->{b}' for a in range(150) for b in range(a))}}}"
    with monkeypatch.context() as patch:
        patch.setattr(engine, "_SECONDS", 0.2)
        with pytest.raises(archspec.ArchspecError, match=r"was stopped after 0\.2 s"):
            engine.laid_out([tangle])
    assert engine.laid_out(["digraph {a -> b}"])[0].count('class="node"') == 2


def test_graphviz_runs_where_no_cache_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    environment = {**os.environ, "HOME": str(tmp_path / "file"), "XDG_CACHE_HOME": str(tmp_path / "file" / "cache")}
    program = "from archspec.draw.engine import laid_out; print(len(laid_out(['digraph {a -> b}'])))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment)
    assert (done.stdout, done.stderr) == ("1\n", "")


def test_a_notebook_shows_the_picture() -> None:
    shown = archspec.load("lenet5")._repr_mimebundle_()
    assert shown["image/svg+xml"].startswith("<svg ")
    assert shown["text/plain"] == "<Architecture lenet5: 61,706 parameters, 416,520 MACs>"


def test_a_box_tells_what_its_block_is_given_and_whole_shapes() -> None:
    text = """
archspec: 1
input: [16, 8, 8]
blocks:
  Dilated:
    parameters: {d: int}
    layers:
      conv: {op: Conv2d, out_channels: 16, kernel_size: 2, dilation: d, padding: d}
      same: {op: Conv2d, from: input, out_channels: 16, kernel_size: 3, dilation: d, padding: d}
      left: {op: Sigmoid, from: conv}
      add: {op: Add, from: [same, input]}
    output: {left: left, add: add}
layers:
  one: {block: Dilated, d: 1}
  two: {block: Dilated, from: one.add, d: 2}
  scale: {op: Parameter, shape: [8, 8]}
  scaled: {op: Multiply, from: [two.add, scale]}
  flat: {op: Reshape, shape: [32, 32]}
"""
    drawn = archspec.loads(text).draw(format="dot")
    words = " ".join(drawn.replace("\\n", " ").split())
    for told in ("2×2 dilation d pad d", "3×3 dilation d", "Parameter 8×8", "Reshape 32×32"):
        assert told in words
