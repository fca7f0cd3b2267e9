"""Norms, activations, dropouts, linear layers and attention against torch: verdicts, shapes, keys, MACs."""

from collections.abc import Callable, Sequence
from itertools import product
from math import prod
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from spelled import Spelled, answer, ran, sample
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from archspec.ops import find
from archspec.ops.attention import MultiheadAttention
from archspec.ops.base import Op, ShapeError, Tensor
from archspec.ops.linear import Bilinear, Embedding, Linear
from archspec.ops.norm import LayerNorm
from archspec.ops.softmax import Softmax
from archspec.ops.vision import LayerNorm2d, Parameter, StochasticDepth

Arguments = dict[str, st.SearchStrategy[Any]]
FLAG = st.booleans()
SMALL = st.sampled_from([-1.0, 0.0, 0.1, 1, 2.5])
COUNT = st.integers(-1, 6)
AXIS = st.integers(-5, 5)
P = {"p": st.sampled_from([-0.1, 0, 0.3, 1, 1.5]), "inplace": FLAG}
IN_PLACE = {"inplace": FLAG}
STATISTICS: Arguments = {
    "num_features": COUNT,
    "eps": st.sampled_from([-1e-5, 0, 1e-5, 0.1]),
    "momentum": st.none() | SMALL,
    "affine": FLAG,
    "track_running_stats": FLAG,
    "bias": FLAG,
}
LAST: Arguments = {
    "normalized_shape": st.integers(0, 3) | st.lists(st.integers(1, 3), max_size=3).map(tuple),
    "eps": SMALL,
    "elementwise_affine": FLAG,
}
RESPONSE: Arguments = {"size": COUNT, "alpha": SMALL, "beta": SMALL, "k": SMALL}

OPTIONS: dict[str, Arguments] = {
    **{f"BatchNorm{axes}d": STATISTICS for axes in (1, 2, 3)},
    **{f"InstanceNorm{axes}d": STATISTICS for axes in (1, 2, 3)},
    "GroupNorm": {"num_groups": COUNT, "num_channels": COUNT, "eps": SMALL, "affine": FLAG, "bias": FLAG},
    "LayerNorm": LAST | {"bias": FLAG},
    "RMSNorm": LAST,
    "LocalResponseNorm": RESPONSE,
    "CrossMapLRN2d": RESPONSE,
    "CELU": {"alpha": SMALL} | IN_PLACE,
    "ELU": {"alpha": SMALL} | IN_PLACE,
    "GELU": {"approximate": st.sampled_from(["none", "tanh", "erf"])},
    "GLU": {"dim": AXIS},
    "Hardshrink": {"lambd": SMALL},
    "Hardsigmoid": IN_PLACE,
    "Hardswish": IN_PLACE,
    "Hardtanh": {"min_val": SMALL, "max_val": SMALL} | IN_PLACE,
    "LeakyReLU": {"negative_slope": SMALL} | IN_PLACE,
    "LogSigmoid": {},
    "LogSoftmax": {"dim": AXIS},
    "Mish": IN_PLACE,
    "PReLU": {"num_parameters": COUNT, "init": SMALL},
    "ReLU": IN_PLACE,
    "ReLU6": IN_PLACE,
    "RReLU": {"lower": SMALL, "upper": SMALL} | IN_PLACE,
    "SELU": IN_PLACE,
    "Sigmoid": {},
    "SiLU": IN_PLACE,
    "Softmax": {"dim": AXIS},
    "Softmax2d": {},
    "Softmin": {"dim": AXIS},
    "Softplus": {"beta": SMALL, "threshold": SMALL},
    "Softshrink": {"lambd": SMALL},
    "Softsign": {},
    "Tanh": {},
    "Tanhshrink": {},
    "Threshold": {"threshold": SMALL, "value": SMALL},
    "Dropout": P,
    "Dropout1d": P,
    "Dropout2d": P,
    "Dropout3d": P,
    "AlphaDropout": P,
    "FeatureAlphaDropout": P,
    "Linear": {"in_features": COUNT, "out_features": COUNT, "bias": FLAG},
    "Bilinear": {"in1_features": COUNT, "in2_features": COUNT, "out_features": COUNT, "bias": FLAG},
    "CosineSimilarity": {"dim": AXIS, "eps": SMALL},
    "PairwiseDistance": {"p": SMALL, "eps": SMALL, "keepdim": FLAG},
    "Identity": {},
}
RANKS = {
    **{f"{op}{axes}d": axes + 1 for op in ("InstanceNorm", "Dropout") for axes in (1, 2, 3)},
    "Softmax2d": 3,
}
"""Ops that torch lets run on an unbatched input too, where a missing axis would silently be the batch."""
PAIRS = ("Bilinear", "CosineSimilarity", "PairwiseDistance")
FROM_INPUT: dict[str, Callable[[Sequence[Tensor]], dict[str, object]]] = {
    **{f"BatchNorm{axes}d": lambda xs: {"num_features": first(xs)} for axes in (1, 2, 3)},
    **{f"InstanceNorm{axes}d": lambda xs: {"num_features": first(xs)} for axes in (1, 2, 3)},
    "GroupNorm": lambda xs: {"num_channels": first(xs)},
    "LayerNorm": lambda xs: {"normalized_shape": last(xs[0])},
    "RMSNorm": lambda xs: {"normalized_shape": last(xs[0])},
    "Linear": lambda xs: {"in_features": last(xs[0])},
    "Bilinear": lambda xs: {"in1_features": last(xs[0]), "in2_features": last(xs[1])},
}
"""What is not written and torch requires: what follows from the input."""
REQUIRED = {"num_groups", "size", "threshold", "value", "out_features"}


