"""`archspec bench`: a spec → how long its module takes, as it is, optimised and compiled, and which of its layers."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import click

from archspec.architecture import Architecture
from archspec.cli.loading import load, of_spec
from archspec.cli.terminal import doing, tell
from archspec.diagnostic import printable
from archspec.graph import Graph
from archspec.limits import Limits
from archspec.measure import DTYPES, memory
from archspec.ops.base import Op, Tensor, Value
from archspec.source import Tree

if TYPE_CHECKING:
    import torch
    from torch import nn

    from archspec.runtime.bench import Timing

__all__ = ["bench"]

_MODES: Mapping[str, Mapping[str, Any]] = {
    "eager": {},
    "optimized": {"optimize": "inference"},
    "compiled": {"optimize": "inference", "compile": True},
}


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of the report: times in seconds, memory in bytes."""

    mode: str
    batch: int
    median: float
    low: float
    high: float
    samples_per_second: float
    ratio: float  # to the first mode, which is eager unless it was left out
    peak_bytes: int  # weights and values; on CUDA as torch counted it, elsewhere as `summary` calculates it


@dataclass(frozen=True, slots=True)
class _Report:
    name: str
    input_shapes: Mapping[str, list[int]]
    device: str
    dtype: str
    torch: str
    threads: int
    rounds: int
    rows: list[_Row]
    layers: list[dict[str, Any]]


@click.command()
@of_spec
@click.option("--device", default="cpu", show_default=True, metavar="DEVICE", help="cpu, cuda or cuda:N.")
@click.option(
    "--dtype",
    type=click.Choice(DTYPES),
    default="float32",
    show_default=True,
    help="Of the floating-point weights and inputs.",
)
@click.option(
    "--batch",
    "batches",
    type=click.IntRange(1, 1 << 20),
    multiple=True,
    default=(1,),
    show_default=True,
    metavar="N",
    help="How many samples at once; several times for several.",
)
@click.option(
    "--mode",
    "modes",
    type=click.Choice(list(_MODES)),
    multiple=True,
    default=("eager", "optimized"),
    show_default=True,
    help="eager: the module as it is; optimized: for inference; compiled: that, compiled by torch, which takes a "
    "minute and a C++ compiler; several times for several.",
)
@click.option(
    "--rounds", type=click.IntRange(2, 10_000), default=15, show_default=True, metavar="N", help="How many turns."
)
@click.option(
    "--layers",
    type=click.IntRange(0, 20_000),
    default=5,
    show_default=True,
    metavar="N",
    help="Show the N slowest layers of the first mode that is not compiled, at the first batch.",
)
@click.option("form", "--format", type=click.Choice(["text", "json"]), default="text", show_default=True,
              help="The form of the report.")  # fmt: skip
def bench(
    spec: str,
    settings: dict[str, Value],
    sizes: Tree | None,
    ops: tuple[type[Op], ...],
    limits: Limits,
    form: str,
    **options: Any,
) -> None:
    """Time a spec's module, eager and optimised, and its slowest layers.

    SPEC is a file, the name of a bundled spec, or - for stdin. Random batches run in evaluation mode; the modes
    take turns, and medians count. Weights are as initialised.

    \b
    Examples:
      archspec bench resnet-50 --batch 1 --batch 8
      archspec bench resnet-50 --mode eager --mode compiled --dtype bfloat16
      archspec bench net.yaml --device cuda --batch 32 --format json
    """  # noqa: D301 - click keeps the lines after it
    net = load(spec, settings, sizes, ops, limits)
    report = _measured(net, **options)
    tell(json.dumps(asdict(report), indent=2, ensure_ascii=False) if form == "json" else _text(report))


