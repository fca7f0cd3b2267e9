"""`archspec rule`: a code → what it means, offline; without one, every code there is."""

import json
import re
from dataclasses import asdict
from textwrap import fill

import click

from archspec.cli.terminal import tell
from archspec.diagnostic import CODES
from archspec.lint.codes import codes, no_such_code
from archspec.lint.explanation import Explanation, explanation

__all__ = ["rule"]


def _complete(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    return [text for pair in CODES.items() for text in pair if text.startswith(incomplete)]


@click.command()
@click.argument("code", required=False, shell_complete=_complete)
@click.option(
    "form",
    "--format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="json: a list of objects with everything that is known of a code, for programs.",
)
def rule(code: str | None, form: str) -> None:
    """Explain a code of the linter: what, why, and examples.

    CODE is a code, the beginning of some, or a name. Where it means several, or none is given, they are listed.

    \b
    Examples:
      archspec rule AS203
      archspec rule bias-before-norm
      archspec rule AS3
    """  # noqa: D301 - click keeps the lines after it
    meant = sorted(CODES if code is None else codes(code))
    if not meant:
        raise click.BadParameter(no_such_code(code or ""))
    found = [explanation(one) for one in meant]
    if form == "json":
        click.echo(json.dumps([asdict(one) for one in found], indent=2))
    elif len(found) == 1:
        one = found[0]
        tell(f"{one.code} {one.name} ({_kind(one)})\n\n{_wrapped(one.text)}")
    else:
        longest = max(len(one.name) for one in found)
        tell("\n".join(f"{one.code}  {one.name:<{longest}}  {_kind(one)}" for one in found))


def _wrapped(text: str) -> str:
    """Return Markdown with its paragraphs broken to 80 columns; fenced blocks, lists and tables stay as they are."""
    parts = re.split(r"(?ms)(^```.*?^```$)", text)
    parts[::2] = ["\n\n".join(map(_paragraph, part.split("\n\n"))) for part in parts[::2]]
    return "".join(parts)


def _paragraph(text: str) -> str:
    if not text.strip() or re.match(r"\s*[#|>-]", text):
        return text
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return before + fill(text.strip(), 80, break_long_words=False, break_on_hyphens=False) + after


def _kind(found: Explanation) -> str:
    return found.severity if found.default else f"{found.severity}, off by default"
