"""The runtime: source becomes a module that trains, travels and compiles as one written by hand does."""

import copy
import io
import linecache
import pickle
import subprocess
import sys
import textwrap
import traceback
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch
from emitted import SPECS
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

import archspec
from archspec import runtime
from archspec.diagnostic import DeviceError
from archspec.initializers import FUNCTIONS

torch.set_num_threads(1)  # the tensors are small

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def net() -> archspec.Architecture:
    return archspec.loads(SPECS["residual"])


@pytest.fixture(scope="module")
def x() -> torch.Tensor:
    return torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))


# Devices, dtypes and seeds


def test_meta_allocates_nothing(net: archspec.Architecture) -> None:
    module = net.build("meta")
    assert {tensor.device.type for tensor in module.state_dict().values()} == {"meta"}
    assert module(torch.empty(2, 3, 32, 32, device="meta")).shape == (2, 10)


@pytest.mark.parametrize("name", ["float16", "bfloat16", "float32", "float64"])
def test_weights_have_the_dtype(net: archspec.Architecture, name: str) -> None:
    module = net.build(dtype=name)
    found = {tensor.dtype for key, tensor in module.state_dict().items() if not key.endswith("num_batches_tracked")}
    assert found == {getattr(torch, name)}
    assert torch.get_default_dtype() is torch.float32


def test_a_device_and_a_dtype_may_be_torchs_own(net: archspec.Architecture) -> None:
    module = net.build(torch.device("meta"), torch.bfloat16)
    assert (module.fc.weight.device.type, module.fc.weight.dtype) == ("meta", torch.bfloat16)
    with pytest.raises(DeviceError, match="weights have no dtype int8"):
        net.build(dtype=torch.int8)


@pytest.mark.parametrize("name", ["float16", "bfloat16"])
def test_weights_that_torch_draws_in_no_short_dtype_are_drawn_in_float32(name: str) -> None:
    layers, init = "{fc: {op: Linear, out_features: 8}}", "[{op: Linear, weight: orthogonal}]"
    text = f"archspec: 1\ninput: [8]\nlayers: {layers}\ninit: {init}"
    weight = archspec.loads(text).build(dtype=name, seed=0).fc.weight
    assert weight.dtype == getattr(torch, name)
    torch.testing.assert_close(weight.float() @ weight.float().T, torch.eye(8), rtol=0, atol=0.05)


def test_the_callers_defaults_hold_where_nothing_is_said(net: archspec.Architecture) -> None:
    with torch.device("meta"):
        assert net.build().fc.weight.device.type == "meta"
    torch.set_default_dtype(torch.float64)
    try:
        assert net.build().fc.weight.dtype is torch.float64
    finally:
        torch.set_default_dtype(torch.float32)


def test_a_seed_gives_the_same_weights_whatever_was_drawn(net: archspec.Architecture) -> None:
    torch.manual_seed(1)
    one = net.build(seed=7).state_dict()
    torch.rand(100)
    two = net.build(seed=7).state_dict()
    torch.testing.assert_close(one, two, rtol=0, atol=0)
    assert not torch.equal(net.build(seed=8).fc.weight, one["fc.weight"])


def test_a_seed_gives_the_same_weights_in_every_thread(net: archspec.Architecture) -> None:
    torch.manual_seed(3)
    wanted = torch.rand(4)
    torch.manual_seed(3)
    one = net.build(seed=7).fc.weight
    with ThreadPoolExecutor(4) as pool:
        others = list(pool.map(lambda _: net.build(seed=7).fc.weight, range(8)))
    assert all(torch.equal(one, other) for other in others)
    assert torch.equal(torch.rand(4), wanted)


