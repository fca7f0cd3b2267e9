"""Tensors of a file or of a state_dict, and a graph → the module filled with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path

import torch
from torch import nn

from archspec.diagnostic import WeightsError, printable
from archspec.fit import Fit, fit
from archspec.graph import Graph
from archspec.ops.base import Tensor
from archspec.runtime.checkpoint import checked, described, read

__all__ = ["Given", "Weights", "fill", "matched", "wanted"]

Given = str | PathLike[str] | Mapping[str, torch.Tensor]
"""A file, or a state_dict."""


@dataclass(frozen=True, eq=False)
class Weights:
    """Tensors that fit a network, and which of them fills which of its own."""

    tensors: Mapping[str, torch.Tensor]
    fit: Fit


def matched(given: Given, graph: Graph, *, by: str, skip: Sequence[str]) -> Weights:
    """Return the tensors of a file or a state_dict, matched with a graph's; `by` and `skip` are as in `fit`.

    Raises:
        WeightsError: the file cannot be read, or does not fit.
    """
    if isinstance(given, Mapping):
        tensors, what = checked(given, "the state_dict"), "the state_dict"
    elif isinstance(given, str | PathLike):
        tensors, what = read(Path(given)), fspath(given)
    else:
        raise WeightsError(f"weights are a file or a state_dict, and not a {type(given).__name__}")
    if by == "order" and what.endswith(".safetensors"):
        raise WeightsError(f"{printable(what)} does not keep the order of its tensors, as no file of its kind does")
    return Weights(tensors, fit(wanted(graph), described(tensors), by=by, skip=skip, what=printable(what)))


def wanted(graph: Graph) -> dict[str, Tensor]:
    """Return the graph's tensors by their names in the state_dict, in its order."""
    return {
        ".".join((*path, *filter(None, [weight.name]))): Tensor(weight.shape, weight.dtype)
        for path, flat in graph.nodes.items()
        for weight in flat.node.weights
    }


def fill(module: nn.Module, weights: Weights) -> None:
    """Copy the tensors into the module, to its device and in its precision; a module on `meta` stays without values."""
    if any(tensor.is_meta for tensor in module.state_dict().values()):
        return
    state = {ours: weights.tensors[theirs] for ours, theirs in weights.fit.names.items()}
    if any(tensor.is_meta for tensor in state.values()):
        raise WeightsError("the state_dict holds tensors without values: they are on the device meta")
    module.load_state_dict(state, strict=False)  # that all is there is known; what is skipped is not
