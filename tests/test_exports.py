"""What leaves the compiler as files: loaded in a fresh process without archspec, they compute the same."""

import errno
import importlib.util
import io
import json
import logging
import os
import re
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from emitted import SPECS
from safetensors import safe_open

import archspec
from archspec.files import bundled

torch.set_num_threads(1)  # the tensors are small

ROOT = Path(__file__).parents[1]
BUNDLED = bundled()
BASES = {
    f"{name.rpartition('/')[0]}/{base}".removeprefix("/")
    for name, path in BUNDLED.items()
    for base in re.findall(r"(?m)^extends: (\S+)\.yaml", path.read_text(encoding="utf-8"))
}
"""The specs that others extend."""


def _in_turn() -> list[str]:
    """Return the specs that this run exports, one for each network: which part, and from where on, it is told."""
    parts, _, number = os.environ.get("ARCHSPEC_PART", "0/1").partition("/")
    names = [name for name in sorted(BUNDLED) if name not in BASES]
    first = int(os.environ.get("ARCHSPEC_FIRST", "0")) % len(names)
    names = names[first:] + names[:first]
    return [name for index, name in enumerate(names) if str(index % int(number)) in parts.split(",")]


UNTIL = float(os.environ.get("ARCHSPEC_UNTIL", "inf"))
"""When no export is begun any more, in seconds as `time.time` counts them."""
FAMILIES = [
    "lenet5", "squeezenet-1.1", "resnet-18", "densenet-121", "googlenet", "mobilenet-v2", "shufflenet-v2-x0.5",
    "efficientnet-b0",
]  # fmt: skip
"""One of each family whose weights are few; those of every spec are written with -m exports."""
PROGRAMS = ("lenet5", "shufflenet-v2-x0.5")
"""Those whose programs are made by default; it takes seconds for each."""


def _script() -> ModuleType:
    found = importlib.util.spec_from_file_location("exports_script", ROOT / "scripts" / "exports.py")
    assert found
    assert found.loader
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


exports = _script()


@pytest.fixture(scope="module")
def read() -> Iterator[Callable[[Path], float]]:
    with exports.Reader() as reader:
        yield reader


def errors(name: str, kinds: tuple[str, ...], folder: Path, read: Callable[[Path], float]) -> dict[str, float]:
    """Return the error of each kind of file, loaded without archspec."""
    stem = folder / name.replace("/", "_").replace(".", "_")
    exports.write(exports.load(name), stem, dict.fromkeys([".py", ".pt", *kinds]))
    return {kind: read(Path(f"{stem}{kind}")) for kind in kinds}


@pytest.mark.parametrize("name", FAMILIES)
def test_source_and_weights_of_each_family(name: str, tmp_path: Path, read: Callable[[Path], float]) -> None:
    assert max(errors(name, (".pt", ".safetensors"), tmp_path, read).values()) < 1e-5


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name: str, tmp_path: Path, read: Callable[[Path], float]) -> None:
    assert errors(name, (".pt2",), tmp_path, read)[".pt2"] < 1e-5


@pytest.mark.onnx
@pytest.mark.parametrize("name", ["lenet5", "googlenet"])
def test_onnx_models(name: str, tmp_path: Path, read: Callable[[Path], float]) -> None:
    assert errors(name, (".onnx",), tmp_path, read)[".onnx"] < 1e-4


@pytest.mark.exports
@pytest.mark.onnx
@pytest.mark.slow
@pytest.mark.parametrize("name", _in_turn())
def test_every_bundled_spec_as_a_file_of_every_kind(name: str, tmp_path: Path, read: Callable[[Path], float]) -> None:
    if time.time() > UNTIL:
        pytest.skip("the time for exports is up")
    assert max(errors(name, (".py", ".pt", ".safetensors", ".pt2", ".onnx"), tmp_path, read).values()) < 1e-4


@pytest.mark.parametrize("base", sorted(BASES))
def test_a_base_is_one_of_the_networks_that_extend_it(base: str) -> None:
    folder = base.rpartition("/")[0]
    those = [name for name in BUNDLED if name.rpartition("/")[0] == folder and name.startswith(f"{base}-")]
    assert layers(base) in map(layers, those)


