"""A module and a program of the same network → whether they give the same, at the sizes that both claim to take."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

import torch
from torch import nn

__all__ = ["Run", "alike", "difference"]

_RELATIVE, _ABSOLUTE = 1e-3, 1e-4
"""How far a program may be off, relative to the largest number and beside that; float32 is at 1e-6 or so."""

_STEPS = (1, -1, 2, 4, 8, 16, 32, 64, 128, 256)
"""Pixels by which a size is changed; what a network halves often takes only some of them."""

_TRIED, _VOLUME = 4, 3

Inputs = Sequence[torch.Tensor]
Run = Callable[[Inputs], Sequence[torch.Tensor]]
"""What runs a program; what it raises says that it does not take the inputs."""


def difference(module: nn.Module, run: Run, inputs: Inputs) -> str | None:
    """Return what the program does otherwise than torch; None where it gives the same."""
    with torch.no_grad():
        outputs = module(*inputs)
    wanted = list(outputs.values()) if isinstance(outputs, dict) else [outputs]
    try:
        with torch.no_grad():
            given = run(inputs)
    except Exception as error:  # noqa: BLE001 - those of ONNX Runtime and of torch's guards have no class in common
        return f"does not run it: {next(iter(str(error).splitlines()), type(error).__name__)}"
    for found, tensor in zip(given, wanted, strict=True):
        if found.shape != tensor.shape:
            return f"gives {_shown(found)}, and torch {_shown(tensor)}"
        apart = _apart(found.cpu().double(), tensor.cpu().double())
        if apart:
            return f"differs from torch by {apart:.1e}"
    return None


def alike(module: nn.Module, run: Run, inputs: Callable[[int], Inputs], size: int, axes: int, *, smaller: bool) -> bool:
    """Whether both give the same at other sizes that the module takes: at one of them at least.

    They are twice the size and half of it, where windows that follow from the size are others, and two more; or one
    larger size alone. Of a volume, twice the size would be eight times the memory: it is half as much again.

    Args:
        module: the network, in evaluation mode.
        run: the same network.
        inputs: gives inputs whose free sizes are larger by so many pixels.
        size: the largest free size.
        axes: how many of an input are free at most.
        smaller: whether the program is to take smaller sizes, and every one that the module takes.
    """
    larger = size if axes < _VOLUME else size // 2
    steps = (larger, -(size // 2), *_STEPS) if smaller else (larger, *(step for step in _STEPS if step > 0))
    taken = islice(_taken(module, inputs, dict.fromkeys(steps)), _TRIED if smaller else 1)
    found = [difference(module, run, one) for one in taken]
    return bool(found) and not any(found)


def _taken(module: nn.Module, inputs: Callable[[int], Inputs], steps: Iterable[int]) -> Iterator[Inputs]:
    for step in steps:
        try:
            given = inputs(step)
            with torch.no_grad():
                module(*given)
        except (RuntimeError, ValueError, IndexError):  # torch's for sizes that do not fit, or are below 0
            continue
        yield given


def _apart(found: torch.Tensor, expected: torch.Tensor) -> float:
    """Return how far numbers are from those expected; 0 where that is rounding. Equal infinities and NaNs are alike."""
    finite = expected[expected.isfinite()].abs()
    tolerance = _ABSOLUTE + _RELATIVE * float(finite.max() if len(finite) else 0)
    apart = (found - expected).abs()
    same = (apart <= tolerance) | (found == expected) | (found.isnan() & expected.isnan())
    return 0.0 if same.all() else float(apart[~same].nan_to_num(nan=torch.inf).max())


def _shown(tensor: torch.Tensor) -> str:
    return "×".join(map(str, tensor.shape)) or "a number"
