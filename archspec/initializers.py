"""The functions of torch.nn.init that a spec names, and what they take."""

from collections.abc import Mapping
from typing import NamedTuple

__all__ = ["FUNCTIONS", "WORDS", "Function", "ours"]


class Function(NamedTuple):
    """A function of torch.nn.init: its arguments with their types, and the ranks that it takes."""

    arguments: Mapping[str, type]
    least: int = 0
    most: int | None = None
    required: str | None = None


_KAIMING = Function({"a": float, "mode": str, "nonlinearity": str}, least=2)
_XAVIER = Function({"gain": float}, least=2)

FUNCTIONS: Mapping[str, Function] = {
    "uniform": Function({"a": float, "b": float}),
    "normal": Function({"mean": float, "std": float}),
    "trunc_normal": Function({"mean": float, "std": float, "a": float, "b": float}),
    "constant": Function({"val": float}, required="val"),
    "ones": Function({}),
    "zeros": Function({}),
    "eye": Function({}, least=2, most=2),
    "dirac": Function({"groups": int}, least=3, most=5),
    "xavier_uniform": _XAVIER,
    "xavier_normal": _XAVIER,
    "kaiming_uniform": _KAIMING,
    "kaiming_normal": _KAIMING,
    "orthogonal": Function({"gain": float}, least=2),
    "sparse": Function({"sparsity": float, "std": float}, least=2, most=2, required="sparsity"),
}
"""The functions of torch.nn.init by their names without the underscore."""

WORDS: Mapping[str, tuple[str, ...]] = {
    "mode": ("fan_in", "fan_out"),
    "nonlinearity": ("linear", "conv1d", "conv2d", "conv3d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"),
}
"""The words that an argument takes."""


def ours(name: str) -> str:
    """Return a function's name as it is here: without torch's underscore, and by its first author's name.

    Example:
        >>> ours("normal_"), ours("he_uniform"), ours("glorot_normal")
        ('normal', 'kaiming_uniform', 'xavier_normal')
    """
    author, _, rest = name.removesuffix("_").partition("_")
    return f"{_AUTHORS[author]}_{rest}" if author in _AUTHORS else name.removesuffix("_")


_AUTHORS = {"he": "kaiming", "glorot": "xavier"}
