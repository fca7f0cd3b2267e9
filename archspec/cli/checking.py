"""Files → what the linter has to say about each, with what was read for it."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from archspec.cli.finding import digest
from archspec.cli.sources import from_file, from_stdin
from archspec.diagnostic import Diagnostic, SpecError
from archspec.garbage import uncollected
from archspec.limits import Limits
from archspec.lint.judging import verdict
from archspec.lint.settings import Settings
from archspec.ops import Vocabulary
from archspec.ops.base import Op
from archspec.pipeline import Request

__all__ = ["Checked", "check_files"]


class Checked(NamedTuple):
    """What there is to say about a file, and every file that was read for it with its digest, itself first.

    Nothing is given as read where the answer depends on more: on what could not be read, or on no file at all.
    """

    file: str
    diagnostics: tuple[Diagnostic, ...]
    reads: tuple[tuple[Path, str], ...] = ()


_UNREAD = frozenset({"AS001", "AS007", "AS009"})


def check_files(
    files: Iterable[str],
    settings: Settings,
    limits: Limits,
    ops: tuple[type[Op], ...] = (),
    stdin_name: str = "<stdin>",
) -> Iterator[Checked]:
    """Yield what there is to say about each file, in their order."""
    request = Request(vocabulary=Vocabulary(ops), limits=limits)
    for file in files:
        yield _check(file, request, settings, stdin_name)


@uncollected()
def _check(file: str, request: Request, settings: Settings, stdin_name: str) -> Checked:
    try:
        source = from_stdin(request.limits, stdin_name) if file == "-" else from_file(Path(file), request.limits)
    except SpecError as error:
        return Checked(file, settings.applied(error.diagnostics))
    found = verdict(source, request, settings)
    reads = tuple((each.path, digest(each.text.encode())) for each in found.sources if each.path is not None)
    whole = len(reads) == len(found.sources) and not any(one.code in _UNREAD for one in found.diagnostics)
    return Checked(file, found.diagnostics, reads if whole else ())
