"""A path → the kind of file that it asks for, and what such a file says of the spec that it came from."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from archspec.diagnostic import ArchspecError, did_you_mean
from archspec.graph import Graph

__all__ = ["KINDS", "kind", "metadata"]

KINDS: Mapping[str, str] = {
    ".py": "the module's source",
    ".pt": "its state_dict",
    ".safetensors": "its weights, and the spec",
    ".pt2": "a program of torch.export",
    ".onnx": "an ONNX model",
}
"""What is written, by the ending of the file's name."""
_NEEDS = {".safetensors": ("safetensors",), ".onnx": ("onnx", "onnxruntime", "onnxscript")}
"""The packages that a kind needs beside torch; the first names the extra."""


def kind(path: Path) -> str:
    """Return the ending of a file's name that says what it holds.

    Raises:
        ArchspecError: nothing is written to files of such names, a package for it is missing, or the folder is.
    """
    if path.suffix not in KINDS:
        kinds = ", ".join(f"{suffix} ({what})" for suffix, what in KINDS.items())
        advice = did_you_mean(path.suffix, KINDS, f"there are {kinds}")
        raise ArchspecError(f"{str(path)!r} is of no kind that can be written; {advice}")
    if not path.parent.is_dir():
        raise ArchspecError(f"there is no folder {str(path.parent)!r}")
    for package in _NEEDS.get(path.suffix, ()):
        if find_spec(package) is None:
            extra = f'pip install "archspec-nn[{_NEEDS[path.suffix][0]}]"'
            raise ArchspecError(f"writing {path.suffix} needs {package}: {extra}")
    return path.suffix


def metadata(graph: Graph, texts: Sequence[str]) -> dict[str, str]:
    """Return what a file of weights or a program says of its origin.

    Args:
        graph: the architecture.
        texts: of the spec, and of the specs that it extends.

    Example:
        >>> import archspec
        >>> metadata(archspec.load("lenet5").layer_graph, ["archspec: 1"])["archspec.parameters"]
        '{"num_classes": 10}'
    """
    try:
        number = version("archspec-nn")
    except PackageNotFoundError:
        number = "unknown"
    return {
        "archspec.version": number,
        "archspec.name": graph.name,
        "archspec.parameters": json.dumps(dict(graph.model.parameters)),
        "archspec.inputs": json.dumps({name or "input": tensor.shape for name, tensor in graph.model.inputs}),
        "archspec.spec": texts[0],
        "archspec.extends": json.dumps(texts[1:]),
        "archspec.sha256": hashlib.sha256("\0".join(texts).encode()).hexdigest(),
    }
