"""Names of devices and dtypes → torch's own, and the room that a device has."""

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch

from archspec.diagnostic import DeviceError, did_you_mean, printable

__all__ = ["check_room", "default_dtype", "device_named", "dtype_named", "seeded"]

_DTYPES = {
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
    "float32": torch.float32,
    "float64": torch.float64,
}


def device_named(given: str | torch.device | None) -> torch.device:
    """Return a device, torch's default one for None. Raises DeviceError where it is not there."""
    if given is None:
        return torch.get_default_device()
    name = str(given)
    if not re.fullmatch(r"cpu|meta|cuda(:\d{1,3})?", name):
        raise DeviceError(f"there is no device {printable(name)}; {_choices(name, ('cpu', 'cuda', 'meta'))}")
    device = torch.device(name)
    if device.type != "cuda":
        return device
    if not torch.cuda.is_available():
        raise DeviceError("there is no CUDA device here, or this torch is built without CUDA")
    if device.index is not None and device.index >= torch.cuda.device_count():
        raise DeviceError(f"there is no {name}; the CUDA devices are 0 to {torch.cuda.device_count() - 1}")
    return device


def dtype_named(given: str | torch.dtype | None) -> torch.dtype:
    """Return a dtype of weights, torch's default one for None. Raises DeviceError where there is no such."""
    if given is None:
        return torch.get_default_dtype()
    name = str(given).removeprefix("torch.")
    if name not in _DTYPES:
        raise DeviceError(f"weights have no dtype {printable(name)}; {_choices(name, _DTYPES)}")
    return _DTYPES[name]


def _choices(name: str, choices: Iterable[str]) -> str:
    """Return what to ask for instead."""
    return did_you_mean(name, choices, f"there are {', '.join(choices)}") or ""


def check_room(device: torch.device, size: int) -> None:
    """Raise DeviceError for a module of `size` bytes that the device does not hold."""
    room = _room(device)
    if room is not None and size > room:
        raise DeviceError(
            f"the weights take {size / 2**30:,.1f} GiB, and {device} has room for {room / 2**30:,.1f} GiB; "
            "device='meta' allocates nothing"
        )


def _room(device: torch.device) -> int | None:
    """Return the bytes that a device can hold; None where that is not known, or does not matter."""
    if device.type == "cuda":
        kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)  # by torch, for what comes
        return torch.cuda.mem_get_info(device)[0] + kept
    if device.type != "cpu":
        return None
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # not a POSIX system
        return None


@contextmanager
def default_dtype(dtype: torch.dtype) -> Iterator[None]:
    """Make tensors of the dtype where none is said."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


@contextmanager
def seeded(device: torch.device, seed: int | None) -> Iterator[None]:
    """Draw from generators that begin at a seed, and give the caller's back."""
    if seed is None:
        yield
        return
    on_cuda = device.type == "cuda"
    index = torch.cuda.current_device() if on_cuda and device.index is None else device.index
    with torch.random.fork_rng(devices=[index] if on_cuda else []):
        torch.default_generator.manual_seed(seed)
        if on_cuda:
            with torch.cuda.device(index):
                torch.cuda.manual_seed(seed)
        yield
