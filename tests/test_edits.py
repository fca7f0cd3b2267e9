"""Edits of a text: what is written over, renamed, added and removed, and what stays as it was."""

import pytest

from archspec.source import Key, edits, parse

FLOW = "a: {op: X, k: 3}  # why\nb: 1\n"
LINES = "a:\n  op: X  # the op\n  k: [1,\n      2]  # why\n\n# about b\nb: 1\n"
LIST = "layers:\n  - X\n  # then\n  - op: Y\n    k: 3\n"
NESTED = "layers:\n- - X\n  - Y  # why\n"


@pytest.mark.parametrize(
    ("text", "key", "how", "after"),
    [
        (FLOW, ("a", "k"), ("replace", "5"), FLOW.replace("3", "5")),
        (LINES, ("a", "k"), ("replace", "5"), LINES.replace("[1,\n      2]", "5")),
        (LINES, ("a",), ("replace", "X"), None),
        (LINES.replace("  # the op", ""), ("a",), ("replace", "X"), "a: X  # why\n\n# about b\nb: 1\n"),
        ("a:\n- 28\n- 3\nb: 1\n", ("a",), ("replace", "[3, 28]"), "a: [3, 28]\nb: 1\n"),
        ("a:  # of one sample\n- 28\nb: 1\n", ("a",), ("replace", "[28]"), None),
        ("a: [28,  # rows\n  3]\nb: 1\n", ("a",), ("replace", "[3, 28]"), None),
        (FLOW, ("a", "c"), ("replace", "5"), None),
        (FLOW, ("a", "k"), ("rename", "kernel"), FLOW.replace("k:", "kernel:")),
        (LIST, ("layers", 0), ("rename", "x"), None),
        (FLOW, ("a",), ("add", "n", "1"), FLOW.replace("3", "3, n: 1")),
        ("a: {op: X,\n    k: 3,\n   }\n", ("a",), ("add", "n", "1"), "a: {op: X,\n    k: 3, n: 1,\n   }\n"),
        (LINES, ("a",), ("add", "n", "1"), LINES.replace("2]  # why", "2]  # why\n  n: 1")),
        (LINES.replace("\n", "\r\n"), ("a",), ("add", "n", "1"),
         LINES.replace("2]  # why", "2]  # why\n  n: 1").replace("\n", "\r\n")),
        (LIST, ("layers", 1), ("add", "n", "1"), LIST.replace("k: 3", "k: 3\n    n: 1")),
        ("a:\n  k: 3", ("a",), ("add", "n", "1"), "a:\n  k: 3\n  n: 1"),
        (FLOW, ("b",), ("add", "n", "1"), None),
        (LIST, ("layers", 1), ("insert", "", "Z"), LIST.replace("  - op", "  - Z\n  - op")),
        (LINES, ("b",), ("insert", "c", "2"), LINES.replace("b: 1", "c: 2\nb: 1")),
        ("l: [X, Y]\n", ("l", 1), ("insert", "", "Z"), "l: [X, Z, Y]\n"),
        ("l: {x: X, y: Y}\n", ("l", "y"), ("insert", "z", "Z"), "l: {x: X, z: Z, y: Y}\n"),
        (NESTED, ("layers", 0, 1), ("insert", "", "Z"), NESTED.replace("  - Y", "  - Z\n  - Y")),
        (NESTED, ("layers", 0, 0), ("insert", "", "Z"), None),
        (NESTED, ("layers", 0, 0), ("after", "", "Z"), NESTED.replace("X\n", "X\n  - Z\n")),
        (FLOW, ("a", "op"), ("remove",), FLOW.replace("op: X, ", "")),
        (FLOW, ("a", "k"), ("remove",), FLOW.replace(", k: 3", "")),
        (LINES, ("a", "k"), ("remove",), LINES.replace("  k: [1,\n      2]  # why\n", "")),
        (LIST, ("layers", 0), ("remove",), LIST.replace("  - X\n", "")),
        (LIST, ("layers", 1, "op"), ("remove",), None),
        ("a: {k: 3}\n", ("a", "k"), ("remove",), None),
        ("a: 1\nb: 2", ("b",), ("remove",), "a: 1\n"),
    ],
)  # fmt: skip
def test_an_edit(text: str, key: Key, how: tuple[str, ...], after: str | None) -> None:
    source, (kind, *words) = parse(text), how
    edit = (
        edits.insert(source, key, *words, after=True) if kind == "after" else getattr(edits, kind)(source, key, *words)
    )
    assert (edit and edits.edited(source, [edit])) == after


def test_edits_at_one_place_come_in_the_order_given() -> None:
    source = parse("a: {op: X}\n")
    both = [edit for name in "nm" if (edit := edits.add(source, ("a",), name, "1"))]
    assert edits.edited(source, both) == "a: {op: X, n: 1, m: 1}\n"
