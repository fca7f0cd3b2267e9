"""Two layer graphs → how their state_dicts differ: the keys that an old checkpoint lacks, and those too many."""

from collections.abc import Mapping
from dataclasses import dataclass

from archspec.compare.match import Matching
from archspec.graph import Graph, Path

__all__ = ["Keys", "keys"]

_Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Keys:
    """What stands between a checkpoint of one graph and the module of another; keys as paths, with their shapes."""

    missing: Mapping[Path, _Shape]  # the module has them, the checkpoint has not
    unexpected: Mapping[Path, _Shape]  # the checkpoint has them, the module has not
    reshaped: Mapping[Path, tuple[_Shape, _Shape]]  # in both, of another shape
    known: frozenset[Path]  # all keys of both
    renamed: Mapping[Path, Path]  # the old and the new key of tensors of one shape whose layer is another's other half

    @property
    def fit(self) -> bool:
        """Whether a checkpoint loads as it is."""
        return not (self.missing or self.unexpected or self.reshaped)


def keys(before: Graph, after: Graph, matching: Matching) -> Keys:
    """Return how the state_dicts differ, as `load_state_dict(strict=False)` of the second finds it for the first's."""
    old, new = _shapes(before), _shapes(after)
    return Keys(
        missing={key: shape for key, shape in new.items() if key not in old and not _filled_in(key, before)},
        unexpected={key: shape for key, shape in old.items() if key not in new},
        reshaped={key: (old[key], shape) for key, shape in new.items() if key in old and old[key] != shape},
        known=frozenset(old) | frozenset(new),
        renamed=_renamed(before, matching, old, new),
    )


def _filled_in(key: Path, before: Graph) -> bool:
    """Whether torch sets a key itself: a count of batches, where the old layer was no norm that could have had one."""
    old = before.nodes.get(key[:-1])
    counts = old is not None and type(old.node.op).__name__.startswith(("BatchNorm", "InstanceNorm"))
    return key[-1] == "num_batches_tracked" and not counts


def _shapes(graph: Graph) -> dict[Path, _Shape]:
    return {_key(path, weight.name): weight.shape for path, flat in graph.nodes.items() for weight in flat.node.weights}


def _key(path: Path, name: str) -> Path:
    return (*path, name) if name else path


def _renamed(
    before: Graph, matching: Matching, old: Mapping[Path, _Shape], new: Mapping[Path, _Shape]
) -> dict[Path, Path]:
    """Return the keys of layers that bear another path now, where the tensor's shape is what it was."""
    other = {one.path: pair.path for one, pair in matching.pairs if one.path != pair.path}
    moved = [
        (_key(path, weight.name), _key(other[path], weight.name))
        for path, flat in before.nodes.items()
        if path in other
        for weight in flat.node.weights
    ]
    return {key: target for key, target in moved if new.get(target) == old[key]}
