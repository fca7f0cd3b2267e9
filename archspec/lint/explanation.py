"""A code → what the documentation says of it, which comes with archspec: a page, or a section of one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from archspec.diagnostic import CODES, Severity
from archspec.lint.rules import RULES

__all__ = ["Explanation", "explanation"]

_RULES = {rule.code: rule for rule in RULES}
_SLIGHT: Mapping[str, Severity] = {
    **dict.fromkeys(("AS301", "AS302", "AS304", "AS305"), "warning"),
    "AS303": "note",
    **{rule.code: rule.severity for rule in RULES},
}
_LINK = re.compile(r"\[([^\]]+)\]\([^)\s]+\)")


@dataclass(frozen=True, slots=True)
class Explanation:
    """A code in words: what it is about, why, and examples, as Markdown without links."""

    code: str
    name: str
    severity: Severity
    default: bool
    """Whether it is looked for unless it is ignored."""
    text: str


def explanation(code: str) -> Explanation:
    """Return what there is to say about a code.

    Example:
        >>> explanation("AS203").name
        'shape-mismatch'
    """
    inside = Path(__file__).parents[1] / "errors"
    folder = inside if inside.is_dir() else Path(__file__).parents[2] / "docs" / "errors"
    page = folder / (f"{code}.md" if code in _RULES else f"{code[:3]}.md").lower()
    head = re.escape(f"{code} {CODES[code]}")
    found = re.search(rf"(?ms)^##? {head}\n(.*?)(?=^##? AS\d|\Z)", page.read_text(encoding="utf-8"))
    if found is None:
        raise AssertionError(f"{page.name} says nothing of {code}")
    text = _LINK.sub(r"\1", found[1]).strip()
    default = code not in _RULES or _RULES[code].default
    return Explanation(code, CODES[code], _SLIGHT.get(code, "error"), default, text)
