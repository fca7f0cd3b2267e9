"""An op as torch runs it: an op and what it reads come in, a module made from its spelling goes out."""

import re
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import torch
from pydantic import ValidationError
from torch import nn

from archspec.ops.base import Op, ShapeError, Spelling, Tensor

BATCHES = (7, 11)  # no size that the tests draw, so that a batch is never taken for another axis


def text(value: object) -> str:
    """Return a checked value as Python text."""
    if isinstance(value, float) and not abs(value) < float("inf"):
        return f"float('{value}')"
    if isinstance(value, tuple):
        return f"({', '.join(map(text, value))}{',' if len(value) == 1 else ''})"
    return repr(value)


def filled(template: str, spelling: Spelling, inputs: Sequence[str]) -> str:
    """Return a template of a spelling with its slots filled."""
    slots = {name: text(value) for name, value in spelling.arguments}
    slots |= {
        f"*{name}": text(value)[1:-1].rstrip(",") for name, value in spelling.arguments if isinstance(value, tuple)
    }
    slots |= {str(place): name for place, name in enumerate(inputs)}
    slots |= {"self": "self.layer", "inputs": ", ".join(inputs)}
    return re.sub(r"\{(\*?\w+)\}", lambda match: slots[match[1]], template)


def constructed(spelling: Spelling) -> str:
    """Return the expression that makes the submodule."""
    assert spelling.constructor
    if "(" in spelling.constructor:
        return filled(spelling.constructor, spelling, ())
    arguments = [f"{name}={text(value)}" if name else text(value) for name, value in spelling.arguments]
    return f"{spelling.constructor}({', '.join(arguments)})"


class Spelled(nn.Module):
    """The layer of an op: `layer` is its submodule, where it has one."""

    def __init__(self, op: Op, *tensors: Tensor, sequential: bool = False) -> None:
        super().__init__()
        spelling = op.spelling(*tensors)
        names = [f"x{place}" for place in range(len(tensors))]
        self.scope: dict[str, Any] = {"torch": torch, "nn": nn}
        exec(spelling.definition, self.scope)  # noqa: S102  # our own text
        call = "{self}({inputs})" if sequential else spelling.call
        if "{self}" in call:
            self.layer = eval(constructed(spelling), self.scope)  # noqa: S307  # our own text
        code = f"lambda self, {', '.join(names)}: {filled(call, spelling, names)}"
        self.function: Callable[..., Any] = eval(code, self.scope)  # noqa: S307  # our own text

    def forward(self, *inputs: torch.Tensor) -> Any:
        return self.function(self, *inputs)

    def state(self) -> list[tuple[str, tuple[int, ...], str]]:
        """Return key, shape and dtype of every tensor that the layer owns."""
        return [
            (key.removeprefix("layer").removeprefix("."), tuple(value.shape), str(value.dtype)[6:])
            for key, value in self.state_dict().items()
        ]


def answer(make: Callable[[], Op], tensors: Sequence[Tensor]) -> tuple[Tensor, ...] | ShapeError | ValidationError:
    """Return the op's outputs, or why it refuses its arguments or inputs."""
    try:
        return make().infer(*tensors)
    except (ShapeError, ValidationError) as error:
        return error


def sample(tensor: Tensor, batch: int, most: int = 2) -> torch.Tensor:
    """Return values of a tensor's shape and dtype; whole numbers are below `most`."""
    shape = (batch, *tensor.shape) if tensor.batched else tensor.shape
    dtype: torch.dtype = getattr(torch, tensor.dtype)
    if dtype.is_floating_point:
        return torch.randn(shape).to(dtype)
    return torch.randint(0, most, shape).to(dtype)


def ran(make: Callable[[], Callable[..., Any]], tensors: Sequence[Tensor]) -> list[tuple[tuple[int, ...], str]] | None:
    """Return what torch gives, per output the shape without the batch and the dtype; None where it refuses.

    It refuses unless it runs for every batch, in training and in evaluation, and gives the batch and the same
    sizes behind it each time, none of them 0.
    """
    found = set()
    for batch in BATCHES:
        for training in (True, False):
            try:
                outputs = _run(make, tensors, batch, training)
            except (RuntimeError, ValueError, IndexError, TypeError, AssertionError, ZeroDivisionError):
                return None
            if any(0 in output.shape for output in outputs):
                return None
            if any(x.batched for x in tensors):
                if any(output.shape[:1] != (batch,) for output in outputs):
                    return None
                found.add(tuple((tuple(y.shape[1:]), str(y.dtype)[6:]) for y in outputs))
            else:
                found.add(tuple((tuple(y.shape), str(y.dtype)[6:]) for y in outputs))
    return list(found.pop()) if len(found) == 1 else None


def _run(
    make: Callable[[], Callable[..., Any]], tensors: Sequence[Tensor], batch: int, training: bool
) -> list[torch.Tensor]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what torch warns of and runs, it accepts
        layer = make()
        if isinstance(layer, nn.Module):
            layer.train(training)
        output = layer(*(sample(x, batch) for x in tensors))
    return list(output) if isinstance(output, (tuple, list)) else [output]