def first(xs: Sequence[Tensor]) -> int:
    return xs[0].shape[0] if xs[0].shape else 1


def last(x: Tensor) -> int:
    return x.shape[-1] if x.shape else 1


@st.composite
def tensors(draw: st.DrawFn, name: str) -> list[Tensor]:
    likely = RANKS.get(name, {"1d": 2, "2d": 3, "3d": 4}.get(name[-2:], 3))
    ranks = st.sampled_from([likely] * 8 + [0, 1, 2, 3, 4, 5])
    sizes = st.sampled_from([1, 2, 3, 4])
    dtype = draw(st.sampled_from(["float32"] * 8 + ["float64", "int64", "int32", "bool"]))
    rank = draw(ranks)
    shape = tuple(draw(sizes) for _ in range(rank))
    if name not in PAIRS:
        return [Tensor(shape, dtype)]
    other = tuple(draw(st.sampled_from([size, size, 1])) for size in shape)
    return [Tensor(shape, dtype), Tensor(draw(st.sampled_from([shape, other, shape[1:]])), dtype)]


@st.composite
def cases(draw: st.DrawFn, name: str) -> tuple[dict[str, Any], list[Tensor]]:
    options = OPTIONS[name]
    required = {key: value for key, value in options.items() if key in REQUIRED}
    optional = {key: value for key, value in options.items() if key not in REQUIRED}
    given = draw(st.fixed_dictionaries(required, optional=optional))
    if draw(st.booleans()):  # sizes that fit are rare by chance
        given = {key: value for key, value in given.items() if not key.startswith(("num_f", "num_c", "in", "nor"))}
    return given, draw(tensors(name))


def make(name: str, given: dict[str, Any]) -> Op:
    found = find(name)
    assert found
    return found(**given)


def owned(op: Op, xs: Sequence[Tensor]) -> list[tuple[str, tuple[int, ...], str]]:
    return [(weight.name, weight.shape, weight.dtype) for weight in op.weights(*xs)]


def buffers(op: Op, xs: Sequence[Tensor]) -> list[str]:
    return [weight.name for weight in op.weights(*xs) if weight.buffer]


