"""An op of the graph → its name, and the sets of names that rules speak of."""

from archspec.graph import Flat, Node

__all__ = [
    "ADAPTIVE_POOLS",
    "AVERAGES",
    "BATCH_NORMS",
    "CONVOLUTIONS",
    "DROPOUTS",
    "KEEPING",
    "MAX_POOLS",
    "POOLS",
    "RESHAPES",
    "TRANSPOSED",
    "axes_word",
    "kind",
]


def _each(*stems: str) -> frozenset[str]:
    return frozenset(f"{stem}{axes}d" for stem in stems for axes in (1, 2, 3))


CONVOLUTIONS = _each("Conv")
TRANSPOSED = _each("ConvTranspose")
MAX_POOLS = _each("MaxPool")
ADAPTIVE_POOLS = _each("AdaptiveAvgPool", "AdaptiveMaxPool")
AVERAGES = _each("AvgPool")
POOLS = MAX_POOLS | AVERAGES | _each("LPPool")
BATCH_NORMS = _each("BatchNorm")
DROPOUTS = _each("Dropout") | {"Dropout", "AlphaDropout", "FeatureAlphaDropout"}
RESHAPES = frozenset({"Flatten", "Unflatten", "Reshape", "Permute", "Identity"})
"""What gives the same values in another shape."""
KEEPING = DROPOUTS | {
    "CELU", "ELU", "GELU", "Hardshrink", "Hardsigmoid", "Hardswish", "Hardtanh", "Identity", "LeakyReLU",
    "LogSigmoid", "LogSoftmax", "Mish", "PReLU", "RReLU", "ReLU", "ReLU6", "SELU", "Scale", "SiLU", "Sigmoid",
    "Softmax", "Softmin", "Softplus", "Softshrink", "Softsign", "StochasticDepth", "Tanh", "Tanhshrink", "Threshold",
}  # fmt: skip
"""What leaves the axes as they are, and says nothing about which of them holds the channels."""


def kind(layer: Flat | Node | None) -> str:
    """Return the name of an op; nothing for what is no op, a model's input."""
    if layer is None:
        return ""
    return type((layer.node if isinstance(layer, Flat) else layer).op).__name__


def axes_word(axes: int) -> str:
    """Return what the last of so many spatial axes is called."""
    return "length" if axes == 1 else "width"
