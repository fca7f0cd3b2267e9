"""A user's own ops: given to load, and offered by a package and switched on by name, never by a spec."""

import importlib
import os
import subprocess
import sys
from pathlib import Path
from typing import ClassVar

import pytest
import torch
from click.testing import CliRunner, Result

import archspec
from archspec import ArchspecError, Op, Spelling, Tensor
from archspec.cli import commands
from archspec.ops import installed

PLUGIN = Path(__file__).parent / "data" / "plugin"
SPEC = "archspec: 1\nname: pooled\ninput: [3, 8, 8]\nlayers: {pool: {op: GeM, p: 2.0}, flat: Flatten}\n"


@pytest.fixture
def plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    """Install the package, as far as Python can tell."""
    monkeypatch.syspath_prepend(PLUGIN)
    importlib.invalidate_caches()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a spec that needs the package's op."""
    (tmp_path / "net.yaml").write_text(SPEC)
    inside = tmp_path / "inside" / "deeper"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)
    return tmp_path


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(commands, list(arguments), prog_name="archspec")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def configure(folder: Path, text: str) -> None:
    (folder / "pyproject.toml").write_text(text)


# In Python


class Reach(Op):
    """`(C) -> (size)`."""

    family = "other"
    size: int

    def infer(self, x: Tensor) -> tuple[Tensor, ...]:
        return (Tensor((self.size,)),)

    def spelling(self, x: Tensor) -> Spelling:
        return Spelling(call="{0}.new_zeros(len({0}), {size})", arguments=(("size", self.size),))


@pytest.mark.parametrize(("size", "code"), [(-3, "AS202"), (2**31, "AS009")])
def test_an_op_that_answers_what_no_tensor_is_is_refused(size: int, code: str) -> None:
    text = f"archspec: 1\ninput: [3]\nlayers: [{{op: Reach, size: {size}}}, ReLU]\n"
    with pytest.raises(archspec.SpecError) as caught:
        archspec.loads(text, ops=[Reach])
    assert [found.code for found in caught.value.diagnostics] == [code]


def test_a_package_s_ops_build_and_run(plugin: None) -> None:
    net = archspec.loads(SPEC, ops=installed.load(["gem"]))
    assert (net.output_shape, net.num_parameters) == ((3,), 1)
    module = net.build()
    assert list(module.state_dict()) == ["pool.p"]
    x = torch.rand(2, 3, 8, 8)
    torch.testing.assert_close(module(x), x.square().mean((2, 3)).sqrt())
    names: dict[str, object] = {}
    exec(net.source(), names)  # noqa: S102 - the file needs torch alone
    assert "archspec" not in net.source()


def test_all_of_an_offer_is_switched_on(plugin: None) -> None:
    assert {op.__name__ for op in installed.load(["gem", "doubled"])} == {"GeM", "Doubled"}
    both = archspec.loads(SPEC.replace("Flatten", "Doubled"), ops=installed.load(["gem"]))
    assert "x = 2 * x" in both.source()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gen", "no installed package offers ops named gen; did you mean gem?"),
        ("nothing", "the ops named nothing cannot be imported from gem_ops:NOTHING"),
        ("absent", "the ops named absent cannot be imported from no_such_module:OPS: No module named"),
        ("text", "what gem_ops:_GEM offers as text is not made of subclasses of archspec.Op"),
    ],
)
def test_what_cannot_be_switched_on_says_why(plugin: None, name: str, message: str) -> None:
    with pytest.raises(ArchspecError) as caught:
        installed.load([name])
    assert str(caught.value).startswith(message)


class Odd(Op):
    family: ClassVar[str] = "other"


def named(name: str) -> type[Op]:
    return type(name, (Odd,), {"__module__": "mine"})


