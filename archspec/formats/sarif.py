"""Findings → SARIF 2.1.0 (OASIS, 2020), which GitHub's code scanning and many editors read."""

import json
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

from archspec.diagnostic import CODES, Diagnostic, Fix, Label, Severity, Span, printable
from archspec.formats.findings import Findings, advice, fingerprints, uri

__all__ = ["sarif"]

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS: dict[Severity, str] = {"error": "error", "warning": "warning", "note": "note"}

Object = Mapping[str, object]


def sarif(findings: Findings) -> str:
    """Return a log of one run: the rules that fired, and a result for each finding."""
    rules = sorted({diagnostic.code for diagnostic in findings.diagnostics})
    run = {
        "tool": {"driver": {"name": "archspec", **_version(), "rules": [_rule(code) for code in rules]}},
        "columnKind": "unicodeCodePoints",
        "artifacts": [{"location": _file(file)} for file in findings.files],
        "results": [_result(found, rules.index(found.code), mark) for mark, found in fingerprints(findings)],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _version() -> Object:
    try:
        return {"version": version("archspec-nn")}
    except PackageNotFoundError:  # a checkout that is not installed
        return {}


def _rule(code: str) -> Object:
    words = CODES[code].replace("-", " ")
    return {
        "id": code,
        "name": CODES[code].title().replace("-", ""),
        "shortDescription": {"text": words.capitalize()},
        "help": {"text": f'{code}, {words}: archspec\'s documentation, "Messages", has an example and the remedy.'},
    }


def _result(found: Diagnostic, rule: int, fingerprint: str) -> Object:
    text = "\n".join([printable(found.message), *advice(found)])
    other = (*found.labels, *(Label(span, "extended by this") for span in found.trail))
    related = [_related(number, label) for number, label in enumerate(other, 1)]
    return {
        "ruleId": found.code,
        "ruleIndex": rule,
        "level": _LEVELS[found.severity],
        "message": {"text": text},
        "locations": [{"physicalLocation": _place(found.span)}],
        **({"relatedLocations": related} if related else {}),
        **({"fixes": [_fix(fix) for fix in found.fixes]} if found.fixes else {}),
        "partialFingerprints": {"archspec/v1": fingerprint},
    }


def _related(number: int, label: Label) -> Object:
    return {"id": number, "physicalLocation": _place(label.span), "message": {"text": printable(label.text)}}


def _fix(fix: Fix) -> Object:
    """Return a fix, its edits under the files that they change."""
    changes: dict[str, list[Object]] = {}
    for edit in fix.edits:
        inserted = {"insertedContent": {"text": edit.text}} if edit.text else {}
        changes.setdefault(edit.span.file, []).append({"deletedRegion": _region(edit.span), **inserted})
    return {
        "description": {"text": printable(fix.message)},
        "artifactChanges": [
            {"artifactLocation": _file(file), "replacements": replacements} for file, replacements in changes.items()
        ],
        "properties": {"safe": fix.safe},
    }


def _place(span: Span) -> Object:
    return {"artifactLocation": _file(span.file), "region": _region(span)}


def _file(file: str) -> Object:
    """Return where a file is: below the root of the sources, which is the current folder, or anywhere else."""
    reference = uri(file)
    return {"uri": reference} if reference.startswith("file:") else {"uri": reference, "uriBaseId": "%SRCROOT%"}


def _region(span: Span) -> Object:
    """Return a span's lines and columns; SARIF counts as `Span` does, the end exclusive."""
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }
