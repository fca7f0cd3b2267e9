"""Bundled specs → files of every kind, loaded in a fresh process without archspec, and whether they compute the same.

    python scripts/exports.py                 every spec at its smallest input, with two classes
    python scripts/exports.py --full vit-b-16 at the size and with the classes that the spec has

All files are loaded in one process. The error shown is the largest difference of an output, relative to the
largest number in it, or to 0.01 where that is less.
"""

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import torch
from torch import nn

import archspec
from archspec.export import KINDS
from archspec.files import bundled

__all__ = ["Reader", "load", "write"]

BATCH = 3
"""Of the inputs that are compared: another than that of the example from which a program is made."""

READER = r"""
import importlib.util, json, sys, traceback, warnings
from pathlib import Path
sys.modules["archspec"] = None
import torch
torch.set_num_threads(1)
warnings.simplefilter("ignore")  # of a library's own past

def module(path):
    found = importlib.util.spec_from_file_location("emitted", path.with_suffix(".py"))
    one = importlib.util.module_from_spec(found)
    found.loader.exec_module(one)
    *_, last = [value for value in vars(one).values() if isinstance(value, type) and value.__module__ == "emitted"]
    return last

def ran(path, inputs):
    if path.suffix == ".pt2":
        return torch.export.load(path).module()(*inputs)
    if path.suffix == ".onnx":
        import onnxruntime
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        fed = {one.name: tensor.numpy() for one, tensor in zip(session.get_inputs(), inputs, strict=True)}
        named = zip((one.name for one in session.get_outputs()), session.run(None, fed), strict=True)
        return {name: torch.from_numpy(output) for name, output in named}
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file
        state = load_file(path)
    else:
        state = torch.load(path.with_suffix(".pt"), weights_only=True)
    made = module(path)().eval()
    made.load_state_dict(state, strict=True)
    return made(*inputs)

def error(path):
    inputs, wanted = torch.load(path.with_suffix(".io"), weights_only=True)
    found = ran(path, inputs)
    found = found if isinstance(found, dict) else {"output": found}
    assert found.keys() == wanted.keys(), (list(found), list(wanted))
    assert all(tensor.isfinite().all() for tensor in found.values()), "not all outputs are finite"
    return max(
        float((found[name] - tensor).abs().max() / tensor.abs().max().clamp(min=0.01))
        for name, tensor in wanted.items()
    )

answers, sys.stdout = sys.stdout, sys.stderr
with torch.no_grad():
    for line in sys.stdin:
        try:
            answer = error(Path(json.loads(line)))
        except Exception:
            answer = traceback.format_exc()
        print(json.dumps(answer), file=answers, flush=True)
"""


class Reader:
    """A process without archspec that loads one file after the other: to start it takes longer than most files do.

    Example:
        with Reader() as read:
            print(read(Path("net.pt2")))
    """

    def __enter__(self) -> "Reader":
        self._process = self._started()
        return self

    @staticmethod
    def _started() -> "subprocess.Popen[str]":
        program = [sys.executable, "-c", READER]
        return subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self, file: Path) -> float:
        """Return the error of a file; beside it lie the inputs and outputs that `write` put there.

        Raises: AssertionError: if it cannot be loaded or run, or has other outputs.
        """
        asked, answered = self._process.stdin, self._process.stdout
        if asked is None or answered is None:
            raise AssertionError("the process has been given pipes")
        print(json.dumps(str(file)), file=asked, flush=True)
        line = answered.readline()
        answer = json.loads(line) if line else f"the process ended with {self._process.wait()}"
        if not line:
            self._process = self._started()  # for the files that follow
        if not isinstance(answer, float):
            raise AssertionError(f"{file.name}: {answer}")
        return answer

    def __exit__(self, *_: object) -> None:
        self._process.communicate()


def load(name: str, *, full: bool = False) -> archspec.Architecture:
    """Return a bundled spec, with two classes and the smallest input that it accepts if not in full."""
    net = archspec.load(name)
    if full:
        return net
    two = {"num_classes": 2} if "num_classes" in net.parameters else {}
    return archspec.load(name, input=net.smallest_input, **two)


def write(net: archspec.Architecture, stem: Path, kinds: Iterable[str]) -> None:
    """Write files of some kinds, all of the same weights, and beside them inputs with the outputs that they give."""
    module = net.build(seed=0).eval()
    generator = torch.Generator().manual_seed(0)
    _scatter(module, generator)
    inputs = tuple(
        torch.randn(BATCH, *one.shape, generator=generator)
        if one.dtype == "float32"
        else torch.randint(2, (BATCH, *one.shape), generator=generator)
        for _, one in net.layer_graph.model.inputs
    )
    with torch.no_grad():
        outputs = module(*inputs)
    torch.save((inputs, outputs if isinstance(outputs, dict) else {"output": outputs}), f"{stem}.io")
    for kind in kinds:
        net.export(f"{stem}{kind}", module)


def _scatter(module: nn.Module, generator: torch.Generator) -> None:
    """Give every tensor that is all zeros or all ones numbers of its own, so that none acts as if it were not there."""
    for tensor in module.state_dict().values():
        if tensor.is_floating_point() and bool((tensor == tensor.flatten()[0]).all()):
            tensor.add_(0.1 * torch.randn(tensor.shape, generator=generator).clamp(-3, 3))


def main() -> None:
    """Print a line for each spec and the largest error of each kind."""
    parser = argparse.ArgumentParser(description="Export bundled specs and reload them without archspec.")
    parser.add_argument("specs", nargs="*", default=[], help="all of them if none are named")
    parser.add_argument("--full", action="store_true", help="at full size")
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=list(KINDS))
    asked = parser.parse_args()
    worst: dict[str, float] = dict.fromkeys(asked.kinds, 0.0)
    with Reader() as read:
        for name in asked.specs or bundled():
            start = time.perf_counter()
            with tempfile.TemporaryDirectory() as folder:
                stem = Path(folder) / name.replace("/", "_").replace(".", "_")
                write(load(name, full=asked.full), stem, dict.fromkeys([".py", ".pt", *asked.kinds]))
                errors = {kind: read(Path(f"{stem}{kind}")) for kind in asked.kinds}
            shown = "  ".join(f"{kind} {error:.0e}" for kind, error in errors.items())
            print(f"{name:<24} {shown}  {time.perf_counter() - start:.0f} s", flush=True)
            worst = {kind: max(worst[kind], error) for kind, error in errors.items()}
    print("largest:", "  ".join(f"{kind} {error:.1e}" for kind, error in worst.items()))


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