def test_a_module_that_several_threads_ask_for_is_made_once() -> None:
    blocks = "".join(f"  B{n}: {{layers: [{{op: Linear, out_features: {n + 1}}}, ReLU]}}\n" for n in range(60))
    layers = "".join(f"  l{n}: {{block: B{n}}}\n" for n in range(60))
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(6) as pool:
            for turn in range(4):
                net = archspec.loads(f"archspec: 1\nname: turn{turn}\ninput: [4]\nblocks:\n{blocks}layers:\n{layers}")
                made = list(pool.map(lambda _, net=net: net.build("meta"), range(6)))
                assert len({type(one) for one in made}) == 1
                assert type(made[0]).__name__ == f"Turn{turn}"
    finally:
        sys.setswitchinterval(before)


def test_a_seed_leaves_the_callers_random_state(net: archspec.Architecture) -> None:
    torch.manual_seed(3)
    wanted = torch.rand(4)
    torch.manual_seed(3)
    net.build(seed=7)
    assert torch.equal(torch.rand(4), wanted)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"device": "cdua"}, "there is no device cdua; did you mean cuda?"),
        ({"device": "tpu:0\x1b[31m"}, "there is no device tpu:0\\x1b[31m; there are cpu, cuda, meta"),
        ({"device": "cuda:999999"}, "there is no device cuda:999999; there are cpu, cuda, meta"),
        ({"dtype": "bfloat61"}, "weights have no dtype bfloat61; did you mean bfloat16?"),
        ({"dtype": "int8"}, "weights have no dtype int8; there are bfloat16, float16, float32, float64"),
        ({"dtype": "Tensor"}, "weights have no dtype Tensor; there are bfloat16, float16, float32, float64"),
    ],
)
def test_an_unknown_device_or_dtype(net: archspec.Architecture, arguments: dict[str, str], message: str) -> None:
    with pytest.raises(DeviceError) as caught:
        net.build(**arguments)
    assert str(caught.value) == message


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_cuda_without_cuda(net: archspec.Architecture) -> None:
    with pytest.raises(DeviceError, match="there is no CUDA device here"):
        net.build("cuda")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda(net: archspec.Architecture, x: torch.Tensor) -> None:
    one, two = net.build("cuda", seed=7), net.build("cuda:0", seed=7)
    assert one(x.cuda()).device.type == "cuda"
    torch.testing.assert_close(one.state_dict(), two.state_dict(), rtol=0, atol=0)
    with pytest.raises(DeviceError, match="there is no cuda:99; the CUDA devices are 0 to"):
        net.build("cuda:99")


def test_more_weights_than_the_device_holds() -> None:
    text = "archspec: 1\ninput: [1000000]\nlayers: {fc: {op: Linear, out_features: 500000}}"
    with pytest.raises(DeviceError, match=r"^the weights take 1,862\.\d GiB, and cpu has room for [\d,.]+ GiB"):
        archspec.loads(text).build()
    with pytest.raises(DeviceError, match=r"^the weights take 3,725\.\d GiB"):
        archspec.loads(text).build(dtype="float64")
    assert archspec.loads(text).build("meta").fc.weight.numel() == 500_000_000_000


def test_without_torch() -> None:
    program = """
        import sys
        sys.modules["torch"] = None
        import archspec
        net = archspec.loads("archspec: 1\\ninput: [4]\\nlayers: [{op: Linear, out_features: 2}]")
        try:
            net.build()
        except archspec.ArchspecError as error:
            print(error)
    """
    run = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, cwd=ROOT)
    assert run.stdout == 'building a module needs torch: pip install "archspec-nn[torch]"\n', run.stderr


# What is drawn


class Draws(TorchDispatchMode):
    """Counts how often torch's generators fill each piece of memory, and how many numbers they draw in all."""

    def __init__(self) -> None:
        super().__init__()
        self.times: Counter[int] = Counter()
        self.numbers = 0

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if torch.Tag.nondeterministic_seeded in function.tags:
            self.times[args[0].data_ptr()] += 1
            self.numbers += args[0].numel()
        return function(*args, **(kwargs or {}))


