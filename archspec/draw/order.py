"""A PDF → the same document with its objects in one order: that in which they are first referred to, from its root.

svg2pdf writes and names the fonts in the orders of hash tables, others in each run, and numbers them as it comes to
them.
"""

import re
from collections.abc import Iterable, Mapping

__all__ = ["ordered"]

_REFERENCE = re.compile(rb"\b(\d+) 0 R\b")
_END = re.compile(
    rb"xref\s+0 \d+\s+(?P<rows>.*?)trailer\s*(?P<trailer><<.*?>>)\s*startxref\s+\d+\s+%%EOF\s*$", re.DOTALL
)
_ROW = re.compile(rb"(\d{10}) \d{5} n")
_FONTS = re.compile(rb"(?<=/Font <<)(?:\s+/\w+ \d+ 0 R)+")
_STREAM = re.compile(rb">>\s*stream\r?\n")


def ordered(document: bytes) -> bytes:
    """Return the document with its objects renumbered and sorted, and a cross-reference table to match.

    The document is as svg2pdf writes them: one table, each object whole in its place, and no text in the objects that
    reads like a reference. One that ends otherwise is returned as it is.
    """
    end = _END.search(document, document.rindex(b"\nxref"))
    if end is None:
        return document
    places = sorted(int(row[1]) for row in _ROW.finditer(end["rows"]))
    objects = dict(_split(document[one:other]) for one, other in zip(places, [*places[1:], end.start()], strict=True))
    numbers = {old: new for new, old in enumerate(_met(end["trailer"], objects), 1)}
    pieces = [document[: places[0]]]
    offsets = []
    for old, new in numbers.items():
        offsets.append(sum(map(len, pieces)))
        pieces.append(b"%d 0 obj%s" % (new, _renumbered(objects[old], numbers)))
    rows = b"".join(b"%010d 00000 n\r\n" % offset for offset in offsets)
    trailer = re.sub(rb"/Size \d+", b"/Size %d" % (len(numbers) + 1), _renumbered(end["trailer"], numbers))
    table = b"xref\n0 %d\n0000000000 65535 f\r\n%strailer\n%s" % (len(numbers) + 1, rows, trailer)
    return b"".join([*pieces, table, b"\nstartxref\n%d\n%%%%EOF" % sum(map(len, pieces))])


def _split(piece: bytes) -> tuple[int, bytes]:
    """Return the number of an object, and what stands after `obj`, with the fonts of a page by name."""
    number, _, body = piece.partition(b" 0 obj")
    head = _dictionary(body)
    return int(number), _FONTS.sub(_sorted, head) + body[len(head) :]


def _sorted(fonts: re.Match[bytes]) -> bytes:
    return b"".join(sorted(re.findall(rb"\s+/\w+ \d+ 0 R", fonts[0])))


def _met(trailer: bytes, objects: Mapping[int, bytes]) -> Iterable[int]:
    """Return the numbers of the objects in the order in which the trailer and they themselves refer to them."""
    met: dict[int, None] = {}
    ahead = _referred(trailer)[::-1]
    while ahead:
        number = ahead.pop()
        if number not in met:
            met[number] = None
            ahead += _referred(objects[number])[::-1]
    return met


def _referred(body: bytes) -> list[int]:
    return [int(found[1]) for found in _REFERENCE.finditer(_dictionary(body))]


def _dictionary(body: bytes) -> bytes:
    """Return an object without its stream, in which any bytes may stand."""
    stream = _STREAM.search(body)
    return body if stream is None else body[: stream.start()]


def _renumbered(body: bytes, numbers: Mapping[int, int]) -> bytes:
    head = _dictionary(body)
    return _REFERENCE.sub(lambda found: b"%d 0 R" % numbers[int(found[1])], head) + body[len(head) :]
