"""A module → the same for inference alone: its graph as it is in evaluation, its weights merged, and compiled."""

from collections.abc import Iterable, Mapping

import torch
from torch import nn

from archspec.graph import Path
from archspec.ops.base import Op
from archspec.optimize import Merge, Optimized
from archspec.runtime import build

__all__ = ["compiled", "inference"]

_IMAGES = ("Conv2d", "ConvTranspose2d")


def inference(module: nn.Module, optimized: Optimized, source: str, name: str) -> nn.Module:
    """Return a module for inference alone, on the same device and in the same precision.

    What is merged is computed in float64 and rounded once. The module is in evaluation mode and without gradients;
    one that convolves images keeps their channels last in memory, as CPUs and GPUs convolve fastest.

    Args:
        module: the module of the first graph.
        optimized: what was made of that graph.
        source: of the optimized graph's module.
        name: of the architecture.
    """
    state = module.state_dict()
    first = next((tensor for tensor in state.values() if tensor.is_floating_point()), torch.empty(0))
    dtype = str(first.dtype).removeprefix("torch.")
    made = build(source, name, device=str(first.device), dtype=dtype, init=False)
    own = made.state_dict()
    merged = _merged(state, optimized.merges)
    with torch.no_grad():
        for path, flat in optimized.graph.nodes.items():
            for weight in flat.node.weights:
                before = _key(optimized.paths[path], weight.name)
                value = merged[before] if before in merged else state[before]
                own[_key(path, weight.name)].copy_(value)
    ops = {type(flat.node.op).__name__ for flat in optimized.graph.nodes.values()}
    if not ops.isdisjoint(_IMAGES):
        for parameter in made.parameters():
            if parameter.dim() == 4:  # Module.to would take volumes for images
                parameter.data = parameter.data.to(memory_format=torch.channels_last)
    return made.eval().requires_grad_(requires_grad=False)


def compiled(module: nn.Module) -> nn.Module:
    """Return the module, which torch's inductor compiles at its first call; it stays the same module, with its keys.

    Weights of a module without gradients are taken for constants where no gradients are recorded, under
    `torch.inference_mode()`, and laid out as the compiled code wants them (inductor's `freezing`). On CUDA, small
    kernels are launched together as CUDA graphs.
    """
    frozen = not any(tensor.requires_grad for tensor in module.parameters())
    graphs = any(tensor.is_cuda for tensor in module.parameters())
    module.compile(options={"freezing": frozen, "triton.cudagraphs": graphs})
    return module


def _key(path: Path, name: str) -> str:
    return ".".join((*path, *filter(None, [name])))


def _merged(state: Mapping[str, torch.Tensor], merges: Iterable[Merge]) -> dict[str, torch.Tensor]:
    """Return what becomes of the weights and biases of the layers that take another one in."""
    done: dict[str, torch.Tensor] = {}

    def read(path: Path, name: str, otherwise: float) -> torch.Tensor:
        key = _key(path, name)
        return done[key] if key in done else state[key].double() if key in state else torch.tensor(otherwise).double()

    for merge in merges:
        weight, bias = read(merge.keeper, "weight", 1), read(merge.keeper, "bias", 0)
        factor, shift = read(merge.follower, "weight", 1), read(merge.follower, "bias", 0)
        if "eps" in type(merge.merged).model_fields:
            mean, variance = read(merge.follower, "running_mean", 0), read(merge.follower, "running_var", 1)
            factor = factor * (variance + dict(merge.merged)["eps"]).rsqrt()
            weight, bias = _scaled(weight, factor, merge.before), (bias - mean) * factor + shift
        else:
            factor = factor.flatten(1)
            weight = (factor @ weight.flatten(1)).reshape(-1, *weight.shape[1:])
            bias = (factor * bias).sum(1) + shift
        done[_key(merge.keeper, "weight")], done[_key(merge.keeper, "bias")] = weight, bias
    return done


def _scaled(weight: torch.Tensor, factor: torch.Tensor, op: Op) -> torch.Tensor:
    """Return the weight with each output channel multiplied by its factor."""
    if type(op).__name__.startswith("ConvTranspose"):  # (in, out / groups, *kernel)
        groups = dict(op)["groups"]
        grouped = weight.reshape(groups, -1, *weight.shape[1:])
        return (grouped * factor.reshape(groups, 1, -1, *[1] * (weight.dim() - 2))).reshape(weight.shape)
    return weight * factor.reshape(-1, *[1] * (weight.dim() - 1))
