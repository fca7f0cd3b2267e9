"""Findings → JSON of our own: a list of objects, or an object on each line."""

import json
from collections.abc import Mapping

from archspec.diagnostic import Diagnostic, Fix, Span
from archspec.formats.findings import Findings

__all__ = ["as_json", "as_json_lines", "as_object", "statistics_as_json"]


def as_json(findings: Findings) -> str:
    """Return a list of objects."""
    return json.dumps([as_object(diagnostic) for diagnostic in findings.diagnostics], indent=2) + "\n"


def as_json_lines(findings: Findings) -> str:
    """Return an object on each line."""
    return "".join(json.dumps(as_object(diagnostic)) + "\n" for diagnostic in findings.diagnostics)


def statistics_as_json(findings: Findings) -> str:
    """Return how often each code occurs, as a list of objects."""
    rows = [{"code": code, "name": name, "count": count} for count, code, name in findings.counts]
    return json.dumps(rows, indent=2) + "\n"


def as_object(diagnostic: Diagnostic) -> Mapping[str, object]:
    """Return a diagnostic as JSON's values; its keys only ever grow in number."""
    return {
        "code": diagnostic.code,
        "name": diagnostic.name,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        **_position(diagnostic.span),
        "help": diagnostic.help,
        "notes": list(diagnostic.notes),
        "labels": [{"text": label.text, **_position(label.span)} for label in diagnostic.labels],
        "fixes": [_fix(fix) for fix in diagnostic.fixes],
        "trail": [_position(span) for span in diagnostic.trail],
    }


def _fix(fix: Fix) -> Mapping[str, object]:
    edits = [{"text": edit.text, **_position(edit.span)} for edit in fix.edits]
    return {"message": fix.message, "safe": fix.safe, "edits": edits}


def _position(span: Span) -> dict[str, str | int]:
    return {
        "file": span.file,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }
