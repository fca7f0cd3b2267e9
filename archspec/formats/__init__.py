"""What a linter found → the text that a person or a program reads: one function for each format."""

from collections.abc import Callable, Mapping
from importlib import import_module

from archspec.formats.findings import Findings

__all__ = ["COUNTED", "FORMATS", "Findings", "written"]

FORMATS: Mapping[str, str] = {
    "full": "with the lines of the file",
    "concise": "a line for each finding",
    "json": "a list, for programs",
    "json-lines": "an object on each line",
    "github": "workflow commands, shown beside the lines of a pull request",
    "gitlab": "a Code Quality report",
    "sarif": "SARIF 2.1.0, for code scanning",
    "junit": "XML, for dashboards of tests",
}
"""Every format, and what it is."""

COUNTED = ("full", "concise", "json")
"""The formats that statistics have."""

_HOMES = {
    "full": "plain.full",
    "concise": "plain.concise",
    "json": "objects.as_json",
    "json-lines": "objects.as_json_lines",
    "github": "github.github",
    "gitlab": "gitlab.gitlab",
    "sarif": "sarif.sarif",
    "junit": "junit.junit",
}


def written(form: str, findings: Findings, *, counts: bool = False) -> str:
    """Return the findings in a format of `FORMATS`, or in one of `COUNTED` how often each code occurs.

    A format's module is loaded when it is asked for: XML and the like cost more than a clean file's check.
    """
    home = _HOMES[form]
    if counts:
        home = "objects.statistics_as_json" if form == "json" else "plain.statistics"
    module, _, name = home.partition(".")
    write: Callable[[Findings], str] = getattr(import_module(f"archspec.formats.{module}"), name)
    return write(findings)