@pytest.mark.parametrize("name", ["resnet-18", "squeezenet-1.1", "efficientnet-b0"])
def test_each_weight_is_drawn_once(name: str) -> None:
    """torch draws a layer's weights as it makes the layer; where `init` draws them again, it does not."""
    net = archspec.load(name, num_classes=10)
    with Draws() as draws:
        module = net.build()
    drawn = [one for one in module.parameters() if one.ne(one.flatten()[0]).any()]
    assert set(draws.times.values()) == {1}
    assert draws.numbers == sum(one.numel() for one in drawn)


def test_what_init_leaves_alone_is_as_torch_draws_it() -> None:
    net = archspec.load("resnet-18", num_classes=10)
    module, wanted = net.build(seed=7), net.build()
    torch.manual_seed(7)
    wanted.reset_parameters()
    wanted.fc.reset_parameters()
    torch.testing.assert_close(module.state_dict(), wanted.state_dict(), rtol=0, atol=0)


@pytest.mark.parametrize("case", [case for case, text in SPECS.items() if "\ninit:" not in text])
def test_without_init_the_file_draws_the_same(case: str, tmp_path: Path) -> None:
    net = archspec.loads(SPECS[case])
    made: dict[str, Any] = {"__name__": "emitted"}
    exec(net.source(), made)  # noqa: S102 - our own
    *_, last = [one for one in made.values() if isinstance(one, type) and issubclass(one, nn.Module)]
    torch.manual_seed(7)
    torch.testing.assert_close(net.build(seed=7).state_dict(), last().state_dict(), rtol=0, atol=0)


MADE = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.{layer}
        {line}
