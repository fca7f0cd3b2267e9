"""What a project and a caller choose → the codes that are looked for, the rules that run, how grave a finding is."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from archspec.diagnostic import CODES, Diagnostic, Severity
from archspec.lint.codes import OPT_IN, SAFETY, codes, decided

if TYPE_CHECKING:
    from archspec.lint.rule import Rule

__all__ = ["Choice", "Settings"]


class Choice(NamedTuple):
    """Codes that one place chooses, each as a code, as the beginning of some, or as a name.

    `select` takes the place of what is looked for by default. Where `select` or `extend` and `ignore` mean the same
    code, the longer text decides, and of equal ones `ignore`.
    """

    select: tuple[str, ...] | None = None
    extend: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    def takes(self, code: str, *, before: bool) -> bool:
        """Whether the code is looked for, given whether it was before this choice."""
        said = [(text, True) for text in (*(self.select or ()), *self.extend)]
        said += [(text, False) for text in self.ignore]
        return decided(code, said, before and self.select is None)


@dataclass(frozen=True)
class Settings:
    """What is looked for, and how grave it is. The codes of AS0 always are, and are errors.

    Example:
        >>> strict = Settings((Choice(select=("AS2",)),))
        >>> "AS203" in strict.codes, "AS310" in strict.codes
        (True, False)
    """

    choices: tuple[Choice, ...] = ()  # the later one decides
    per_file: tuple[tuple[str, tuple[str, ...]], ...] = ()  # a pattern, and what is ignored in the files it matches
    severity: tuple[tuple[str, Severity], ...] = ()
    root: Path = field(default_factory=Path.cwd)  # what the patterns start from

    @cached_property
    def codes(self) -> frozenset[str]:
        """The codes that are looked for."""
        return frozenset(code for code in CODES if code.startswith(SAFETY) or self._takes(code))

    def _takes(self, code: str) -> bool:
        taken = code not in OPT_IN
        for choice in self.choices:
            taken = choice.takes(code, before=taken)
        return taken

    @cached_property
    def rules(self) -> tuple["Rule", ...]:
        """The rules that run."""
        from archspec.lint.rules import RULES

        return tuple(rule for rule in RULES if rule.code in self.codes)

    def applied(self, found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
        """Return the diagnostics that are looked for, as grave as they are held to be."""
        return tuple(self._graded(one) for one in found if one.code in self.codes and not self._ignored(one))

    def _graded(self, diagnostic: Diagnostic) -> Diagnostic:
        if not self.severity or diagnostic.code.startswith(SAFETY):
            return diagnostic
        return replace(diagnostic, severity=decided(diagnostic.code, self.severity, diagnostic.severity))

    def _ignored(self, diagnostic: Diagnostic) -> bool:
        if not self.per_file or diagnostic.code.startswith(SAFETY):
            return False
        paths = {self._inside(span.file) for span in (diagnostic.span, *diagnostic.trail)}
        ignored = (texts for pattern, texts in self.per_file if any(_matches(path, pattern) for path in paths))
        return any(diagnostic.code in codes(text) for texts in ignored for text in texts)

    def _inside(self, file: str) -> str:
        """Return a file's path from the root, or its whole path where it is elsewhere."""
        whole = Path(file).resolve()
        return whole.relative_to(self.root).as_posix() if whole.is_relative_to(self.root) else whole.as_posix()


def _matches(path: str, pattern: str) -> bool:
    """Whether a path below the root, or one of its parts where the pattern has no slash, matches a pattern.

    What matches a folder matches all that is below it.

    Example:
        >>> [_matches("sub/deep/net.yaml", pattern) for pattern in ("./sub/*", "sub", "deep/", "sub/net.yaml", "*.yml")]
        [True, True, False, False, False]
    """
    if "/" not in pattern:
        return any(fnmatch(part, pattern) for part in path.split("/"))
    pattern = pattern.removeprefix("./")
    wholes = (pattern, pattern.replace("**/", ""))
    return any(fnmatch(path, whole) or fnmatch(path, f"{whole.rstrip('/')}/*") for whole in wholes)
