"""A PDF → the same document with its objects in one order: that in which they are first referred to, from its root.

svg2pdf writes the fonts in the order of a hash table, another in each run, and numbers them as it comes to them.
"""

import re

__all__ = ["ordered"]

_REFERENCE = re.compile(rb"\b(\d+) 0 R\b")
_START = re.compile(rb"startxref\s+(\d+)\s+%%EOF\s*$")
_TRAILER = re.compile(rb"trailer\s*(<<.*?>>)\s*startxref", re.DOTALL)
_ROW = re.compile(rb"(\d{10}) \d{5} n")


def ordered(document: bytes) -> bytes:
    """Return the document with its objects renumbered and sorted, and a cross-reference table to match.

    The document has one table, each object once and whole in it, and no string that reads like a reference.
    """
    start, trailer = _START.search(document), _TRAILER.search(document)
    if start is None or trailer is None:
        raise AssertionError("svg2pdf ends a document with a table and a trailer")
    objects = _objects(document, int(start[1]))
    numbers: dict[int, int] = {}
    _follow(trailer[1], objects, numbers)
    header = document[: min(document.index(b"%d 0 obj" % number) for number in objects)]
    pieces, offsets, size = [header], [], len(header)
    for number in numbers:
        offsets.append(size)
        pieces.append(b"%d 0 obj" % numbers[number] + _renumbered(objects[number], numbers))
        size += len(pieces[-1])
    rows = [b"%010d 00000 n\r\n" % offset for offset in offsets]
    table = b"xref\n0 %d\n0000000000 65535 f\r\n%s" % (len(rows) + 1, b"".join(rows))
    end = re.sub(rb"/Size \d+", b"/Size %d" % (len(rows) + 1), _REFERENCE.sub(_as(numbers), trailer[1]))
    return b"".join([*pieces, table, b"trailer\n", end, b"\nstartxref\n%d\n%%%%EOF" % size])