def layers(name: str) -> list[object]:
    nodes = archspec.load(name).layer_graph.nodes.items()
    return [(path, flat.node.op, flat.inputs, flat.node.tensors) for path, flat in nodes]


def test_the_process_that_reads_has_no_archspec(tmp_path: Path, read: Callable[[Path], float]) -> None:
    exports.write(exports.load("lenet5"), tmp_path / "net", [".pt"])
    (tmp_path / "net.py").write_text("import archspec\n", encoding="utf-8")
    with pytest.raises(AssertionError, match=r"net\.pt: Traceback(.|\n)*import of archspec halted"):
        read(tmp_path / "net.pt")


# Programs take what the network takes


def sized(case: str, tmp_path: Path) -> tuple[archspec.Architecture, torch.nn.Module, torch.nn.Module]:
    net = archspec.load("u-net", width=4, input=(1, 32, 48)) if case == "u-net" else archspec.loads(SPECS[case])
    module = net.build(seed=0).eval()
    net.export(tmp_path / "net.pt2", module)
    return net, module, torch.export.load(tmp_path / "net.pt2").module()


def test_a_program_takes_other_sizes_where_the_network_does(tmp_path: Path) -> None:
    _, module, program = sized("u-net", tmp_path)
    for shape in ((1, 1, 32, 48), (7, 1, 64, 32), (2, 1, 96, 96)):
        x = torch.randn(shape)
        torch.testing.assert_close(program(x), module(x))


def test_a_program_keeps_the_sizes_that_its_weights_need(tmp_path: Path) -> None:
    _, module, program = sized("tokens", tmp_path)
    x = torch.randn(5, 3, 16, 16)
    torch.testing.assert_close(program(x), module(x))
    with pytest.raises((RuntimeError, AssertionError)):  # AssertionError: a guard of torch 2.8 or later
        program(torch.randn(5, 3, 32, 32))


def test_a_program_that_torch_ties_to_a_size_says_so(tmp_path: Path) -> None:
    """A guard of torch's `max_pool1d` holds at lengths alone that give the same output."""
    net = archspec.loads("archspec: 1\ninput: [1, 80]\nlayers: [{op: MaxPool1d, kernel_size: 4}]\n")
    net.export(tmp_path / "net.pt2")
    program = torch.export.load(tmp_path / "net.pt2")
    free = {str(size) for size in program.range_constraints}
    sizes = next(node.meta["val"].shape for node in program.graph.nodes if node.op == "placeholder")
    module = net.build().eval()
    if len(free) > 1:  # a torch that ties nothing
        torch.testing.assert_close(program.module()(torch.ones(2, 1, 160)), module(torch.ones(2, 1, 160)))
    else:
        assert [str(size) for size in sizes[1:]] == ["1", "80"]


ELSEWHERE = {
    "adaptive pooling": ("[4, 12, 12]", "[{op: AdaptiveAvgPool2d, output_size: 4}]", [4, 12, 12]),
    "adaptive pooling of a signal": (
        "[4, 48]",
        "[{op: Conv1d, out_channels: 2, kernel_size: 3, padding: 1}, {op: AdaptiveAvgPool1d, output_size: 5}]",
        [4, 48],
    ),
    "area": ("[4, 12, 12]", "[{op: Upsample, size: 9, mode: area}]", [4, 12, 12]),
    "chunks": ("[4, 12, 12]", "{c: {op: Chunk, chunks: 3, dim: 2}, a: {op: Add, from: [c.2, c.0]}}", [4, 12, 12]),
    "a stride": ("[4, 12, 12]", "[{op: Conv2d, out_channels: 2, kernel_size: 3, stride: 2}]", [4, None, None]),
    "padding by what arrives": (
        "[3, 32, 32]",
        "[{op: Conv2d, out_channels: 2, kernel_size: 4, stride: 2, padding: same_upper}]",
        [3, None, None],
    ),
}


