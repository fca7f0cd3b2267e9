"""A module and its graph → the bytes of a file that other programs read: weights, torch programs, ONNX."""

import logging
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from io import SEEK_SET, BufferedIOBase
from itertools import count
from typing import TYPE_CHECKING, BinaryIO, cast

import torch
from torch import nn

from archspec.diagnostic import ArchspecError, printable
from archspec.graph import Graph
from archspec.runtime.alike import Run, alike, difference
from archspec.runtime.trial import samples, weight_bytes

if TYPE_CHECKING:
    import onnx
    import onnxruntime
    from typing_extensions import Buffer

__all__ = ["Export", "export"]

_LARGEST_ONNX = 2**31 - 2**20
"""A protobuf message holds less than 2 GiB; the graph takes its share."""


@dataclass(frozen=True, eq=False)
class Export:
    """What is written: a module, its graph, the sizes that are not fixed, and what the file says of itself."""

    module: nn.Module
    graph: Graph
    free: Sequence[Sequence[int]]  # for each input, the axes that may have other sizes, the batch not counted
    metadata: Mapping[str, str]


def export(what: Export, suffix: str, stream: BinaryIO) -> None:
    """Write a file of the kind that a suffix stands for: `.pt`, `.safetensors`, `.pt2` or `.onnx`.

    Programs are those of evaluation, for any batch; the module stays in the mode it was in.

    Raises:
        ArchspecError: torch is too old for the kind or does not export such a network, the module has no values, is
            too large or not in float32, which ONNX wants, or ONNX Runtime gives something else than torch.
    """
    if any(tensor.is_meta for tensor in what.module.state_dict().values()):
        raise ArchspecError("a module on the device meta has no values to write")
    noted = _Noted(stream)
    try:
        _WRITERS[suffix](what, cast("BinaryIO", noted))
    except RuntimeError:
        if noted.error is not None:  # torch's writer tells of what followed from it
            raise noted.error from None
        raise


