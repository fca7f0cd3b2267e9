"""A body → the layers whose `inplace: true` would be seen elsewhere, or lost to autograd, and so is not written."""

from collections import Counter

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
    layers = dict(body.paths())
    readers = _readers(body)
    return frozenset(
        path
        for path, layer in layers.items()
        if isinstance(layer, Node) and getattr(layer.op, "inplace", False)
        if readers[layer.inputs[0]] > 1 or not _is_new(layers, layer.inputs[0])
    )


def _readers(body: Body) -> Counter[Ref]:
    reads = Counter(ref for _, ref in body.outputs)
    for _, layer in body.paths():
        reads.update(layer.inputs)
    return reads


def _is_new(layers: dict[Path, Node | Call], ref: Ref) -> bool:
    """Whether a value is memory that its layer made, and that autograd does not keep."""
    maker = layers.get(ref.path)
    if isinstance(maker, Call):
        output = maker.body.outputs[ref.index][1]
        return _readers(maker.body)[output] == 1 and _is_new(dict(maker.body.paths()), output)
    return maker is not None and maker.op.family in _FRESH and not maker.op.keeps_output
