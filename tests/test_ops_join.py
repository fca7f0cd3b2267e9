"""Merges, parts and new shapes against torch itself: verdicts, shapes, dtypes, spellings, MACs."""

import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from spelled import Spelled, answer, ran, sample
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from archspec.ops import find
from archspec.ops.base import Op, ShapeError, Tensor
from archspec.ops.broadcast import common_dtype
from archspec.ops.merge import Add, Concat, MatMul, Multiply, Stack
from archspec.ops.reshape import Permute
from archspec.ops.split import Chunk, Split

SIZES = st.integers(1, 3)
DTYPES = st.sampled_from(["float32"] * 6 + ["float64", "int64", "bool"])
AXES = st.integers(-6, 6)


def shapes(least: int = 0, most: int = 4) -> st.SearchStrategy[tuple[int, ...]]:
    return st.lists(SIZES, min_size=least, max_size=most).map(tuple)


@st.composite
def operands(draw: st.DrawFn) -> list[Tensor]:
    """Draw inputs that often broadcast: parts of one shape, with ones in it, batched or learned."""
    common = draw(shapes())
    inputs = []
    for _ in range(draw(st.integers(2, 3))):
        kept = common[draw(st.integers(0, 1)) :] if draw(st.booleans()) else common
        shape = tuple(draw(st.sampled_from([size, size, size, 1, 2])) for size in kept)
        if draw(st.integers(0, 3)):
            inputs.append(Tensor(shape, draw(DTYPES)))
        else:
            inputs.append(Tensor(draw(st.sampled_from([shape, (1, *shape)])), batched=False))
    return inputs


def make(name: str, **arguments: Any) -> Op:
    found = find(name)
    assert found
    return found(**arguments)


def check(op: Op, inputs: Sequence[Tensor], oracle: Callable[..., Any]) -> bool:
    """Compare an op with torch and return whether both accept."""
    expected = ran(lambda: oracle, inputs)
    outputs = answer(lambda: op, inputs)
    if not isinstance(outputs, tuple):
        assert expected is None, outputs
        return False
    assert expected == [(x.shape, x.dtype) for x in outputs]
    assert all(x.batched == any(y.batched for y in inputs) for x in outputs)
    spelled = Spelled(op, *inputs)
    assert ran(lambda: spelled, inputs) == expected
    values = [sample(x, 2) for x in inputs]
    for ours, theirs in zip(listed(spelled(*values)), listed(oracle(*values)), strict=True):
        assert torch.equal(ours, theirs)
    return True


def listed(output: Any) -> list[torch.Tensor]:
    return list(output) if isinstance(output, (tuple, list)) else [output]


def test_join_rows_that_broadcasting_stands_for() -> None:
    x, c = Tensor((64, 56, 56)), Tensor((64, 1, 1), batched=False)
    assert Add().infer(x, c) == (x,)
    assert Multiply().infer(c, x) == (x,)
    assert Add().infer(c, c) == (c,)


FOLDS: dict[str, Callable[..., Any]] = {
    "Add": lambda *xs: sum(xs[1:], xs[0]),
    "Multiply": lambda *xs: xs[0] * xs[1] * (xs[2] if len(xs) > 2 else True),
    "Subtract": lambda a, b: a - b,
}


@pytest.mark.parametrize("name", FOLDS)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_arithmetic_broadcasts_as_torch_with_the_batch_in_front(name: str, data: st.DataObject) -> None:
    inputs = data.draw(operands())
    check(make(name), inputs[:2] if name == "Subtract" else inputs, FOLDS[name])


@st.composite
def factors(draw: st.DrawFn) -> list[Tensor]:
    inner, before = draw(SIZES), draw(shapes(0, 2))
    left = (*before, draw(SIZES), inner)
    right = (*before, draw(st.sampled_from([inner, inner, 2])), draw(SIZES))
    inputs = []
    for shape in (left, right):
        kept = shape[draw(st.sampled_from([0, 0, 0, 1, 2])) :]
        learned = draw(st.integers(0, 2)) == 0
        inputs.append(Tensor(kept, draw(st.sampled_from(["float32"] * 5 + ["int64"])), batched=not learned))
    return inputs


