"""Findings → JUnit's XML, as Jenkins reads it: a suite for each checked file, a failing case for each finding."""

from collections.abc import Iterable
from io import BytesIO
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

from archspec.diagnostic import Diagnostic, place, printable, render
from archspec.formats.findings import Findings, shown_path

__all__ = ["junit"]


def junit(findings: Findings) -> str:
    """Return a `testsuites` element; a file without findings is one case that passes, a note is one too."""
    found: dict[str, list[Diagnostic]] = {file: [] for file in findings.files}
    for diagnostic in findings.diagnostics:
        found.setdefault(diagnostic.checked.file, []).append(diagnostic)
    root = Element("testsuites", {"name": "archspec lint"})
    for file, diagnostics in found.items():
        root.append(_suite(shown_path(file), diagnostics))
    for count in ("tests", "failures"):
        root.set(count, str(sum(int(suite.get(count, 0)) for suite in root)))
    indent(root)
    written = BytesIO()
    ElementTree(root).write(written, encoding="utf-8", xml_declaration=True)
    return written.getvalue().decode() + "\n"


def _suite(file: str, diagnostics: Iterable[Diagnostic]) -> Element:
    name = _plain(printable(file))
    suite = Element("testsuite", {"name": name})
    for diagnostic in diagnostics:
        span = diagnostic.span
        where = place(span) if diagnostic.trail else f"{span.line}:{span.column}"
        title = _plain(f"{diagnostic.code} {diagnostic.name} {where}")
        case = SubElement(suite, "testcase", _case(name, title))
        if diagnostic.severity == "note":
            SubElement(case, "system-out").text = _plain(render(diagnostic))
        else:
            told = {"type": diagnostic.severity, "message": _plain(printable(diagnostic.message))}
            SubElement(case, "failure", told).text = _plain(render(diagnostic))
    if not len(suite):
        SubElement(suite, "testcase", _case(name, "archspec lint"))
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    return suite


def _case(file: str, name: str) -> dict[str, str]:
    return {"classname": file, "name": name, "time": "0"}


def _plain(text: str) -> str:
    """Return text without the two characters that XML cannot hold and `printable` leaves."""
    return text.replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")
