"""A file of weights → its tensors by name, whoever wrote it: nothing in it is run."""

import pickle
import re
import struct
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TypeGuard

import torch

from archspec.diagnostic import WeightsError, printable
from archspec.ops.base import Tensor

__all__ = ["checked", "described", "read"]

_BROKEN = (
    pickle.UnpicklingError, zipfile.BadZipFile, struct.error, RuntimeError, EOFError, ValueError, LookupError,
    AttributeError, TypeError, AssertionError, MemoryError, OverflowError,
)  # fmt: skip
"""What torch's reader raises for files that are broken or hostile."""


def read(path: Path) -> Mapping[str, torch.Tensor]:
    """Return the tensors of a state_dict that torch saved, or of a safetensors file; their values are read as needed.

    A mapping that holds one state_dict, beside an epoch and the like, stands for it.

    Raises:
        WeightsError: there is no such file, it is broken, holds something else, or more than tensors: a pickle that
            could run code is refused.
    """
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise WeightsError(f"cannot read {printable(str(path))}: {error.strerror}") from None
    return _safetensors(path) if path.suffix == ".safetensors" else _tensors(_torch(path), path)


def described(tensors: Mapping[str, torch.Tensor]) -> dict[str, Tensor]:
    """Return shapes and dtypes alone."""
    return {name: Tensor(tuple(one.shape), str(one.dtype).removeprefix("torch.")) for name, one in tensors.items()}


def _torch(path: Path) -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's, of its own past
        try:
            # Before torch 1.6, files were no archives, which alone can be mapped into memory.
            return torch.load(path, map_location="cpu", mmap=zipfile.is_zipfile(path), weights_only=True)
        except _BROKEN as error:
            raise WeightsError(f"{printable(str(path))} is no file of weights: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    """Return what a file holds that torch refuses to read."""
    text = str(error)
    save = "from a module that you trust, save module.state_dict()"
    if "TorchScript" in text:
        return f"it holds a TorchScript program; {save}"
    if not isinstance(error, pickle.UnpicklingError):
        return "it is broken, or something else"
    found = re.search(r"GLOBAL ([\w.]+)", text)
    return f"it holds {found[1] if found else 'more than tensors'}, and to load that could run code; {save}"


def _safetensors(path: Path) -> Mapping[str, torch.Tensor]:
    try:
        import safetensors
        from safetensors.torch import load_file
    except ModuleNotFoundError:
        raise WeightsError('a .safetensors file needs safetensors: pip install "archspec-nn[safetensors]"') from None
    try:
        tensors: dict[str, torch.Tensor] = load_file(path)
    except (safetensors.SafetensorError, *_BROKEN):
        raise WeightsError(f"{printable(str(path))} is no safetensors file, or a broken one") from None
    return tensors


def _tensors(tree: object, path: Path) -> Mapping[str, torch.Tensor]:
    """Return the tensors of a state_dict, or of the one that a mapping holds."""
    if _is_state(tree):
        return _valued(tree, path)
    inside = [value for value in tree.values() if _is_state(value) and value] if isinstance(tree, Mapping) else []
    if len(inside) == 1:
        return _valued(inside[0], path)
    holds = f"{len(inside)} state_dicts" if inside else f"a {type(tree).__name__} without a state_dict"
    raise WeightsError(f"{printable(str(path))} holds {holds}; save the one that is meant, alone")


def checked(tree: Mapping[str, torch.Tensor], what: str) -> Mapping[str, torch.Tensor]:
    """Return a state_dict that is one. Raises WeightsError where it holds anything but dense tensors by name."""
    if not _is_state(tree):
        raise WeightsError(f"{what} is none: it holds something else than dense tensors by name")
    return tree


def _valued(state: Mapping[str, torch.Tensor], path: Path) -> Mapping[str, torch.Tensor]:
    if any(tensor.is_meta for tensor in state.values()):
        raise WeightsError(f"{printable(str(path))} holds tensors without values: they were on the device meta")
    return state


def _is_state(tree: object) -> TypeGuard[Mapping[str, torch.Tensor]]:
    return isinstance(tree, Mapping) and all(
        isinstance(name, str) and isinstance(value, torch.Tensor) and value.layout is torch.strided
        for name, value in tree.items()
    )
