"""Convolutions, pools, pads and resampling against torch, on layers drawn anew at every run."""

import re
import time
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from spelled import Spelled, answer, constructed, sample
from torch_oracle import carries_round, inferred, judged, reads_nothing

from archspec.ops import find, names
from archspec.ops.base import Op, ShapeError, Tensor

Arguments = dict[str, Any]
Case = tuple[str, Arguments, Tensor]

AXES = st.sampled_from([1, 2, 3])
FLAG = st.booleans()
RARE = st.integers(0, 9).map(lambda number: number == 0)


@st.composite
def numbers(draw: st.DrawFn, axes: int, least: int, most: int) -> Any:
    """Draw an int or a list of them as a spec has it, now and then of the wrong length or sign."""
    element = st.integers(least - 1 if draw(RARE) else least, most)
    if draw(FLAG):
        return draw(element)
    length = draw(st.sampled_from([1, 1, 2, 3, 4])) if draw(RARE) else axes
    return tuple(draw(element) for _ in range(length))


@st.composite
def written(draw: st.DrawFn, **arguments: st.SearchStrategy[Any]) -> Arguments:
    """Draw some of the arguments."""
    return {name: draw(value) for name, value in arguments.items() if draw(FLAG)}


@st.composite
def tensors(draw: st.DrawFn, axes: int, channels: int | None = None, most: int = 8) -> Tensor:
    count = draw(st.integers(1, 6)) if channels is None else channels
    return Tensor((count, *(draw(st.integers(1, most)) for _ in range(axes))))


@st.composite
def convolutions(draw: st.DrawFn, name: str) -> Case:
    axes = axes_of(name)
    groups, one, two = draw(st.integers(1, 3)), draw(st.integers(1, 2)), draw(st.integers(1, 2))
    some = written(
        stride=numbers(axes, 1, 3),
        padding=st.sampled_from(["same", "valid"]) | numbers(axes, 0, 3),
        dilation=numbers(axes, 1, 3),
        bias=FLAG,
        padding_mode=st.sampled_from(["zeros", "reflect", "replicate", "circular"]),
    )
    x = draw(tensors(axes, groups * one))
    arguments = {
        "in_channels": x.shape[0],
        "out_channels": groups * two + draw(RARE),
        "kernel_size": draw(numbers(axes, 1, 4)),
        "groups": groups,
    }
    return name, arguments | draw(some), x


@st.composite
def transposed(draw: st.DrawFn, name: str) -> Case:
    axes = axes_of(name)
    groups, one, two = draw(st.integers(1, 3)), draw(st.integers(1, 2)), draw(st.integers(1, 2))
    some = written(
        stride=numbers(axes, 1, 3),
        padding=numbers(axes, 0, 2),
        output_padding=numbers(axes, 0, 2),
        dilation=numbers(axes, 1, 3),
        bias=FLAG,
    )
    x = draw(tensors(axes, groups * one, most=5))
    arguments = {
        "in_channels": x.shape[0],
        "out_channels": groups * two + draw(RARE),
        "kernel_size": draw(numbers(axes, 1, 4)),
        "groups": groups,
    }
    return name, arguments | draw(some), x


@st.composite
def pools(draw: st.DrawFn, name: str) -> Case:
    axes, kind = axes_of(name), name.partition("Pool")[0]
    options: dict[str, st.SearchStrategy[Any]] = {
        "stride": st.none() | st.just(()) | numbers(axes, 1, 4),
        "ceil_mode": FLAG,
    }
    if kind != "LP":
        options["padding"] = numbers(axes, 0, 2)
    if kind == "Max":
        options["dilation"] = numbers(axes, 1, 3)
    if kind == "Avg":
        options["count_include_pad"] = FLAG
    if kind == "Avg" and axes > 1:
        options["divisor_override"] = st.none() | st.integers(-1, 3)
    arguments = draw(written(**options)) | {"kernel_size": draw(numbers(axes, 1, 5))}
    if kind == "LP":
        arguments["norm_type"] = draw(st.sampled_from([1, 2, 2.5, -1, 0, 0.0, float("inf"), -float("inf")]))
    return name, arguments, draw(tensors(axes))


