"""The vocabulary against torch.nn: every class is an op or refused, and every op is what its class is."""

import inspect
import re
import tracemalloc
from collections.abc import Iterator
from itertools import product
from typing import Any, get_args

import pytest
import torch
from clock import within
from spelled import Spelled, answer, ran, sample
from torch import nn

from archspec.ops import REFUSED, find, names
from archspec.ops.base import Op, ShapeError, Tensor

MODULES = sorted(name for name, value in vars(nn).items() if isinstance(value, type) and issubclass(value, nn.Module))

BEYOND = {
    *(
        "Add",
        "Subtract",
        "Multiply",
        "Concat",
        "Stack",
        "Chunk",
        "Split",
        "Select",
        "Slice",
        "Mean",
        "Permute",
    ),
    *("Reshape", "MatMul", "Scale", "Parameter", "LayerNorm2d", "StochasticDepth"),
}
"""The ops that torch.nn does not have."""

UNWRITABLE = {
    *("device", "dtype", "_weight", "_freeze", "_random_samples", "process_group"),  # values that are no data
    *("min_value", "max_value"),  # deprecated names of Hardtanh's
    *("batch_first",),  # always
    *("args", "kwargs"),  # ignored by torch
}
INFERRED = {
    *("in_channels", "in_features", "in1_features", "in2_features", "num_features", "num_channels"),
    *("normalized_shape", "embed_dim"),
}
"""Arguments that torch requires and an op takes from its input."""

IMAGE, VOLUME, SEQUENCE, VECTOR = Tensor((6, 8, 8)), Tensor((6, 4, 4, 4)), Tensor((6, 8)), Tensor((6,))
BY_AXES = {"1d": SEQUENCE, "2d": IMAGE, "3d": VOLUME}

SAMPLES: dict[str, tuple[dict[str, Any], list[Tensor]]] = {
    "Add": ({}, [IMAGE, IMAGE]),
    "Subtract": ({}, [IMAGE, IMAGE]),
    "Multiply": ({}, [IMAGE, IMAGE]),
    "MatMul": ({}, [Tensor((3, 4)), Tensor((4, 5))]),
    "Concat": ({}, [IMAGE, IMAGE]),
    "Stack": ({}, [IMAGE, IMAGE]),
    "Chunk": ({"chunks": 2}, [IMAGE]),
    "Split": ({"split_size_or_sections": 2}, [IMAGE]),
    "Select": ({"dim": 1, "index": 0}, [SEQUENCE]),
    "Slice": ({"dim": 1, "start": 1}, [SEQUENCE]),
    "Mean": ({"dim": (2, 3)}, [IMAGE]),
    "Permute": ({"dims": (0, 2, 3, 1)}, [IMAGE]),
    "Reshape": ({"shape": (2, 3, 64)}, [IMAGE]),
    "Unflatten": ({"dim": 1, "unflattened_size": (2, 3)}, [IMAGE]),
    "Scale": ({"scale": 0.5}, [IMAGE]),
    "Parameter": ({"shape": (1, 6)}, []),
    "StochasticDepth": ({"p": 0.5, "mode": "row"}, [IMAGE]),
    "Bilinear": ({"out_features": 3}, [VECTOR, VECTOR]),
    "CosineSimilarity": ({}, [SEQUENCE, SEQUENCE]),
    "PairwiseDistance": ({}, [SEQUENCE, SEQUENCE]),
    "Linear": ({"out_features": 3}, [VECTOR]),
    "Embedding": ({"num_embeddings": 5, "embedding_dim": 3}, [Tensor((6,), "int64")]),
    "MultiheadAttention": ({"num_heads": 2}, [SEQUENCE]),
    "GroupNorm": ({"num_groups": 2}, [IMAGE]),
    "LocalResponseNorm": ({"size": 3}, [IMAGE]),
    "CrossMapLRN2d": ({"size": 3}, [IMAGE]),
    "Threshold": ({"threshold": 0.1, "value": 20}, [IMAGE]),
    "Softmax": ({"dim": 1}, [IMAGE]),
    "Softmin": ({"dim": 1}, [IMAGE]),
    "LogSoftmax": ({"dim": 1}, [IMAGE]),
    "PixelShuffle": ({"upscale_factor": 1}, [IMAGE]),
    "PixelUnshuffle": ({"downscale_factor": 2}, [IMAGE]),
    "ChannelShuffle": ({"groups": 2}, [IMAGE]),
    "Upsample": ({"scale_factor": 2}, [IMAGE]),
    "UpsamplingNearest2d": ({"scale_factor": 2}, [IMAGE]),
    "UpsamplingBilinear2d": ({"scale_factor": 2}, [IMAGE]),
    "Unfold": ({"kernel_size": 2}, [IMAGE]),
    "Fold": ({"output_size": 4, "kernel_size": 2, "stride": 2}, [Tensor((8, 4))]),
    **{f"FractionalMaxPool{a}": ({"kernel_size": 2, "output_size": 2}, [BY_AXES[a]]) for a in ("2d", "3d")},
}
"""Where an op needs more than an image: its arguments, and what it reads."""

REQUIRED: dict[str, Any] = {
    "out_channels": 4,
    "kernel_size": 2,
    "padding": 1,
    "value": 0.5,
    "output_size": 2,
    "norm_type": 2,
}


def typical(name: str) -> tuple[Op, list[Tensor]]:
    """Return an instance of an op and what it reads."""
    found = find(name)
    assert found
    if name in SAMPLES:
        given, tensors = SAMPLES[name]
        return found(**given), tensors
    required = [field for field, info in found.model_fields.items() if info.is_required()]
    return found(**{field: REQUIRED[field] for field in required}), [BY_AXES.get(name[-2:], IMAGE)]