def _measured(
    net: Architecture,
    *,
    device: str,
    dtype: str,
    batches: tuple[int, ...],
    modes: tuple[str, ...],
    rounds: int,
    layers: int,
) -> _Report:
    with doing("loading torch"):
        from archspec.runtime.bench import setting, timings
        from archspec.runtime.devices import device_named, dtype_named
        from archspec.runtime.trial import able, samples
    if device_named(device).type == "meta":
        raise click.UsageError("nothing runs on the device meta, so that nothing can be timed there")
    built = {}
    for mode in dict.fromkeys(modes):
        with doing(f"building {net.name}, {mode}"):
            built[mode] = net.build(device, dtype, 0, **_MODES[mode]).eval()
    drawn, rows = {}, list[_Row]()
    for batch in batches:
        with doing(f"running batches of {batch}"), able(device, dtype, batch):
            given = list(samples(net.layer_graph, device_named(device), dtype_named(dtype), batch, 0))
            drawn[batch] = given
            taken = list(timings(built, given, rounds))
        rows += [_row(net, timing, taken[0].median, dtype) for timing in taken]
    shown = next((mode for mode in built if mode != "compiled"), None)
    slowest = _slowest(net, shown, built[shown], drawn[batches[0]], rounds)[:layers] if shown and layers else []
    shapes = {name or "input": list(tensor.shape) for name, tensor in net.layer_graph.model.inputs}
    return _Report(net.name, shapes, device, dtype, *setting(), rounds, rows, slowest)


def _row(net: Architecture, timing: "Timing", first: float, dtype: str) -> _Row:
    peak = timing.peak
    if peak is None:
        taken = memory(_graph(net, timing.mode), timing.batch, dtype)
        peak = taken.weights + taken.inference
    speed, ratio = timing.batch / timing.median, timing.median / first
    return _Row(timing.mode, timing.batch, timing.median, timing.low, timing.high, speed, ratio, peak)


def _graph(net: Architecture, mode: str) -> Graph:
    return net.layer_graph if mode == "eager" else net.optimized.graph


def _slowest(
    net: Architecture, mode: str, module: "nn.Module", given: list["torch.Tensor"], rounds: int
) -> list[dict[str, Any]]:
    """Return the layers of a module, the slowest first, with their share in the time of all."""
    from archspec.runtime.bench import layer_times

    graph = _graph(net, mode)
    with doing("timing the layers"):
        times = layer_times(module, graph, given, rounds)
    whole = sum(layer.seconds for layer in times)
    return [
        {
            "path": ".".join(layer.path),
            "op": type(graph.nodes[layer.path].node.op).__name__,
            "mode": mode,
            "batch": len(given[0]),
            "seconds": layer.seconds,
            "share": layer.seconds / whole,
        }
        for layer in times
    ]


def _text(report: _Report) -> str:
    """Return the report as a person reads it."""
    shapes = ", ".join(str(Tensor(tuple(shape))) for shape in report.input_shapes.values())
    head = f"{printable(report.name)}  {shapes} in {report.dtype} on {report.device}"
    lines = [head, f"torch {report.torch}, {report.threads} threads; medians of {report.rounds} turns, then quartiles"]
    lines += [
        "",
        f"{'mode':<9}  {'batch':>5}  {'latency':>9}  {'quartiles':>15}  {'samples/s':>9}  {'ratio':>5}  memory",
    ]
    for row in report.rows:
        quartiles = f"{1e3 * row.low:.1f}–{1e3 * row.high:.1f}"
        lines.append(
            f"{row.mode:<9}  {row.batch:>5}  {1e3 * row.median:>6.1f} ms  {quartiles:>15}  "
            f"{row.samples_per_second:>9.1f}  {row.ratio:>5.2f}  {row.peak_bytes / 1e6:.1f} MB"
        )
    if report.layers:
        first = report.layers[0]
        widest = max(len(layer["path"]) for layer in report.layers)
        lines += ["", f"slowest layers, {first['mode']}, batch {first['batch']}"]
        lines += [
            f"{layer['path']:<{widest}}  {layer['op']:<18}  {1e3 * layer['seconds']:>8.2f} ms  {layer['share']:>6.1%}"
            for layer in report.layers
        ]
    return "\n".join(lines)
