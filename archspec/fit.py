"""The tensors of a network and those of a file, by name → which of the file fills which, or why they do not fit."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from archspec.diagnostic import WeightsError, did_you_mean, printable
from archspec.ops.base import Tensor
from archspec.order import in_order

__all__ = ["Fit", "fit"]

Tensors = Mapping[str, Tensor]
_MOST = 12
"""Lines that a list of an account has."""
_COUNTER = "num_batches_tracked"
"""What a batch norm counts, for torch since 1.0: a file that is older lacks it, and torch takes it for 0."""


@dataclass(frozen=True, slots=True)
class Fit:
    """Which tensors of a file fill which of the network, and which of the network were left out."""

    names: Mapping[str, str]  # of the network's tensors → the file's
    skipped: tuple[str, ...] = ()

    @property
    def renamed(self) -> Mapping[str, str]:
        """What the file calls otherwise → the network's name: modules, and tensors where their own names differ."""
        found = {}
        for ours, theirs in self.names.items():
            module, _, name = ours.rpartition(".")
            other, _, called = theirs.rpartition(".")
            if name != called:
                found[theirs] = ours
            elif module != other:
                found[other] = module
        return found


def fit(network: Tensors, file: Tensors, *, by: str = "name", skip: Sequence[str] = (), what: str = "the file") -> Fit:
    """Return which tensor of a file fills which of a network: every one of both, but for those that are skipped.

    Args:
        network: its tensors in state_dict order, with shapes and dtypes.
        file: those of the file, in its order.
        by: `name`: the names are equal; `order`: the file names them otherwise, in the same order and shapes.
        skip: patterns of names, as `fc.*`, that are left out on both sides.
        what: how messages call the file.

    Raises:
        WeightsError: they do not fit; the message says what is missing, unexpected or of another shape.

    Example:
        >>> network = {"fc.weight": Tensor((2, 4)), "fc.bias": Tensor((2,))}
        >>> fit(network, {"head.weight": Tensor((2, 4)), "head.bias": Tensor((2,))}, by="order").names
        {'fc.weight': 'head.weight', 'fc.bias': 'head.bias'}
    """
    skipped = tuple(_matching(network, file, skip))
    wanted = {name: tensor for name, tensor in network.items() if name not in skipped}
    given = {name: tensor for name, tensor in file.items() if not any(fnmatchcase(name, one) for one in skip)}
    if not any(name.endswith(_COUNTER) for name in given):
        wanted = {name: tensor for name, tensor in wanted.items() if not name.endswith(_COUNTER)}
    if by == "order":
        return Fit(in_order(wanted, given, what), skipped)
    if by != "name":
        raise WeightsError(f"weights are matched by name or by order, and not by {printable(by)}")
    account = "\n".join(_Account(wanted, given).lines())
    if account:
        raise WeightsError(f"{what} does not fit the network: {account}")
    return Fit({name: name for name in wanted}, skipped)


def _matching(network: Tensors, file: Tensors, skip: Sequence[str]) -> Iterator[str]:
    """Yield the network's names that a pattern matches. Raises WeightsError for a pattern that matches none of both."""
    for pattern in skip:
        if not any(fnmatchcase(name, pattern) for name in (*network, *file)):
            parts = {*map(_pattern, network), *network}
            advice = did_you_mean(pattern, parts, "a pattern is like fc.* or *.bias")
            raise WeightsError(
                f"no tensor of the network or the file is called {printable(pattern) or 'nothing'}; {advice}"
            )
    yield from (name for name in network if any(fnmatchcase(name, pattern) for pattern in skip))


