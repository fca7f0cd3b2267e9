"""Findings → GitLab's Code Quality report: docs.gitlab.com, "Code Quality report format"."""

import json

from archspec.diagnostic import Severity, printable
from archspec.formats.findings import Findings, fingerprints, said, shown_path

__all__ = ["gitlab"]

_SEVERITIES: dict[Severity, str] = {"error": "major", "warning": "minor", "note": "info"}


def gitlab(findings: Findings) -> str:
    """Return a list of issues, each with a fingerprint that tells GitLab an old one from a new one."""
    issues = [
        {
            "description": said(found),
            "check_name": f"{found.code} {found.name}",
            "fingerprint": fingerprint,
            "severity": _SEVERITIES[found.severity],
            "location": {
                "path": printable(shown_path(found.checked.file)),
                "positions": {
                    "begin": {"line": found.checked.line, "column": found.checked.column},
                    "end": {"line": found.checked.end_line, "column": found.checked.end_column},
                },
            },
        }
        for fingerprint, found in fingerprints(findings)
    ]
    return json.dumps(issues, indent=2) + "\n"
