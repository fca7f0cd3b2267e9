"""`archspec diff`: two specs, or one at two times → how the second's architecture differs from the first's."""

import sys

import click

from archspec.cli.exits import FINDINGS, USAGE
from archspec.cli.finding import complete_spec
from archspec.cli.loading import changing
from archspec.cli.sources import from_file, from_stdin
from archspec.cli.terminal import doing, report, tell_changes, width
from archspec.compare import compare
from archspec.compare.formats import FORMATS, written
from archspec.diagnostic import SpecError
from archspec.files import locate
from archspec.graph import Graph
from archspec.limits import Limits
from archspec.ops import Vocabulary
from archspec.ops.base import Op, Value
from archspec.pipeline import Request, check
from archspec.revision import at_revision
from archspec.source import Source, Tree

__all__ = ["diff"]


@click.command()
@click.argument("specs", nargs=-1, required=True, shell_complete=complete_spec)
@click.option("revision", "--git", metavar="REV", help="Compare one file with itself at this revision of git.")
@changing
@click.option("form", "--format", type=click.Choice(FORMATS), default="text", show_default=True, help="The form.")
def diff(
    specs: tuple[str, ...],
    revision: str | None,
    settings: dict[str, Value],
    sizes: Tree | None,
    ops: tuple[type[Op], ...],
    limits: Limits,
    form: str,
) -> None:
    """Compare two specs as architectures.

    What differs in layers, arguments, shapes, parameters, MACs, memory and receptive field, and the keys that stand
    between an old checkpoint and the new module. SPECS are two, each a file, the name of a bundled spec, or - for
    stdin; with --git one file. Torch is not needed.

    \b
    Examples:
      archspec diff resnet-50 resnext-50-32x4d
      archspec diff --git HEAD net.yaml
      archspec diff --git main net.yaml --format markdown > comment.md

    Exit status: 0 one architecture, 1 they differ, 2 usage, or a spec that is wrong or cannot be read, 3
    archspec's own failure.
    """  # noqa: D301 - click keeps the lines after it
    if len(specs) != (2 if revision is None else 1) or specs == ("-", "-"):
        raise click.UsageError("diff takes two specs, of which one may be -; with --git it takes one file")
    request = Request(settings, sizes, Vocabulary(ops), limits)
    try:
        before = _before(specs[0], revision, request)
        after = _graph(_source(specs[-1], limits), request)
    except SpecError as error:
        report(error.diagnostics)
        sys.exit(USAGE)
    with doing("comparing"):
        difference = compare(before, after)
        names = (specs[0] if revision is None else f"{revision}:{specs[0]}", specs[-1])
        text = written(difference, form, names, width())
    tell_changes(text) if form == "text" else click.echo(text)
    sys.exit(0 if difference.same else FINDINGS)


def _before(spec: str, revision: str | None, request: Request) -> Graph:
    if revision is None:
        return _graph(_source(spec, request.limits), request)
    with at_revision(revision, locate(spec, bundled_too=False), request.limits) as source:
        return _graph(source, request)


def _source(spec: str, limits: Limits) -> Source:
    return from_stdin(limits) if spec == "-" else from_file(locate(spec), limits)


def _graph(source: Source, request: Request) -> Graph:
    result = check(source, request)
    if result.failed or result.graph is None:
        raise SpecError(tuple(found for found in result.diagnostics if found.severity == "error"))
    return result.graph
