"""`archspec list`: the bundled specs, with what each is."""

import json
from dataclasses import asdict, dataclass
from textwrap import shorten

import click

from archspec.cli.terminal import doing, tell, width
from archspec.diagnostic import SpecError
from archspec.files import bundled
from archspec.pipeline import check
from archspec.source import read
from archspec.summary import rounded

__all__ = ["list_specs"]


@dataclass(frozen=True, slots=True)
class _Spec:
    name: str
    description: str
    reference: str
    parameters: int
    macs: int


@click.command("list")
@click.option(
    "form",
    "--format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="json: whole descriptions and exact figures, for programs.",
)
def list_specs(form: str) -> None:
    """List the bundled specs: name, parameters, MACs, description.

    \b
    Examples:
      archspec list
      archspec list --format json
    """  # noqa: D301 - click keeps the lines after it
    with doing("counting the bundled specs"):
        specs = [_spec(name) for name in bundled()]
    if form == "json":
        tell(json.dumps([asdict(spec) for spec in specs], indent=2, ensure_ascii=False))
    else:
        tell("\n".join(_table(specs)))


def _spec(name: str) -> _Spec:
    result = check(read(bundled()[name]))
    graph = result.graph
    if graph is None:
        raise SpecError(result.diagnostics)
    return _Spec(name, graph.description, graph.reference, graph.model.num_parameters, graph.model.macs)


def _table(specs: list[_Spec]) -> list[str]:
    longest = max(len(spec.name) for spec in specs)
    head = f"{'name':<{longest}}  {'parameters':>10}  {'MACs':>7}  "
    lines = [f"{head}description"]
    for spec in specs:
        figures = f"{rounded(spec.parameters):>10}  {rounded(spec.macs):>7}"
        text = shorten(spec.description, width() - len(head), placeholder=" …")
        lines.append(f"{spec.name:<{longest}}  {figures}  {text}".rstrip())
    return lines
