"""The most memory that the tensors of one run hold at a time, by hand and from the spec."""

import weakref
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from benchmarks.forward import both

__all__ = ["inference", "peak", "table"]


class Peak(TorchDispatchMode):
    """Counts the bytes of every storage that an operation makes, until the storage is freed."""

    def __init__(self) -> None:
        super().__init__()
        self.held = self.most = 0
        self.seen: weakref.WeakSet[torch.UntypedStorage] = weakref.WeakSet()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        before = {id(leaf.untyped_storage()) for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, torch.Tensor)}
        result = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(result):
            if isinstance(leaf, torch.Tensor) and id(leaf.untyped_storage()) not in before:
                self._add(leaf.untyped_storage())
        return result

    def _add(self, storage: torch.UntypedStorage) -> None:
        if storage not in self.seen:
            self.seen.add(storage)
            self.held += storage.nbytes()
            self.most = max(self.most, self.held)
            weakref.finalize(storage, self._free, storage.nbytes())

    def _free(self, size: int) -> None:
        self.held -= size


def inference(module: nn.Module, images: torch.Tensor) -> None:
    with torch.inference_mode():
        module.eval()(images)


def training(module: nn.Module, images: torch.Tensor) -> None:
    module.zero_grad()
    module.train()(images).sum().backward()


def peak(run: Callable[[nn.Module, torch.Tensor], None], module: nn.Module, images: torch.Tensor) -> int:
    with Peak() as measured:
        run(module, images)
    return measured.most


def table() -> Iterator[str]:
    by_hand, compiled = both("resnet-50")
    for run in (inference, training):
        for batch in (1, 8):
            images = torch.randn(batch, 3, 224, 224)
            theirs, ours = (peak(run, module, images) for module in (by_hand, compiled))
            yield (
                f"{run.__name__:<10} batch {batch}   by hand {theirs / 2**20:8.1f} MiB   "
                f"archspec {ours / 2**20:8.1f} MiB   ratio {ours / theirs:.3f}"
            )
