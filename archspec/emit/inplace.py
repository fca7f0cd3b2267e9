"""A body → the layers whose `inplace: true` would be seen elsewhere, or lost to autograd, and so is not written."""

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from archspec.graph import Body, Call, Node, Path, Ref

__all__ = ["overwriting"]

_FRESH = frozenset({"convolution", "linear", "merge", "normalization"})
"""Families whose ops make new memory, never a view of what they read."""


def overwriting(body: Body) -> frozenset[Path]:
    """Return the paths of the layers that may not write over what they read.

    A spec says what flows where, so a layer may write over a value only if nothing else reads it: it was made in
    this body (of what a body reads, nobody here knows who else does), as new memory, for this layer alone, and
    autograd does not need it.
    """
    views: dict[int, _View] = {}
    here = _view(body, views)
    return frozenset(
        path
        for path, layer in here.layers.items()
        if isinstance(layer, Node) and getattr(layer.op, "inplace", False)
        if here.readers[layer.inputs[0]] > 1 or not _is_new(here, layer.inputs[0], views)
    )


class _View(NamedTuple):
    """The layers of a body by their paths, and how many read each value."""

    layers: Mapping[Path, Node | Call]
    readers: Counter[Ref]


def _view(body: Body, views: dict[int, _View]) -> _View:
    """Return what is to be seen of a body, looked at once."""
    if id(body) not in views:
        layers = dict(body.paths())
        reads = Counter(ref for _, ref in body.outputs)
        reads.update(ref for layer in layers.values() for ref in layer.inputs)
        views[id(body)] = _View(layers, reads)
    return views[id(body)]


def _is_new(here: _View, ref: Ref, views: dict[int, _View]) -> bool:
    """Whether a value is memory that its layer made, and that autograd does not keep."""
    maker = here.layers.get(ref.path)
    if isinstance(maker, Call):
        inside, output = _view(maker.body, views), maker.body.outputs[ref.index][1]
        return inside.readers[output] == 1 and _is_new(inside, output, views)
    return maker is not None and maker.op.family in _FRESH and not maker.op.keeps_output
