"""Weights of files: they fill the network exactly, or a message says what does not fit; nothing in a file is run."""

import io
import os
import pickle
import random
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from emitted import SPECS
from safetensors.torch import save_file
from torch import nn

import archspec
from archspec import WeightsError
from archspec.fit import fit
from archspec.ops.base import Tensor

torch.set_num_threads(1)  # the tensors are small


@pytest.fixture(scope="module")
def net() -> archspec.Architecture:
    return archspec.loads(SPECS["residual"])


@pytest.fixture(scope="module")
def state(net: archspec.Architecture) -> dict[str, torch.Tensor]:
    return dict(net.build(seed=0).state_dict())


def same(module: nn.Module, state: Mapping[str, torch.Tensor]) -> None:
    torch.testing.assert_close(dict(module.state_dict()), dict(state), rtol=0, atol=0)


def refusal(net: archspec.Architecture, weights: Any, **how: Any) -> list[str]:
    with pytest.raises(WeightsError) as caught:
        net.build("meta", weights=weights, **how)
    return str(caught.value).splitlines()


# What fits


@pytest.mark.parametrize("case", ["residual", "tokens", "inputs", "groups"])
@pytest.mark.parametrize("kind", [".pt", ".safetensors", ".pth"])
def test_files_fill_the_network(case: str, kind: str, tmp_path: Path) -> None:
    net = archspec.loads(SPECS[case])
    state, file = net.build(seed=0).state_dict(), tmp_path / f"net{kind}"
    if kind == ".safetensors":
        save_file(state, file)
    else:  # .pth: as torch wrote before 1.6
        torch.save(state, file, _use_new_zipfile_serialization=kind == ".pt")
    same(net.build(weights=file), state)
    same(net.build(weights=str(file)), state)


def test_nothing_is_initialised_first(net: archspec.Architecture, state: dict[str, torch.Tensor]) -> None:
    """Drawing would move the caller's random state; freezing, which is not drawing, still happens."""
    torch.manual_seed(5)
    wanted = torch.rand(4)
    torch.manual_seed(5)
    same(net.build(weights=state), state)
    assert torch.equal(torch.rand(4), wanted)
    tokens = archspec.loads(SPECS["tokens"])
    frozen = tokens.build(weights=tokens.build(seed=1).state_dict())
    assert not frozen.head.weight.requires_grad
    assert frozen.encoder.position.requires_grad