@settings(max_examples=150, deadline=None)
@given(inputs=factors())
def test_matrix_products_are_torchs(inputs: list[Tensor]) -> None:
    op = MatMul()
    if check(op, inputs, torch.matmul) and any(x.batched for x in inputs) and inputs[0].dtype == "float32":
        with FlopCounterMode(display=False) as counter:
            torch.matmul(*(sample(x, 6) for x in inputs))
        assert counter.get_total_flops() in (0, 2 * 6 * op.macs(*inputs))  # torch counts no vectors


@pytest.mark.parametrize("shapes", [((8, 5, 6), (8, 6, 7)), ((5, 6), (6, 7))])
def test_matrix_products_count_as_torch_counts_them(shapes: tuple[tuple[int, ...], ...]) -> None:
    inputs = [Tensor(shape) for shape in shapes]
    with FlopCounterMode(display=False) as counter:
        torch.matmul(*(sample(x, 3) for x in inputs))
    assert counter.get_total_flops() == 2 * 3 * MatMul().macs(*inputs)


@st.composite
def pieces(draw: st.DrawFn) -> tuple[list[Tensor], int]:
    """Draw inputs that often join along an axis, and the axis."""
    common, dim = draw(shapes(1, 3)), draw(AXES)
    inputs = []
    for _ in range(draw(st.integers(1, 3))):
        shape = list(common)
        if 0 < dim <= len(common) or -len(common) <= dim < 0:
            shape[dim - 1 if dim > 0 else dim] = draw(SIZES)
        elif draw(st.booleans()):
            shape[-1] = draw(SIZES)
        if draw(st.integers(0, 3)):
            inputs.append(Tensor(tuple(shape), draw(DTYPES)))
        else:
            inputs.append(Tensor((draw(st.sampled_from([1, 1, 2])), *shape), batched=False))
    return inputs, dim


def joined(function: Callable[..., Any], dim: int) -> Callable[..., Any]:
    """Return torch's join, with a leading 1 of what has no batch expanded over the batch of the others."""

    def call(*values: torch.Tensor) -> Any:
        batches = {len(x) for x in values} - {1, 2, 3}
        batch = max(batches, default=1)
        return function([x.expand(batch, *x.shape[1:]) if batches and len(x) == 1 else x for x in values], dim)

    return call


@settings(max_examples=150, deadline=None)
@given(drawn=pieces())
def test_concat_joins_as_torch(drawn: tuple[list[Tensor], int]) -> None:
    inputs, dim = drawn
    join(Concat(dim=dim), inputs, joined(torch.cat, dim))


@settings(max_examples=150, deadline=None)
@given(drawn=pieces())
def test_stack_joins_as_torch(drawn: tuple[list[Tensor], int]) -> None:
    inputs, dim = drawn
    join(Stack(dim=dim), inputs, joined(torch.stack, dim))


def join(op: Op, inputs: list[Tensor], oracle: Callable[..., Any]) -> None:
    expected = ran(lambda: oracle, inputs)
    outputs = answer(lambda: op, inputs)
    if isinstance(outputs, tuple):
        assert expected == [(x.shape, x.dtype) for x in outputs]
        assert ran(lambda: Spelled(op, *inputs), inputs) == expected
    else:
        batch = isinstance(outputs, ShapeError) and outputs.code == "AS201" and "the batch" in outputs.message
        assert expected is None or batch, outputs


def test_a_class_token_expands_over_the_batch() -> None:
    token, patches = Tensor((1, 1, 8), batched=False), Tensor((9, 8))
    op = Concat()
    assert op.infer(token, patches)[0].shape == (10, 8)
    values = [sample(token, 3), sample(patches, 3)]
    expected = torch.cat([values[0].repeat(3, 1, 1), values[1]], dim=1)
    assert torch.equal(Spelled(op, token, patches)(*values), expected)


