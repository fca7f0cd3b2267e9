"""Every op against 17,812 single layers that torch was run on: verdict, shapes, weights, keys and MACs."""

import gzip
import json
from collections import defaultdict
from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from torch_oracle import carries_round

from archspec.ops import find, names
from archspec.ops.base import ShapeError, Tensor

UNWRITTEN = {1754, 18813}
"""Rows of CircularPad2d that torch runs, giving memory that nothing was written to: a spec refuses them."""

HERE = Path(__file__).parent / "data" / "reference"
Row = dict[str, Any]


def rows() -> Iterator[Row]:
    for kind in ("edge", "layer", "join"):
        with gzip.open(HERE / f"{kind}_cases.jsonl.gz", "rt") as lines:
            yield from map(json.loads, lines)


def test_the_rows_that_we_refuse_beside_torch_give_nothing_of_the_input() -> None:
    found = [row for row in ROWS["CircularPad2d"] if row.get("id") in UNWRITTEN]
    assert len(found) == len(UNWRITTEN)
    for row in found:
        before, after, *_ = row["args"]["padding"]
        assert row["out"] is not None
        assert not carries_round(row["input"][-1], before, after)
        assert ours(row)["out"] is None


ROWS: dict[str, list[Row]] = defaultdict(list)
for _row in rows():
    ROWS[_row["op"]].append(_row)


def inputs(row: Row) -> list[Tensor]:
    return [Tensor(tuple(shape)) for shape in row.get("inputs", [row.get("input")])]


def ours(row: Row) -> Row:
    """Return the row as our rules fill it in."""
    found = find(row["op"])
    assert found
    tensors = inputs(row)
    filled = {key: row[key] for key in row if key not in ("out", "parameters", "state", "macs")}
    try:
        op = found(**row["args"])
        outputs = [list(output.shape) for output in op.infer(*tensors)]
    except (ValidationError, ShapeError):
        return filled | {"out": None}
    several = isinstance(row["out"], list) and row["out"] and isinstance(row["out"][0], list)
    filled["out"] = outputs if several or len(outputs) > 1 else outputs[0]
    if "state" not in row:
        return filled
    weights = op.weights(*tensors)
    return filled | {
        "parameters": sum(prod(weight.shape) for weight in weights if not weight.buffer),
        "state": [[weight.name, list(weight.shape)] for weight in weights],
        "macs": op.macs(*tensors),
    }


@pytest.mark.parametrize("name", sorted(ROWS))
def test_every_verdict_and_every_number_is_torchs(name: str) -> None:
    judged = [row for row in ROWS[name] if row.get("id") not in UNWRITTEN or name != "CircularPad2d"]
    disagreements = [(row, found) for row in judged if (found := ours(row)) != row]
    shown = "\n".join(f"torch {json.dumps(row)}\nours  {json.dumps(found)}" for row, found in disagreements[:10])
    assert not disagreements, f"{len(disagreements)} of {len(ROWS[name])} rows:\n{shown}"


def test_the_rows_are_all_there_and_of_both_kinds() -> None:
    assert sum(map(len, ROWS.values())) == 17_812
    assert set(ROWS) <= set(names())
    refused = sum(row["out"] is None for found in ROWS.values() for row in found)
    assert 0.25 < refused / 17_812 < 0.4


def test_a_refusal_of_a_value_is_one_sentence_at_its_argument() -> None:
    """Every row that the arguments alone rule out gives one error per argument, located at it."""
    for row in (row for found in ROWS.values() for row in found):
        op = find(row["op"])
        assert op
        try:
            op(**row["args"])
        except ValidationError as error:
            mistakes = error.errors(include_url=False)
            assert all(mistake["loc"] in {(key,) for key in row["args"]} for mistake in mistakes), row
            assert len({mistake["loc"] for mistake in mistakes}) == len(mistakes), row
            worded = [mistake for mistake in mistakes if mistake["type"] != "extra_forbidden"]
            assert all(mistake["msg"].startswith(f"{mistake['loc'][0]} ") for mistake in worded), row