def test_every_class_of_torch_nn_is_an_op_or_refused_with_a_reason() -> None:
    known = set(names()) | set(REFUSED)
    assert [name for name in MODULES if name not in known] == []


def test_no_op_is_refused_and_every_reason_is_one() -> None:
    assert set(names()) & set(REFUSED) == set()
    assert all(len(reason.split()) > 3 for reason in REFUSED.values())


def test_every_op_is_of_torch_nn_or_documented_as_beyond_it() -> None:
    assert set(names()) - set(MODULES) == BEYOND


@pytest.mark.parametrize("name", names())
def test_an_op_says_its_shapes_and_its_arguments_are_torchs(name: str) -> None:
    op = find(name)
    assert op
    assert op.__name__ == name
    assert "->" in (op.__doc__ or "")
    if name in BEYOND:
        return
    theirs = {
        key: parameter.default
        for key, parameter in inspect.signature(getattr(nn, name).__init__).parameters.items()
        if key != "self" and key not in UNWRITABLE
    }
    fields = op.model_fields
    assert set(fields) == set(theirs)
    for key, default in theirs.items():
        if default is inspect.Parameter.empty:
            assert fields[key].is_required() or (key in INFERRED and fields[key].default is None), key
        else:
            assert fields[key].default == default, key


def instances(name: str) -> Iterator[tuple[Op, list[Tensor]]]:
    """Yield a typical instance of an op, and where it can work in place one that does."""
    op, tensors = typical(name)
    yield op, tensors
    if "inplace" in type(op).model_fields:
        yield type(op)(**{key: getattr(op, key) for key in op.model_fields_set}, inplace=True), tensors


def outputs(module: nn.Module, values: list[torch.Tensor]) -> list[torch.Tensor]:
    given = module(*values)
    return list(given) if isinstance(given, tuple) else [given]


def kept(module: nn.Module, values: list[torch.Tensor]) -> bool:
    """Whether torch refuses to go backwards once something has been added to the output in place."""
    output = outputs(module, values)[0]
    try:
        output.add_(1)
        output.sum().backward()
    except RuntimeError:
        return True
    return False


@pytest.mark.parametrize("name", names())
def test_an_op_keeps_its_output_where_autograd_does(name: str) -> None:
    for op, tensors in instances(name):
        module = Spelled(op, *tensors)
        found = []
        for training in (True, False):
            values = [sample(x, 2) for x in tensors]
            leaves = [x.requires_grad_() * 1 if x.is_floating_point() else x for x in values]
            found.append(kept(module.train(training), leaves))
        assert any(found) == op.keeps_output, op


@pytest.mark.parametrize("name", names())
def test_an_op_aliases_its_input_where_torch_gives_a_view(name: str) -> None:
    op, tensors = typical(name)
    module = Spelled(op, *tensors)
    shared = []
    for training in (True, False):
        values = [sample(x, 2) for x in tensors]
        memory = {x.untyped_storage().data_ptr() for x in (*values, *module.parameters())}
        given = outputs(module.train(training), values)
        shared.append(any(x.untyped_storage().data_ptr() in memory for x in given))
    assert any(shared) == op.aliases


MIXED = {
    ("LocalResponseNorm", "int64"),
    ("Unfold", "bool"),
    *product(("LPPool1d", "LPPool2d", "LPPool3d"), ("int64", "bool")),
}
"""What torch happens to run, of one kind of whole numbers or as float32, and a spec refuses."""


@pytest.mark.parametrize("dtype", ["float32", "int64", "bool"])
@pytest.mark.parametrize("name", names())
def test_an_op_reads_the_dtypes_that_torch_computes_in(name: str, dtype: str) -> None:
    op, tensors = typical(name)
    given = [Tensor(x.shape, dtype) for x in tensors]
    result = answer(lambda: op, given)
    expected = ran(lambda: Spelled(op, *tensors), given)
    if isinstance(result, tuple):
        assert expected == [(x.shape, x.dtype) for x in result]
    else:
        assert expected is None or (name, dtype) in MIXED


HUGE = 2**62
SIZES = (2**31 - 1,) * 3


def numbers(annotation: object) -> bool:
    return annotation is int or any(map(numbers, get_args(annotation)))


@pytest.mark.parametrize("name", names())
def test_no_argument_and_no_shape_costs_time_or_memory(name: str) -> None:
    op, tensors = typical(name)
    given = {key: getattr(op, key) for key in op.model_fields_set}
    giant = [Tensor(SIZES[: len(x.shape)], x.dtype, batched=x.batched) for x in tensors]
    fields = [key for key, info in type(op).model_fields.items() if numbers(info.annotation)]

    def ask() -> None:
        for key, value in [("", 0), *product(fields, (HUGE, -HUGE, 2**31 - 1, (HUGE,) * 999))]:
            for read in (tensors, giant):
                _ask(type(op), given | ({key: value} if key else {}), read)

    tracemalloc.start()
    within(2, ask)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 << 20


def _ask(op: type[Op], given: dict[str, Any], read: list[Tensor]) -> None:
    if isinstance(answer(lambda: op(**given), read), tuple):
        made = op(**given)
        made.weights(*read)
        made.macs(*read)
        made.windows(*read)
        made.spelling(*read)


@pytest.mark.parametrize("name", names())
def test_an_op_that_a_refusal_names_is_one(name: str) -> None:
    op, tensors = typical(name)
    for rank, dtype in product(range(6), ("float32", "int64")):
        found = answer(lambda: op, [Tensor((4,) * rank, dtype)] * len(tensors))
        advice = found.help if isinstance(found, ShapeError) else None
        assert set(re.findall(r"[A-Z]\w*\dd", advice or "")) <= set(names())
