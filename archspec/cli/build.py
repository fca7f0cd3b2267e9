"""`archspec build`: a spec → a module that has run one batch, and the files that were asked for."""

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from archspec.architecture import Architecture
from archspec.cli.loading import load, of_spec
from archspec.cli.terminal import doing, tell
from archspec.diagnostic import ArchspecError, printable
from archspec.export import kind
from archspec.limits import Limits
from archspec.measure import DTYPES
from archspec.ops.base import Op, Tensor, Value
from archspec.source import Tree

__all__ = ["build"]


def _files(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> tuple[Path, ...]:
    """Return the files to write; refuse before all the work what could not be written after it."""
    paths = tuple(map(Path, given))
    try:
        for path in paths:
            kind(path)
    except ArchspecError as error:
        raise click.BadParameter(str(error)) from None
    return paths


@dataclass(frozen=True, slots=True)
class _Figures:
    """What the report says; shapes without the batch, sizes in bytes, times in seconds."""

    name: str
    description: str
    input_shapes: Mapping[str, list[int]]
    output_shapes: Mapping[str, list[int]]
    parameters: int
    macs: int
    flops: int
    device: str
    dtype: str
    batch: int
    weight_bytes: int
    weights: Mapping[str, Any] | None
    peak_bytes: int | None
    build_seconds: float
    run_seconds: float
    written: list[str]


@click.command()
@of_spec
@click.option(
    "--device",
    default="cpu",
    show_default=True,
    metavar="DEVICE",
    help="cpu, cuda, cuda:N, or meta, which takes no memory and computes no values.",
)
@click.option(
    "--dtype",
    type=click.Choice(DTYPES),
    default="float32",
    show_default=True,
    help="Of the floating-point weights and inputs.",
)
@click.option(
    "--batch",
    type=click.IntRange(1, 1 << 20),
    metavar="N",
    default=1,
    show_default=True,
    help="How many samples to run.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, (1 << 63) - 1),
    metavar="N",
    help="Make weights and input the same every time.",
)
@click.option(
    "--weights",
    type=click.Path(),
    metavar="FILE",
    help="Fill the module with a state_dict that torch saved, or with a .safetensors file; nothing in it is run.",
)
@click.option(
    "--weights-by",
    "by",
    type=click.Choice(["name", "order"]),
    default="name",
    show_default=True,
    help="Match tensors by name, or those of other names by order and shape, which is shown.",
)
@click.option(
    "--weights-skip",
    "skip",
    multiple=True,
    metavar="PATTERN",
    help="Leave tensors as they are initialised, as 'fc.*'; several times for several.",
)
@click.option(
    "outputs",
    "-o",
    "--output",
    type=click.Path(),
    callback=_files,
    multiple=True,
    metavar="FILE",
    help="Write net.py (the module's source), net.pt (its state_dict), net.safetensors (with the spec), net.pt2 "
    "(a program of torch.export) or net.onnx; several times for several.",
)
@click.option(
    "form",
    "--format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="The form of the report.",
)
def build(
    spec: str,
    settings: dict[str, Value],
    sizes: Tree | None,
    ops: tuple[type[Op], ...],
    limits: Limits,
    outputs: tuple[Path, ...],
    form: str,
    **options: Any,
) -> None:
    """Compile a spec to a torch module and run it once.

    SPEC is a file, the name of a bundled spec, or - for stdin. A batch of random input
    runs in evaluation mode.

    \b
    Examples:
      archspec build lenet5
      archspec build resnet-50 --set num_classes=10 --device cuda --batch 32
      archspec build net.yaml --seed 0 -o net.py -o net.pt
      archspec build net.yaml --weights trained.pt -o net.onnx

    Exit status: 0 it ran; 1 the spec is wrong; 2 usage, a file that cannot be read or written, or a device
    that is not there or is too small; 3 archspec's own failure.
    """  # noqa: D301 - click keeps the lines after it
    if options["weights"] is None and (options["skip"] or options["by"] != "name"):
        raise click.UsageError("--weights-by and --weights-skip go with --weights")
    net = load(spec, settings, sizes, ops, limits)
    figures = _run(net, outputs, **options)
    tell(json.dumps(asdict(figures), indent=2, ensure_ascii=False) if form == "json" else _text(figures))


def _run(
    net: Architecture, outputs: tuple[Path, ...], *, device: str, dtype: str, batch: int, seed: int | None, **taken: Any
) -> _Figures:
    with doing("loading torch"):
        from archspec.runtime.trial import run, weight_bytes
    start = time.perf_counter()
    with doing(f"building {net.name}"):
        module = net.build(device, dtype, seed, **taken)
    seconds = time.perf_counter() - start
    with doing(f"running a batch of {batch}"):
        result = run(module, net.layer_graph, device=device, dtype=dtype, batch=batch, seed=seed)
    _agree(net, result.outputs, batch)
    for path in outputs:
        with doing(f"writing {path}"):
            net.export(path, module)
    model = net.layer_graph.model
    return _Figures(
        name=net.name,
        description=net.description,
        input_shapes={name or "input": list(tensor.shape) for name, tensor in model.inputs},
        output_shapes={name or "output": list(shape[1:]) for name, shape in result.outputs.items()},
        parameters=net.num_parameters,
        macs=net.macs,
        flops=2 * net.macs,
        device=device,
        dtype=dtype,
        batch=batch,
        weight_bytes=weight_bytes(module),
        weights=None if taken["weights"] is None else _taken(net, **taken),
        peak_bytes=result.peak,
        build_seconds=round(seconds, 4),
        run_seconds=round(result.seconds, 4),
        written=[str(path) for path in outputs],
    )


def _agree(net: Architecture, ran: Mapping[str, tuple[int, ...]], batch: int) -> None:
    """Hold what torch gave against what was inferred; a difference is archspec's mistake."""
    model = net.layer_graph.model
    for (name, _), tensor in zip(model.outputs, model.tensors, strict=True):
        if name in ran and ran[name] != (batch, *tensor.shape):
            raise AssertionError(f"output {name}: inferred {tensor}, and torch gave {ran[name]}")


def _taken(net: Architecture, weights: str, by: str, skip: tuple[str, ...]) -> dict[str, Any]:
    """Return what was taken from a file of weights."""
    fit = net.match_weights(weights, by=by, skip=skip).fit
    return {"file": weights, "tensors": len(fit.names), "skipped": list(fit.skipped), "renamed": dict(fit.renamed)}


def _text(figures: _Figures) -> str:
    """Return the report as a person reads it."""
    lines = {
        "input": _shapes(figures.input_shapes),
        "output": _shapes(figures.output_shapes),
        "parameters": f"{figures.parameters:,}",
        "MACs": f"{figures.macs:,} a sample (FLOPs = 2 × MACs)",
        "weights": f"{_bytes(figures.weight_bytes)} in {figures.dtype} on {figures.device}",
        "taken from": "" if figures.weights is None else _source(figures.weights),
        "peak memory": "" if figures.peak_bytes is None else f"{_bytes(figures.peak_bytes)}, weights included",
        "built in": f"{figures.build_seconds:.2f} s",
        "ran in": f"{figures.run_seconds:.3f} s (the first batch, of {figures.batch})",
        "wrote": ", ".join(map(printable, figures.written)),
    }
    head = "  ".join(printable(text) for text in (figures.name, figures.description) if text)
    shown = [f"{name:<12}  {text}" for name, text in lines.items() if text]
    if figures.weights is not None and figures.weights["renamed"]:
        shown += ["", "in the file → in the network"]
        shown += [f"{printable(theirs)} → {printable(ours)}" for theirs, ours in figures.weights["renamed"].items()]
    return "\n".join([head, "", *shown])


def _source(taken: Mapping[str, Any]) -> str:
    """Return where the weights are from, in a line."""
    skipped = f", {len(taken['skipped'])} skipped" if taken["skipped"] else ""
    return f"{printable(taken['file'])}: {taken['tensors']:,} tensors{skipped}"


def _shapes(named: Mapping[str, list[int]]) -> str:
    shapes = {name: str(Tensor(tuple(shape))) for name, shape in named.items()}
    return (
        next(iter(shapes.values()))
        if len(shapes) == 1
        else ", ".join(f"{name} {shape}" for name, shape in shapes.items())
    )


def _bytes(count: int) -> str:
    """Return a size in decimal units."""
    for power, unit in ((12, "TB"), (9, "GB"), (6, "MB"), (3, "kB")):
        if count >= 10**power:
            return f"{count / 10**power:.1f} {unit}"
    return f"{count} B"