ONE = {
    "Chunk": lambda x, chunks, dim=1: x.chunk(chunks, dim),
    "Split": lambda x, split_size_or_sections, dim=1: torch.split(x, split_size_or_sections, dim),
    "Select": lambda x, dim, index: x.select(dim, index),
    "Slice": lambda x, dim, start=None, end=None, step=1: (
        torch.ops.aten.slice.Tensor(x, dim, start, end, step) if x.dim() else None
    ),
    "Mean": lambda x, dim, keepdim=False: x.mean(dim, keepdim),
    "Permute": lambda x, dims: x.permute(dims),
    "Reshape": lambda x, shape: x.reshape(len(x), *shape),
    "Flatten": lambda x, **arguments: nn.Flatten(**arguments)(x),
    "Unflatten": lambda x, dim, unflattened_size: nn.Unflatten(dim, unflattened_size)(x),
}
FEW = st.integers(-2, 4)
ENDS = st.none() | st.integers(-5, 5)


def arguments(name: str, x: Tensor) -> st.SearchStrategy[dict[str, Any]]:
    """Return arguments that often suit a tensor."""
    rank = len(x.shape) + 1
    places = st.integers(-rank - 1, rank)
    lists = st.lists(st.integers(-1, 6), max_size=3).map(tuple)
    match name:
        case "Chunk":
            return st.fixed_dictionaries({"chunks": FEW}, optional={"dim": places})
        case "Split":
            return st.fixed_dictionaries(
                {"split_size_or_sections": FEW | st.lists(st.integers(1, 3), max_size=3).map(tuple)},
                optional={"dim": places},
            )
        case "Select":
            return st.fixed_dictionaries({"dim": places, "index": st.integers(-4, 3)})
        case "Slice":
            extra = {"start": ENDS, "end": ENDS, "step": st.integers(0, 3)}
            return st.fixed_dictionaries({"dim": places}, optional=extra)
        case "Mean":
            dims = places | st.lists(places, max_size=3).map(tuple)
            return st.fixed_dictionaries({"dim": dims}, optional={"keepdim": st.booleans()})
        case "Permute":
            turned = st.permutations(range(1, rank)).map(lambda p: (0, *p))
            return st.fixed_dictionaries({"dims": turned | st.lists(places, max_size=4).map(tuple)})
        case "Reshape":
            turned = st.permutations(x.shape).map(tuple)
            return st.fixed_dictionaries({"shape": turned | lists | lists.map(lambda s: (*s, -1))})
        case "Flatten":
            return st.fixed_dictionaries({}, optional={"start_dim": places, "end_dim": places})
        case _:
            return st.fixed_dictionaries({"dim": places, "unflattened_size": lists})


@pytest.mark.parametrize("name", ONE)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_parts_and_new_shapes_are_torchs(name: str, data: st.DataObject) -> None:
    x = data.draw(st.builds(Tensor, shapes(), st.sampled_from(["float32"] * 5 + ["int64"]), st.just(value=True)))
    given = data.draw(arguments(name, x))
    outputs = answer(lambda: make(name, **given), [x])
    if not isinstance(outputs, tuple):
        code = outputs.code if isinstance(outputs, ShapeError) else ""
        own = code == "AS202" or (code in ("AS201", "AS204") and names_batch(given, x))
        assert own or ran(lambda: lambda value: ONE[name](value, **given), [x]) is None, outputs
        return
    op = make(name, **given)
    check(op, [x], lambda value: ONE[name](value, **given))
    module = op.spelling(x)
    if module.definition:
        values = sample(x, 3)
        assert torch.equal(Spelled(op, x, sequential=True)(values), Spelled(op, x)(values))


def names_batch(given: dict[str, Any], x: Tensor) -> bool:
    """Whether an axis argument is the batch, or a list that torch takes for all axes."""
    rank = len(x.shape) + 1
    for name in ("dim", "dims", "start_dim", "end_dim"):
        value = given.get(name, 1)
        numbers = value if isinstance(value, tuple) else (value,)
        if not numbers or any(number in (0, -rank) for number in numbers):
            return True
    return not x.shape  # the defaults of Flatten reach the batch where there is no other axis


