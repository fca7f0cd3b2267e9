"""A layer graph → what is told of each layer, as `archspec explain` tells it in JSON; equal facts are there once."""

import json
from typing import Any

from archspec.explain import as_json, explanations
from archspec.graph import Graph
from archspec.measure import Field, memory

__all__ = ["facts"]


def facts(graph: Graph) -> dict[str, Any]:
    """Return the layers in written order, each with where its facts stand.

    A layer is its path, its facts, what it sees, what is seen before it, and the bytes of its output (one sample of
    float32; null of a block). Paths and views differ among equal copies, all else is shared.
    """
    shared, views = _Once(), _Once()
    taken = memory(graph).layers
    layers = []
    for one in explanations(graph):
        whole = json.loads(as_json(one))
        if whole["kind"] == "group":
            continue
        path = whole.pop("path")
        told = whole.pop("seen"), whole.pop("seen_before")
        seen, before = (
            views.index([_view(told_of, field) for told_of, field in zip(each, view, strict=True)])
            for each, view in zip(told, (one.seen, one.seen_before), strict=True)
        )
        whole.pop("input_axes")
        for axis in whole["axes"]:
            del axis["strip"]
        layers.append([path, shared.index(whole), seen, before, taken.get(tuple(path.split(".")))])
    return {"layers": layers, "facts": shared.values, "views": views.values}


class _Once:
    """Values without repetition."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self.places: dict[str, int] = {}

    def index(self, value: Any) -> int:
        """Return the place of a value, a new one if there is none like it."""
        place = self.places.setdefault(json.dumps(value), len(self.values))
        if place == len(self.values):
            self.values.append(value)
        return place


def _view(told: dict[str, Any] | None, field: Field | None) -> dict[str, Any] | None:
    """Return what is told of a field, with the spans from which the page finds what a place sees."""
    return told if told is None or field is None else {**told, "spans": field.spans, "advance": field.advance}