"""


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_of_init_fills_as_in_torch(name: str) -> None:
    layer = f"{'Conv1d(4, 4, 3' if name == 'dirac' else 'Linear(4, 4'}, bias=False)"
    given = {"constant": ", 2.0", "sparse": ", 0.5"}.get(name, "")
    module = runtime.build(MADE.format(layer=layer, line=f"nn.init.{name}_(self.layer.weight{given})"), "net", seed=7)
    wanted = torch.empty_like(module.layer.weight)
    torch.manual_seed(7)
    exec(f"nn.init.{name}_(wanted{given})")  # noqa: S102
    assert torch.equal(module.layer.weight, wanted)


@pytest.mark.parametrize(
    "line",
    [
        'self.register_buffer("seen", self.layer.weight.detach().norm())',
        'self.register_buffer("seen", torch.cat([self.layer.bias, self.layer.bias]))',
        "self.layer.weight.data.mul_(2); nn.init.uniform_(self.layer.bias)",
        "self.layer.weight = nn.Parameter(self.layer.weight.double())",
        "self.layer = nn.utils.parametrizations.weight_norm(self.layer)",
        "nn.init.constant_(self.layer.bias, float(self.layer.weight.detach().mean()))",
        "self.layer.weight.requires_grad_(False)[0] = 1.0",
    ],
)
def test_what_is_read_while_a_module_is_made_was_drawn_before(line: str) -> None:
    source = MADE.format(layer="Linear(4, 4)", line=line)
    made: dict[str, Any] = {"__name__": "emitted"}
    exec(source, made)  # noqa: S102
    torch.manual_seed(7)
    wanted = made["Net"]()
    torch.testing.assert_close(runtime.build(source, "net", seed=7).state_dict(), wanted.state_dict(), rtol=0, atol=0)


# A module as any other


def test_what_runs_is_the_text(net: archspec.Architecture, tmp_path: Path, x: torch.Tensor) -> None:
    """The emitted file alone, imported as a file, is the same module."""
    (tmp_path / "residual.py").write_text(net.source(), encoding="utf-8")
    program = """
        import sys, torch
        from residual import Residual
        assert not any(name.split(".")[0] == "archspec" for name in sys.modules)
        module = Residual().eval()
        module.load_state_dict(torch.load("weights.pt"))
        torch.save(module(torch.load("x.pt")), "y.pt")
    """
    module = net.build(seed=0).eval()
    torch.save(module.state_dict(), tmp_path / "weights.pt")
    torch.save(x, tmp_path / "x.pt")
    subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=True, cwd=tmp_path)
    assert torch.equal(torch.load(tmp_path / "y.pt"), module(x))


def test_a_traceback_shows_the_layer(net: archspec.Architecture) -> None:
    module = net.build()
    with pytest.raises(RuntimeError) as caught:
        module(torch.randn(2, 4, 32, 32))
    shown = "".join(traceback.format_exception(caught.value))
    assert "<archspec residual " in shown
    assert "x = self.conv(x)  # 16×32×32" in shown


def test_a_name_cannot_break_a_traceback() -> None:
    source = "from torch import nn\n\n\nclass Net(nn.Module):\n    pass\n"
    module = runtime.build(source, "a\n  File <b>\u202e")
    file = sys.modules[type(module).__module__].__file__
    assert file is not None
    assert file.startswith("<archspec a\\x0a  File <b>\\u202e ")
    assert "".join(linecache.getlines(file)) == source


def test_it_trains(net: archspec.Architecture, x: torch.Tensor) -> None:
    module = net.build(seed=0)
    optimizer = torch.optim.Adam(module.parameters(), lr=0.01)
    target = torch.tensor([1, 2])
    losses = []
    for _ in range(20):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(module(x), target)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 2


def test_blocks_are_submodules_that_can_be_called_and_hooked(net: archspec.Architecture, x: torch.Tensor) -> None:
    module = net.build(seed=0).eval()
    seen: list[torch.Size] = []
    handle = module.layer2[-1].register_forward_hook(lambda _, __, y: seen.append(y.shape))
    module(x)
    handle.remove()
    assert seen == [(2, 32, 16, 16)]
    assert module.layer2[-1](torch.randn(1, 32, 8, 8)).shape == (1, 32, 8, 8)
    assert module.layer2[0].shortcut is not None
    assert module.layer2[1].shortcut is None


# Copies and files


def same(one: nn.Module, two: nn.Module, *inputs: torch.Tensor) -> None:
    torch.testing.assert_close(one.state_dict(), two.state_dict(), rtol=0, atol=0)
    assert one.training == two.training
    torch.testing.assert_close(one.eval()(*inputs), two.eval()(*inputs), rtol=0, atol=0)


def test_deepcopy_keeps_the_class(net: archspec.Architecture, x: torch.Tensor) -> None:
    module = net.build(seed=0)
    other = copy.deepcopy(module)
    assert type(other) is type(module)
    assert type(other.layer1[0]) is type(module.layer1[0])
    assert other.fc.weight is not module.fc.weight
    same(module, other, x)


@pytest.mark.parametrize("protocol", [2, pickle.HIGHEST_PROTOCOL])
def test_pickle(net: archspec.Architecture, x: torch.Tensor, protocol: int) -> None:
    module = net.build(seed=0).eval()
    module.note = "kept"
    data = pickle.dumps(module, protocol)
    assert data.count(b"class Unit") == 1  # the source travels once, however many blocks there are
    other = pickle.loads(data)  # noqa: S301  # our own
    assert type(other) is type(module)
    assert other.note == "kept"
    same(module, other, x)


def test_a_copy_of_a_compiled_module_is_one_of_its_own(net: archspec.Architecture, x: torch.Tensor) -> None:
    module = net.build(seed=0).eval()
    module.compile(backend="eager")
    expected = module(x)
    for other in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):  # noqa: S301  # our own
        torch.testing.assert_close(other(x), expected)
        with torch.no_grad():
            other.fc.bias += 1
        torch.testing.assert_close(other(x), expected + 1)
    torch.testing.assert_close(module(x), expected)


@pytest.mark.parametrize("case", ["tokens", "groups", "dense"])
def test_every_kind_of_class_travels(case: str) -> None:
    net = archspec.loads(SPECS[case])
    shape = net.input_shape
    assert isinstance(shape, tuple)
    module = net.build(seed=0)
    same(module, pickle.loads(pickle.dumps(module)), torch.randn(2, *shape))  # noqa: S301
    same(module, copy.deepcopy(module), torch.randn(2, *shape))


def test_pickle_to_another_process(net: archspec.Architecture, tmp_path: Path, x: torch.Tensor) -> None:
    module = net.build(seed=0).eval()
    (tmp_path / "module.pickle").write_bytes(pickle.dumps(module))
    torch.save(module, tmp_path / "module.pt")
    torch.save(x, tmp_path / "x.pt")
    program = f"""
        import pickle, sys, torch
        sys.path.insert(0, {str(ROOT)!r})
        x = torch.load("x.pt")
        one = pickle.load(open("module.pickle", "rb"))
        two = torch.load("module.pt", weights_only=False)
        assert type(one) is type(two)
        torch.save((one(x), two(x)), "y.pt")
    """
    subprocess.run([sys.executable, "-W", "error", "-c", textwrap.dedent(program)], check=True, cwd=tmp_path)
    for y in torch.load(tmp_path / "y.pt"):
        assert torch.equal(y, module(x))


def test_state_dicts_are_saved_and_loaded(net: archspec.Architecture, x: torch.Tensor) -> None:
    module, other = net.build(seed=0), net.build(seed=1)
    file = io.BytesIO()
    torch.save(module.state_dict(), file)
    file.seek(0)
    other.load_state_dict(torch.load(file), strict=True)
    same(module, other, x)


def test_the_same_source_makes_the_same_classes(net: archspec.Architecture) -> None:
    assert type(net.build("meta")) is type(archspec.loads(SPECS["residual"]).build("meta"))
    assert type(net.build("meta")) is not type(archspec.loads(SPECS["residual"], stem=8).build("meta"))


# Compilers


def inputs_of(net: archspec.Architecture, batch: int = 2) -> tuple[torch.Tensor, ...]:
    return tuple(
        torch.randn(batch, *x.shape) if x.dtype == "float32" else torch.randint(0, 9, (batch, *x.shape))
        for _, x in net.layer_graph.model.inputs
    )


@pytest.mark.filterwarnings("default")  # what torch warns itself of is not about these modules
@pytest.mark.parametrize("case", SPECS)
def test_torch_compile_in_one_graph(case: str) -> None:
    net = archspec.loads(SPECS[case])
    module, inputs = net.build(seed=0).eval(), inputs_of(net)
    torch._dynamo.reset()
    compiled: Any = torch.compile(module, fullgraph=True, backend="aot_eager" if case == "residual" else "eager")
    torch.testing.assert_close(compiled(*inputs), module(*inputs))
    module.train()
    torch.manual_seed(0)
    found = compiled(*inputs)
    assert (found if isinstance(found, torch.Tensor) else next(iter(found.values()))).requires_grad


@pytest.mark.compiler
@pytest.mark.filterwarnings("default")
def test_torch_compile_to_machine_code(net: archspec.Architecture, x: torch.Tensor) -> None:
    module = net.build(seed=0).eval()
    torch.testing.assert_close(torch.compile(module, fullgraph=True)(x), module(x), rtol=1e-4, atol=1e-4)


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("case", SPECS)
def test_torch_export_with_any_batch(case: str) -> None:
    net = archspec.loads(SPECS[case])
    module = net.build(seed=0).eval()
    batch = torch.export.Dim("batch", min=2, max=64)
    inputs = inputs_of(net)
    program = torch.export.export(module, inputs, dynamic_shapes=tuple({0: batch} for _ in inputs))
    others = inputs_of(net, 5)
    torch.testing.assert_close(program.module()(*others), module(*others))


def test_an_integer_of_another_library_is_one() -> None:
    assert archspec.load("alexnet", num_classes=torch.tensor(10)).output_shape == (10,)
