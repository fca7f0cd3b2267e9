"""A path or a name → the file it means, and the chain of files that it extends."""

import os
import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType

from archspec.diagnostic import NotFoundError, SpecError, did_you_mean, suggest
from archspec.limits import Limits
from archspec.report import Report
from archspec.source import Source, parse, read_bytes
from archspec.spec import Spec, spec

__all__ = ["bundled", "bundled_text", "chain", "is_bundled", "locate"]

_SUFFIXES = (".yaml", ".yml")


@cache
def bundled() -> Mapping[str, Path]:
    """Return the specs that come with archspec, by name: `resnet-50`, `article/resnet-50`."""
    inside = Path(__file__).parent / "specs"
    folder = inside if inside.is_dir() else Path(__file__).parent.parent / "specs"
    paths = sorted(folder.rglob("*.yaml"))
    return MappingProxyType({path.relative_to(folder).with_suffix("").as_posix(): path for path in paths})


@cache
def _bundled_paths() -> frozenset[Path]:
    return frozenset(bundled().values())


def is_bundled(path: Path) -> bool:
    """Whether a path is that of a spec that comes with archspec, as `bundled` gives it."""
    return path in _bundled_paths()


def bundled_text(name: str) -> str:
    """Return the text of a bundled spec, for a file anywhere: what it extends is told by name there.

    Raises:
        NotFoundError: there is no bundled spec of that name.
    """
    known = _bundled_name(name.removesuffix(".yaml"))
    if known is None:
        advice = did_you_mean(name, bundled(), "`archspec list` shows them")
        raise NotFoundError(f"there is no bundled spec of the name {name}; {advice}")
    text, folder = bundled()[known].read_text(encoding="utf-8"), known.rpartition("/")[0]
    return re.sub(r"(?m)^(extends: )(\S+)\.yaml", rf"\1{f'{folder}/' if folder else ''}\2", text)


def locate(name: str | Path, *, bundled_too: bool = True) -> Path:
    """Return the file that a person means by a path or by the name of a bundled spec.

    Case, `-` and `_` do not matter: `resnet50`, `specs/resnet50.yaml` and `specs/resnet-50.yaml` are one spec. What
    ends in .yaml or .yml is a file's name and no bundled spec's, whatever is or is not there.

    Raises:
        NotFoundError: there is no such file and no such bundled spec.
    """
    path = Path(name)
    if path.is_file():
        return path
    if path.suffix in _SUFFIXES or len(path.parts) > 1:
        near = {_fold(other.stem): other for other in _specs_in(path.parent)}
        if found := near.get(_fold(path.stem if path.suffix in _SUFFIXES else path.name)):
            return found
    known = _bundled_name(str(name))
    if known and bundled_too:
        return bundled()[known]
    if path.exists():
        raise NotFoundError(f"{name} is not a file")
    raise NotFoundError(f"{name} is a bundled spec, and no file" if known else _nowhere(str(name), path))


def _nowhere(name: str, path: Path) -> str:
    """Return the sentence for what names nothing."""
    advice = _near(path)
    if path.suffix not in _SUFFIXES:
        advice = advice or "`archspec list` shows the bundled specs"
        return f"there is no file {name} and no bundled spec of that name; {advice}"
    if known := _bundled_name(name.removesuffix(path.suffix)) or _bundled_name(path.stem):
        advice = f"the bundled spec is named without the ending: {known}"
    return f"there is no file {name}; {advice or '`archspec list` shows the bundled specs'}"


def _near(path: Path) -> str | None:
    """Return which spec was probably meant: one beside a path that looks like a file's, or a bundled one."""
    if path.suffix not in _SUFFIXES:
        return did_you_mean(path.name, bundled())
    beside = {other.stem: other for other in _specs_in(path.parent)}
    meant = suggest(path.stem, beside)
    return f"did you mean {beside[meant]}?" if meant else None


