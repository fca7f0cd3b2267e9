"""Findings → workflow commands, which GitHub shows beside the lines of a pull request.

The commands and what is escaped in them: docs.github.com, "Workflow commands for GitHub Actions".
"""

from archspec.diagnostic import Diagnostic, Severity, printable
from archspec.formats.findings import Findings, advice, said, shown_path

__all__ = ["github"]

_COMMANDS: dict[Severity, str] = {"error": "error", "warning": "warning", "note": "notice"}


def github(findings: Findings) -> str:
    """Return `::error file=…,line=…,col=…,title=…::message`, a line for each."""
    return "".join(_command(diagnostic) + "\n" for diagnostic in findings.diagnostics)


def _command(diagnostic: Diagnostic) -> str:
    span = diagnostic.checked
    properties = {
        "file": printable(shown_path(span.file)),
        "line": span.line,
        "col": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
        "title": f"{diagnostic.code} {diagnostic.name}",
    }
    text = "\n".join([said(diagnostic), *advice(diagnostic)])
    written = ",".join(f"{name}={_escaped(str(value), ':,')}" for name, value in properties.items())
    return f"::{_COMMANDS[diagnostic.severity]} {written}::{_escaped(text)}"


def _escaped(text: str, further: str = "") -> str:
    """Return text in which nothing ends the command or one of its properties."""
    for character in "%\r\n" + further:
        text = text.replace(character, f"%{ord(character):02X}")
    return text
