"""`archspec draw`: a spec → the picture of its architecture."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

import click

from archspec.cli.loading import checked, named, of_spec
from archspec.cli.terminal import doing
from archspec.diagnostic import SpecError, render
from archspec.draw import FORMATS, SCALES, Format, Look, Refused, format_of
from archspec.draw import draw as picture
from archspec.draw.dot import Direction
from archspec.draw.engine import Engine
from archspec.draw.plan import Depth, Heat
from archspec.draw.theme import ThemeName
from archspec.graph import Graph
from archspec.limits import Limits
from archspec.ops import Vocabulary
from archspec.ops.base import Op, Value
from archspec.output import replacing
from archspec.partial import Partial, partial
from archspec.pipeline import Request
from archspec.source import Tree

__all__ = ["draw"]


_Command = TypeVar("_Command", bound=Callable[..., Any])


def _choice(name: str, words: tuple[str, ...], text: str) -> Callable[[_Command], _Command]:
    default = getattr(Look(), name)
    return click.option(f"--{name}", type=click.Choice(words), default=default, show_default=bool(default), help=text)


@click.command()
@of_spec
@click.option(
    "-o",
    "--output",
    default="-",
    show_default="stdout",
    metavar="FILE",
    help="net.svg, .png, .pdf, .dot or .mmd (Mermaid), .html (a page); - for stdout.",
)
@click.option("--format", "form", type=click.Choice([*FORMATS, "html"]), show_default="by FILE; on stdout dot",
              help="The format.")  # fmt: skip
@_choice("depth", get_args(Depth), "How much is opened: a dozen boxes, a box for each block, one for each op.")
@_choice("heat", get_args(Heat), "Colour by cost instead of by kind; memory: what the ops give.")
@click.option("--symbolic", is_flag=True, help="Sizes as shares of the input's, as 256×H/4×W/4, where exact.")
@_choice("theme", get_args(ThemeName), "Colours; print: greys.")
@_choice("direction", get_args(Direction), "Which way the network runs.")
@_choice("engine", get_args(Engine), "Graphviz of archspec-nn[draw], or the program dot.")
@click.option(
    "--scale",
    type=click.IntRange(1, SCALES),
    default=1,
    show_default=True,
    metavar="N",
    help="Pixels to a unit of a PNG.",
)
def draw(
    spec: str,
    settings: dict[str, Value],
    sizes: Tree | None,
    ops: tuple[type[Op], ...],
    limits: Limits,
    output: str,
    form: Format | Literal["html"] | None,
    **look: Any,
) -> None:
    """Draw a spec's architecture: equal blocks folded, each block once beside it.

    SPEC is a file, the name of a bundled spec, or - for stdin. Neither torch nor Graphviz' dot is needed. A spec
    with a mistake is drawn up to it, with what reaches the line that is wrong marked. A page,
    .html, opens in a browser: boxes open into what they are made of, and each layer tells its arithmetic.

    \b
    Examples:
      archspec draw resnet-50 -o resnet-50.svg
      archspec draw net.yaml -o net.pdf --depth ops --theme print
      archspec draw resnet-50 -o resnet-50.html
      archspec draw net.yaml | dot -Tpdf > net.pdf
    """  # noqa: D301 - click keeps the lines after it
    written = form or (_form(Path(output)) if output != "-" else "dot")
    if look["scale"] != 1 and written != "png":
        raise click.UsageError(f"--scale is for a PNG, and {written} is asked for")
    source, request = named(spec, limits), Request(settings, sizes, Vocabulary(ops), limits)
    try:
        graph = checked(source, request).layer_graph
    except SpecError:
        known = partial(source, request)
        if known is None:
            click.echo("no picture was drawn: no layer is found to be what is wrong", err=True)
        else:
            _write(_drawn(known.graph, written, look, _refused(known)), output)
        raise
    _write(_drawn(graph, written, look), output)


def _form(path: Path) -> Format | Literal["html"]:
    return "html" if path.suffix.lower() == ".html" else format_of(path)


def _drawn(graph: Graph, form: Format | Literal["html"], look: dict[str, Any], refused: Refused | None = None) -> bytes:
    with doing(f"drawing {graph.name}"):
        if form != "html":
            return picture(graph, form, Look(**look), refused)
        from archspec.page import page

        asked = {name: given for name, given in look.items() if given != getattr(Look(), name)}
        return page(graph, asked, refused).encode()


def _refused(known: Partial) -> Refused:
    mistake = known.mistake
    return Refused(known.name, known.word, mistake.code, mistake.message, mistake.span.line, render(mistake))


def _write(drawn: bytes, output: str) -> None:
    if output == "-":
        sys.stdout.buffer.write(drawn)
        sys.stdout.buffer.flush()
        return
    with replacing(Path(output)) as stream:
        stream.write(drawn)
    click.echo(f"wrote {output}", err=True)