@pytest.mark.parametrize(
    ("ops", "message"),
    [
        ([named("Conv2d")], "mine.Conv2d cannot be an op: Conv2d is already a layer of torch.nn or of archspec"),
        ([named("LSTM")], "mine.LSTM cannot be an op: LSTM is already a layer of torch.nn or of archspec"),
        ([named("Odd"), Odd], "mine.Odd cannot be an op: two ops that are switched on are named Odd"),
        ([named("odd")], "mine.odd cannot be an op: an op's name begins with a capital letter"),
        ([named("Ôdd")], "mine.Ôdd cannot be an op: an op's name begins with a capital letter"),
        ([torch.nn.ReLU], "<class 'torch.nn.modules.activation.ReLU'> is no op: an op is a subclass of archspec.Op"),
        ([Odd()], "Odd() is no op"),
    ],
)
def test_an_op_does_not_take_the_place_of_another(ops: list[type[Op]], message: str) -> None:
    with pytest.raises(ArchspecError) as caught:
        archspec.loads(SPEC, ops=ops)
    assert str(caught.value).startswith(message)


class Halved(Op):
    """An op whose torch text defines a class that an op of archspec's defines as well."""

    family: ClassVar[str] = "other"

    def infer(self, x: Tensor) -> tuple[Tensor, ...]:
        return (x,)

    def spelling(self, x: Tensor) -> Spelling:
        text = (
            "class Scale(nn.Module):\n    def forward(self, x: torch.Tensor) -> torch.Tensor:\n        return x / 2\n"
        )
        return Spelling("Scale", definition=text)


def test_two_definitions_of_one_name_are_not_mixed() -> None:
    text = "archspec: 1\ninput: [3, 8]\nlayers: [Halved, {op: Scale, scale: 3}]\n"
    with pytest.raises(ArchspecError, match="two ops each define a class Scale for torch"):
        archspec.loads(text, ops=[Halved]).source()
    alone = archspec.loads("archspec: 1\ninput: [3, 8]\nlayers: [Halved]\n", ops=[Halved])
    assert torch.equal(alone.build()(torch.ones(2, 3, 8)), torch.full((2, 3, 8), 0.5))


def test_two_ops_of_one_name_in_two_loads_are_two_ops() -> None:
    """Nothing that one load found out of an op is taken for an op of the same name in the next."""

    def widening(by: int) -> type[Op]:
        class Widen(Op):
            family: ClassVar[str] = "other"

            def infer(self, x: Tensor) -> tuple[Tensor, ...]:
                return (Tensor((by * x.shape[0], *x.shape[1:])),)

            def spelling(self, x: Tensor) -> Spelling:
                return Spelling(call=f"torch.cat([{{0}}] * {by}, 1)")

        return Widen

    text = "archspec: 1\ninput: [3, 8]\nlayers: [Widen]\n"
    for by in (2, 3):
        net = archspec.loads(text, ops=[widening(by)])
        assert net.output_shape == (3 * by, 8)
        assert net.build()(torch.ones(2, 3, 8)).shape == (2, 3 * by, 8)


def test_a_mistake_is_at_the_argument(plugin: None) -> None:
    with pytest.raises(archspec.SpecError) as caught:
        archspec.loads(SPEC.replace("2.0", "-1.0"), ops=installed.load(["gem"]))
    (found,) = caught.value.diagnostics
    assert (found.code, found.span.line, found.span.column) == ("AS201", 4, 29)


# On the command line


@pytest.mark.parametrize("command", ["lint", "summary", "draw", "build"])
def test_every_command_that_reads_a_spec_switches_ops_on(plugin: None, folder: Path, command: str) -> None:
    spec = str(folder / "net.yaml")
    without = run(command, spec)
    assert without.exit_code == 1
    assert "AS107" in without.output
    assert run(command, spec, "--ops", "gem").exit_code == 0
    assert run(command, spec, "--ops", "gem", "--ops", "doubled", "--ops", "gem").exit_code == 0
    configure(folder, '[tool.archspec]\nops = ["gem"]\n')
    assert run(command, spec).exit_code == 0
    assert run(command, spec, "--isolated").exit_code == 1
    assert run(command, spec, "--isolated", "--ops", "gem").exit_code == 0


