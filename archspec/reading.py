"""What a line reads, and what a scope gives back: `from` and `output` → entries, with the messages when they cannot."""

from collections.abc import Mapping, Sequence

from archspec.lines import Layer
from archspec.report import Report, Where
from archspec.scope import Entry, Names, Wire, find
from archspec.spec import Block

__all__ = ["may_be_absent", "outputs", "reads", "single", "wires", "wrong_inputs"]


def reads(layer: Layer, names: Names, report: Report, *, training: bool) -> list[Entry] | None:
    """Return what a layer reads: what `from` names, or the layer before; None after a message."""
    if layer.reads is not None:
        where, listed = layer.where.at("from"), len(layer.reads) > 1
        places = [where.at(index) if listed else where for index in range(len(layer.reads))]
        found = [
            _read(names, text, place, report, training=training)
            for text, place in zip(layer.reads, places, strict=True)
        ]
        known = [entry for entry in found if entry is not None]
        return known if len(known) == len(found) else None
    source = names.input
    if names.previous is not source or source.wires is None or len(source.wires) < 2:
        return [names.previous]
    if layer.op == "Parameter":
        return []
    choices = ", ".join(f"input.{name}" for name in source.outputs)
    report.say("AS120", layer.where, "the first layer must say which input it reads", name=True,
               help=f"give it from: one of {choices}")  # fmt: skip
    return None


def _read(names: Names, text: str, where: Where, report: Report, *, training: bool) -> Entry | None:
    entry = find(names, text, where, report)
    if entry is None:
        return None
    if entry.absent and entry.kind == "parameter":
        report.say("AS118", where, f"{text} is absent here, and a learned tensor stands for no input",
                   labels=[(entry.where, "left out by its condition")])  # fmt: skip
        return None
    if entry.training and not training:
        report.say("AS118", where, f"{text} runs in training only, and this layer always does",
                   labels=[(entry.where, "in training only")],
                   help="only output and other training-only layers read it")  # fmt: skip
        return None
    return entry


def may_be_absent(layer: Layer, names: Names, read: list[Entry] | None, report: Report) -> bool:
    """Whether it is clear what a conditional layer stands for when it is absent; says so if not."""
    if read is None or len(read) < 2 or any(entry is names.previous for entry in read):
        return True
    report.say("AS118", layer.where.at("when"),
               "none of this layer's inputs is the layer before, so it could stand for none of them when absent",
               help="read the layer before, or put the layer into a block that does")  # fmt: skip
    return False


def single(read: Sequence[Entry], layer: Layer, report: Report) -> bool:
    """Whether each thing read is one value; a layer with several outputs is read by output."""
    for index, entry in enumerate(read):
        if not entry.wires or len(entry.wires) == 1:
            continue
        names = entry.outputs or tuple(str(number) for number in range(len(entry.wires)))
        if layer.repeat is not None and entry.where == layer.where:
            report.say("AS120", layer.where.at("repeat"),
                       f"a copy has {len(names)} outputs, and the next copy reads the one before as one input",
                       help="write the copies out, each with its own from")  # fmt: skip
            return False
        text = layer.reads[index] if layer.reads else "the layer before"
        help_ = f"read one of them: {', '.join(f'{text}.{name}' for name in names[:4])}"
        where = layer.where.at("from") if layer.reads else layer.where
        report.say("AS120", where, f"{text} has {len(names)} outputs, and one is wanted", name=not layer.reads,
                   labels=[(entry.where, "written here")],
                   help=help_ if layer.reads else "say which with from")  # fmt: skip
        return False
    return True


def wires(read: Sequence[Entry] | None) -> tuple[Wire, ...] | None:
    """Return the values that are read; None where one is unknown."""
    if read is None:
        return None
    if len(read) == 1:
        return read[0].wires
    carried: list[Wire] = []
    for entry in read:
        if entry.wires is None:
            return None
        carried += entry.wires
    return tuple(carried)


def wrong_inputs(layer: Layer, block: Block, given: int, report: Report) -> None:
    """Say that a block is given another number of inputs than it reads."""
    wanted = ", ".join(block.inputs) if block.inputs else "one input"
    where = layer.where.at("from") if layer.reads else layer.where
    report.say("AS120", where, f"{block.name} reads {wanted}; {given} given", name=not layer.reads,
               labels=[(block.where, "the block")],
               help=f"name one for each, in this order: from: [{wanted}]" if block.inputs else None)  # fmt: skip


def outputs(
    written: str | Mapping[str, str] | None, names: Names, where: Where, report: Report
) -> list[tuple[str, Entry]] | None:
    """Return a body's outputs by name (empty for the only one); None after a message. Absent ones drop out.

    An empty mapping is what a message leaves of outputs.
    """
    if written is None:
        last = names.previous
        if last.wires is None or len(last.wires) < 2:
            return [("", last)]
        report.say("AS121", last.where, f"the last layer has {len(last.wires)} outputs", name=True,
                   help="say which is the output: output: {first: name.0, second: name.1}")  # fmt: skip
        return None
    if isinstance(written, str):
        entry = _read(names, written, where, report, training=True)
        return None if entry is None else _whole([("", entry)], names, where, report)
    if not written:
        return None
    found = [(name, _read(names, text, where.at(name), report, training=True)) for name, text in written.items()]
    if any(entry is None for _, entry in found):
        return None
    kept = [(name, entry) for name, entry in found if entry is not None and not entry.absent]
    if not kept:
        report.say("AS121", where, "every output is absent here", name=True)
        return None
    return _whole(kept, names, where, report)


def _whole(
    found: list[tuple[str, Entry]], names: Names, where: Where, report: Report
) -> list[tuple[str, Entry]] | None:
    if not names.training and all(entry.training for _, entry in found):
        report.say("AS121", where, "every output is there in training only, so that evaluation has none",
                   labels=[(entry.where, "in training only") for _, entry in found[:1]])  # fmt: skip
        return None
    for name, entry in found:
        if entry.wires is not None and len(entry.wires) > 1:
            place = where.at(name) if name else where
            report.say("AS121", place, f"it has {len(entry.wires)} outputs, and one is wanted",
                       labels=[(entry.where, "written here")], help="name one of them, as split.0")  # fmt: skip
            return None
    return found
