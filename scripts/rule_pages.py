"""Writes docs/errors/as3NN.md, a page for each rule of the linter, from what the rule says of itself.

Usage: python scripts/rule_pages.py, or pytest tests/test_docs.py --update
"""

from pathlib import Path

from archspec.diagnostic import Diagnostic, render
from archspec.lint import judge
from archspec.lint.rule import Rule
from archspec.lint.rules import RULES
from archspec.lint.settings import Choice, Settings
from archspec.source import parse

FOLDER = Path(__file__).parents[1] / "docs" / "errors"


def pages() -> dict[Path, str]:
    """Return the text of each page by its path."""
    return {FOLDER / f"{rule.code.lower()}.md": page(rule) for rule in RULES}


def page(rule: Rule) -> str:
    """Return the page of one rule."""
    what, *why, source = rule.paragraphs()
    default = "" if rule.default else f", off by default: `--extend-select {rule.code}` switches it on"
    (found,) = judge(parse(rule.catches, "net.yaml"), settings=Settings((Choice(select=(rule.code,)),)))
    said = f"```text\n{render(found)}\n```" if rule.default else _session(rule, found)
    return "\n\n".join((
        f"# {rule.code} {rule.name()}",
        f"A {rule.severity}{default}.",
        what,
        *why,
        source,
        "## What it finds",
        f"```yaml\n{rule.catches}```",
        said,
        "## What it leaves alone",
        f"```yaml\n{rule.spares}```\n",
    ))  # fmt: skip


def _session(rule: Rule, found: Diagnostic) -> str:
    """Return what is typed to see a rule that is off by default, and what is shown."""
    command = f"$ archspec lint net.yaml --extend-select {rule.code}"
    option = "--fix" if any(fix.safe for fix in found.fixes) else "--unsafe-fixes"
    fixable = f" (fixable: 1 with {option})" if found.fixes else ""
    return f"```console\n{command}\n{render(found)}\n\n1 file checked, 1 {rule.severity}{fixable}\n```"


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