class _Noted(BufferedIOBase):
    """A stream that notes what went wrong when it was written to."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.error: OSError | None = None

    def write(self, data: "Buffer") -> int:
        """Write to the stream."""
        try:
            return self.stream.write(data)
        except OSError as error:
            self.error = error
            raise

    def seek(self, offset: int, whence: int = SEEK_SET) -> int:
        """Move in the stream, as the writer of archives does."""
        return self.stream.seek(offset, whence)

    def tell(self) -> int:
        """Return the place in the stream."""
        return self.stream.tell()

    def seekable(self) -> bool:
        """Whether there is a place to move to."""
        return self.stream.seekable()

    def writable(self) -> bool:
        """Return that there is something to write to."""
        return True


def _write_state(what: Export, stream: BinaryIO) -> None:
    torch.save(what.module.state_dict(), stream)


def _write_safetensors(what: Export, stream: BinaryIO) -> None:
    from safetensors.torch import save

    # Each tensor in memory of its own: the format refuses those that share it.
    tensors = {name: tensor.detach().cpu().clone().contiguous() for name, tensor in what.module.state_dict().items()}
    stream.write(save(tensors, {"format": "pt", **what.metadata}))


# -- programs


def _write_program(what: Export, stream: BinaryIO) -> None:
    with _quiet():
        try:
            program = _program(what)
            if any(what.free) and not _is_free(what, _of_program(program), smaller=False):
                program = _program(_fixed(what))
        except RuntimeError as error:  # all of its errors are
            raise ArchspecError(f"torch.export does not take this network: {_reason(error)}") from error
        torch.export.save(program, stream, extra_files=dict(what.metadata))


def _write_onnx(what: Export, stream: BinaryIO) -> None:
    import onnx

    other = next((one.dtype for one in what.module.parameters() if one.dtype != torch.float32), None)
    if other is not None:
        raise ArchspecError(
            f"an ONNX model is written from float32, which ONNX Runtime has everywhere, not from {other}"
        )
    size = weight_bytes(what.module)
    if size > _LARGEST_ONNX:
        raise ArchspecError(f"an ONNX file holds less than 2 GiB, and the weights take {size / 2**30:.1f} GiB")
    for tried in [what, _fixed(what)] if any(what.free) else [what]:
        model, problem, cause = _tried(tried)
        if problem is None:
            break
    if problem is not None:
        raise ArchspecError(problem) from cause
    for key, value in what.metadata.items():
        model.metadata_props.add(key=key, value=value)
    onnx.checker.check_model(model, full_check=True)
    stream.write(model.SerializeToString())


def _tried(what: Export) -> "tuple[onnx.ModelProto, str | None, Exception | None]":
    """Return the model, and why it is not what the module is, if it is not, at its own size or where it is free."""
    import onnx
    import onnxruntime

    try:
        with _quiet():
            model = _onnx(what)
    except RuntimeError as error:  # all of the exporter's errors are
        return onnx.ModelProto(), f"torch does not write this network as ONNX: {_reason(error)}", error
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # what it does not take is told
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001 - its errors have no class in common but this
        return model, f"ONNX Runtime does not take it: {_reason(error)}", error
    run = _of_session(session)
    with _evaluating(what.module):
        problem = difference(what.module, run, _inputs(what))
    if problem is None and any(what.free) and not _is_free(what, run, smaller=True):
        problem = "computes something else at other sizes"
    return model, problem and f"ONNX Runtime {problem}", None


def _is_free(what: Export, run: Run, *, smaller: bool) -> bool:
    """Whether a program is right at other sizes; those of torch.export refuse some smaller ones."""
    shapes = [tensor.shape for _, tensor in what.graph.model.inputs]
    largest = max(shape[axis] for shape, axes in zip(shapes, what.free, strict=True) for axis in axes)
    with _evaluating(what.module):
        return alike(what.module, run, partial(_inputs, what), largest, max(map(len, what.free)), smaller=smaller)


def _fixed(what: Export) -> Export:
    """Return the same with all sizes as they are but the batch."""
    return replace(what, free=[()] * len(what.free))


def _of_session(session: "onnxruntime.InferenceSession") -> Run:
    def run(inputs: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        fed = {one.name: tensor.cpu().numpy() for one, tensor in zip(session.get_inputs(), inputs, strict=True)}
        return [torch.from_numpy(output) for output in session.run(None, fed)]

    return run


def _of_program(program: torch.export.ExportedProgram) -> Run:
    module = program.module()

    def run(inputs: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        outputs = module(*inputs)
        return list(outputs.values()) if isinstance(outputs, dict) else [outputs]

    return run


def _reason(error: BaseException) -> str:
    """Return the first line of what an error followed from."""
    while error.__cause__ is not None:
        error = error.__cause__
    return printable(next(iter(str(error).splitlines()), type(error).__name__))


def _onnx(what: Export) -> "onnx.ModelProto":
    if not hasattr(torch.export.Dim, "AUTO"):
        raise ArchspecError(f"writing .onnx needs torch 2.6 or later, and this is {torch.__version__}")
    model = what.graph.model
    taken = set(what.module.state_dict())  # a model has no name twice
    names = [_free(name or "input", "input", taken) for name, _ in model.inputs]
    kept = [name for (name, _), training in zip(model.outputs, model.training, strict=True) if not training]
    outputs = [_free(name or "output", "output", taken) for name in kept]
    axes = tuple(_axes(name, free) for name, free in zip(names, what.free, strict=True))
    program = torch.onnx.export(
        _program(what), dynamo=True, external_data=False, verbose=False, input_names=names, output_names=outputs,
        dynamic_shapes=axes,
    )  # fmt: skip
    if program is None:
        raise AssertionError("the exporter returns what it writes to no file")
    return program.model_proto


def _program(what: Export) -> torch.export.ExportedProgram:
    """Return the module as torch.export has it: any batch, and any size where the network takes any."""
    any_size = getattr(torch.export.Dim, "AUTO", None)  # since torch 2.6
    batch = torch.export.Dim("batch")
    shapes = tuple(
        {0: batch, **({axis + 1: any_size for axis in axes} if any_size is not None else {})} for axes in what.free
    )
    with _evaluating(what.module), torch.no_grad():
        program = torch.export.export(what.module, _inputs(what), dynamic_shapes=shapes)
    for node in program.graph.nodes:
        node.meta.pop("stack_trace", None)  # it has the paths of this machine
    return program


def _inputs(what: Export, larger: int = 0) -> tuple[torch.Tensor, ...]:
    """Return a batch of each input, its free sizes larger by so many pixels.

    No size is that of the batch, or torch would take one for the other.
    """
    shapes = [
        tuple(size + larger if axis in axes else size for axis, size in enumerate(tensor.shape))
        for (_, tensor), axes in zip(what.graph.model.inputs, what.free, strict=True)
    ]
    sizes = {size for shape in shapes for size in shape}
    batch = next(number for number in count(2) if number not in sizes)
    weight = next((one for one in what.module.parameters() if one.is_floating_point()), torch.empty(0))
    return tuple(samples(what.graph, weight.device, weight.dtype, batch, 0, shapes))


def _free(name: str, kind: str, taken: set[str]) -> str:
    """Return the name, with `_input` or `_output` behind it where it is taken, and take it."""
    while name in taken:
        name = f"{name}_{kind}"
    taken.add(name)
    return name


def _axes(name: str, free: Sequence[int]) -> dict[int, str]:
    """Return what ONNX calls the axes of an input that may have any size."""
    return {0: "batch", **{axis + 1: f"{name}_size_{axis + 1}" for axis in free}}


@contextmanager
def _evaluating(module: nn.Module) -> Iterator[None]:
    """Put the module into evaluation mode, and each part back into its own afterwards."""
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for part, training in modes:
            part.training = training


@contextmanager
def _quiet() -> Iterator[None]:
    """Leave out what torch's exporters say of themselves, which is about no one's network."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript")]
    before = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


_WRITERS: Mapping[str, Callable[[Export, BinaryIO], None]] = {
    ".pt": _write_state,
    ".safetensors": _write_safetensors,
    ".pt2": _write_program,
    ".onnx": _write_onnx,
}
