"""`archspec explain`: a spec and a layer, or an op with its arguments → its arithmetic."""

import json
import re
from dataclasses import replace
from pathlib import Path

import click

from archspec.cli.loading import load, of_spec, setting
from archspec.cli.terminal import tell, width
from archspec.diagnostic import ArchspecError, SpecError
from archspec.explain import as_json, as_text
from archspec.explain import explain as explain_layer
from archspec.limits import Limits
from archspec.loading import loads
from archspec.ops import Vocabulary
from archspec.ops.base import Op, Value
from archspec.source import Scalar, Tree
from archspec.source.entry import Entry

__all__ = ["explain"]


@click.command()
@of_spec
@click.argument("words", nargs=-1, metavar="[LAYER | NAME=VALUE...]")
@click.option("sides", "--sizes", is_flag=True, help="Say which input sizes the spec accepts, and why it stops.")
@click.option(
    "form", "--format", type=click.Choice(["text", "json"]), default="text", show_default=True, help="The form."
)
def explain(
    spec: str,
    words: tuple[str, ...],
    settings: dict[str, Value],
    sizes: Tree | None,
    ops: tuple[type[Op], ...],
    limits: Limits,
    sides: bool,
    form: str,
) -> None:
    """Explain a layer: formula, what it reads, weights, MACs, receptive field.

    SPEC is a file, the name of a bundled spec, or - for stdin; LAYER the path of a layer in it, as
    layer1.0.conv1, or Bottleneck.conv1 for a block's. Or an op's name stands for SPEC, with its arguments and
    the --input that it reads. Torch is not needed.

    \b
    Examples:
      archspec explain resnet-50 conv1
      archspec explain resnet-50 Bottleneck.conv2 --format json
      archspec explain Conv2d kernel_size=7 stride=2 padding=3 --input 3x224x224
      archspec explain u-net --sizes
    """  # noqa: D301 - click keeps the lines after it
    if Vocabulary(ops).find(spec) and not Path(spec).exists():
        if sides:
            raise click.UsageError("--sizes is about a spec")
        tell(_op(spec, words, sizes, ops, limits, form))
        return
    if len(words) > (0 if sides else 1):
        raise click.UsageError("--sizes takes no LAYER" if sides else "one LAYER at a time, as layer1.0.conv1")
    net = load(spec, settings, sizes, ops, limits)
    if not (sides or words):
        names = [layer.name for layer in net.layer_graph.model.children]
        raise click.UsageError(f"which LAYER? There are {', '.join(names[:12])}{', …' if names[12:] else ''}")
    tell(net.sizes(form, width=width()) if sides else net.explain(words[0], form, width=width()))


def _op(
    name: str, words: tuple[str, ...], sizes: Tree | None, ops: tuple[type[Op], ...], limits: Limits, form: str
) -> str:
    """Explain an op by itself, in a spec of one layer; output channels are as many as arrive where none are given."""
    found = Vocabulary(ops).find(name)
    if found is None or not isinstance(sizes, list):
        raise click.UsageError(f"what arrives at {name}? --input 3x224x224, without the batch")
    shape = tuple(int(size.text) for size in sizes if isinstance(size, Scalar))
    arguments = dict(map(setting, words))
    if "out_channels" in found.model_fields and "out_channels" not in arguments:
        arguments["out_channels"] = shape[0]
    pairs = ", ".join(f"{argument}: {_written(value)}" for argument, value in arguments.items())
    count = found.arity[0]
    source = f"from: [{', '.join(['input'] * count)}], " if count > 1 else ""
    line = f"{{op: {name}{', ' if pairs or source else ''}{(source + pairs).removesuffix(', ')}}}"
    text = f"archspec: 1\nname: {name}\ninput: {list(shape)}\nlayers:\n  layer: {line}\n"
    try:
        one = explain_layer(loads(text, ops=ops, limits=limits).layer_graph, "layer")
    except SpecError as error:
        first = error.diagnostics[0]
        advice = f"; {first.help}" if first.help else ""
        raise ArchspecError(f"{first.message}{advice}") from None
    alone = replace(one, where=replace(one.where, file=""), written=Entry(""))
    return as_json(alone) if form == "json" else as_text(alone, width())


def _written(value: Value) -> str:
    """Return a value as a spec has it: words bare, other text in quotes."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(_written, value))}]"
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z]\w*", value, re.ASCII):
        return value
    return json.dumps(value)
