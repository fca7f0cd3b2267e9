"""A class's layers → the steps of its `forward`: what is read when, for how long, along which main line."""

from collections.abc import Iterator
from dataclasses import dataclass

from archspec.emit.classes import Class
from archspec.emit.shared import Layer, Module, Operation
from archspec.emit.unit import INPUT, Key, Read

__all__ = ["Wiring", "is_elementwise", "only_trains"]

_ELEMENTWISE = frozenset({"Add", "Subtract", "Multiply"})
_FAR = 64  # steps back in which a skip is looked for


@dataclass(frozen=True, eq=False)
class Wiring:
    """The steps of a class's forward in written order, and who reads what."""

    steps: tuple[Layer, ...]  # the layers that run; learned tensors are no steps
    made: dict[Key, int]  # the step that makes an item's outputs
    readers: dict[Read, list[int]]  # the steps that read a value; one after the last for the outputs
    parameters: dict[Key, Layer]
    trunk: dict[Read, int]  # the values of the main line, and the step that makes the next one

    @classmethod
    def of(cls, one: Class) -> "Wiring":
        """Return the wiring of a class."""
        layers = {layer.key: layer for layer in one.shared.layers}
        parameters = {key: layer for key, layer in layers.items() if _is_parameter(layer)}
        wanted = {read.key for _, read in one.shared.outputs}
        running = []
        for layer in reversed(one.shared.layers):
            if layer.key in wanted and layer.key not in parameters:
                running.append(layer)
                wanted.update(read.key for read in layer.inputs)
        steps = tuple(reversed(running))
        readers: dict[Read, list[int]] = {}
        for step, layer in enumerate(steps):
            for read in layer.inputs:
                readers.setdefault(read, []).append(step)
        for _, read in one.shared.outputs:
            readers.setdefault(read, []).append(len(steps))
        made = {layer.key: step for step, layer in enumerate(steps)}
        wiring = cls(steps, made, readers, parameters, {})
        main = next((read for _, read in one.shared.outputs if not only_trains(one, read)), None)
        if main is not None:
            wiring.trunk.update(wiring._main_line(main))
        return wiring

    def last(self, read: Read) -> int:
        """Return the last step that reads a value."""
        return self.readers[read][-1] if read in self.readers else -1

    def operands(self, layer: Layer) -> tuple[Read, ...]:
        """Return the values that a layer reads, learned tensors left out."""
        return tuple(read for read in layer.inputs if read.key not in self.parameters)

    def producer(self, read: Read) -> Layer | None:
        """Return the layer that makes a value; None for an input."""
        return self.steps[self.made[read.key]] if read.key in self.made else None

    def run(self, read: Read) -> Iterator[Layer]:
        """Yield the layer that makes a value and those after it, each the only reader of the one before."""
        layer = self.producer(read)
        while layer is not None:
            yield layer
            readers = self.readers.get(read, [])
            if len(readers) != 1 or readers[0] == len(self.steps):
                return
            layer = self.steps[readers[0]]
            read = Read(layer.key)
            if len(self.operands(layer)) != 1 or read in self.trunk:
                return

    def _main_line(self, output: Read) -> Iterator[tuple[Read, int]]:
        """Yield the values from an output back to an input, each with the step that reads it on this line."""
        read: Read | None = output
        step = len(self.steps)
        while read is not None:
            yield read, step
            layer = self.producer(read)
            if layer is None:
                return
            step = self.made[read.key]
            read = self._before(layer, step)

    def _before(self, layer: Layer, step: int) -> Read | None:
        """Return the operand that the main line comes from."""
        operands = self.operands(layer)
        if not operands:
            return None
        if layer.present is not None and layer.inputs[layer.stands_for] in operands:
            return layer.inputs[layer.stands_for]
        if len(operands) == 1 or is_elementwise(layer):
            return operands[0]
        for read in operands:
            if self.made.get(read.key) == step - 1 and self.readers[read] == [step]:
                others = [other for other in operands if other != read]
                return read if self._passes(read, others) else self._fork(read)
        return self._fork(operands[0])

    def _passes(self, read: Read, wanted: list[Read]) -> bool:
        """Whether the line back from a value passes one of others, or one of an input alone."""
        if all(other.key == INPUT for other in wanted):
            return True
        keys = {other.key for other in wanted}
        current: Read | None = read
        for _ in range(_FAR):
            layer = None if current is None else self.producer(current)
            operands = () if layer is None else self.operands(layer)
            if not operands:
                return False
            current = operands[0]
            if current.key in keys:
                return True
        return False

    def _fork(self, read: Read) -> Read:
        """Return the first value on the line back that something else reads, too."""
        while len(self.readers[read]) == 1:
            layer = self.producer(read)
            operands = () if layer is None else self.operands(layer)
            if not operands:
                break
            read = operands[0]
        return read


def _is_parameter(layer: Layer) -> bool:
    return isinstance(layer.content, Operation) and layer.content.parameter


def only_trains(one: Class, read: Read) -> bool:
    """Whether a value of a class is there in training only, made so here or in a class that is used here."""
    layer = next((layer for layer in one.shared.layers if layer.key == read.key), None)
    if layer is None:
        return False
    inner = layer.content.shared if isinstance(layer.content, Module) else None
    return layer.training or (isinstance(inner, Class) and only_trains(inner, inner.shared.outputs[read.index][1]))


def is_elementwise(layer: Layer) -> bool:
    """Whether the layer is arithmetic on several tensors."""
    return isinstance(layer.content, Operation) and type(layer.content.leaf.node.op).__name__ in _ELEMENTWISE
