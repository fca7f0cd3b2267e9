"""Several readers that agree on a name which is not there → one mistake, of the declaration where one is a slip off."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from archspec.diagnostic import Diagnostic, Label, unique
from archspec.report import Where, fix
from archspec.source import Key, Source

__all__ = ["misdeclared"]

_CODES = frozenset({"AS108", "AS111", "AS113"})
"""What is said of a name that a block, an expression or `from` does not find."""


def misdeclared(found: Sequence[Diagnostic], sources: Sequence[Source]) -> tuple[Diagnostic, ...]:
    """Return diagnostics in which those of several readers of a name are one, if the declaration is what is wrong.

    That is so where two or more read the same name, and what they are told to write in its place stands in the file
    once, where it is declared; or where nothing comes near what expressions read, so that nothing is declared.

    Args:
        found: the diagnostics, in the order of the file.
        sources: the files.
    """
    texts = {source.file: source for source in sources}
    groups: dict[tuple[str, str, str], list[Diagnostic]] = {}
    for one in found:
        if one.code in _CODES and one.span.file in texts and len(one.fixes) == 1 and len(one.fixes[0].edits) == 1:
            source, (edit,) = texts[one.span.file], one.fixes[0].edits
            written = source.text[slice(*source.offsets(edit.span))]
            groups.setdefault((source.file, written, edit.text), []).append(one)
    refused = {one.span: one for one in found if one.code == "AS105"}
    told: list[Diagnostic] = []
    gone: set[int] = set()
    for (file, written, declared), readers in groups.items():
        where = _declaration(texts[file], declared) if len(readers) > 1 and written.isidentifier() else None
        if where is not None:
            before = refused.get(where.span(name=True))  # nothing can be called so
            told.append(_of_declaration(readers, where, written, declared, before))
            gone.update(map(id, readers if before is None else (*readers, before)))
    kept = [one for one in found if id(one) not in gone]
    return _undeclared(unique(kept + told) if told else kept, texts)


def _undeclared(found: Sequence[Diagnostic], texts: Mapping[str, Source]) -> tuple[Diagnostic, ...]:
    """Tell a name that several expressions read, and that none like it explains, at the first of them."""
    readers: dict[tuple[str, str], list[Diagnostic]] = {}
    for one in found:
        if one.code == "AS111" and not one.fixes and one.span.file in texts:
            source = texts[one.span.file]
            readers.setdefault((source.file, source.text[slice(*source.offsets(one.span))]), []).append(one)
    others = {id(those[0]): those[1:] for those in readers.values()}
    later = {id(one) for those in others.values() for one in those}
    return tuple(
        replace(
            one, labels=one.labels + tuple(Label(other.span, "and here") for other in others.get(id(one), ())[:_SHOWN])
        )
        for one in found
        if id(one) not in later
    )


_SHOWN = 4
"""Of so many other readers it is told where they are."""


def _declaration(source: Source, name: str) -> Where | None:
    """Return where a parameter or a layer is declared whose name stands nowhere else in the file."""
    if not name.isidentifier() or len(re.findall(rf"(?<!\w){name}(?!\w)", source.text)) != 1:
        return None
    return next((Where(source, (*key, name)) for key, names in _declaring(source) if name in names), None)


def _declaring(source: Source) -> Iterator[tuple[Key, Mapping[str, object]]]:
    """Yield the mappings of a file whose keys are names that its values read."""
    root = source.root if isinstance(source.root, dict) else {}
    blocks = root.get("blocks")
    parts: dict[Key, object] = {(): root}
    parts |= {("blocks", name): block for name, block in blocks.items()} if isinstance(blocks, dict) else {}
    for key, part in parts.items():
        for below in ("parameters", "layers"):
            names = part.get(below) if isinstance(part, dict) else None
            if isinstance(names, dict):
                yield (*key, below), names


def _of_declaration(
    readers: Sequence[Diagnostic], where: Where, written: str, declared: str, refused: Diagnostic | None
) -> Diagnostic:
    fixes = fix(f"write {written}", where.renamed(written), safe=True)
    if refused is not None:
        return replace(refused, help=f"did you mean {written}?", fixes=fixes)
    return Diagnostic(
        readers[0].code,
        f"nothing reads {declared}, and {len(readers)} places read {written}, which is not there",
        where.span(name=True),
        labels=(Label(readers[0].span, "read here"),),
        help=f"did you mean {written}?",
        fixes=fixes,
    )