@st.composite
def adaptive(draw: st.DrawFn, name: str) -> Case:
    axes = axes_of(name)
    size = st.none() | st.integers(1, 9)
    output = numbers(axes, 0, 9) | st.tuples(*[size] * axes) | st.tuples(size) | st.none()
    return name, {"output_size": draw(output)}, draw(tensors(axes))


@st.composite
def fractional(draw: st.DrawFn, name: str) -> Case:
    axes = axes_of(name)
    ratio = st.sampled_from([0.01, 0.3, 0.5, 0.75, 0.99, 1.0, 1.5])
    ways = written(output_size=numbers(axes, 1, 4), output_ratio=ratio | st.tuples(*[ratio] * axes) | st.tuples(ratio))
    kernel = draw(st.integers(1, 3) | st.tuples(*[st.integers(1, 3)] * axes))
    return name, draw(ways) | {"kernel_size": kernel}, draw(tensors(axes))


@st.composite
def pads(draw: st.DrawFn, name: str) -> Case:
    axes, side = axes_of(name), st.integers(-4, 6)
    length = draw(st.integers(0, 2 * axes + 2)) if draw(RARE) else 2 * axes
    arguments: Arguments = {"padding": draw(side | st.tuples(*[side] * length))}
    if name.startswith("Constant"):
        arguments["value"] = draw(st.sampled_from([0, 1, -2.5, float("-inf")]))
    return name, arguments, draw(tensors(axes))


@st.composite
def upsamplings(draw: st.DrawFn, name: str) -> Case:
    axes = draw(AXES)
    factor = st.floats(0, 3, allow_subnormal=False) | st.integers(0, 3) | st.sampled_from([0.1, -1.0, 1 / 3])
    length = draw(st.integers(1, 4)) if draw(RARE) else axes
    ways = st.fixed_dictionaries({"size": numbers(axes, 1, 9)})
    ways |= st.fixed_dictionaries({"scale_factor": factor | st.tuples(*[factor] * length)})
    ways |= written(size=numbers(axes, 1, 9), scale_factor=factor)
    arguments = draw(ways)
    if name == "Upsample":
        modes = ["nearest", "linear", "bilinear", "bicubic", "trilinear", "area", "nearest-exact"]
        fitting = [["linear"], ["bilinear", "bicubic"], ["trilinear"]][axes - 1] + ["nearest", "area"]
        arguments["mode"] = draw(st.sampled_from(modes if draw(RARE) else fitting))
        arguments |= draw(written(align_corners=st.none() | FLAG, recompute_scale_factor=st.none() | FLAG))
    return name, arguments, draw(tensors(axes))


@st.composite
def regroupings(draw: st.DrawFn, name: str) -> Case:
    some = written(dilation=numbers(2, 1, 3), padding=numbers(2, 0, 2), stride=numbers(2, 1, 3))
    kernel = draw(numbers(2, 1, 3))
    if name == "Unfold":
        return name, draw(some) | {"kernel_size": kernel}, draw(tensors(2))
    if name == "Fold":
        arguments = draw(some) | {"kernel_size": kernel, "output_size": draw(numbers(2, 1, 6))}
        values = np.prod(kernel) if isinstance(kernel, tuple) else kernel**2
        length = _places(arguments) if draw(FLAG) else draw(st.integers(1, 9))
        return name, arguments, Tensor((max(int(values), 1) * draw(st.integers(1, 2)), max(length, 1)))
    key = {
        "PixelShuffle": "upscale_factor",
        "PixelUnshuffle": "downscale_factor",
        "ChannelShuffle": "groups",
    }[name]
    factor = draw(st.integers(-1 if draw(RARE) else 1, 3))
    channels = draw(st.integers(1, 3)) * max(factor, 1) ** 2 + draw(RARE)
    axes = 2 if name != "ChannelShuffle" else draw(AXES)
    return name, {key: factor}, draw(tensors(axes, channels))


