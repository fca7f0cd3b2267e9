"""Two lists of tensors of different names → which is which by order and shape, where that can only be meant so."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from archspec.diagnostic import WeightsError, printable
from archspec.ops.base import Tensor

__all__ = ["in_order"]

Tensors = Mapping[str, Tensor]
Pairs = list[tuple[str, str]]
_WORDS = ("weight", "bias", "mean", "var", "tracked")
"""How torch's names of tensors end: what a tensor is in its module."""


def in_order(network: Tensors, file: Tensors, what: str) -> dict[str, str]:
    """Return, for each tensor of a network, the one of a file that stands at its place: all or none.

    Args:
        network: its tensors, in order.
        file: those of the file, in order.
        what: how messages call the file.

    Raises:
        WeightsError: shapes differ somewhere, or the names say that the order is another: a name that both know, a
            weight where a bias should be, two modules that would fill one, tensors of one shape that nothing tells
            apart.
    """
    pairs = list(zip(network, file, strict=False))
    reason = _parting(pairs, network, file) or next(_contradictions(pairs, network), None)
    if reason:
        raise WeightsError(f"{what} cannot be matched with the network by order: {reason}")
    return dict(pairs)


def _parting(pairs: Pairs, network: Tensors, file: Tensors) -> str | None:
    """Return where the shapes of the two differ, or the end of one before the other's."""
    for place, (ours, theirs) in enumerate(pairs):
        if network[ours].shape != file[theirs].shape:
            return (
                f"they part at tensor {place + 1:,}: {printable(theirs)} of the file has {file[theirs]}, "
                f"{printable(ours)} of the network {network[ours]}"
            )
    if len(network) == len(file):
        return None
    long, whose = (network, "network") if len(network) > len(file) else (file, "file")
    return f"the first {len(pairs):,} fit, and the {whose} goes on with {printable(list(long)[len(pairs)])}"


def _contradictions(pairs: Pairs, network: Tensors) -> Iterator[str]:
    """Yield what in the names speaks against the order."""
    modules: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for ours, theirs in pairs:
        if theirs in network and ours != theirs:
            yield f"{printable(theirs)} would fill {printable(ours)}, and the network has one of that name"
        if _word(ours) and _word(theirs) and _word(ours) != _word(theirs):
            yield f"{printable(theirs)} would fill {printable(ours)}"
        modules[_module(ours)].append((ours, theirs))
    for module, inside in modules.items():
        sources = sorted({_module(theirs) for ours, theirs in inside if _word(ours)})
        if len(sources) > 1:
            yield f"{' and '.join(map(printable, sources))} would both fill {printable(module)}"
        shapes = Counter(network[ours].shape for ours, _ in inside)
        for ours, theirs in inside:
            if not (_word(ours) and _word(theirs)) and ours != theirs and shapes[network[ours].shape] > 1:
                yield (
                    f"nothing but its place says that {printable(theirs)} is {printable(ours)}, for others beside it "
                    "have the same shape"
                )


def _module(name: str) -> str:
    return name.rpartition(".")[0]


def _word(name: str) -> str | None:
    """Return what a tensor is in its module, as its name says: `weight`, `bias`, `mean`; None if it does not."""
    last = re.split(r"[._/]", name)[-1]
    return last if last in _WORDS else None