@pytest.mark.parametrize("name", ["googlenet", "vit-b-16", "convnext-tiny", "efficientnet-b0"])
def test_nothing_is_drawn_whatever_the_rules_of_init(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    net = archspec.load(name, num_classes=2)
    weights = net.match_weights(net.build("meta").state_dict())
    monkeypatch.setattr("archspec.runtime.fill", lambda module, weights: None)
    torch.manual_seed(5)
    wanted = torch.rand(4)
    torch.manual_seed(5)
    archspec.runtime.build(net.source(), name, weights=weights)  # type: ignore[attr-defined]
    assert torch.equal(torch.rand(4), wanted)


def test_dtype_and_device_are_those_that_were_asked_for(
    net: archspec.Architecture, state: dict[str, torch.Tensor]
) -> None:
    half = {name: value.half() if value.is_floating_point() else value for name, value in state.items()}
    assert net.build(weights=half).fc.weight.dtype is torch.float32
    assert torch.equal(net.build(weights=half).fc.weight, half["fc.weight"].float())
    assert net.build(dtype="bfloat16", weights=state).fc.weight.dtype is torch.bfloat16
    assert net.build(dtype="bfloat16", weights=state).bn.num_batches_tracked.dtype is torch.int64
    assert net.build("meta", weights=state).fc.weight.is_meta


def test_the_file_is_not_held_by_the_module(
    net: archspec.Architecture, state: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    torch.save(state, tmp_path / "net.pt")
    module = net.build(weights=tmp_path / "net.pt")
    with (tmp_path / "net.pt").open("r+b") as file:  # not replaced: the very bytes that were mapped
        file.write(b"\0" * (tmp_path / "net.pt").stat().st_size)
    same(module, state)


def test_one_state_dict_among_other_things(
    net: archspec.Architecture, state: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    torch.save({"epoch": 3, "state_dict": state, "lr": 0.1}, tmp_path / "net.pt")
    same(net.build(weights=tmp_path / "net.pt"), state)
    torch.save({"model": state, "ema": state}, tmp_path / "two.pt")
    assert refusal(net, tmp_path / "two.pt")[0].endswith(
        "two.pt holds 2 state_dicts; save the one that is meant, alone"
    )


def test_files_older_than_the_counters_of_batch_norms(
    net: archspec.Architecture, state: dict[str, torch.Tensor]
) -> None:
    old = {name: value for name, value in state.items() if not name.endswith("num_batches_tracked")}
    module = net.build(weights=old)
    assert int(module.bn.num_batches_tracked) == 0
    assert torch.equal(module.layer2[0].bn1.running_var, state["layer2.0.bn1.running_var"])


def test_counters_are_taken_in_any_dtype(net: archspec.Architecture, state: dict[str, torch.Tensor]) -> None:
    module = net.build(weights={name: value.half() for name, value in state.items()})
    assert module.bn.num_batches_tracked.dtype == torch.int64
    assert module.bn.num_batches_tracked == state["bn.num_batches_tracked"]


# What does not fit


def test_tensors_without_values(net: archspec.Architecture, state: dict[str, torch.Tensor], tmp_path: Path) -> None:
    torch.save({name: value.to("meta") for name, value in state.items()}, tmp_path / "net.pt")
    assert refusal(net, tmp_path / "net.pt")[0].endswith("without values: they were on the device meta")


def test_how_weights_are_matched_goes_with_weights(net: archspec.Architecture) -> None:
    for matched in ({"skip": "fc.*"}, {"by": "order"}):
        with pytest.raises(archspec.ArchspecError, match="no weights are given"):
            net.build(**matched)


def test_another_head(net: archspec.Architecture, state: dict[str, torch.Tensor]) -> None:
    other = archspec.loads(SPECS["residual"], num_classes=3)
    assert refusal(other, state) == [
        "the state_dict does not fit the network: 84 of its 86 tensors fit",
        "of another shape or dtype (2):",
        "  fc.weight: the file has 10×32, the network 3×32",
        "  fc.bias: the file has 10, the network 3",
        "to leave the rest as the spec initialises it, skip fc.*",
    ]
    module = other.build(seed=3, weights=state, skip="fc.*")
    assert torch.equal(module.conv.weight, state["conv.weight"])
    assert torch.equal(module.fc.weight, other.build(seed=3).fc.weight)
    assert torch.equal(module.fc.bias, torch.full((3,), 0.5))


def test_missing_and_unexpected(net: archspec.Architecture, state: dict[str, torch.Tensor]) -> None:
    other = {name.replace("layer2.1.", "layer2.l.").replace("fc.", "head."): value for name, value in state.items()}
    del other["conv.weight"]
    assert refusal(net, other) == [
        "the state_dict does not fit the network: 71 of its 86 tensors fit",
        "missing in the file (15):",
        "  conv.weight: 16×3×3×3",
        "  layer2.1.*: 12 tensors, in the file perhaps layer2.l.*",
        "  fc.*: 2 tensors, in the file perhaps head.*",
        "unexpected in the file (14):",
        "  layer2.l.*: 12 tensors",
        "  head.*: 2 tensors",
    ]


def test_an_account_is_short_however_much_is_wrong() -> None:
    lines = refusal(archspec.load("resnet-152"), archspec.load("resnet-18").build("meta").state_dict())
    assert len(lines) < 50
    assert "  and " in "".join(lines)


def test_whole_numbers_are_no_weights(net: archspec.Architecture, state: dict[str, torch.Tensor]) -> None:
    lines = refusal(net, {**state, "fc.bias": state["fc.bias"].to(torch.int8)})
    assert "  fc.bias: the file has int8, the network float32" in lines


@pytest.mark.parametrize("skip", ["fx.*", "head", "\x1b[31m*", "fc"])
def test_a_pattern_that_matches_nothing(net: archspec.Architecture, state: dict[str, torch.Tensor], skip: str) -> None:
    (line,) = refusal(net, state, skip=skip)
    assert line.startswith("no tensor of the network or the file is called ")
    assert "\x1b" not in line


def test_what_the_file_has_besides_is_left_out(net: archspec.Architecture, state: dict[str, torch.Tensor]) -> None:
    besides = {**state, "aux.weight": torch.zeros(3), "aux.bias": torch.zeros(3)}
    assert refusal(net, besides)[-1] == "to leave out what the network does not have, skip aux.*"
    assert net.match_weights(besides, skip="aux.*").fit.skipped == ()


def test_a_wrapped_file_with_another_head(net: archspec.Architecture, state: dict[str, torch.Tensor]) -> None:
    wrapped = {f"module.{name}": tensor for name, tensor in state.items()}
    assert refusal(net, wrapped)[-1].endswith("matched by order they would fit")
    wrapped |= {"module.fc.weight": torch.zeros(7, 8), "module.fc.bias": torch.zeros(7)}
    assert refusal(net, wrapped)[-1].endswith("would fit, but for fc.* and module.fc.*, which want to be skipped")
    fit = net.match_weights(wrapped, by="order", skip=["fc.*", "module.fc.*"]).fit
    assert set(fit.skipped) == {"fc.weight", "fc.bias"}


@pytest.mark.parametrize(
    "given", [{1: torch.zeros(1)}, {"fc.bias": None}, {"fc.bias": torch.zeros(3).to_sparse()}, nn.Linear(2, 2)]
)
def test_what_is_no_state_dict_is_told(net: archspec.Architecture, given: Any) -> None:
    with pytest.raises(archspec.WeightsError, match="state_dict"):
        net.build(weights=given)


def test_tensors_without_values_fill_nothing(net: archspec.Architecture, state: dict[str, torch.Tensor]) -> None:
    with pytest.raises(archspec.WeightsError, match="without values"):
        net.build(weights={name: tensor.to("meta") for name, tensor in state.items()})


def test_names_of_a_file_are_escaped(net: archspec.Architecture, state: dict[str, torch.Tensor]) -> None:
    text = "\n".join(refusal(net, {**state, "a\x1b[2J\n\u202eb": torch.zeros(2)}))
    assert "a\\x1b[2J\\x0a\\u202eb: 2" in text


# By order


def renamed(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    modules = list(dict.fromkeys(name.rpartition(".")[0] for name in state))
    return {f"m{modules.index(name.rpartition('.')[0])}.{name.rpartition('.')[2]}": v for name, v in state.items()}


def test_another_naming_in_the_same_order(
    net: archspec.Architecture, state: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    torch.save(renamed(state), tmp_path / "net.pt")
    same(net.build(weights=tmp_path / "net.pt", by="order"), state)
    shown = net.match_weights(tmp_path / "net.pt", by="order").fit.renamed
    assert list(shown.items())[:3] == [("m0", "conv"), ("m1", "bn"), ("m2", "layer1.0.conv1")]


def test_order_is_all_or_nothing(net: archspec.Architecture, state: dict[str, torch.Tensor]) -> None:
    short = dict(list(renamed(state).items())[:40])
    (line,) = refusal(net, short, by="order")
    assert "by order: the first 40 fit, and the network goes on with " in line


NORM = {"conv.weight": (4, 3, 1, 1), "bn.weight": (4,), "bn.bias": (4,)}


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ({"c.weight": (4, 3, 1, 1), "n.bias": (4,), "n.weight": (4,)}, "n.bias would fill bn.weight"),
        (
            {"c.weight": (4, 3, 1, 1), "n.gamma": (4,), "n.beta": (4,)},
            "nothing but its place says that n.gamma is",
        ),
        ({"c.weight": (4, 3, 1, 1), "n.weight": (4,), "o.bias": (4,)}, "n and o would both fill bn"),
        ({"c.weight": (4, 3, 1, 1), "bn.bias": (4,), "x": (4,)}, "bn.bias would fill bn.weight, and the network has"),
        (
            {"n.weight": (4,), "n.bias": (4,), "c.weight": (4, 3, 1, 1)},
            "they part at tensor 1: n.weight of the file",
        ),
    ],
)
def test_an_order_that_names_speak_against(file: dict[str, tuple[int, ...]], reason: str) -> None:
    tensors = [{name: Tensor(shape) for name, shape in one.items()} for one in (NORM, file)]
    with pytest.raises(WeightsError) as caught:
        fit(*tensors, by="order")
    assert f"by order: {reason}" in str(caught.value)


def test_safetensors_keep_no_order(net: archspec.Architecture, state: dict[str, torch.Tensor], tmp_path: Path) -> None:
    save_file(state, tmp_path / "net.safetensors")
    (line,) = refusal(net, tmp_path / "net.safetensors", by="order")
    assert "does not keep the order of its tensors" in line


# Files that are broken or hostile


class Hostile:
    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.file),)


def test_a_pickle_that_would_run_code_is_refused(net: archspec.Architecture, tmp_path: Path) -> None:
    made = tmp_path / "made"
    torch.save({"conv.weight": Hostile(made)}, tmp_path / "zip.pt")
    (tmp_path / "raw.pt").write_bytes(pickle.dumps(Hostile(made), protocol=2))
    torch.save(nn.Linear(2, 2), tmp_path / "module.pt")
    said = {name: refusal(net, tmp_path / f"{name}.pt") for name in ("zip", "raw", "module")}
    assert not made.exists()
    assert all("and to load that could run code; from a module that you trust" in line for (line,) in said.values())
    assert "it holds torch.nn.modules.linear.Linear," in said["module"][0]


def test_broken_files_are_told(net: archspec.Architecture, state: dict[str, torch.Tensor], tmp_path: Path) -> None:
    buffer, rng = io.BytesIO(), random.Random(0)  # noqa: S311 - what is broken need not be a secret
    torch.save({"a": torch.zeros(20)}, buffer)
    whole = buffer.getvalue()
    texts = [b"", b"weights\n" * 9, whole[: len(whole) // 2]]
    for _ in range(100):
        text = bytearray(whole)
        for _ in range(rng.randint(1, 6)):
            text[rng.randrange(len(text))] = rng.randrange(256)
        texts.append(bytes(text))
    file = tmp_path / "net.pt"
    for text in texts:
        file.write_bytes(text)
        assert refusal(net, file)
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("x", "y")
    assert refusal(net, file)[0].endswith("net.pt is no file of weights: it is broken, or something else")
    (tmp_path / "net.safetensors").write_bytes(b"\xff" * 64)
    assert refusal(net, tmp_path / "net.safetensors")[0].endswith("is no safetensors file, or a broken one")
    assert refusal(net, tmp_path)[0].endswith(": Is a directory")
    torch.save([1, 2], file)
    assert refusal(net, file)[0].endswith("net.pt holds a list without a state_dict; save the one that is meant, alone")


def test_a_tensor_that_only_says_it_is_large_is_refused(net: archspec.Architecture, tmp_path: Path) -> None:
    torch.save({"conv.weight": torch.zeros(1).expand(10**12)}, tmp_path / "net.pt")
    assert "  conv.weight: the file has 1000000000000, the network 16×3×3×3" in refusal(net, tmp_path / "net.pt")