@pytest.mark.parametrize("suffix", [".py", ".pt", ".safetensors"])
def test_weights_of_another_network_are_not_written_as_this_ones(suffix: str, tmp_path: Path) -> None:
    net = archspec.loads(SPECS["residual"])
    for module in (net.build(optimize="inference"), archspec.loads(SPECS["dense"]).build(), torch.nn.Sequential()):
        with pytest.raises(archspec.ArchspecError, match="not those of residual"):
            net.export(tmp_path / f"net{suffix}", module)
    assert list(tmp_path.iterdir()) == []
    net.export(tmp_path / f"net{suffix}", net.build())


@pytest.mark.onnx
@pytest.mark.parametrize("case", ELSEWHERE)
def test_a_model_takes_the_sizes_at_which_it_is_right(case: str, tmp_path: Path) -> None:
    import onnxruntime

    size, layers, taken = ELSEWHERE[case]
    net = archspec.loads(f"archspec: 1\ninput: {size}\nlayers: {layers}\n")
    module = net.build(seed=0).eval()
    net.export(tmp_path / "net.onnx", module)
    session = onnxruntime.InferenceSession(tmp_path / "net.onnx", providers=["CPUExecutionProvider"])
    declared = session.get_inputs()[0].shape[1:]
    assert [one if isinstance(one, int) else None for one in declared] == taken
    if None in taken:
        for side in (31, 33, 47):
            x = torch.randn(3, taken[0], side, side)
            (found,) = session.run(None, {"input": x.numpy()})
            torch.testing.assert_close(torch.from_numpy(found), module(x).detach(), rtol=1e-4, atol=1e-5)


