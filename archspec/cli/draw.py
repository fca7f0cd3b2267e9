"""`archspec draw`: a spec → the picture of its layer graph."""

from pathlib import Path

import click

from archspec.cli.loading import load, of_spec
from archspec.cli.terminal import doing
from archspec.limits import Limits
from archspec.ops.base import Op, Value
from archspec.source import Tree

__all__ = ["draw"]


@click.command()
@of_spec
@click.option(
    "-o",
    "--output",
    default="-",
    show_default="stdout, as DOT",
    metavar="FILE",
    help="net.svg, by Graphviz' dot program, or net.dot; - for stdout.",
)
def draw(
    spec: str,
    settings: dict[str, Value],
    sizes: Tree | None,
    ops: tuple[type[Op], ...],
    limits: Limits,
    output: str,
) -> None:
    """Draw a spec's layer graph, as SVG or Graphviz DOT.

    SPEC is a file, the name of a bundled spec, or - for stdin. Torch is not needed.

    \b
    Examples:
      archspec draw lenet5 -o lenet5.svg
      archspec draw net.yaml | dot -Tpdf > net.pdf
    """  # noqa: D301 - click keeps the lines after it
    net = load(spec, settings, sizes, ops, limits)
    if output == "-":
        click.echo(net.draw())
        return
    with doing(f"drawing {output}"):
        net.draw(Path(output))
    click.echo(f"wrote {output}", err=True)
