"""What layers read in each instance → what they read in all, through layers that some leave out."""

from archspec.emit.shared import Layer, agree
from archspec.emit.unit import INPUT, Key, Read

__all__ = ["Rewiring"]


class Rewiring:
    """Finds one wiring for all instances: what reads a layer that is absent reads what it stands for."""

    def __init__(self, layers: list[Layer]) -> None:
        self.layers = {layer.key: layer for layer in layers}
        self.places = {layer.key: place for place, layer in enumerate(layers)} | {INPUT: -1}
        self.decided: set[Key] = set()

    def settle(self, reads: list[tuple[Read, ...]]) -> tuple[Read, ...]:
        """Return reads that are right in every instance; an instance without the layer has an empty entry."""
        count = max(map(len, reads))
        columns = [[entry[i] if entry else None for entry in reads] for i in range(count)]
        return tuple(map(self._settle, columns))

    def _settle(self, column: list[Read | None]) -> Read:
        latest = max((read for read in column if read is not None), key=lambda read: self.places[read.key])
        for instance, read in enumerate(column):
            if read is not None:
                agree(self._leads_to(latest, read, instance))
        return latest

    def _leads_to(self, read: Read, wanted: Read, instance: int) -> bool:
        """Whether a read is the wanted one in an instance, through the layers that are absent there."""
        while read != wanted:
            layer = self.layers.get(read.key)
            if layer is None or layer.items[instance] is not None or not layer.inputs:
                return False
            if read.key not in self.decided and len(layer.inputs) > 1:
                ways = range(len(layer.inputs))
                layer.stands_for = next((way for way in ways if self._leads_to(layer.inputs[way], wanted, instance)), 0)
            self.decided.add(read.key)
            read = layer.inputs[layer.stands_for]
        return True