def counted(module: nn.Module, xs: Sequence[Tensor]) -> int:
    """Return the MACs of one sample by torch's own counter."""
    values = [sample(x, 4) for x in xs]
    with FlopCounterMode(display=False) as counter:
        module(*values)
    return counter.get_total_flops() // 2 // 4


@pytest.mark.parametrize("name", OPTIONS)
@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_verdict_shape_and_weights_are_torchs(name: str, data: st.DataObject) -> None:
    given, xs = data.draw(cases(name))
    outputs = answer(lambda: make(name, given), xs)
    if len(xs[0].shape) != RANKS.get(name, len(xs[0].shape)):
        assert isinstance(outputs, ShapeError)
        return
    written = FROM_INPUT.get(name, lambda _: {})(xs) | given
    expected = ran(lambda: getattr(nn, name)(**written), xs)
    if not isinstance(outputs, tuple):
        assert expected is None or own_rule(name, outputs), (outputs, written)
        return
    assert expected == [(x.shape, x.dtype) for x in outputs]
    op = make(name, given)
    spelled = Spelled(op, *xs)
    assert ran(lambda: Spelled(op, *xs), xs) == expected
    assert spelled.state() == owned(op, xs)
    assert [key.removeprefix("layer.") for key, _ in spelled.named_buffers()] == buffers(op, xs)
    assert op.macs(*xs) == counted(spelled.eval(), xs) or name == "Bilinear"


def own_rule(name: str, error: object) -> bool:
    """Whether a refusal is a spec's own: the batch as an axis, no channel, another dtype than its own."""
    if not isinstance(error, ShapeError):
        return False
    if error.code == "AS206":
        return any(part in name for part in ("Norm", "Dropout", "LocalResponse"))
    if name == "CrossMapLRN2d":
        return error.argument == "size"
    return any(words in error.message for words in ("is the batch", "beside the batch", "must come first"))


@pytest.mark.parametrize("shape", [(3,), (3, 4), (3, 4, 5), (3, 4, 5, 6)])
def test_softmax_without_dim_is_torchs_choice_but_never_the_batch(shape: tuple[int, ...]) -> None:
    x = Tensor(shape)
    outputs = answer(Softmax, [x])
    assert isinstance(outputs, ShapeError) == (len(shape) == 2)
    if isinstance(outputs, tuple):
        values = sample(x, 2)
        with pytest.warns(UserWarning, match="Implicit dimension"):
            expected = nn.Softmax()(values)
        assert torch.equal(Spelled(Softmax(), x)(values), expected)


ATTENTION = st.fixed_dictionaries(
    {"num_heads": st.sampled_from([2, 2, 2, 1, 4, 3, 0])},
    optional={
        "embed_dim": st.sampled_from([4, 4, 4, 6]),
        "dropout": st.sampled_from([0.0, 0.5, 0.5, 1, 1.5, -0.5]),
        "bias": FLAG,
        "add_bias_kv": FLAG,
        "add_zero_attn": FLAG,
        "kdim": st.sampled_from([None, None, 4, 6]),
        "vdim": st.sampled_from([None, None, 4, 6]),
    },
)
SEQUENCE = st.tuples(st.sampled_from([3, 3, 5]), st.sampled_from([4, 4, 4, 6])).map(Tensor)
READ = st.lists(SEQUENCE, min_size=1, max_size=1) | st.lists(SEQUENCE, min_size=3, max_size=3)


@settings(max_examples=200, deadline=None)
@given(given=ATTENTION, xs=READ)
def test_attention_is_torchs(given: dict[str, Any], xs: list[Tensor]) -> None:
    query, key, value = xs * 3 if len(xs) == 1 else xs

    outputs = answer(lambda: MultiheadAttention(**given), xs)
    unwritten = {name: size for name, size in given.items() if size is not None}
    sizes = {"embed_dim": query.shape[1], "kdim": key.shape[1], "vdim": value.shape[1]}
    expected = ran(lambda: Attention(**(sizes | unwritten), batch_first=True), [query, key, value])
    if not isinstance(outputs, tuple):
        assert expected is None, outputs
        return
    assert expected == [(x.shape, x.dtype) for x in outputs]
    op = MultiheadAttention(**given)
    spelled = Spelled(op, *xs)
    assert ran(lambda: spelled, xs) == expected
    assert spelled.state() == owned(op, xs)


