"""A checked source → its figures: what an `Architecture` says of itself without doing anything."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from archspec.diagnostic import Diagnostic
from archspec.graph import Graph
from archspec.ops.base import Value
from archspec.pipeline import Request, Result

if TYPE_CHECKING:
    import networkx

__all__ = ["Checked"]


@dataclass(frozen=True, eq=False, repr=False)
class Checked:
    """What is known of a spec without errors."""

    _request: Request = field(repr=False)
    _result: Result = field(repr=False)

    def __repr__(self) -> str:
        return f"<Architecture {self.name}: {self.num_parameters:,} parameters, {self.macs:,} MACs>"

    @property
    def name(self) -> str:
        """The spec's name."""
        return self.layer_graph.name

    @property
    def description(self) -> str:
        """What the spec says of itself."""
        return self.layer_graph.description

    @property
    def reference(self) -> str:
        """Where the architecture was published."""
        return self.layer_graph.reference

    @property
    def parameters(self) -> Mapping[str, Value]:
        """The spec's parameters with their values, lists as tuples."""
        return dict(self.layer_graph.model.parameters)

    @property
    def input_shape(self) -> tuple[int, ...] | dict[str, tuple[int, ...]]:
        """The input's sizes without the batch; by name where the spec names its inputs."""
        return _shapes((name, tensor.shape) for name, tensor in self.layer_graph.model.inputs)

    @property
    def output_shape(self) -> tuple[int, ...] | dict[str, tuple[int, ...]]:
        """The output's sizes without the batch; by name where the spec names its outputs."""
        model = self.layer_graph.model
        named = zip(model.outputs, model.tensors, strict=True)
        return _shapes((name, tensor.shape) for (name, _), tensor in named)

    @property
    def num_parameters(self) -> int:
        """How many learned numbers the module owns, those of training-only layers included."""
        return self.layer_graph.model.num_parameters

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one sample in evaluation: convolutions and matrix products. FLOPs are twice that."""
        return self.layer_graph.model.macs

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Warnings and notes; a spec with errors makes no Architecture."""
        return self._result.diagnostics

    @property
    def graph(self) -> "networkx.MultiDiGraph[str]":
        """The layer graph: a node per op by its dotted path (see `Graph.networkx` for the attributes)."""
        return self.layer_graph.networkx.copy()

    @property
    def layer_graph(self) -> Graph:
        """The layer graph as archspec's own values, with blocks and groups."""
        graph = self._result.graph
        if graph is None:  # loads() raised
            raise AssertionError("an architecture has a graph")
        return graph


def _shapes(named: Iterable[tuple[str, tuple[int, ...]]]) -> tuple[int, ...] | dict[str, tuple[int, ...]]:
    shapes = dict(named)
    return shapes.get("", shapes)
