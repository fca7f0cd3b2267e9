"""A command line → one of the commands."""

import sys
from importlib.metadata import PackageNotFoundError, version
from io import TextIOWrapper

import click

from archspec.cli.build import build
from archspec.cli.draw import draw
from archspec.cli.exits import Commands, excepthook
from archspec.cli.fmt import fmt
from archspec.cli.lint import lint
from archspec.cli.list import list_specs
from archspec.cli.new import new
from archspec.cli.schema import schema
from archspec.cli.summary import summary

__all__ = ["commands", "main"]


def main() -> None:
    """Run the command line, and end with the status of `exits`."""
    sys.excepthook = excepthook
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a locale without × must not end in a traceback
            stream.reconfigure(errors="backslashreplace")
    commands(prog_name="archspec")


def _version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if not wanted or ctx.resilient_parsing:
        return
    try:
        number = version("archspec-nn")
    except PackageNotFoundError:
        number = "(not installed)"
    click.echo(f"archspec {number}")
    ctx.exit()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_version,
    help="Show the version and exit.",
)
def commands() -> None:
    """Compile neural-network architectures that are written in YAML.

    A spec is checked down to every shape, and becomes a torch module, a picture or a table.

    \b
    Examples:
      archspec new net.yaml             write a first spec
      archspec lint net.yaml            check it
      archspec build net.yaml           compile it and run one batch
      archspec summary resnet-50        a bundled spec, layer by layer

    \b
    Completion of commands, options and the names of bundled specs:
      eval "$(_ARCHSPEC_COMPLETE=bash_source archspec)"
    (also zsh_source and fish_source)

    Exit status: 0 done, 1 the spec is wrong, 2 usage, file or device, 3 archspec's own failure.
    """  # noqa: D301 - click keeps the lines after it


for _command in (build, draw, fmt, lint, list_specs, new, schema, summary):
    commands.add_command(_command)