class _Account:
    """What does not fit, as a person reads it: equal parts of a network are one line."""

    def __init__(self, network: Tensors, file: Tensors) -> None:
        self.network = network
        self.file = file
        self.missing = {name: tensor for name, tensor in network.items() if name not in file}
        self.unexpected = {name: tensor for name, tensor in file.items() if name not in network}

    def lines(self) -> Iterator[str]:
        """Yield the account; nothing where all fits."""
        both = [name for name in self.network if name in self.file]
        others = [name for name in both if not _alike(name, self.network[name], self.file[name])]
        if not (others or self.missing or self.unexpected):
            return
        fitting = len(self.network) - len(others) - len(self.missing)
        yield f"{fitting or 'none':{',' if fitting else ''}} of its {_count(self.network)} fit{'' if fitting else 's'}"
        yield from _listed("of another shape or dtype", map(self._other, others), len(others))
        yield from _listed("missing in the file", self._absent(), len(self.missing))
        parts = map(_part, _folded(self.unexpected, self.file).items())
        yield from _listed("unexpected in the file", parts, len(self.unexpected))
        yield from self._advice(others)

    def _other(self, name: str) -> str:
        network, file = self.network[name], self.file[name]
        if network.shape == file.shape:
            return f"{printable(name)}: the file has {file.dtype}, the network {network.dtype}"
        return f"{printable(name)}: the file has {file}, the network {network}"

    def _absent(self) -> Iterator[str]:
        parts = _folded(self.unexpected, self.file)
        for name, tensors in _folded(self.missing, self.network).items():
            like = [other for other, others in parts.items() if _relative(other, others) == _relative(name, tensors)]
            near = did_you_mean(name, like, like[0] if len(like) == 1 else None)
            meant = (near or "").removeprefix("did you mean ").removesuffix("?")
            yield _part((name, tensors)) + (f", in the file perhaps {printable(meant)}" if meant else "")

    def _advice(self, others: list[str]) -> Iterator[str]:
        prefix = _prefix(self.missing, self.unexpected)
        if prefix is not None and not others:
            pairs = zip(self.missing.items(), self.unexpected.items(), strict=True)
            wrong = [(a, b) for (a, one), (b, other) in pairs if not _alike(a, one, other)]
            layers = {(_pattern(a), _pattern(b)) for a, b in wrong}
            if len(layers) < 2:  # of more layers than one with other shapes it is no remedy
                where = "".join(f", but for {a} and {b}, which want to be skipped" for a, b in layers)
                yield f"the names differ only by {prefix}; matched by order they would fit{where}"
        elif self.unexpected and not self.missing and not others:
            parts = list(_folded(self.unexpected, self.file))
            yield f"to leave out what the network does not have, skip {', '.join(map(printable, parts[:_MOST]))}"
        elif others and not self.missing and not self.unexpected:
            modules = set(map(_pattern, others))
            tensors = {f"*.{name.rpartition('.')[2]}" for name in others}
            whole = all(name in others for name in self.network for one in tensors if fnmatchcase(name, one))
            patterns = min(sorted(modules), sorted(tensors) if whole else sorted(modules), key=len)
            yield f"to leave the rest as the spec initialises it, skip {', '.join(map(printable, patterns[:_MOST]))}"


def _pattern(name: str) -> str:
    """Return the pattern of a tensor's layer."""
    return printable(f"{name.rpartition('.')[0]}.*" if "." in name else name)


def _listed(title: str, lines: Iterator[str], count: int) -> Iterator[str]:
    """Yield a list of the account under its title; nothing where there is nothing."""
    if not count:
        return
    yield f"{title} ({count:,}):"
    shown = list(lines)
    yield from (f"  {line}" for line in shown[:_MOST])
    if len(shown) > _MOST:
        yield f"  and {len(shown) - _MOST:,} more"


def _alike(name: str, one: Tensor, other: Tensor) -> bool:
    """Whether a tensor fills the other: floating-point numbers of any precision are converted, and counters, too."""
    counts = name.endswith(_COUNTER)  # cast with the rest by who casts every tensor of a state_dict
    return one.shape == other.shape and (counts or _floating(one) == _floating(other))


def _floating(tensor: Tensor) -> str:
    return "float" if "float" in tensor.dtype else tensor.dtype


def _count(tensors: Tensors) -> str:
    return f"{len(tensors):,} tensor{'s' if len(tensors) != 1 else ''}"


def _folded(some: Tensors, all_: Tensors) -> dict[str, Tensors]:
    """Return the tensors by the greatest parts of which all are among them: `layer4.1.*`; a lone one by its name."""
    totals = Counter(part for name in all_ for part in _parts(name))
    found = Counter(part for name in some for part in _parts(name))
    parts: dict[str, dict[str, Tensor]] = {}
    for name, tensor in some.items():
        whole = next((part for part in _parts(name) if found[part] == totals[part] > 1), None)
        parts.setdefault(name if whole is None else f"{whole}*", {})[name] = tensor
    return dict(parts)


def _parts(name: str) -> Iterator[str]:
    """Yield what a name begins with, down to its module: `layer4.`, `layer4.1.`."""
    pieces = name.split(".")[:-1]
    for end in range(1, len(pieces) + 1):
        yield ".".join(pieces[:end]) + "."


def _part(part: tuple[str, Tensors]) -> str:
    name, tensors = part
    return f"{printable(name)}: {tensors[name] if name in tensors else _count(tensors)}"


def _relative(part: str, tensors: Tensors) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """Return what a part holds, without its own name."""
    stem = part.removesuffix("*") if part.endswith("*") else part.rpartition(".")[0]
    return tuple((name.removeprefix(stem), tensor.shape) for name, tensor in tensors.items())


def _prefix(missing: Tensors, unexpected: Tensors) -> str | None:
    """Return how all names of the file differ from the network's, where they do so in their beginning alone."""
    ours, theirs = list(missing), list(unexpected)
    if not ours or len(ours) != len(theirs):
        return None
    for long, short, whose in ((theirs, ours, "file"), (ours, theirs, "network")):
        start = long[0].removesuffix(short[0])
        if len(start) < len(long[0]) and {start + name for name in short} == set(long):
            return f"{printable(start)} before each of the {whose}'s"
    return None
