"""`archspec build`: a spec → a module that has run one batch, and the files that were asked for."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from archspec.architecture import Architecture
from archspec.cli.loading import load, of_spec
from archspec.cli.terminal import doing, tell
from archspec.diagnostic import printable
from archspec.limits import Limits
from archspec.ops.base import Op, Tensor, Value
from archspec.output import replacing
from archspec.source import Tree

if TYPE_CHECKING:
    from torch import nn

__all__ = ["build"]

_SUFFIXES = {".py": "the module's source", ".pt": "its state_dict"}


def _files(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> tuple[Path, ...]:
    """Return the files to write; refuse before all the work what could not be written after it."""
    paths = tuple(map(Path, given))
    for path in paths:
        if path.suffix not in _SUFFIXES:
            kinds = " and ".join(f"{suffix} ({what})" for suffix, what in _SUFFIXES.items())
            raise click.BadParameter(f"{str(path)!r} is of no kind that can be written; there are {kinds}")
        if not path.parent.is_dir():
            raise click.BadParameter(f"there is no folder {str(path.parent)!r}")
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
    type=click.Choice(["float32", "float64", "float16", "bfloat16"]),
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
    "outputs",
    "-o",
    "--output",
    type=click.Path(),
    callback=_files,
    multiple=True,
    metavar="FILE",
    help="Write net.py, the module's source, or net.pt, its state_dict; several times for several.",
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

    Exit status: 0 it ran; 1 the spec is wrong; 2 usage, a file that cannot be read or written, or a device
    that is not there or is too small; 3 archspec's own failure.
    """  # noqa: D301 - click keeps the lines after it
    net = load(spec, settings, sizes, ops, limits)
    figures = _run(net, outputs, **options)
    tell(json.dumps(asdict(figures), indent=2, ensure_ascii=False) if form == "json" else _text(figures))


def _run(
    net: Architecture, outputs: tuple[Path, ...], *, device: str, dtype: str, batch: int, seed: int | None
) -> _Figures:
    with doing("loading torch"):
        from archspec.runtime import run, weight_bytes
    start = time.perf_counter()
    with doing(f"building {net.name}"):
        module = net.build(device, dtype, seed)
    seconds = time.perf_counter() - start
    with doing(f"running a batch of {batch}"):
        result = run(module, net.layer_graph, device=device, dtype=dtype, batch=batch, seed=seed)
    _agree(net, result.outputs, batch)
    for path in outputs:
        with doing(f"writing {path}"), replacing(path) as stream:
            _WRITERS[path.suffix](net, module, stream)
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


def _write_source(net: Architecture, _: "nn.Module", stream: BinaryIO) -> None:
    stream.write(net.source().encode())


def _write_weights(_: Architecture, module: "nn.Module", stream: BinaryIO) -> None:
    from archspec.runtime import save

    save(module, stream)


_WRITERS: Mapping[str, Callable[[Architecture, "nn.Module", BinaryIO], None]] = {
    ".py": _write_source,
    ".pt": _write_weights,
}


def _text(figures: _Figures) -> str:
    """Return the report as a person reads it."""
    lines = {
        "input": _shapes(figures.input_shapes),
        "output": _shapes(figures.output_shapes),
        "parameters": f"{figures.parameters:,}",
        "MACs": f"{figures.macs:,} a sample (FLOPs = 2 × MACs)",
        "weights": f"{_bytes(figures.weight_bytes)} in {figures.dtype} on {figures.device}",
        "peak memory": "" if figures.peak_bytes is None else f"{_bytes(figures.peak_bytes)}, weights included",
        "built in": f"{figures.build_seconds:.2f} s",
        "ran in": f"{figures.run_seconds:.3f} s (the first batch, of {figures.batch})",
        "wrote": ", ".join(map(printable, figures.written)),
    }
    head = "  ".join(printable(text) for text in (figures.name, figures.description) if text)
    return "\n".join([head, "", *(f"{name:<12}  {text}" for name, text in lines.items() if text)])


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
