"""A module in the making → how often its learned tensors are drawn meanwhile: not at all, or once each."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from archspec.initializers import FUNCTIONS

__all__ = ["Once", "Undrawn"]

_IS_META = torch.Tensor.is_meta.__get__  # type: ignore[attr-defined]
_DRAWS = frozenset(getattr(nn.init, f"{name}_") for name in FUNCTIONS)
_FILLS = frozenset(getattr(torch.Tensor, name) for name in ("copy_", "fill_", "normal_", "uniform_", "zero_"))
"""What gives a tensor new values whatever it held: the functions that `init` names, and what they call."""
_CALLED = ("dim", "is_contiguous", "new_empty", "new_tensor", "numel", "requires_grad_", "size")
_ASKED = ("device", "dtype", "grad_fn", "is_meta", "ndim", "shape")
_LOOKS: frozenset[Any] = frozenset(
    {torch.empty_like}
    | {getattr(torch.Tensor, name) for name in _CALLED}
    | {getattr(torch.Tensor, name).__get__ for name in _ASKED}
)
"""What is asked of a tensor without reading its values."""


class Undrawn(TorchFunctionMode):
    """Leaves learned tensors as they were allocated: what would write into one while it is made is not run.

    They pass for meta tensors besides, whose values `nn.init` does not even begin to draw.
    """

    def __torch_function__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        tensor = _first(args, kwargs)
        if function == _IS_META and isinstance(tensor, nn.Parameter):
            return True
        name = getattr(function, "__name__", "")
        writes = name.endswith("_") and not name.endswith("__") and name != "requires_grad_"
        if writes and isinstance(tensor, nn.Parameter):
            return tensor
        return function(*args, **kwargs)


class Once(TorchFunctionMode):
    """Leaves out what is drawn into a learned tensor where the tensor is filled anew before anything reads it.

    A layer of torch draws its weights as soon as it is made, and `init` then draws many of them again. So what
    `nn.init` draws waits until a tensor that waits is read, or the module is made; then all is drawn, in order.
    """

    def __init__(self) -> None:
        super().__init__()
        self._waiting: dict[nn.Parameter, Callable[[], object]] = {}

    def __torch_function__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        tensor = _first(args, kwargs)
        if (function in _DRAWS or function in _FILLS) and isinstance(tensor, nn.Parameter):
            self._waiting.pop(tensor, None)
            if function in _DRAWS:
                self._waiting[tensor] = partial(function, *args, **kwargs)
                return tensor
        if self._waiting and function not in _LOOKS and self._reads((*args, *kwargs.values())):
            self._draw()
        return function(*args, **kwargs)

    def __exit__(self, kind: Any, value: Any, traceback: Any) -> None:
        super().__exit__(kind, value, traceback)  # type: ignore[no-untyped-call]
        if kind is None:
            self._draw()

    def _reads(self, values: Iterable[Any]) -> bool:
        """Whether a tensor that waits is among the values, or in a list there."""
        return any(
            self._reads(value) if isinstance(value, tuple | list)
            else isinstance(value, nn.Parameter) and value in self._waiting
            for value in values
        )  # fmt: skip

    def _draw(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for draw in waiting.values():
            draw()


def _first(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """Return what a function is called on; those of `nn.init` have it by name."""
    return args[0] if args else kwargs.get("tensor")
