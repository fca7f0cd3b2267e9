"""The slots of a class's instances → its constructor's arguments, and the text of each slot over them.

An expression is written only where it gives the right value in every instance.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from archspec.emit.argument import REQUIRED, Argument
from archspec.emit.names import Names
from archspec.emit.shared import ABSENT, Raw, Slot, same
from archspec.emit.text import literal
from archspec.emit.translate import ATOM, Term, Untranslatable, translate
from archspec.emit.unit import Unit
from archspec.ops.base import Tensor
from archspec.source import Scalar

__all__ = ["Arguments"]


@dataclass(eq=False)
class Arguments:
    """What a class's constructor takes; it grows as slots are settled."""

    instances: Sequence[Unit]
    constants: Sequence[Mapping[str, object]]  # the spec's parameters, by instance
    names: Names  # what is taken in the constructor
    found: dict[str, Argument] = field(default_factory=dict)
    locals: dict[str, tuple[str, str]] = field(default_factory=dict)  # by parameter: the local that it is, and its text
    used: dict[str, tuple[object, ...]] = field(default_factory=dict)  # texts of slots, and their values

    def settle(self, slot: Slot) -> None:
        """Give the slot its text."""
        text = self._general(slot) if slot.constant else self._express(slot)
        slot.fixed = text is None
        slot.text = _literal(slot.first) if text is None else text

    def ordered(self) -> list[Argument]:
        """Return the arguments as they are written: those with defaults last."""
        return sorted(self.found.values(), key=lambda one: (one.default is not REQUIRED, one.rank))

    def _general(self, slot: Slot) -> str | None:
        """Return how the spec has a size, where it is one number only because most instances lack the layer."""
        if ABSENT not in slot.values or type(slot.first) is not int:
            return None
        found = next((text for one in slot.written if (text := self._try(one, slot))), None)
        if found or not slot.hint.startswith("in"):
            return found
        known = {name: argument.values for name, argument in self.found.items()} | self.used
        return next((text for text, values in known.items() if _gives(values, slot)), None)

    def _express(self, slot: Slot) -> str:
        return self._known(slot) or self._elements(slot) or self._new(slot)

    def _known(self, slot: Slot) -> str | None:
        """Return the slot as it is written in the spec, or else as something that is known to be equal."""
        return next((text for one in slot.written if (text := self._try(one, slot))), None) or self._find(slot)

    def _try(self, expression: str, slot: Slot) -> str | None:
        """Return an expression of the spec as text if it gives the slot; if not, nothing is kept of it."""
        before = self._state()
        try:
            term = translate(expression, self.term, len(self.instances))
            if _gives(term.values, slot) and len(term.text) <= _LONGEST:
                self.used[term.text] = term.values
                return term.text
        except Untranslatable:
            pass
        self.found, self.locals, self.names = before
        return None

    def _state(self) -> tuple[dict[str, Argument], dict[str, tuple[str, str]], Names]:
        return dict(self.found), dict(self.locals), self.names.copy()

    def _elements(self, slot: Slot) -> str | None:
        """Return tuples of one length as a tuple, if each element is known."""
        present = [value for value in slot.values if value is not ABSENT]
        if not all(isinstance(value, tuple) for value in present) or len({len(v) for v in present}) > 1:  # type: ignore[arg-type]
            return None
        texts = []
        for place in range(len(present[0])):  # type: ignore[arg-type]
            values = tuple(v[place] if isinstance(v, tuple) else ABSENT for v in slot.values)
            element = Slot(values, slot.hint, slot.written)
            text = _literal(element.first) if element.constant else self._known(element)
            if text is None:
                return None
            texts.append(text)
        return f"({', '.join(texts)}{',' if len(texts) == 1 else ''})"

    def _find(self, slot: Slot) -> str | None:
        """Return a name, or a small multiple of one, that happens to be right in every instance."""
        if self.instances[0].is_model:  # which differs from itself only where a parameter stands
            return next((text for name in self._parameters(slot) if (text := self._try(name, slot))), None)
        if not _is_size(slot):
            return self._try(slot.hint, slot)
        names = [*self._input_sizes(slot), *self._parameters(slot)]
        if not slot.hint.startswith("in"):
            names.sort(key=lambda name: name.startswith("input."))
        known = {name: values for name in (*names, *self.found) if (values := self._values(name)) is not None}
        equal = next((name for name, values in known.items() if _gives(values, slot)), None)
        if equal is not None:
            return self._try(equal, slot)
        return next((text for one in _multiples(slot, known) if (text := self._try(one, slot))), None)

    def _parameters(self, slot: Slot) -> list[str]:
        parameters = {**self.instances[0].body.parameters, **self.constants[0]}
        names = sorted(parameters, key=lambda name: name != slot.hint)
        lists = [(name, value) for name, value in parameters.items() if isinstance(value, tuple)]
        return names + [f"{name}.{place}" for name, value in lists for place in range(len(value))]

    def _input_sizes(self, slot: Slot) -> list[str]:
        first = self.instances[0].inputs
        features = slot.hint in ("in_features", "normalized_shape") or (first and len(first[0][1].shape) < 3)
        sizes = ("features", "channels") if features else ("channels", "features")
        inputs = [""] if len(first) == 1 else [f"{name}." for name, _ in first]
        return [f"input.{name}{size}" for name in inputs for size in sizes]

    # -- names

    def _values(self, name: str) -> tuple[object, ...] | None:
        """Return what a name of the spec means in each instance; None where it means nothing in some."""
        if name in self.found:
            return self.found[name].values
        if name.startswith("input."):
            values = [_size(unit, name.split(".")[1:]) for unit in self.instances]
        else:
            name, _, element = name.partition(".")
            values = [
                unit.body.parameters.get(name, constants.get(name, ABSENT))
                for unit, constants in zip(self.instances, self.constants, strict=True)
            ]
            if element:
                place = int(element)
                values = [v[place] if isinstance(v, tuple) and place < len(v) else ABSENT for v in values]
        return None if ABSENT in values else tuple(values)

    def term(self, name: str) -> Term | None:
        """Return a name of the spec as text, and make it an argument where it needs to be one."""
        values = self._values(name)
        if values is None or not values:
            return None
        if all(same(value, values[0]) for value in values):
            text = literal(values[0])
            return Term(text, values, ATOM - 2 if text.startswith("-") else ATOM)
        if self.instances[0].is_model and name.startswith("input."):  # a parameter gives it
            return None
        return Term(self._named(name, values), values)

    def _named(self, name: str, values: tuple[object, ...]) -> str:
        """Return the argument or the local for a name of the spec; one of equal values will do."""
        if name in self.found:
            return name
        known = {own: argument.values for own, argument in self.found.items()}
        known |= {own: self._values(parameter) or () for parameter, (own, _) in self.locals.items()}
        for own, others in known.items():
            if all(map(same, others, values)):
                return own
        declared = self._declared(name)
        if isinstance(declared, str):
            return self._derived(name, declared, values) or self._argument(name, values, REQUIRED)
        return self._argument(name, values, REQUIRED if declared is None else declared)

    def _derived(self, name: str, declared: str, values: tuple[object, ...]) -> str | None:
        """Return a local for a parameter whose default is an expression, if that gives every value."""
        for earlier in self._before(name):
            if (known := self._values(earlier)) is not None and all(map(same, known, values)):
                return self._named(earlier, known)
        before = {*self._before(name), *self.constants[0]}

        def names(other: str) -> Term | None:
            return self.term(other) if other in before or other.startswith("input.") else None

        state = self._state()
        try:
            term = translate(declared, names, len(self.instances))
        except Untranslatable:
            term = None
        if term is None or not all(map(same, term.values, values)) or len(term.text) > _LONGEST:
            self.found, self.locals, self.names = state
            return None
        if term.level == ATOM:
            return term.text
        own = self.names.new(name)
        self.locals[name] = own, term.text
        return own

    def _before(self, name: str) -> list[str]:
        names = list(self.instances[0].body.parameters)
        return names[: names.index(name)] if name in names else []

    def _declared(self, name: str) -> object:
        """Return a parameter's default: a value, an expression's text, or None; the model's is its value."""
        unit = self.instances[0]
        body = unit.body
        if unit.path or not body.block:
            return None if unit.path else body.parameters[name]
        tree = body.where.source.root
        for part in (*body.where.key, "parameters", name):
            tree = tree.get(str(part)) if isinstance(tree, dict) else None  # type: ignore[assignment]
        if isinstance(tree, dict):
            tree = tree.get("default")  # type: ignore[assignment]
        if not isinstance(tree, Scalar) or name not in body.parameters:
            return None
        if isinstance(tree.value, (bool, int, float)):
            return tree.value
        return tree.text

    def _argument(self, name: str, values: tuple[object, ...], default: object) -> str:
        if name.startswith("input."):
            *inputs, size = name.split(".")[1:]
            own = self.names.new("_".join(["in", *inputs, size]) if not inputs else f"{inputs[0]}_{size}")
            rank = _INPUT
        else:
            own = self.names.new(name)
            is_own = name in self.instances[0].body.parameters
            rank = _PARAMETER + len(self._before(name)) if is_own else _SHARED
        self.found[own] = Argument(own, values, rank, default)
        return own

    def _new(self, slot: Slot) -> str:
        """Return a new argument that carries the slot's values."""
        for argument in self.found.values():
            if argument.name.startswith(slot.hint) and _gives(argument.values, slot):
                return argument.name
        filler = next(value for value in slot.values if value is not ABSENT)
        values = tuple(filler if value is ABSENT else value for value in slot.values)
        own = self.names.new(slot.hint)
        self.found[own] = Argument(own, values, _DERIVED + len(self.found))
        return own


