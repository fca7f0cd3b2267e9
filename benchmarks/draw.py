"""Drawing networks: ours at every depth, and torchview and Keras' plot_model at theirs, where they are installed."""

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any, get_args

import archspec
from archspec.draw.plan import Depth
from archspec.draw.planning import plan
from benchmarks.measure import milliseconds

__all__ = ["table"]

SPECS = ("vgg-D", "resnet-50", "resnet-152", "densenet-201")


def table() -> Iterator[str]:
    yield f"{'spec':<14}{'by':<22}{'boxes':>6}{'page':>16}{'median of 3':>15}"
    for spec in SPECS:
        net = archspec.load(spec)
        for depth in get_args(Depth):
            times, svg = _timed(lambda net=net, depth=depth: net.draw(format="svg", depth=depth))
            boxes = len(list(plan(net.layer_graph, depth).boxes))
            yield _line(spec, f"archspec {depth}", boxes, _size(svg), times)
        for by, draw in (("torchview", _torchview), ("plot_model", _plot_model)):
            try:
                times, (boxes, size) = _timed(lambda net=net, draw=draw: draw(net))
            except ImportError:
                yield f"{spec:<14}{by:<22}  not installed"
            else:
                yield _line(spec, by, boxes, size, times)


def _timed(work: Any) -> tuple[list[float], Any]:
    results = [work()]
    return [milliseconds(lambda: results.append(work())) for _ in range(3)], results[-1]


def _line(spec: str, by: str, boxes: int, size: tuple[float, float], times: list[float]) -> str:
    wide, high = size
    return f"{spec:<14}{by:<22}{boxes:>6}{f'{wide:.0f}×{high:.0f}':>16}{median(times):>12.0f} ms"


def _size(svg: str) -> tuple[float, float]:
    found = re.search(r'<svg[^>]* width="([\d.]+)(?:pt)?" height="([\d.]+)', svg)
    return (float(found[1]), float(found[2])) if found else (0.0, 0.0)


def _torchview(net: archspec.Architecture) -> tuple[int, tuple[float, float]]:
    """Draw the module with all its layers; the time of the program dot is not among the processor's."""
    from torchview import draw_graph

    shape = (1, *net.layer_graph.model.inputs[0][1].shape)
    drawn = draw_graph(net.build("meta").eval(), input_size=shape, device="meta", depth=9).visual_graph
    svg = drawn.pipe(format="svg").decode()
    return svg.count('class="node"'), _size(svg)


def _plot_model(net: archspec.Architecture) -> tuple[int, tuple[float, float]]:
    """Draw Keras' own network of that name; only its ResNets and VGG-16 are ours too."""
    import keras

    known = {"vgg-D": "VGG16", "resnet-50": "ResNet50", "resnet-152": "ResNet152", "densenet-201": "DenseNet201"}
    model = getattr(keras.applications, known[net.name])(weights=None)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.svg"
        keras.utils.plot_model(model, str(path), show_shapes=True, show_layer_names=True)
        svg = path.read_text(encoding="utf-8")
    return svg.count('class="node"'), _size(svg)
