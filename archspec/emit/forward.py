"""A class's layers → the lines of its `forward`: one operation a line, no value kept longer than needed."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archspec.emit.classes import Class
from archspec.emit.construct import access, base, fill, flag, starred, stored
from archspec.emit.names import Names
from archspec.emit.shared import Layer, Operation
from archspec.emit.text import INDENT, WIDTH, Code, lay, parse, string
from archspec.emit.unit import INPUT, Read
from archspec.emit.variables import MAIN, Step, variables
from archspec.emit.wiring import Wiring, only_trains

__all__ = ["Plan", "forward", "plan"]

Outputs = list[tuple[str, str, bool]]
"""Name, local, and whether there is one in training only."""


@dataclass(frozen=True, eq=False, slots=True)
class Plan:
    """What a forward does: its arguments, its lines, and what it returns."""

    inputs: tuple[str, ...]  # locals
    steps: tuple[Step, ...]
    outputs: Outputs


def plan(one: Class, classes: Sequence[str]) -> Plan:
    """Return what the class's forward does. `classes` are the names of the file's."""
    names = Names(classes)
    wiring = Wiring.of(one)
    first = next((read.index for read in wiring.trunk if read.key == INPUT), 0)
    is_block = not one.first.path and len(one.first.inputs) > 1
    if not is_block:
        names.take(MAIN)
    inputs = tuple(
        MAIN if index == first and not is_block else names.new(name) for index, (name, _) in enumerate(one.first.inputs)
    )
    names.taken.update((MAIN, "_"))
    parameters = {Read(key): access(one, layer) for key, layer in wiring.parameters.items()}
    steps, local = variables(wiring, inputs, parameters, names)
    return Plan(
        inputs, tuple(steps), [(name, local[read], only_trains(one, read)) for name, read in one.shared.outputs]
    )


def forward(one: Class, classes: Sequence[str]) -> list[str]:
    """Return the lines of the method. `classes` are the names of the file's."""
    planned = plan(one, classes)
    arguments = tuple(f"{name}: torch.Tensor" for name in planned.inputs)
    head = lay(Code("def forward(", ("self", *arguments), f") -> {_returns(one, planned.outputs)}:"), 1)
    body = _loop(one, planned.steps) or list(_body(one, planned.steps, planned.outputs))
    return [*head, *body, *_return(one, planned.outputs)]


def _body(one: Class, steps: Sequence[Step], outputs: Outputs) -> Iterator[str]:
    own = {target for step in steps if step.layer.training for target in step.targets}
    needed = {name for _, name, training in outputs if training and name in own and not one.is_model}
    training = False
    dead: list[str] = []  # to be deleted after the branch that only training takes
    for step in steps:
        if training and not step.layer.training:
            yield from _del(dead)
        if step.layer.training and not training:
            yield from (f"{INDENT * 2}{name} = None" for name in sorted(needed))
            needed = set()
            yield f"{INDENT * 2}if self.training:"
        training = step.layer.training
        yield from (f"{INDENT * 2}{name} = {value}" for name, value in step.copies)
        yield from _line(one, step, 3 if training else 2)
        dead += step.dead
        if not training:
            yield from _del(dead)


def _del(names: list[str]) -> Iterator[str]:
    if names:
        yield f"{INDENT * 2}del {', '.join(names)}"
        names.clear()


def _line(one: Class, step: Step, indent: int) -> Iterator[str]:
    layer = step.layer
    comment = _shapes(one, layer)
    target = ", ".join(step.targets)
    inner = indent
    later = step.in_place or layer.present is not None  # the alias is set in a line of its own
    if layer.present is not None:
        is_function = isinstance(layer.content, Operation) and layer.content.function
        yield f"{INDENT * indent}if {flag(one, layer) if is_function else f'{access(one, layer)} is not None'}:"
        inner += 1
    if step.in_place:
        yield from _statement(f"{target} += ", step.operands[1], inner, comment)
    else:
        alias = f"{step.alias} = " if step.alias and not later else ""
        yield from _statement(f"{target} = {alias}", _call(one, step), inner, comment)
    if step.otherwise:
        yield f"{INDENT * indent}else:"
        yield f"{INDENT * inner}{target} = {step.otherwise}"
    if step.alias and later:
        yield f"{INDENT * indent}{step.alias} = {target}"


def _shapes(one: Class, layer: Layer) -> str:
    """Return what stands beside a line; nothing where the instance that the shapes are of is without the layer."""
    if layer.items[0] is None and one.shapes_differ:
        return ""
    return ", ".join(map(str, layer.first.tensors))


def _statement(start: str, expression: str, indent: int, comment: str) -> list[str]:
    line = f"{INDENT * indent}{start}{expression}"
    beside = f"  # {comment}" if comment else ""
    if len(line) + len(beside) <= WIDTH:
        return [line + beside]
    above = f"{INDENT * indent}# {comment}"
    return [*([above] if comment and len(above) <= WIDTH else []), *lay(parse(expression), indent, start)]


def _call(one: Class, step: Step) -> str:
    layer, content = step.layer, step.layer.content
    together = ", ".join(step.operands)
    if not isinstance(content, Operation):
        return f"{access(one, layer)}({together})"
    texts = {str(index): operand for index, operand in enumerate(step.operands)}
    texts |= {"inputs": together, "self": access(one, layer)}
    for name, slot in content.arguments:
        text = slot.text if slot.fixed else stored(one, layer, name)
        texts |= {name: text, f"*{name}": starred(slot, text)}
    return fill(content.leaf.spelling.call, texts)


def _loop(one: Class, steps: Sequence[Step]) -> list[str] | None:
    """Return a loop over numbered layers, if all run, and read the one before and the same others; else None."""
    first = steps[0] if steps else None
    if first is None or len(steps) < 3 or len(steps) < len(one.shared.layers) or base(one) == "nn.Module":
        return None
    for step in steps:
        plain = not isinstance(step.layer.content, Operation) and not step.layer.training and not step.dead
        if not plain or step.copies or step.alias or step.targets != (MAIN,) or step.operands != first.operands:
            return None
    if [step.layer.name for step in steps] != [str(index) for index in range(len(steps))]:
        return None
    call = f"layer({', '.join(first.operands)})"
    return [
        f"{INDENT * 2}for layer in self:",
        *_statement(f"{MAIN} = ", call, 3, str(first.layer.first.tensors[0])),
    ]


def _returns(one: Class, outputs: Outputs) -> str:
    if one.is_model and (len(outputs) > 1 or outputs[0][0]):
        return "dict[str, torch.Tensor]"
    types = ["torch.Tensor | None" if training else "torch.Tensor" for _, _, training in outputs]
    return types[0] if len(types) == 1 else f"tuple[{', '.join(types)}]"


def _return(one: Class, outputs: Outputs) -> list[str]:
    if not (one.is_model and (len(outputs) > 1 or outputs[0][0])):
        return [f"{INDENT * 2}return {', '.join(name for _, name, _ in outputs)}"]
    lines = []
    if any(training for _, _, training in outputs):
        lines = [f"{INDENT * 2}if self.training:", *_dictionary(outputs, 3)]
    return [*lines, *_dictionary([output for output in outputs if not output[2]], 2)]


def _dictionary(outputs: Outputs, indent: int) -> list[str]:
    pairs = tuple(f"{string(name)}: {re.sub('^_$', 'None', local)}" for name, local, _ in outputs)
    return lay(Code("{", pairs, "}"), indent, "return ")
