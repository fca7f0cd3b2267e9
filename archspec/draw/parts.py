"""A body → its parts: ops, and blocks that stay closed, with what each reads; blocks that are opened are gone."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from archspec.graph import Body, Call, Node, Path, Ref

__all__ = ["Part", "parts"]


@dataclass(frozen=True, slots=True)
class Part:
    """An op or a closed block. Paths and refs start at the body that `parts` was asked about."""

    path: Path
    label: Path  # the path of the outermost opened block that it stands in, or its own
    layer: Node | Call
    inputs: tuple[Ref, ...]
    expressions: Mapping[str, str]  # arguments as expressions in the names of that body
    training: bool = False
    live: bool = True  # whether an output needs it


def parts(body: Body, opens: Callable[[Call], bool]) -> tuple[tuple[Part, ...], tuple[Ref, ...]]:
    """Return the parts of a body in written order, and what its outputs are."""
    inputs = tuple(Ref((), index) for index in range(len(body.inputs)))
    found: list[Part] = []
    outputs = _parts(body, _Inside((), inputs, None), opens, found)
    return tuple(found), outputs


@dataclass(frozen=True, slots=True)
class _Inside:
    """Where an opened block stands, and what it is called with; no names for the body that was asked about."""

    prefix: Path
    inputs: tuple[Ref, ...]
    names: Mapping[str, str] | None
    label: Path | None = None
    live: bool = True
    training: bool = False


def _parts(body: Body, inside: _Inside, opens: Callable[[Call], bool], found: list[Part]) -> tuple[Ref, ...]:
    made: dict[Path, Sequence[Ref]] = {(): inside.inputs}
    for path, layer in body.paths():
        full = inside.prefix + path
        reads = tuple(made[ref.path][ref.index] for ref in layer.inputs)
        written = dict(_translated(layer.expressions, inside.names))
        label = inside.label or full
        training = inside.training or layer.training
        live = inside.live and path in body.live
        if isinstance(layer, Call) and opens(layer):
            below = replace(inside, prefix=full, inputs=reads, names=written, label=label, live=live, training=training)
            made[path] = _parts(layer.body, below, opens, found)
        else:
            found.append(Part(full, label, layer, reads, written, training, live))
            outputs = layer.outputs if isinstance(layer, Node) else layer.body.tensors
            made[path] = tuple(Ref(full, index) for index in range(len(outputs)))
    return tuple(made[ref.path][ref.index] for _, ref in body.outputs)


def _translated(expressions: tuple[tuple[str, str], ...], names: Mapping[str, str] | None) -> Iterator[tuple[str, str]]:
    """Yield the arguments that are expressions for the reader of the outer body.

    Inside an opened block a bare parameter is what the call says; of anything else only the value is known outside.
    """
    for argument, text in expressions:
        if names is None:
            yield argument, text
        elif text in names:
            yield argument, names[text]