def test_a_spec_learns_how_its_op_would_be_switched_on(plugin: None, folder: Path) -> None:
    out = run("lint", str(folder / "net.yaml")).stdout
    assert "there is no op GeM" in out
    assert (
        "installed packages offer more ops under gem, doubled, again, nothing, absent, text; --ops NAME switches "
        "them on, or in [tool.archspec] of pyproject.toml, ops = [NAME]"
    ) in out


def test_where_nothing_is_offered_nothing_is_said_of_it(folder: Path) -> None:
    assert "installed packages" not in run("lint", str(folder / "net.yaml")).stdout


def test_no_name_in_a_spec_switches_anything_on(plugin: None, folder: Path) -> None:
    sys.modules.pop("gem_ops", None)
    (folder / "net.yaml").write_text(SPEC.replace("archspec: 1\n", "archspec: 1\nops: [gem]\n") + "# ops: gem\n")
    assert "AS103" in run("lint", str(folder / "net.yaml")).stdout
    for name in ("gem_ops.GeM", "gem_ops:GeM", "gem", "os.system", "torch.hub.load"):
        (folder / "net.yaml").write_text(SPEC.replace("GeM", f"'{name}'"))
        assert run("lint", str(folder / "net.yaml")).exit_code == 1
    assert "gem_ops" not in sys.modules


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[tool.archspec]\nopps = ["gem"]\n', "[tool.archspec] has no key opps; did you mean ops?"),
        ("[tool.archspec]\nlimits = {layers = 9}\n", "[tool.archspec] has no key limits"),
        ('[tool.archspec]\nops = "gem"\n', 'ops in [tool.archspec] is a list of names, as ops = ["capsules"]'),
        ("[tool.archspec]\nops = [1]\n", "ops in [tool.archspec] is a list of names"),
        ('[tool.archspec]\nops = ["gum"]\n', "no installed package offers ops named gum"),
        ('[tool.archspec]\nops = ["again"]\n', "gem_ops.Conv2d cannot be an op"),
        ("[tool.archspec\n", "pyproject.toml cannot be read: "),
        ("[tool.archspec]\nops = []\n" + 2**20 * " ", "is larger than 1,048,576 bytes"),
        ("[tool]\narchspec = 3\n", "archspec in [tool] is a table, [tool.archspec]"),
    ],
)
def test_a_wrong_configuration_is_usage(plugin: None, folder: Path, text: str, message: str) -> None:
    configure(folder, text)
    result = run("lint", str(folder / "net.yaml"))
    assert result.exit_code == 2
    assert message in result.stderr
    assert run("lint", str(folder / "net.yaml"), "--isolated").exit_code == 1


@pytest.mark.parametrize("text", ["", "[project]\nname = 'x'\n", "tool = 3\n"])
def test_a_configuration_may_be_about_other_things(folder: Path, text: str) -> None:
    configure(folder, text)
    assert run("lint", "lenet5").exit_code == 0


@pytest.mark.parametrize(("inside", "status"), [("[project]\n", 0), ("[tool.archspec]\nops = []\n", 1)])
def test_the_nearest_configuration_counts(plugin: None, folder: Path, inside: str, status: int) -> None:
    configure(folder, '[tool.archspec]\nops = ["gem"]\n')
    configure(folder / "inside", inside)
    assert run("lint", str(folder / "net.yaml")).exit_code == status


def test_it_is_so_in_a_process_of_its_own(folder: Path) -> None:
    configure(folder, '[tool.archspec]\nops = ["gem"]\n')
    path = f"{PLUGIN}{os.pathsep}{PLUGIN.parents[2]}"
    found = subprocess.run(
        [sys.executable, "-m", "archspec", "lint", str(folder / "net.yaml")],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert (found.returncode, found.stdout) == (0, "")
