"""A module and the same network in ONNX Runtime → whether they give the same, at the sizes that both claim to take."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

import torch
from torch import nn

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

__all__ = ["alike", "difference"]

_RELATIVE, _ABSOLUTE = 1e-3, 1e-4
"""How far ONNX Runtime may be from torch, relative to the largest number and beside that; float32 is at 1e-6 or so."""

_STEPS = (1, -1, 2, 4, 8, 16, 32, 64, 128, 256)
"""Pixels by which a size is changed; what a network halves often takes only some of them."""

Inputs = Sequence[torch.Tensor]


def difference(module: nn.Module, session: "InferenceSession", inputs: Inputs) -> str | None:
    """Return what ONNX Runtime does otherwise than torch; None where it gives the same."""
    with torch.no_grad():
        outputs = module(*inputs)
    wanted = list(outputs.values()) if isinstance(outputs, dict) else [outputs]
    fed = {one.name: tensor.cpu().numpy() for one, tensor in zip(session.get_inputs(), inputs, strict=True)}
    try:
        given = session.run(None, fed)
    except Exception as error:  # noqa: BLE001 - its errors have no class in common but this
        return f"does not run it: {str(error).splitlines()[0]}"
    for found, tensor in zip(map(torch.from_numpy, given), wanted, strict=True):
        if found.shape != tensor.shape:
            return f"gives {_shown(found)}, and torch {_shown(tensor)}"
        apart = _apart(found.double(), tensor.cpu().double())
        if apart:
            return f"differs from torch by {apart:.1e}"
    return None


def alike(module: nn.Module, session: "InferenceSession", inputs: Callable[[int], Inputs]) -> bool:
    """Whether both give the same at other sizes that the module takes: two of them, and one at least.

    Args:
        module: the network, in evaluation mode.
        session: the same network.
        inputs: gives inputs whose free sizes are larger by so many pixels.
    """
    found = [difference(module, session, one) for one in islice(_taken(module, inputs), 2)]
    return bool(found) and not any(found)


def _taken(module: nn.Module, inputs: Callable[[int], Inputs]) -> Iterator[Inputs]:
    for step in _STEPS:
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