@settings(max_examples=150, deadline=None)
@given(names=st.lists(st.sampled_from(
    ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64"]
), min_size=1, max_size=4))  # fmt: skip
def test_dtypes_promote_as_in_torch(names: list[str]) -> None:
    dtype = getattr(torch, names[0])
    for name in names[1:]:
        dtype = torch.promote_types(dtype, getattr(torch, name))
    assert common_dtype(names) == str(dtype)[6:]


def test_numbers_beyond_all_tensors_cost_nothing() -> None:
    x = Tensor((2**30, 3))
    assert len(Chunk(chunks=2**40, dim=2).infer(x)) == 3
    for op in (Chunk(chunks=2**40), Split(split_size_or_sections=1)):
        with pytest.raises(ShapeError) as caught:
            op.infer(x)
        assert caught.value.code == "AS009"


@pytest.mark.parametrize(
    ("skip", "main", "advice"),
    [
        ((64, 56, 56), (128, 28, 28), "{op: Conv2d, out_channels: 128, kernel_size: 1, stride: 2}"),
        ((64, 56, 56), (256, 56, 56), "{op: Conv2d, out_channels: 256, kernel_size: 1}"),
        ((64, 7), (128, 4), "{op: Conv1d, out_channels: 128, kernel_size: 1, stride: 2}"),
        ((64,), (128,), "{op: Linear, out_features: 128}"),
    ],
)
def test_a_residual_that_does_not_match_learns_which_projection_would(
    skip: tuple[int, ...], main: tuple[int, ...], advice: str
) -> None:
    with pytest.raises(ShapeError) as caught:
        Add().infer(Tensor(main), Tensor(skip))
    assert str(Tensor(skip)) in caught.value.message
    assert str(Tensor(main)) in caught.value.message
    assert caught.value.help
    assert caught.value.help.endswith(advice)
    name, _, rest = advice.strip("{}").removeprefix("op: ").partition(", ")
    projected = make(name, **{k: int(v) for k, v in (pair.split(": ") for pair in rest.split(", "))})
    assert Add().infer(Tensor(main), *projected.infer(Tensor(skip))) == (Tensor(main),)


@pytest.mark.parametrize(
    ("x", "y"), [((768, 196), (196, 768)), ((64, 56, 56), (56, 56, 64)), ((2, 3, 4, 5), (4, 5, 3, 2))]
)
def test_axes_in_another_order_learn_how_to_turn(x: tuple[int, ...], y: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError) as caught:
        Add().infer(Tensor(x), Tensor(y))
    turn = re.search(r"\{op: Permute, dims: \[(.*)\]\}", caught.value.help or "")
    assert turn
    dims = tuple(map(int, turn[1].split(", ")))
    assert torch.rand(1, *x).permute(dims).shape[1:] == y


def test_a_gate_of_other_channels_learns_which_projection_would() -> None:
    gate, image = Tensor((8, 1, 1)), Tensor((16, 56, 56))
    with pytest.raises(ShapeError) as caught:
        Multiply().infer(gate, image)
    assert caught.value.help == "a projection of 8×1×1 would match: {op: Conv2d, out_channels: 16, kernel_size: 1}"
    assert Multiply().infer(*make("Conv2d", out_channels=16, kernel_size=1).infer(gate), image) == (image,)


def test_a_gate_without_positions_learns_to_grow_them() -> None:
    with pytest.raises(ShapeError) as caught:
        Multiply().infer(Tensor((64, 7, 7)), Tensor((64,)))
    assert caught.value.help == "give 64 axes of size 1: {op: Reshape, shape: [64, 1, 1]}"


def test_a_learned_tensor_is_read_by_joins_alone() -> None:
    learned = Tensor((1, 3), batched=False)
    with pytest.raises(ShapeError) as caught:
        Permute(dims=(0, 1)).infer(learned)
    assert "learned tensor" in caught.value.message
