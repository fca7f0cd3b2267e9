"""Findings → text for people: full with the lines of the file, or a line for each."""

from archspec.diagnostic import printable, render
from archspec.formats.findings import Findings

__all__ = ["concise", "full", "statistics"]


def full(findings: Findings) -> str:
    """Return every message with its lines, a blank line between them."""
    return "\n".join(f"{render(diagnostic)}\n" for diagnostic in findings.diagnostics)


def concise(findings: Findings) -> str:
    """Return `file:line:column: severity[code]: message`, a line for each."""
    return "".join(render(diagnostic).partition("\n")[0] + "\n" for diagnostic in findings.diagnostics)


def statistics(findings: Findings) -> str:
    """Return how often each code occurs, the most frequent first."""
    rows = findings.counts
    width = max((len(f"{count:,}") for count, _, _ in rows), default=0)
    return "".join(f"{count:>{width},}  {code}  {printable(name)}\n" for count, code, name in rows)