@pytest.mark.onnx
@pytest.mark.parametrize(
    ("text", "names"),
    [
        (
            "input: [6, 8]\nlayers:\n  scale: {op: Parameter, shape: [1, 6, 8], init: ones}\n"
            "  a: {op: Add, from: [input, scale]}\noutput: {scale: a}",
            ["input", "scale_output"],
        ),
        (
            "input: {image: [6, 8]}\nlayers: {a: {op: ReLU, from: input.image}}\noutput: {image: a}",
            ["image", "image_output"],
        ),
        ("input: {output: [6, 8]}\nlayers: {a: {op: ReLU, from: input.output}}", ["output", "output_output"]),
    ],
)
def test_no_name_stands_twice_in_a_model(text: str, names: list[str], tmp_path: Path) -> None:
    import onnxruntime

    archspec.loads(f"archspec: 1\n{text}\n").export(tmp_path / "net.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "net.onnx", providers=["CPUExecutionProvider"])
    assert [one.name for one in (*session.get_inputs(), *session.get_outputs())] == names


@pytest.mark.onnx
@pytest.mark.parametrize(
    ("layer", "suffix", "said"),
    [
        (
            "{op: AdaptiveMaxPool2d, output_size: [5, 7]}",
            ".onnx",
            "network as ONNX: .*adaptive_max",
        ),
        ("{op: CrossMapLRN2d, size: 2}", ".pt2", "torch.export does not take this network"),
    ],
)
def test_what_torch_cannot_export_is_told(layer: str, suffix: str, said: str, tmp_path: Path) -> None:
    net = archspec.loads(f"archspec: 1\ninput: [4, 12, 12]\nlayers: [{layer}]\n")
    with pytest.raises(archspec.ArchspecError, match=said):
        net.export(tmp_path / f"net{suffix}")
    assert list(tmp_path.iterdir()) == []


def test_a_module_is_exported_whatever_torch_s_default_device_is(tmp_path: Path) -> None:
    net = archspec.loads(SPECS["residual"])
    module = net.build("cpu", seed=0)
    with torch.device("meta"):
        net.export(tmp_path / "net.pt2", module)
    assert not any(one.is_meta for one in torch.export.load(tmp_path / "net.pt2").state_dict.values())


def test_several_inputs_and_outputs_by_name(tmp_path: Path) -> None:
    _, module, program = sized("inputs", tmp_path)
    inputs = torch.randn(4, 3, 8, 8), torch.randint(9, (4, 6))
    found, wanted = program(*inputs), module(*inputs)
    assert found.keys() == wanted.keys() == {"product", "features"}
    torch.testing.assert_close(found, wanted)


def test_export_leaves_the_module_as_it_was(tmp_path: Path) -> None:
    net = archspec.loads(SPECS["residual"])
    module = net.build(seed=0)
    module.layer1.eval()
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    levels = [logging.getLogger(name).level for name in ("torch.onnx", "onnxscript")]
    net.export(tmp_path / "net.pt2", module)
    assert module.training
    assert not module.layer1.training
    assert module.layer2[0].training
    assert [logging.getLogger(name).level for name in ("torch.onnx", "onnxscript")] == levels
    torch.testing.assert_close(dict(module.state_dict()), before, rtol=0, atol=0)


def test_a_program_tells_nothing_of_the_machine_it_was_made_on(tmp_path: Path) -> None:
    archspec.loads(SPECS["residual"]).export(tmp_path / "net.pt2")
    with zipfile.ZipFile(tmp_path / "net.pt2") as archive:
        text = b"".join(archive.read(name) for name in archive.namelist())
    assert str(ROOT).encode() not in text
    assert str(Path(torch.__file__).parent).encode() not in text
    assert b"SHAPE OF" not in text
    assert b"name: residual" in text  # the spec is in it


# ONNX


@pytest.mark.onnx
def test_onnx_is_one_checked_model_with_names(tmp_path: Path) -> None:
    import onnx
    import onnxruntime

    net = archspec.load("u-net", width=4, input=(1, 32, 48))
    module = net.build(seed=0).eval()
    net.export(tmp_path / "net.onnx", module)
    assert [path.name for path in tmp_path.iterdir()] == ["net.onnx"]
    model = onnx.load(tmp_path / "net.onnx")
    onnx.checker.check_model(model, full_check=True)
    shapes = {
        one.name: [axis.dim_param or axis.dim_value for axis in one.type.tensor_type.shape.dim]
        for one in (*model.graph.input, *model.graph.output)
    }
    assert shapes["input"] == ["batch", 1, "input_size_2", "input_size_3"]
    assert shapes["output"][:2] == ["batch", 2]
    assert {one.name for one in model.graph.initializer} >= {"down1.0.weight", "head.bias"}
    assert {one.key: one.value for one in model.metadata_props}["archspec.name"] == "u-net"
    assert str(Path(torch.__file__).parent).encode() not in (tmp_path / "net.onnx").read_bytes()
    session = onnxruntime.InferenceSession(tmp_path / "net.onnx", providers=["CPUExecutionProvider"])
    x = torch.randn(5, 1, 64, 32)
    (found,) = session.run(None, {"input": x.numpy()})
    torch.testing.assert_close(torch.from_numpy(found), module(x), rtol=1e-4, atol=1e-4)


@pytest.mark.onnx
def test_an_onnx_model_that_computes_something_else_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import onnxruntime

    class Wrong(onnxruntime.InferenceSession):
        def run(self, *arguments: object) -> list[object]:
            return [output + 1 for output in super().run(*arguments)]

    monkeypatch.setattr(onnxruntime, "InferenceSession", Wrong)
    with pytest.raises(archspec.ArchspecError, match=r"^ONNX Runtime differs from torch by 1\.0e\+00$"):
        archspec.load("lenet5").export(tmp_path / "net.onnx")
    assert not list(tmp_path.iterdir())


@pytest.mark.onnx
@pytest.mark.parametrize("dtype", ["bfloat16", "float64"])
def test_onnx_is_written_from_float32(tmp_path: Path, dtype: str) -> None:
    net = archspec.load("lenet5")
    with pytest.raises(
        archspec.ArchspecError, match=rf"^an ONNX model is written from float32.* not from torch\.{dtype}$"
    ):
        net.export(tmp_path / "net.onnx", net.build(dtype=dtype))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", [".pt", ".safetensors", ".pt2"])
def test_other_precisions_are_kept(tmp_path: Path, kind: str) -> None:
    net = archspec.load("lenet5")
    module = net.build(dtype="bfloat16", seed=0)
    net.export(tmp_path / f"net{kind}", module)
    if kind == ".pt2":
        state = torch.export.load(tmp_path / "net.pt2").state_dict
    else:
        state = net.build(dtype="bfloat16", weights=tmp_path / f"net{kind}").state_dict()
    torch.testing.assert_close(dict(state), dict(module.state_dict()), rtol=0, atol=0)


def test_what_a_kind_needs_is_told_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archspec.export.find_spec", lambda name: None)
    for kind, package in ((".onnx", "onnx"), (".safetensors", "safetensors")):
        with pytest.raises(archspec.ArchspecError) as caught:
            archspec.load("lenet5").export(tmp_path / f"net{kind}")
        assert str(caught.value) == f'writing {kind} needs {package}: pip install "archspec-nn[{package}]"'


# Safetensors


def test_safetensors_say_what_they_are(tmp_path: Path) -> None:
    net = archspec.load("resnet-18", num_classes=3)
    net.export(tmp_path / "net.safetensors")
    with safe_open(tmp_path / "net.safetensors", "pt") as file:
        said = file.metadata()
    folder = ROOT / "specs"
    texts = [(folder / name).read_text(encoding="utf-8") for name in ("resnet-18.yaml", "resnet.yaml")]
    assert said["format"] == "pt"
    assert said["archspec.spec"] == texts[0]
    assert json.loads(said["archspec.extends"]) == texts[1:]
    assert said["archspec.sha256"] == sha256("\0".join(texts).encode()).hexdigest()
    assert json.loads(said["archspec.parameters"])["num_classes"] == 3
    assert json.loads(said["archspec.inputs"]) == {"input": [3, 224, 224]}


def test_tensors_that_share_memory_are_written(tmp_path: Path) -> None:
    net = archspec.loads(
        "archspec: 1\ninput: [4]\nlayers: [{op: Linear, out_features: 4}, {op: Linear, out_features: 4}]"
    )
    module = net.build(seed=0)
    module.get_submodule("1").weight = module.get_submodule("0").weight
    net.export(tmp_path / "net.safetensors", module)
    again = net.build(weights=tmp_path / "net.safetensors")
    assert torch.equal(again.get_submodule("1").weight, module.get_submodule("0").weight)


# Whole or not at all


def test_source_needs_no_torch(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['torch'] = None\n"
        f"import archspec; archspec.load('lenet5').export({str(tmp_path / 'net.py')!r})"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)
    assert (tmp_path / "net.py").read_text(encoding="utf-8") == archspec.load("lenet5").source()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("net.doc", "is of no kind that can be written; there are .py (the module's source), .pt (its state_dict), "),
        ("net.safetensor", "is of no kind that can be written; did you mean .safetensors?"),
        ("net", "is of no kind that can be written; there are .py"),
        ("nowhere/net.pt", "there is no folder "),
    ],
)
def test_a_file_that_cannot_be_written(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(archspec.ArchspecError) as caught:
        archspec.load("lenet5").export(tmp_path / name)
    assert message in str(caught.value)


@pytest.mark.parametrize("kind", [".pt", ".safetensors", ".pt2"])
def test_a_module_without_values_is_not_written(tmp_path: Path, kind: str) -> None:
    net = archspec.load("lenet5")
    file = tmp_path / f"net{kind}"
    file.write_text("before")
    with pytest.raises(archspec.ArchspecError, match="on the device meta has no values to write"):
        net.export(file, net.build("meta"))
    assert [path.read_text() for path in tmp_path.iterdir()] == ["before"]


class Full(io.BytesIO):
    """A disk with room for so many bytes."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room

    def write(self, data: Any) -> int:
        if self.tell() + len(data) > self.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(data)


@pytest.mark.parametrize("kind", [".pt", ".safetensors", ".pt2"])
def test_a_full_disk_is_told_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    @contextmanager
    def replacing(path: Path) -> Iterator[io.BytesIO]:
        try:
            yield Full(20_000)
        except OSError as error:
            raise archspec.ArchspecError(f"cannot write {path}: {error.strerror}") from error

    monkeypatch.setattr("archspec.architecture.replacing", replacing)
    with pytest.raises(archspec.ArchspecError, match="No space left on device"):
        archspec.load("lenet5").export(tmp_path / f"net{kind}")
