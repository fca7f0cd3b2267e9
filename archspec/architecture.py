"""The public face of a checked spec: figures, source, picture, tables, files, and the torch module itself."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from archspec.checked import Checked
from archspec.diagnostic import ArchspecError, printable
from archspec.emit import emit
from archspec.export import kind, metadata
from archspec.optimize import Optimized
from archspec.optimize import optimize as optimized
from archspec.output import replacing, write
from archspec.sizes import Refusal, accepted, free_axes, smallest
from archspec.variants import variants

if TYPE_CHECKING:
    from typing import Unpack

    import torch
    from torch import nn

    from archspec.draw import Looks
    from archspec.runtime.weights import Given, Weights

__all__ = ["Architecture"]


@dataclass(frozen=True, eq=False, repr=False)
class Architecture(Checked):
    """A checked spec. Everything but `build` works without torch.

    Example:
        >>> import archspec
        >>> net = archspec.load("resnet-50", num_classes=10)
        >>> net.output_shape, net.num_parameters
        ((10,), 23528522)
    """

    def source(self, *, optimize: Literal["inference"] | None = None) -> str:
        """Return the Python source of the module: one file that needs only torch. `build` runs this very text.

        Args:
            optimize: `inference` for the module that `build` makes with it.

        Raises:
            ArchspecError: it is something else.
        """
        if optimize not in (None, "inference"):
            raise ArchspecError(f"optimize is None or 'inference'; this is {optimize!r}")
        return self._emitted if optimize is None else emit(self.optimized.graph)

    @cached_property
    def optimized(self) -> Optimized:
        """What `optimize="inference"` makes of the layer graph, and what becomes of its weights."""
        return optimized(self.layer_graph)

    @cached_property
    def _emitted(self) -> str:
        return emit(self.layer_graph, dict(variants(self._request, self._result)))

    def build(
        self,
        device: "str | torch.device | None" = None,
        dtype: "str | torch.dtype | None" = None,
        seed: int | None = None,
        *,
        weights: "Given | None" = None,
        by: str = "name",
        skip: str | Sequence[str] = (),
        init: bool = True,
        optimize: Literal["inference"] | None = None,
        compile: bool = False,  # noqa: A002
    ) -> "nn.Module":
        """Return the runnable torch module, with initialised weights or those of a file.

        Optimised for inference, a module has fewer layers than the spec, and so other keys: see `archspec.optimize`.

        Args:
            device: `cpu`, `cuda`, `cuda:1`, `meta` (no memory), or torch's own; torch's default device if None.
            dtype: of the floating-point weights, as `bfloat16` or `torch.bfloat16`, whatever a file has; torch's
                default dtype if None.
            seed: makes the weights the same at every call; the caller's random state is left as it was.
            weights: a state_dict, or a file that holds one: of torch, or `.safetensors`. Nothing in it is run.
            by: `name`, or `order` where the file names the same tensors otherwise (see `match_weights`).
            skip: patterns of names, as `fc.*`, that are not taken from the weights but initialised.
            init: whether weights are initialised; if not, they are what the memory held, to be loaded later.
            optimize: `inference` for a module in evaluation mode that cannot be trained: batch norms folded into
                weights, dropouts gone, values written over, channels last in memory.
            compile: whether torch compiles the module, at its first call with each kind of input.

        Raises:
            DeviceError: the device is not there, or cannot hold the weights.
            WeightsError: the file cannot be read, or does not fit.
            ArchspecError: torch is not installed; or it is said how weights are matched, and none are given.
        """
        if weights is None and (by != "name" or skip):
            raise ArchspecError("by and skip say how weights are matched, and no weights are given")
        from archspec import runtime

        matched = None if weights is None else self.match_weights(weights, by=by, skip=skip)
        module = runtime.build(self.source(), self.name, device=device, dtype=dtype, seed=seed, weights=matched,
                               init=init, num_parameters=self.num_parameters)  # fmt: skip
        if optimize is None and not compile:
            return module
        from archspec.runtime.inference import compiled, inference

        if optimize is not None:
            module = inference(module, self.optimized, self.source(optimize=optimize), self.name)
        return compiled(module) if compile else module

    def match_weights(self, weights: "Given", *, by: str = "name", skip: str | Sequence[str] = ()) -> "Weights":
        """Return the tensors of a file or a state_dict, and in `fit.names` which of the network's each of them fills.

        By order, the first tensor fills the first, and so on: all or none. Shapes must agree, and names must not
        speak against it; that the order is the same nothing can prove, so the names want to be read.

        Raises:
            WeightsError: the file cannot be read, or does not fit; the message tells every tensor that does not.
        """
        from archspec.runtime.weights import matched

        return matched(weights, self.layer_graph, by=by, skip=(skip,) if isinstance(skip, str) else skip)

    def export(self, path: str | PathLike[str], module: "nn.Module | None" = None) -> None:
        """Write a file of the kind that its name asks for; see `archspec.export.KINDS`.

        `.py` is `source()`, which needs no torch; `.pt` a state_dict; `.safetensors` the weights, with the spec in its
        metadata; `.pt2` a program for `torch.export.load`; `.onnx` one for other runtimes, compared with torch.
        Programs take any batch, and any size of input that the same weights take; the sizes are fixed where a program
        would be wrong at others. The file is written whole or not.

        Args:
            path: the file.
            module: whose weights are written, as `build` returned it, trained or not; `build()` if None.

        Raises:
            ArchspecError: the kind is unknown, what it needs is not installed, the file cannot be written, torch does
                not export the network or ONNX Runtime computes something else, or the module has other tensors than
                the spec, as an optimised one: only programs are written of such.
        """
        path = Path(path)
        form = kind(path)
        if module is not None and form in (".py", ".pt", ".safetensors"):
            self._own(module)
        if form == ".py":
            write(path, self.source())
            return
        from archspec.runtime.export import Export, export

        texts = [source.text for source in self._result.sources]
        free = free_axes(self._request, self._result)
        what = Export(
            self.build() if module is None else module, self.layer_graph, free, metadata(self.layer_graph, texts)
        )
        with replacing(path) as stream:
            export(what, form, stream)

    def _own(self, module: "nn.Module") -> None:
        """Raise ArchspecError where a module's tensors are not those of the spec."""
        from archspec.runtime.weights import wanted

        tensors = {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}
        if tensors != {name: tensor.shape for name, tensor in wanted(self.layer_graph).items()}:
            raise ArchspecError(f"the module's tensors are not those of {printable(self.name)}; what is optimised, or "
                                f"of another spec, is written as a program, to .pt2 or .onnx")  # fmt: skip

    def draw(self, path: str | PathLike[str] | None = None, *, format: str = "dot", **look: "Unpack[Looks]") -> str:  # noqa: A002
        """Draw the network into a file: `.svg`, `.png`, `.pdf`, `.dot` or `.mmd` (Mermaid). Without one, return text.

        Into `.html` goes a page that opens in a browser, offline, and tells the arithmetic of each layer.

        Args:
            path: the file; its ending says the format.
            format: what is returned where there is no path: `svg`, `dot` or `mmd`.
            look: `depth`, `heat`, `theme`, `direction`, `engine`, `scale`: see `archspec.draw.Look`; of a page
                `engine` alone.

        Raises:
            ArchspecError: what draws it is not installed (`pip install 'archspec-nn[draw]'`), the format or an
                option is another, or there are too many boxes.
        """
        if path is not None and Path(path).suffix.lower() == ".html":
            from archspec.page import page

            write(Path(path), page(self.layer_graph, look))
            return ""
        from archspec.draw import drawn

        return drawn(self.layer_graph, None if path is None else Path(path), format, look)

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        """Return what a notebook shows: the picture, where it can be drawn, and always the figures."""
        with suppress(ArchspecError):
            return {"image/svg+xml": self.draw(format="svg"), "text/plain": repr(self)}
        return {"text/plain": repr(self)}

    def sizes(self, form: str = "text", *, width: int = 100) -> str:
        """Return which sides of a square input the spec accepts, up to its own, and why it refuses the others.

        Args:
            form: text or json.
            width: how many columns the text may take.
        """
        from archspec.explain import runs, runs_json, runs_text

        shape = self.layer_graph.model.inputs[0][1].shape
        tried = accepted(self._request, self._result, max(shape[1:], default=0))
        found = runs((side, "" if refusal is None else str(refusal)) for side, refusal in tried)
        if form == "json":
            return runs_json(self.name, found)
        return runs_text(self.name, shape, found, width)

    @property
    def smallest_input(self) -> tuple[int, ...] | None:
        """The smallest square input that the spec accepts, without the batch, at most its own; None if there is none.

        Larger ones need not all be accepted: a U-Net takes multiples of 16. It is no question for several inputs, or
        for one without sides.
        """
        return None if self._smallest is None else self._smallest[0]

    @cached_property
    def _smallest(self) -> tuple[tuple[int, ...], Refusal | None] | None:
        found = smallest(self._request, self._result)
        if found is None:
            return None
        shape = self.layer_graph.model.inputs[0][1].shape
        return (shape[0], *[found[0]] * (len(shape) - 1)), found[1]

    def explain(self, layer: str, form: str = "text", *, width: int = 100) -> str:
        """Return what there is to say of a layer, as `archspec explain` shows it: formula, reads, weights, MACs.

        Args:
            layer: its path, as `layer1.0.conv1`, also of a block; or `Bottleneck.conv1`, where it is used first.
            form: text or json.
            width: how many columns the text may take.

        Raises:
            NotFoundError: there is no such layer.
        """
        from archspec.explain import as_json, as_text, explain

        found = explain(self.layer_graph, layer)
        return as_json(found) if form == "json" else as_text(found, width)

    def summary(
        self,
        form: str = "text",
        *,
        width: int = 100,
        depth: int | None = None,
        batch: int = 1,
        dtype: str = "float32",
    ) -> str:
        """Return a table of the layers with their figures, memory and receptive fields, as `archspec summary` does.

        Args:
            form: text, json, csv or markdown. Text shortens what does not fit.
            width: how many columns the text may take.
            depth: how many levels of blocks and groups to show; all if None.
            batch: how many samples the memory is for.
            dtype: of the floating-point weights and values, for the memory.
        """
        from archspec.summary import summary

        least = None
        if self._smallest is not None:
            shape, refusal = self._smallest
            least = shape, "" if refusal is None else str(refusal)
        return summary(self.layer_graph, form, width=width, depth=depth, smallest=least, batch=batch, dtype=dtype)