class Attention(nn.MultiheadAttention):
    weighed = False

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        output: torch.Tensor = super().forward(*inputs, need_weights=self.weighed)[0]
        return output


@pytest.mark.parametrize(
    ("given", "shapes"),
    [
        ({"num_heads": 4}, [(9, 8)]),
        ({"num_heads": 2, "bias": False}, [(5, 8), (7, 6), (7, 10)]),
        ({"num_heads": 2, "add_bias_kv": True, "add_zero_attn": True}, [(5, 8)]),
    ],
)
def test_attention_counts_as_torch_counts_it(given: dict[str, Any], shapes: list[tuple[int, ...]]) -> None:
    xs = [Tensor(shape) for shape in shapes]
    query, key, value = xs * 3 if len(xs) == 1 else xs
    op = MultiheadAttention(**given)
    module = Attention(query.shape[1], kdim=key.shape[1], vdim=value.shape[1], batch_first=True, **given)
    module.weighed = True  # torch's counter sees products that are written out
    assert op.macs(*xs) == counted(module, [query, key, value])


def test_attention_of_one_input_is_self_attention() -> None:
    x = Tensor((5, 8))
    spelled = Spelled(MultiheadAttention(num_heads=2), x)
    values = sample(x, 3)
    expected = spelled.layer(values, values, values)[0]
    torch.testing.assert_close(spelled(values), expected)


def test_attention_reads_one_input_or_three() -> None:
    refusal = answer(lambda: MultiheadAttention(num_heads=1), [Tensor((3, 4))] * 2)
    assert isinstance(refusal, ShapeError)
    assert refusal.code == "AS120"


@pytest.mark.parametrize(("written", "advice"), [(5, "4 or 6"), (24, "12")])
def test_heads_that_do_not_divide_learn_which_would(written: int, advice: str) -> None:
    refusal = answer(lambda: MultiheadAttention(num_heads=written), [Tensor((7, 12))])
    assert isinstance(refusal, ShapeError)
    assert (refusal.code, refusal.argument) == ("AS205", "num_heads")
    assert refusal.help
    assert refusal.help.endswith(advice)


def test_linear_without_flatten_is_told_to_flatten() -> None:
    refusal = answer(lambda: Linear(in_features=400, out_features=120), [Tensor((16, 5, 5))])
    assert isinstance(refusal, ShapeError)
    assert (refusal.code, refusal.argument, refusal.help) == (
        "AS203",
        "in_features",
        "put a Flatten before it",
    )
    assert refusal.notes == ("flattened, 16·5·5 = 400 features",)


def test_layer_norm_over_channels_is_told_of_layer_norm_2d() -> None:
    refusal = answer(lambda: LayerNorm(normalized_shape=96), [Tensor((96, 56, 56))])
    assert isinstance(refusal, ShapeError)
    assert refusal.help
    assert refusal.help.startswith("LayerNorm2d")


def test_bilinear_counts_every_entry_of_its_matrices() -> None:
    xs = [Tensor((5, 3)), Tensor((5, 4))]
    op = Bilinear(out_features=2)
    assert op.macs(*xs) == 5 * prod(op.weights(*xs)[0].shape)


EMBEDDING = st.fixed_dictionaries(
    {"num_embeddings": st.sampled_from([0, 2, 3, 4]), "embedding_dim": st.integers(0, 3)},
    optional={
        "padding_idx": st.none() | st.integers(-5, 5),
        "max_norm": st.none() | SMALL,
        "norm_type": SMALL,
        "scale_grad_by_freq": FLAG,
        "sparse": FLAG,
    },
)


