"""The JSON Schema of the language, judged by a validator that knows nothing of archspec."""

import copy
import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from archspec.cli import commands
from archspec.ops import find, names
from archspec.pipeline import check
from archspec.schema import schema
from archspec.schema.arguments import meaning
from archspec.source import Scalar, parse

SPECS = Path(__file__).parents[1] / "specs"
REFERENCE = Path(__file__).parent / "data" / "reference"
SCHEMA = schema()
VALIDATOR = Draft202012Validator(SCHEMA)


def plain(tree: Any) -> Any:
    """Return a tree as what an editor validates."""
    if isinstance(tree, dict):
        return {key: plain(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [plain(item) for item in tree]
    assert isinstance(tree, Scalar)
    return tree.value


def errors(value: Any) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(value)]


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_every_reference_leads_to_a_definition() -> None:
    text = json.dumps(SCHEMA)
    definitions = SCHEMA["$defs"]
    assert isinstance(definitions, dict)
    used = {part.split('"')[0] for part in text.split('"$ref": "#/$defs/')[1:]}
    assert used == set(definitions)
    assert all(name.replace("-", "").isalnum() for name in definitions)  # a fragment without escapes


@pytest.mark.parametrize("path", sorted(SPECS.rglob("*.yaml")), ids=lambda path: path.stem)
def test_every_bundled_spec_is_valid(path: Path) -> None:
    assert errors(plain(parse(path.read_bytes()).root)) == []


def test_the_first_spec_is_valid() -> None:
    first = CliRunner().invoke(commands, ["new", "-"])
    assert errors(plain(parse(first.stdout).root)) == []


def test_the_command_prints_it() -> None:
    assert json.loads(CliRunner().invoke(commands, ["schema"]).stdout) == json.loads(json.dumps(SCHEMA))


GOOD: dict[str, Any] = {
    "archspec": 1,
    "input": [3, 32, 32],
    "parameters": {"width": 8, "act": "ReLU"},
    "blocks": {
        "Unit": {
            "parameters": {"channels": "int"},
            "layers": [{"op": "Conv2d", "out_channels": "channels", "kernel_size": 1}],
        }
    },
    "layers": {
        "conv": {"op": "Conv2d", "out_channels": "4 * width", "kernel_size": [3, 3], "padding": "same"},
        "act": {"op": "act", "inplace": True},
        "unit": {"block": "Unit", "repeat": 2, "channels": 8},
        "rest": ["ReLU", {"layers": ["Flatten"]}],
    },
    "init": [{"op": "Conv2d", "weight": {"normal": {"std": "1 / width"}}, "bias": "zeros"}],
}


def test_the_good_one_is_valid() -> None:
    assert errors(GOOD) == []


BROKEN = [
    (("archspec",), 2, "$.archspec"),
    (("archspec",), "1", "$.archspec"),
    (("layer",), {}, "$"),
    (("input",), [3, 0], "$.input"),
    (("input",), [], "$.input"),
    (("extends",), "resnet", "$"),
    (("layers",), {}, "$.layers"),
    (("layers", "type"), "ReLU", "$.layers"),
    (("layers", "1st"), "ReLU", "$.layers"),
    (("layers", "relu"), "relu", "$.layers.relu"),
    (("layers", "relu"), None, "$.layers.relu"),
    (("layers", "conv", "op"), "Conv2D", "$.layers.conv.op"),
    (("layers", "conv", "kernal_size"), 3, "$.layers.conv"),
    (("layers", "conv", "in_channels"), None, "$.layers.conv.in_channels"),
    (("layers", "conv", "bias"), 1, "$.layers.conv.bias"),
    (("layers", "conv", "stride"), "2", "$.layers.conv.stride"),
    (("layers", "conv", "stride"), 1.5, "$.layers.conv.stride"),
    (("layers", "conv", "stride"), {}, "$.layers.conv.stride"),
    (("layers", "conv", "when"), 1, "$.layers.conv.when"),
    (("layers", "conv", "with"), 1, "$.layers.conv"),
    (("layers", "conv", "layers"), ["ReLU"], "$.layers.conv"),
    (("layers", "unit", "share"), True, "$.layers.unit"),
    (("layers", "rest"), [], "$.layers.rest"),
    (("layers", "rest"), ["ReLU", ["relu"]], "$.layers.rest[1][0]"),
    (("blocks", "unit"), {"layers": ["ReLU"]}, "$.blocks"),
    (("blocks", "Unit", "layers"), None, "$.blocks.Unit.layers"),
    (("parameters", "input"), 3, "$.parameters"),
    (("parameters", "width"), {"type": "number"}, "$.parameters.width"),
    (("init",), [{"weight": "zeros"}], "$.init[0]"),
    (("init",), [{"op": "Conv2d", "weight": {"normal": {"sigma": 1}}}], "$.init[0].weight"),
    (("expect",), {"params": 3}, "$.expect"),
]


@pytest.mark.parametrize(("path", "value", "where"), BROKEN, ids=lambda item: str(item)[:40])
def test_a_broken_spec_is_invalid_there(path: tuple[str, ...], value: Any, where: str) -> None:
    broken = copy.deepcopy(GOOD)
    inner = broken
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    assert where in {error.json_path for error in VALIDATOR.iter_errors(broken)}


@pytest.mark.parametrize("key", ["archspec", "input", "layers"])
def test_a_missing_key_is_an_error(key: str) -> None:
    assert errors({name: value for name, value in GOOD.items() if name != key})


def test_an_op_needs_its_arguments() -> None:
    without = {**GOOD, "layers": {"conv": {"op": "Conv2d", "kernel_size": 3}}}
    assert errors(without) == ["$.layers.conv: 'out_channels' is a required property"]


def test_a_wrong_op_is_told_all_that_there_are() -> None:
    wrong = {**GOOD, "layers": {"conv": {"op": "Conv2D", "out_channels": 8, "kernel_size": 3}}}
    (error,) = VALIDATOR.iter_errors(wrong)
    assert error.json_path == "$.layers.conv.op"
    (listed, _) = error.context or ()
    assert listed.validator_value == list(names())


def test_every_argument_says_what_it_is() -> None:
    silent = [f"{name}.{argument}" for name in names() if (op := find(name)) for argument in op.model_fields
              if not meaning(op, argument)]  # fmt: skip
    assert silent == []
    definitions = SCHEMA["$defs"]
    assert isinstance(definitions, dict)
    conv = definitions["op-Conv2d"]["properties"]
    assert conv["stride"]["description"] == "How far a window is from the next. Takes an integer, one for each axis"
    assert conv["kernel_size"]["description"].endswith("; required")


MISTAKES = {
    "AS101": "archspec: 2\ninput: [3, 8, 8]\nlayers: [ReLU]",
    "AS102": "archspec: 1\nlayers: [ReLU]",
    "AS103": "archspec: 1\ninput: [3, 8, 8]\nlayer: [ReLU]",
    "AS104": "archspec: 1\ninput: [3, 8, 8]\nlayers: [{op: ReLU, inline: 3}]",
    "AS105": "archspec: 1\ninput: [3, 8, 8]\nlayers: {type: ReLU}",
    "AS106": "archspec: 1\ninput: [3, 8, 8]\nlayers: [{op: ReLU, share: true}]",
    "AS107": "archspec: 1\ninput: [3, 8, 8]\nlayers: [{op: ReLu}]",
    "AS108": "archspec: 1\ninput: [3, 8, 8]\nlayers: [{op: ReLU, inplce: true}]",
    "AS109": "archspec: 1\ninput: [3, 8, 8]\nlayers: [{op: Linear}]",
    "AS110": "archspec: 1\ninput: [3, 8, 8]\nlayers: [{op: Flatten, start_dim: 1.5}]",
    "AS122": "archspec: 1\ninput: [3, 8, 8]\nlayers: [ReLU]\ninit: [{op: ReLU, weight: {normall: {}}}]",
    "AS123": "archspec: 1\ninput: [3, 8, 8]\nlayers: [{op: LSTM, hidden_size: 3}]",
}
"""For each code that is about the form of a spec, and not about names and numbers that depend on each other, a spec."""


@pytest.mark.parametrize("code", MISTAKES)
def test_what_is_wrong_in_its_form_is_invalid(code: str) -> None:
    source = parse(MISTAKES[code])
    assert code in {diagnostic.code for diagnostic in check(source).diagnostics}
    assert errors(plain(source.root))


@cache
def part(definition: str, key: str = "") -> Draft202012Validator:
    """Return what validates a definition, or one key of it."""
    definitions = SCHEMA["$defs"]
    assert isinstance(definitions, dict)
    found = definitions[definition]
    return Draft202012Validator({"$defs": definitions, **(found["properties"][key] if key else found)})


@pytest.mark.parametrize("file", ["edge_cases", "layer_cases", "join_cases"])
def test_what_torch_accepts_is_valid(file: str) -> None:
    seen: set[str] = set()
    with gzip.open(REFERENCE / f"{file}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            case = json.loads(line)
            layer = {"op": case["op"], **case["args"]}
            kinds = json.dumps({key: _kind(value) for key, value in layer.items()})
            if case["out"] is not None and kinds not in seen:
                seen.add(kinds)
                assert part(f"op-{case['op']}").is_valid(layer), layer
    assert seen


def _kind(value: Any) -> Any:
    """Return what the schema can tell apart: each kind of layer is validated once."""
    if isinstance(value, list):
        return [_kind(item) for item in value]
    return value if isinstance(value, str) else type(value).__name__


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 9),
    st.floats(allow_nan=False, allow_infinity=False),
    st.lists(st.one_of(st.integers(-3, 9), st.floats(0, 9), st.booleans(), st.none()), max_size=6),
)
FIELDS = [(name, field) for name in names() for field in (find(name) or object).model_fields]  # type: ignore[union-attr]


@given(st.sampled_from(FIELDS), VALUES)
def test_what_an_op_accepts_is_valid(field: tuple[str, str], value: Any) -> None:
    """The schema refuses no value that the op itself takes for an argument."""
    name, argument = field
    op = find(name)
    assert op is not None
    try:
        op.model_validate({argument: value})
        refused = False
    except ValidationError as error:
        refused = any(found["loc"][:1] == (argument,) for found in error.errors())
    assert refused or part(f"op-{name}", argument).is_valid(value)
