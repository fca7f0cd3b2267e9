"""Where a value stands → what it is, in which order its keys are written, and whether quotes matter to it."""

from collections.abc import Mapping

from archspec.fmt.tree import Entry

__all__ = ["FILE", "ORDERS", "below", "ordered", "reads_text"]

FILE = "file"
"""What the whole of a file is."""

_BELOW: Mapping[str, Mapping[str | None, str]] = {
    "file": {
        **dict.fromkeys(("extends", "name", "description", "reference", "output"), "text"),
        **{name: name for name in ("parameters", "blocks", "layers", "expect")},
        "init": "rules",
    },
    "blocks": {None: "block"},
    "block": {"input": "text", "parameters": "parameters", "layers": "layers", "output": "text"},
    "parameters": {None: "parameter"},
    "parameter": {"type": "text", "description": "text"},
    "layers": {None: "layer"},
    "layer": {**dict.fromkeys(("op", "block", "name", "from"), "text"), "layers": "layers"},
    "rules": {None: "rule"},
    "rule": {"op": "text", "layer": "text"},
    "text": {None: "text"},
}

ORDERS: Mapping[str, tuple[str | None, ...]] = {
    "file": (
        *("archspec", "extends", "name", "description", "reference", "input"),
        *("parameters", "blocks", "layers", "output", "init", "expect"),
    ),
    "block": ("input", "parameters", "layers", "output"),
    "parameter": ("type", "default", "description"),
    "layer": ("op", "block", "inline", "repeat", "name", "from", None, "when", "expect", "layers"),
    "rule": ("op", "layer", None, "trainable"),
    "expect": ("output", "parameters", "macs"),
}
"""The keys of each mapping of the language as they are written; None is for all others, in the order they are in."""


def below(kind: str, key: str | None, *, mapping: bool) -> str:
    """Return what the value under a key is, or an entry of a list; the empty text where no order is known."""
    if kind == "layer" and not mapping:  # a list is a group
        return "layer"
    known = _BELOW.get(kind, {})
    return known.get(None) or known.get(key, "")


def reads_text(kind: str) -> bool:
    """Whether a scalar there is text, in quotes or not."""
    return kind in ("text", "layer")


def ordered(entries: tuple[Entry, ...], kind: str) -> tuple[Entry, ...]:
    """Return the entries of a mapping in the order of the language; one with unknown keys stays as it is."""
    order = ORDERS.get(kind, ())
    if None not in order and not all(entry.name in order for entry in entries):
        return entries
    other = order.index(None) if None in order else 0
    return tuple(sorted(entries, key=lambda entry: order.index(entry.name) if entry.name in order else other))
