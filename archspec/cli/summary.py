"""`archspec summary`: a spec → the table of its layers."""

import click

from archspec.cli.loading import load, of_spec
from archspec.cli.terminal import tell, width
from archspec.limits import Limits
from archspec.ops.base import Op, Value
from archspec.source import Tree
from archspec.summary import FORMATS

__all__ = ["summary"]


@click.command()
@of_spec
@click.option("--depth", type=click.IntRange(min=1), metavar="N", help="Show so many levels; all if not given.")
@click.option("form", "--format", type=click.Choice(FORMATS), default="text", show_default=True, help="The form.")
def summary(
    spec: str,
    settings: dict[str, Value],
    sizes: Tree | None,
    ops: tuple[type[Op], ...],
    limits: Limits,
    depth: int | None,
    form: str,
) -> None:
    """Show a spec's layers: shapes, parameters and MACs.

    SPEC is a file, the name of a bundled spec, or - for stdin. Equal copies of a layer are folded into one
    line. Torch is not needed: nothing runs.

    \b
    Examples:
      archspec summary resnet-50 --depth 2
      archspec summary net.yaml --set num_classes=10 --input 3x64x64
      archspec summary vit-b-16 --format csv > vit.csv
    """  # noqa: D301 - click keeps the lines after it
    net = load(spec, settings, sizes, ops, limits)
    tell(net.summary(form, width=width(), depth=depth))
