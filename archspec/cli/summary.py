"""`archspec summary`: a spec → the table of its layers."""

import click

from archspec.cli.loading import load, of_spec
from archspec.cli.terminal import tell, width
from archspec.limits import Limits
from archspec.measure import DTYPES
from archspec.ops.base import Op, Value
from archspec.source import Tree
from archspec.summary import FORMATS

__all__ = ["summary"]


@click.command()
@of_spec
@click.option("--depth", type=click.IntRange(min=1), metavar="N", help="Show so many levels; all if not given.")
@click.option("--batch", type=click.IntRange(1, 1 << 20), metavar="N", default=1, show_default=True,
              help="How many samples the memory is for.")  # fmt: skip
@click.option("--dtype", type=click.Choice(DTYPES), default="float32", show_default=True,
              help="Of the floating-point weights and values, for the memory.")  # fmt: skip
@click.option("form", "--format", type=click.Choice(FORMATS), default="text", show_default=True, help="The form.")
def summary(
    spec: str,
    settings: dict[str, Value],
    sizes: Tree | None,
    ops: tuple[type[Op], ...],
    limits: Limits,
    depth: int | None,
    batch: int,
    dtype: str,
    form: str,
) -> None:
    """Show a spec's layers: shapes, parameters, MACs, memory.

    SPEC is a file, the name of a bundled spec, or - for stdin. Equal copies of a layer are folded into one
    line. Memory is what the written module takes: values are followed line by line until they are freed.
    Torch is not needed: nothing runs.

    \b
    Examples:
      archspec summary resnet-50 --depth 2
      archspec summary net.yaml --set num_classes=10 --input 3x64x64
      archspec summary vit-b-16 --format csv > vit.csv
    """  # noqa: D301 - click keeps the lines after it
    net = load(spec, settings, sizes, ops, limits)
    tell(net.summary(form, width=width(), depth=depth, batch=batch, dtype=dtype))