def _places(arguments: Arguments) -> int:
    """Return how many columns torch's own Unfold makes of the image that Fold is to give."""
    size = arguments["output_size"]
    image = torch.zeros(1, 1, *(size if isinstance(size, tuple) else (size, size)))
    rest = {name: value for name, value in arguments.items() if name != "output_size"}
    try:
        return int(torch.nn.Unfold(**rest)(image).shape[-1])
    except (RuntimeError, TypeError, ValueError):
        return 1


FAMILIES: dict[str, Callable[[str], st.SearchStrategy[Case]]] = {
    r"Conv\dd": convolutions,
    r"ConvTranspose\dd": transposed,
    r"(Max|Avg|LP)Pool\dd": pools,
    r"Adaptive\w+": adaptive,
    r"Fractional\w+": fractional,
    r"\w+Pad\dd": pads,
    r"Upsampl\w+": upsamplings,
    r"Pixel\w+|ChannelShuffle|Unfold|Fold": regroupings,
}
DRAWN = {name: draw for name in names() for family, draw in FAMILIES.items() if re.fullmatch(family, name)}


def axes_of(name: str) -> int:
    return int(name[-2]) if re.search(r"\dd$", name) else 2


def made(name: str, arguments: Arguments) -> Op:
    found = find(name)
    assert found
    return found(**arguments)


def reads_padding_alone(name: str, arguments: Arguments, x: Tensor) -> bool:
    """Whether some window of a dilated max pool has no tap on a pixel, by laying every window down."""
    if not name.startswith("MaxPool"):
        return False
    axes = len(x.shape) - 1

    def along(key: str, default: Any) -> list[int]:
        value = arguments.get(key, default)
        return list(value) * (axes if len(value) == 1 else 1) if isinstance(value, tuple) else [value] * axes

    kernel = along("kernel_size", None)
    stride = along("stride", None) if arguments.get("stride") else kernel
    padding, dilation = along("padding", 0), along("dilation", 1)
    with torch.no_grad():
        sizes = torch.nn.functional.__dict__[f"max_pool{axes}d"](
            torch.zeros(1, *x.shape), **{**arguments, "stride": arguments.get("stride") or None}
        ).shape[2:]
    return any(
        not any(0 <= place * s - p + tap * d < size for tap in range(k))
        for size, count, k, s, p, d in zip(x.shape[1:], sizes, kernel, stride, padding, dilation, strict=True)
        for place in range(count)
    )


@pytest.mark.parametrize("name", DRAWN)
def test_a_layer_is_accepted_just_where_torch_runs_it_and_is_what_torch_makes(name: str) -> None:
    @settings(max_examples=40, deadline=None)
    @given(DRAWN[name](name))
    def law(case: Case) -> None:
        _, arguments, x = case
        theirs = judged(name, arguments, x)
        if theirs is not None and (
            reads_padding_alone(name, arguments, x) or reads_nothing(name, arguments.get("padding"), x)
        ):
            theirs = None  # accepted by torch, which then reads or writes outside its tensors
        try:
            op = made(name, arguments)
            ours = inferred(op, x)
        except (ValidationError, ShapeError):
            assert theirs is None, case
            return
        assert ours == theirs, case
        spelled = Spelled(op, x)
        assert spelled(sample(x, 2)).shape == (2, *ours.shape)
        assert [(key, shape) for key, shape, _ in spelled.state()] == list(ours.state)

    law()


def test_circular_padding_goes_once_around_what_cropping_leaves() -> None:
    for size, before, after in product(range(1, 6), range(-6, 7), range(-6, 7)):
        ours = answer(lambda: made("CircularPad1d", {"padding": (before, after)}), [Tensor((1, size))])  # noqa: B023
        assert isinstance(ours, ShapeError) is not carries_round(size, before, after), (size, before, after)


