"""Text and diagnostics → the terminal: coloured where a person looks, plain where a program reads."""

import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

import click

from archspec.diagnostic import Diagnostic, printable, render

if TYPE_CHECKING:
    from rich.text import Text

__all__ = ["complain", "doing", "report", "tell", "tell_changes", "width"]

_STYLES = {"error": "bold red", "warning": "bold yellow", "note": "bold cyan"}
_WIDEST = 100


def report(diagnostics: Iterable[Diagnostic], *, err: bool = True) -> None:
    """Print diagnostics in full, with a blank line between them."""
    stream = sys.stderr if err else sys.stdout
    for index, diagnostic in enumerate(diagnostics):
        if index:
            click.echo(file=stream)
        _print(render(diagnostic), stream, _STYLES[diagnostic.severity])


def complain(message: str) -> None:
    """Print a sentence about what the user asked, or an account of several lines, to stderr."""
    text = "\n".join(map(printable, message.split("\n")))
    _print(f"error: {text}", sys.stderr, _STYLES["error"])


def tell(text: str) -> None:
    """Print a result; on a terminal its first line and its totals stand out."""
    _print(text, sys.stdout, "bold")


def tell_changes(text: str) -> None:
    """Print what differs; on a terminal what goes, comes or changes has a colour of its own."""
    _print(text, sys.stdout, "changes")


@contextmanager
def doing(what: str) -> Iterator[None]:
    """Show what is being done while the block runs, on stderr where it is a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(f"{what} …"):
        yield


def width() -> int:
    """Return how many columns a table may take: the terminal's, and at most 100."""
    from shutil import get_terminal_size

    return min(get_terminal_size().columns, _WIDEST) if sys.stdout.isatty() else _WIDEST


def _print(text: str, stream: TextIO, style: str) -> None:
    """Print text, through rich where the stream is a terminal; rich knows NO_COLOR and dumb terminals."""
    if not (stream.isatty() or os.environ.get("FORCE_COLOR")):
        click.echo(text, file=stream)
        return
    from rich.console import Console

    Console(file=stream).print(_painted(text, style), soft_wrap=True)


def _painted(text: str, style: str) -> "Text":
    from rich.text import Text

    painted = Text(text)
    if style == "bold":
        painted.highlight_regex(r"\A[^\n]+", style)
        return painted
    if style == "changes":
        for mark, colour in {"+": "green", "-": "red", "~": "yellow", ">": "blue", "@@": "cyan"}.items():
            painted.highlight_regex(rf"(?m)^{re.escape(mark)}.*$", colour)
        return painted
    painted.highlight_regex(r"(?<=: )(?:error|warning|note)\[AS\d+\]|\Aerror(?=: )", style)
    painted.highlight_regex(r"(?m)(?<=\| ) *\^+$", style)
    painted.highlight_regex(r"(?m)^ *\d* \||^ += (?:help:)?", "blue")
    return painted