_LONGEST = 60  # characters of an expression
_INPUT, _PARAMETER, _SHARED, _DERIVED = 0, 1, 10_000, 20_000


def _multiples(slot: Slot, known: Mapping[str, tuple[object, ...]]) -> Iterator[str]:
    """Yield the small multiples and fractions of known values that are right in the first instance."""
    first = next(i for i, value in enumerate(slot.values) if value is not ABSENT)
    wanted = slot.values[first]
    for name, values in known.items():
        size = values[first]
        if isinstance(wanted, int) and isinstance(size, int) and wanted > 0 and size > 0:
            if wanted % size == 0 and wanted > size:
                yield f"{wanted // size} * {name}"
            if size % wanted == 0 and size > wanted:
                yield f"{name} // {size // wanted}"


def _gives(values: Sequence[object], slot: Slot) -> bool:
    """Whether the values are the slot's, wherever it has one."""
    return all(w is ABSENT or same(v, w) for v, w in zip(values, slot.values, strict=True))


def _is_size(slot: Slot) -> bool:
    """Whether the slot holds counts, which are equal for a reason; small numbers often are by chance."""
    counts = [value for value in slot.values if isinstance(value, int) and not isinstance(value, bool)]
    return bool(counts) and max(counts) >= 8


def _size(unit: Unit, path: Sequence[str]) -> object:
    """Return a size of the unit's input by the name that an expression gives it."""
    inputs = dict(unit.inputs)
    if len(path) == 1 and len(unit.inputs) == 1:
        tensor: Tensor | None = unit.inputs[0][1]
    else:
        tensor = inputs.get(path[0]) if len(path) == 2 else None
    if tensor is None or not tensor.shape:
        return ABSENT
    place = {"channels": 0, "features": -1, "height": -2, "width": -1, "length": -1}.get(path[-1])
    if place is None or (path[-1] in ("height", "width") and len(tensor.shape) < 3):
        return ABSENT
    return tensor.shape[place]


def _literal(value: object) -> str:
    return value.text if isinstance(value, Raw) else literal(value)
