"""A graph → for each value, between which numbers it lies whatever the weights, as far as the ops on the way tell."""

from collections.abc import Callable, Mapping
from math import inf

from archspec.graph import Flat, Graph, Ref
from archspec.lint.kinds import ADAPTIVE_POOLS, AVERAGES, DROPOUTS, MAX_POOLS, RESHAPES, kind

__all__ = ["ANYTHING", "Range", "ranges"]

Range = tuple[float, float]
"""The least and the greatest number."""

ANYTHING: Range = (-inf, inf)


def ranges(graph: Graph) -> Mapping[Ref, Range]:
    """Return the range of every value that has one; what is left out may be any number."""
    found: dict[Ref, Range] = {}
    for path, flat in graph.nodes.items():
        limits = _range(flat, [found.get(ref, ANYTHING) for ref in flat.inputs])
        if limits != ANYTHING:
            found.update((Ref(path, index), limits) for index in range(len(flat.node.outputs)))
    return found


def _range(flat: Flat, arriving: list[Range]) -> Range:
    name = kind(flat)
    if name in _GIVEN:
        return _GIVEN[name]
    if name in _CLIPPED:
        least, most = _CLIPPED[name](flat.node.op)
        return tuple(min(max(end, least), most) for end in arriving[0])  # type: ignore[return-value]
    if name in _MOVING:
        return min(low for low, _ in arriving), max(high for _, high in arriving)
    if name in _SCALING and "divisor_override" not in flat.node.op.model_fields_set:
        return _signs(arriving[0])
    if name == "Add":
        return sum(low for low, _ in arriving), sum(high for _, high in arriving)
    return ANYTHING


_GIVEN: Mapping[str, Range] = {
    "Sigmoid": (0.0, 1.0),
    "Hardsigmoid": (0.0, 1.0),
    "Softmax": (0.0, 1.0),
    "Softmax2d": (0.0, 1.0),
    "Softmin": (0.0, 1.0),
    "Tanh": (-1.0, 1.0),
    "Softsign": (-1.0, 1.0),
    "Softplus": (0.0, inf),
    "LogSigmoid": (-inf, 0.0),
    "LogSoftmax": (-inf, 0.0),
}
_CLIPPED: Mapping[str, Callable[[object], Range]] = {
    "ReLU": lambda _: (0.0, inf),
    "ReLU6": lambda _: (0.0, 6.0),
    "Hardtanh": lambda op: (getattr(op, "min_val", -1.0), getattr(op, "max_val", 1.0)),
}
_MOVING = MAX_POOLS | ADAPTIVE_POOLS | RESHAPES | {
    "FractionalMaxPool2d", "FractionalMaxPool3d", "Concat", "Stack", "Chunk", "Split", "Select", "Slice", "Mean",
    "ChannelShuffle", "PixelShuffle", "PixelUnshuffle", "UpsamplingNearest2d", "UpsamplingBilinear2d",
}  # fmt: skip
"""What gives some of the numbers that arrive, or means of them."""
_SCALING = DROPOUTS - {"AlphaDropout", "FeatureAlphaDropout"} | {"StochasticDepth"} | AVERAGES


def _signs(limits: Range) -> Range:
    """Return the range of values that are zeroed, or scaled up."""
    low, high = limits
    return (-inf if low < 0 else 0.0), (inf if high > 0 else 0.0)