# What a refusal advises


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_what_a_refusal_advises_does(data: st.DataObject) -> None:
    """Of square layers with one mistake: every `argument: value` in the help is a layer that torch runs."""
    name, arguments, x = data.draw(st.sampled_from(MISTAKEN))(data.draw)
    with pytest.raises(ShapeError) as refusal:
        inferred(made(name, arguments), x)
    ways = [re.findall(r"(\w+): (\w+)", way) for way in (refusal.value.help or "").split("; or ")]
    assert all(ways) or refusal.value.help is None
    for way in filter(None, ways):
        better = arguments | {argument: yaml.safe_load(value) for argument, value in way}
        assert judged(name, better, x) is not None, way
        assert inferred(made(name, better), x)


def _too_large(draw: st.DrawFn) -> Case:
    size, dilation, padding = draw(st.integers(1, 6)), draw(st.integers(1, 3)), draw(st.integers(0, 2))
    kernel = draw(st.integers((size + 2 * padding - 1) // dilation + 2, 14))
    rest = {
        "kernel_size": kernel,
        "dilation": dilation,
        "padding": padding,
        "stride": draw(st.integers(1, 4)),
    }
    if draw(FLAG):
        mode = draw(st.sampled_from(["zeros", "replicate"]))
        return (
            "Conv2d",
            {"in_channels": 2, "out_channels": 2, "padding_mode": mode, **rest},
            Tensor((2, size, size)),
        )
    assume(2 * padding <= kernel)
    return "MaxPool2d", rest, Tensor((2, size, size))


def _too_much_padding(draw: st.DrawFn) -> Case:
    kernel = draw(st.integers(1, 4))
    return (
        "MaxPool2d",
        {"kernel_size": kernel, "padding": draw(st.integers(kernel // 2 + 1, 9))},
        Tensor((1, 8, 8)),
    )


def _too_much_border(draw: st.DrawFn) -> Case:
    size, mode = draw(st.integers(1, 5)), draw(st.sampled_from(["reflect", "circular"]))
    channels = {"in_channels": 1, "out_channels": 1, "kernel_size": 1, "padding_mode": mode}
    return "Conv1d", channels | {"padding": draw(st.integers(size + 1, 9))}, Tensor((1, size))


def _groups(draw: st.DrawFn) -> Case:
    one, two = draw(st.integers(1, 12)), draw(st.integers(1, 12))
    groups = draw(st.integers(1, 14).filter(lambda n: one % n or two % n))
    return (
        "Conv1d",
        {"in_channels": one, "out_channels": two, "kernel_size": 1, "groups": groups},
        Tensor((one, 3)),
    )


def _same_transposed(draw: st.DrawFn) -> Case:
    kernel, stride = draw(st.integers(1, 5)), draw(st.integers(1, 4))
    assume(kernel >= stride)
    arguments = {
        "in_channels": 1,
        "out_channels": 1,
        "kernel_size": kernel,
        "stride": stride,
        "padding": "same_upper",
    }
    return "ConvTranspose1d", arguments, Tensor((1, 4))


MISTAKEN = (_too_large, _too_much_padding, _too_much_border, _same_transposed)


@pytest.mark.parametrize("name", DRAWN)
def test_what_a_refusal_advises_mends_what_it_refuses(name: str) -> None:
    """Of any layer: with the value of a help, along the axis that it is about, it is refused for that no more."""

    @settings(max_examples=60, deadline=None)
    @given(DRAWN[name](name))
    def law(case: Case) -> None:
        _, arguments, x = case
        refusal = answer(lambda: made(name, arguments), [x])
        if not isinstance(refusal, ShapeError):
            return
        for argument, value in re.findall(r"(?:^|; or )(\w+): (\w+)", refusal.help or ""):
            mended = along_its_axis(refusal, arguments.get(argument), yaml.safe_load(value), paired="Pad" in name)
            better = arguments | {argument: mended}
            again = answer(lambda: made(name, better), [x])  # noqa: B023
            assert not isinstance(again, ValidationError), better
            assert told(again) != told(refusal), better
            if not isinstance(again, ShapeError) and not value.startswith("same_"):  # which torch does not have
                assert judged(name, better, x) is not None, better

    law()


def told(refusal: object) -> tuple[str, str | None, str] | None:
    """Return what a refusal is about: its code, its argument and its axis."""
    if not isinstance(refusal, ShapeError):
        return None
    return refusal.code, refusal.argument, "".join(re.findall(r"along the (\w+)", refusal.message))


def along_its_axis(refusal: ShapeError, written: Any, value: Any, *, paired: bool) -> Any:
    """Return what is written, with a value in its place: the only one, or the one of the axis that is refused.

    A pad has two for each axis, the last axis first; of them, the larger is too large.
    """
    _, _, axis = told(refusal) or ("", None, "")
    if not isinstance(written, tuple) or len(written) == 1:
        return value
    back = {"": 0, "length": 0, "width": 0, "height": 1, "depth": 2}[axis]
    if paired:
        return tuple(min(value, one) if i // 2 == back else one for i, one in enumerate(written))
    return tuple(value if i == len(written) - 1 - back else one for i, one in enumerate(written))


@settings(deadline=None)
@given(st.data())
def test_the_groups_that_a_refusal_names_divide_both_channel_counts(data: st.DataObject) -> None:
    name, arguments, x = _groups(data.draw)
    with pytest.raises(ShapeError) as refusal:
        inferred(made(name, arguments), x)
    assert refusal.value.code == "AS205"
    named = [int(number) for number in re.findall(r"\d+", refusal.value.help or "")]
    assert named
    for groups in named:
        assert judged(name, arguments | {"groups": groups}, x) is not None


# Dtypes

DTYPES = ["float16", "bfloat16", "float32", "float64", "uint8", "int8", "int16", "int32", "int64", "bool"]
USUAL: dict[str, Arguments] = {
    "Conv": {"in_channels": 4, "out_channels": 4, "kernel_size": 2},
    "LP": {"norm_type": 2, "kernel_size": 2},
    "Max": {"kernel_size": 2},
    "Avg": {"kernel_size": 2},
    "Adaptive": {"output_size": 2},
    "Fractional": {"kernel_size": 2, "output_size": 2},
    "Constant": {"padding": 1, "value": 1.0},
    "PixelS": {"upscale_factor": 1},
    "PixelU": {"downscale_factor": 2},
    "ChannelShuffle": {"groups": 2},
    "Up": {"scale_factor": 2},
    "Unfold": {"kernel_size": 2},
    "Fold": {"output_size": (3, 5), "kernel_size": 2},
}


def usual(name: str, dtype: str = "float32") -> Case:
    """Return arguments and an input that suit an op."""
    arguments = next((found for start, found in USUAL.items() if name.startswith(start)), {"padding": 1})
    return name, dict(arguments), Tensor((4, 8) if name == "Fold" else (4, *[4] * axes_of(name)), dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", DRAWN)
def test_a_dtype_is_accepted_just_where_torch_computes_in_it(name: str, dtype: str) -> None:
    _, arguments, x = usual(name, dtype)
    theirs = judged(name, arguments, x)
    if "LPPool" in name and "float" not in dtype:
        theirs = None  # torch gives floats for whole numbers here, an accident of its roots
    ours = answer(lambda: made(name, arguments), [x])
    if theirs is None:
        assert isinstance(ours, ShapeError)
        assert ours.code == "AS206"
    else:
        assert ours == (Tensor(theirs.shape, dtype),)


# Bounds


@pytest.mark.parametrize("huge", [2**31, 2**62, 2**63 - 1, -(2**63)])
def test_huge_arguments_are_judged_at_once(huge: int) -> None:
    begun = time.perf_counter()
    for name in DRAWN:
        _, arguments, x = usual(name)
        fields = made(name, arguments).model_fields_set | {"stride", "padding", "dilation"}
        for key in fields:
            for ceil in ({}, {"ceil_mode": True}):
                refusal = answer(lambda: made(name, arguments | ceil | {key: huge}), [x])  # noqa: B023
                assert len(str(refusal)) < 2000
    assert time.perf_counter() - begun < 10  # what counted up to the argument would take years


# Padding from the size that arrives


def padded(values: Any, arguments: Arguments, sizes: tuple[int, ...], mode: str) -> Any:
    """Pad by ONNX's definition of auto_pad, whose text is: output_shape[i] = ceil(input_shape[i] / strides[i])."""
    widths = [(0, 0), (0, 0)]
    for axis, size in enumerate(sizes):
        kernel, stride, dilation = (arguments[key][axis] for key in ("kernel_size", "stride", "dilation"))
        out = -(-size // stride)
        pad = max((out - 1) * stride + ((kernel - 1) * dilation + 1) - size, 0)
        less, more = pad // 2, pad - pad // 2
        widths.append((less, more) if arguments["padding"] == "same_upper" else (more, less))
    kinds = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
    return np.pad(values, widths, mode=kinds[mode])


def convolved(values: Any, weight: Any, arguments: Arguments) -> Any:
    """Convolve by laying the kernel down at each place and adding up."""
    axes = weight.ndim - 2
    spans = [(k - 1) * d + 1 for k, d in zip(arguments["kernel_size"], arguments["dilation"], strict=True)]
    windows = np.lib.stride_tricks.sliding_window_view(values, spans, tuple(range(2, 2 + axes)))
    steps = tuple(slice(None, None, stride) for stride in arguments["stride"])
    taps = tuple(slice(None, None, dilation) for dilation in arguments["dilation"])
    windows = windows[(slice(None), slice(None), *steps, *taps)]
    inner = list(range(2 + axes, 2 + 2 * axes))
    out = np.tensordot(windows, weight, axes=([1, *inner], [1, *range(2, 2 + axes)]))
    return np.moveaxis(out, -1, 1)


@st.composite
def same_from_size(draw: st.DrawFn) -> tuple[str, Arguments, Tensor]:
    axes = draw(AXES)

    def each(most: int) -> Any:
        return draw(st.tuples(*[st.integers(1, most)] * axes))

    arguments = {
        "out_channels": 2,
        "kernel_size": each(5),
        "stride": each(4),
        "dilation": each(2),
        "padding": draw(st.sampled_from(["same_upper", "same_lower"])),
        "padding_mode": draw(st.sampled_from(["zeros", "reflect", "replicate", "circular"])),
        "bias": False,
    }
    return f"Conv{axes}d", arguments, draw(tensors(axes, 3, most=9))


@settings(max_examples=150, deadline=None)
@given(same_from_size())
def test_same_upper_and_lower_are_onnxs_by_laying_the_kernel_down(case: Case) -> None:
    name, arguments, x = case
    op = made(name, arguments)
    ours = answer(lambda: op, [x])
    assume(not isinstance(ours, ShapeError))  # reflection and circles need enough pixels, as in torch
    module = Spelled(op, x)
    values = sample(x, 2)
    weight = module.state_dict()["layer.weight"]
    with torch.no_grad():
        found = module(values)
    surrounded = padded(values.numpy(), arguments, x.shape[1:], arguments["padding_mode"])
    expected = convolved(surrounded, weight.numpy(), arguments)
    assert found.shape == (2, *inferred(op, x).shape) == expected.shape
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-5)
    assert [(key, shape) for key, shape, _ in module.state()] == [("weight", tuple(weight.shape))]


@pytest.mark.onnx
@settings(max_examples=60, deadline=None)
@given(same_from_size())
def test_same_upper_and_lower_are_what_onnxruntime_runs(case: Case) -> None:
    import onnx
    import onnxruntime

    name, arguments, x = case
    # What onnxruntime does not run or crops, since ONNX does not say: dilation, a kernel below the stride.
    wider = tuple(map(max, arguments["kernel_size"], arguments["stride"]))
    arguments |= {"padding_mode": "zeros", "dilation": (1,) * axes_of(name), "kernel_size": wider}
    module = Spelled(made(name, arguments), x)
    values, weight = sample(x, 2), module.state_dict()["layer.weight"]
    with torch.no_grad():
        expected = module(values).numpy()
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    node = helper.make_node(
        "Conv", ["x", "w"], ["y"], auto_pad=arguments["padding"].upper(), strides=arguments["stride"]
    )
    graph = helper.make_graph(
        [node],
        "conv",
        [helper.make_tensor_value_info("x", kind, list(values.shape))],
        [helper.make_tensor_value_info("y", kind, list(expected.shape))],
        [helper.make_tensor("w", kind, list(weight.shape), weight.flatten().tolist())],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"x": values.numpy()})
    np.testing.assert_allclose(found, expected, atol=1e-5)


# Words


@pytest.mark.parametrize(
    ("name", "arguments", "shape", "code", "says"),
    [
        (
            "Conv2d",
            {"kernel_size": 3},
            (512,),
            "AS204",
            "Conv2d reads (C, H, W); what arrives is 512, a flat vector",
        ),
        ("Conv2d", {"kernel_size": 41}, (3, 32, 32), "AS202", "⌊(32 + 2·0 − 1·(41−1) − 1)/1⌋ + 1 = −8"),
        ("Conv2d", {"kernel_size": 41}, (3, 32, 32), "AS202", "kernel_size: 32 is the largest that fits"),
        ("Conv2d", {"kernel_size": 41}, (3, 32, 32), "AS202", "padding: 20 keeps the size"),
        ("Conv2d", {"kernel_size": 5}, (3, 2, 2), "AS202", "; or padding: 2 lets it in and keeps the size"),
        ("Conv2d", {"kernel_size": 3, "in_channels": 4}, (3, 8, 8), "AS203", "in_channels: 3"),
        ("Conv2d", {"kernel_size": 3, "groups": 4}, (6, 8, 8), "AS205", "3 or 6"),
        ("Conv2d", {"kernel_size": 3, "stride": 0}, (3, 8, 8), "AS201", "stride is 0"),
        ("MaxPool2d", {"kernel_size": 5, "padding": 3}, (3, 8, 8), "AS201", "padding: 2 at most"),
        ("MaxPool2d", {"kernel_size": 2, "return_indices": True}, (3, 8, 8), "AS201", "MaxUnpool"),
        ("MaxPool2d", {"kernel_size": 2, "dilation": 2, "padding": 1}, (3, 1, 9), "AS202", "padding alone"),
        ("Upsample", {"scale_factor": 2, "mode": "bilinear"}, (3, 8), "AS204", "8, a sequence"),
        ("Fold", {"output_size": 4, "kernel_size": 2}, (4, 8), "AS203", "3·3 = 9 places; 8 columns arrive"),
    ],
)
def test_a_refusal_says_what_was_found_and_what_would_do(
    name: str, arguments: Arguments, shape: tuple[int, ...], code: str, says: str
) -> None:
    if name == "Conv2d":
        arguments = {"out_channels": 12, **arguments}
    with pytest.raises(ShapeError) as refusal:
        made(name, arguments).infer(Tensor(shape))
    error = refusal.value
    assert error.code == code
    assert says in "\n".join([error.message, *error.notes, error.help or ""])


def test_a_layer_is_spelled_as_a_person_writes_it() -> None:
    conv = made("Conv2d", {"out_channels": 64, "kernel_size": [7, 7], "stride": 2, "padding": 3, "bias": False})
    assert constructed(conv.spelling(Tensor((3, 224, 224)))) == (
        "nn.Conv2d(3, 64, kernel_size=7, stride=2, padding=3, bias=False)"
    )
    pool = made("MaxPool2d", {"kernel_size": [3, 2], "stride": [2, 2], "padding": 0, "ceil_mode": False})
    assert constructed(pool.spelling(Tensor((3, 8, 8)))) == "nn.MaxPool2d(kernel_size=(3, 2), stride=2)"
    pad = made("ZeroPad2d", {"padding": [1, 1]})  # of the width alone
    assert constructed(pad.spelling(Tensor((3, 8, 8)))) == "nn.ZeroPad2d(padding=(1, 1))"