@settings(max_examples=80, deadline=None)
@given(
    given=EMBEDDING,
    shape=st.lists(st.integers(1, 3), max_size=3).map(tuple),
    dtype=st.sampled_from(["int64", "int64", "int32", "int16", "bool", "float32"]),
)
def test_embedding_is_torchs(given: dict[str, Any], shape: tuple[int, ...], dtype: str) -> None:
    x = Tensor(shape, dtype)
    outputs = answer(lambda: Embedding(**given), [x])
    expected = ran(lambda: nn.Embedding(**given), [x])
    if isinstance(outputs, tuple):
        assert expected == [(y.shape, y.dtype) for y in outputs]
        spelled = Spelled(Embedding(**given), x)
        assert spelled.state() == owned(Embedding(**given), [x])
        assert spelled.layer.padding_idx == nn.Embedding(**given).padding_idx
    else:
        assert expected is None, outputs


def test_layer_norm_2d_normalizes_channels() -> None:
    x = Tensor((6, 3, 4))
    spelled = Spelled(LayerNorm2d(eps=1e-6), x)
    values = sample(x, 2)
    torch.testing.assert_close(spelled(values), nn.functional.group_norm(
        values.permute(0, 2, 3, 1).reshape(-1, 6), 1, eps=1e-6
    ).reshape(2, 3, 4, 6).permute(0, 3, 1, 2))  # fmt: skip
    assert spelled.state() == [("weight", (6,), "float32"), ("bias", (6,), "float32")]


@pytest.mark.parametrize("mode", ["row", "batch"])
@pytest.mark.parametrize("p", [0.0, 0.25, 1.0])
def test_stochastic_depth_drops_whole_samples(p: float, mode: str) -> None:
    torch.manual_seed(0)
    x = Tensor((2, 3))
    op = StochasticDepth(p=p, mode=mode)
    spelled = Spelled(op, x)
    values = torch.rand(4000, 2, 3) + 1
    assert torch.equal(spelled.eval()(values), values)
    spelled.train()
    kept = torch.stack([spelled(values[:1])[0] for _ in range(2000)]) if mode == "batch" else spelled(values)
    source = values[:1] if mode == "batch" else values
    factors = (kept / source).flatten(1)
    assert torch.equal(factors.amax(1), factors.amin(1)) or torch.allclose(factors.amax(1), factors.amin(1))
    assert (factors[:, 0] == 0).float().mean() == pytest.approx(p, abs=0.03)
    alive = factors[factors[:, 0] != 0]
    assert torch.allclose(alive, torch.full_like(alive, 1 / (1 - p) if p < 1 else 0))
    if mode == "batch":
        dropped = spelled(values).flatten(1).any(1)
        assert dropped.all() or not dropped.any()


INITS = ["zeros", "ones", "normal", "uniform", "trunc_normal", "xavier_normal", "xavier_uniform",
         "kaiming_normal", "kaiming_uniform", "orthogonal", 1e-6, -2, 0]  # fmt: skip


@pytest.mark.parametrize(("init", "shape"), [*product(INITS, [(), (5,), (1, 1, 8), (16, 64)])])
def test_a_learned_tensor_is_filled_as_torch_nn_init_would(init: str | float, shape: tuple[int, ...]) -> None:
    op = Parameter(shape=shape, init=init)
    outputs = answer(lambda: op, [])
    torch.manual_seed(0)
    filled = torch.empty(shape)
    try:
        if isinstance(init, str):
            getattr(nn.init, f"{init}_")(filled)
        else:
            nn.init.constant_(filled, init)
    except ValueError:
        assert isinstance(outputs, ShapeError)
        return
    assert outputs == (Tensor(shape, batched=False),)
    torch.manual_seed(0)
    spelled = Spelled(op)
    assert isinstance(spelled.layer, nn.Parameter)
    assert spelled.state() == [("", shape, "float32")] == owned(op, [])
    assert torch.equal(spelled(), filled)