def _specs_in(folder: Path) -> Iterator[Path]:
    return (path for path in folder.glob("*") if path.suffix in _SUFFIXES) if folder.is_dir() else iter(())


def _bundled_name(name: str) -> str | None:
    """Return the name of the bundled spec that a word means, None if it means none."""
    return _folded().get(_fold(name))


@cache
def _folded() -> Mapping[str, str]:
    return {_fold(known): known for known in bundled()}


def _fold(name: str) -> str:
    return name.casefold().replace("-", "").replace("_", "")


def chain(source: Source, limits: Limits, report: Report) -> tuple[Spec, ...]:
    """Return the file and all that it extends, the whole spec last; what is wrong goes to the report.

    A file that cannot be followed ends the chain early, after a message.
    """
    specs = [spec(source, report)]
    seen = {source.path.resolve()} if source.path else set()
    size = len(source.text)
    while specs[-1].extends is not None:
        found = _base(specs[-1], limits, report)
        if found is None:
            break
        base, written = found
        resolved = base.path.resolve() if base.path else Path()
        size += len(base.text)
        where = specs[-1].where.at("extends")
        if resolved in seen:
            trail = " extends ".join([*(each.where.source.file for each in specs), base.file])
            report.say("AS007", where, f"the files extend each other in a circle: {trail}")
            break
        if len(specs) >= limits.extends or size > limits.total_size:
            report.say("AS009", where, f"the chain of extends is longer than {limits.extends} files or "
                       f"{limits.total_size} bytes")  # fmt: skip
            break
        seen.add(resolved)
        report.extend(base.diagnostics)
        specs.append(written or spec(base, report))
    return tuple(specs)


def _base(extending: Spec, limits: Limits, report: Report) -> tuple[Source, Spec | None] | None:
    """Return the file that a spec extends, if it may be read, and as written, if nothing is wrong with it."""
    name, where = extending.extends or "", extending.where.at("extends")
    known = None if name.endswith(_SUFFIXES) else _bundled_name(name)
    if known is not None:
        path = bundled()[known]
        shown = path.name
    elif not (name.endswith(_SUFFIXES) or "/" in name or "\\" in name):
        advice = report.near(name, bundled(), "a file's name ends in .yaml")
        report.say("AS007", where, f"there is no bundled spec {name}", help=advice)
        return None
    else:
        if extending.where.source.path is None:
            report.say("AS007", where, f"{name} is a file, and this spec has no folder to look in")
            return None
        folder = extending.where.source.path.parent
        path, shown = folder / name, str(Path(extending.where.source.file).parent / name)
        if not _inside(path, folder):
            report.say("AS007", where, f"{name} is outside the folder of this spec",
                       help="a spec extends files in or below its own folder, or a bundled spec by name")  # fmt: skip
            return None
        if not os.path.isfile(path):  # noqa: PTH113 - a name too long is no file, and no error either
            known = _bundled_name(name.removesuffix(".yaml")) or _bundled_name(path.stem)
            advice = f"the bundled spec is extended by its name: extends: {known}" if known else None
            report.say("AS007", where, f"there is no file {shown}", help=advice)
            return None
    try:
        data = read_bytes(path, shown, limits)
        return (_remembered if len(data) <= _KEPT else _look)(data, shown, limits, path)
    except SpecError as error:
        report.extend(error.diagnostics)
        return None


def _look(data: bytes, file: str, limits: Limits, path: Path) -> tuple[Source, Spec | None]:
    source = parse(data, file, limits, path=path)
    report = Report(source.diagnostics)
    written = spec(source, report)
    return source, None if report.count or report.assumed else written


_KEPT = 64 << 10  # bytes of a file that is kept in mind
_remembered = lru_cache(maxsize=8)(_look)  # many specs may extend one file


def _inside(path: Path, folder: Path) -> bool:
    """Whether a path stays below the folder, symbolic links followed."""
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError, RuntimeError):  # a name too long, with a NUL, or a circle of links
        return False
