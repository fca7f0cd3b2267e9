"""A command line → one of the commands."""

import sys
from importlib import import_module
from io import TextIOWrapper

import click

from archspec.cli.exits import Commands, excepthook

__all__ = ["commands", "main"]


# Each command's module, which is loaded when the command is called: what one command needs, the others do not pay for.
_COMMANDS = {
    "bench": "bench",
    "build": "build",
    "diff": "diff",
    "draw": "draw",
    "explain": "explain",
    "fmt": "fmt",
    "lint": "lint",
    "list": "list_specs",
    "new": "new",
    "rule": "rule",
    "schema": "schema",
    "summary": "summary",
}


class _Lazy(Commands):
    def list_commands(self, _: click.Context) -> list[str]:
        """Return the commands' names."""
        return sorted(_COMMANDS)

    def get_command(self, _: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, loaded now."""
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"archspec.cli.{cmd_name}"), _COMMANDS[cmd_name])
        return command


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
    from importlib.metadata import PackageNotFoundError, version

    try:
        number = version("archspec-nn")
    except PackageNotFoundError:
        number = "(not installed)"
    click.echo(f"archspec {number}")
    ctx.exit()


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
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
