"""A class's layers → the lines of its constructor."""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeGuard

from archspec.emit.argument import REQUIRED
from archspec.emit.classes import Class
from archspec.emit.fold import fold
from archspec.emit.shared import Layer, Module, Operation, Slot, Stack
from archspec.emit.text import INDENT, Code, Piece, flat, lay, literal, named

__all__ = ["access", "base", "constructor", "fill", "flag", "starred", "stored"]


def base(one: Class) -> str:
    """Return the class of torch that it derives from."""
    if not one.first.listed or _owns_numbers(one):
        return "nn.Module"
    return "nn.Sequential" if len(one.first.inputs) == 1 else "nn.ModuleList"


def access(one: Class, layer: Layer) -> str:
    """Return the expression for a layer of the class, as its methods write it."""
    if not one.first.listed:
        return f"self.{layer.name}"
    if _owns_numbers(one):
        is_parameter = isinstance(layer.content, Operation) and layer.content.parameter
        return f'self.get_{"parameter" if is_parameter else "submodule"}("{layer.name}")'
    return f"self[{layer.name}]"


def _owns_numbers(one: Class) -> bool:
    """Whether a numbered layer is a learned tensor, which `nn.Sequential` does not take."""
    return one.first.listed and any(
        isinstance(layer.content, Operation) and layer.content.parameter for layer in one.shared.layers
    )


def flag(one: Class, layer: Layer) -> str:
    """Return the attribute that says whether a layer without a submodule is there."""
    return f"self.{one.attribute(layer, 'has', f'has_{layer.name}')}"


def stored(one: Class, layer: Layer, argument: str) -> str:
    """Return the attribute that holds an argument of a layer without a submodule."""
    wanted = f"{argument}_{layer.name}" if layer.name.isdecimal() else f"{layer.name}_{argument}"
    return f"self.{one.attribute(layer, argument, wanted)}"


def fill(template: str, slots: Mapping[str, str]) -> str:
    """Return a spelling's text with its slots filled, in one pass: what is filled in is not read again."""
    return re.sub(r"\{(\*?\w+)\}", lambda match: slots[match[1]], template)


def starred(slot: Slot, text: str) -> str:
    """Return the elements of an argument with commas."""
    if slot.fixed:
        return ", ".join(map(literal, slot.first)) if isinstance(slot.first, tuple) else text
    tree = ast.parse(text, mode="eval").body
    if isinstance(tree, ast.Tuple):
        return ", ".join(ast.get_source_segment(text, element) or "" for element in tree.elts)
    return f"*{text}" if isinstance(tree, ast.Name | ast.Attribute) else f"*({text})"


def constructor(one: Class) -> list[str]:
    """Return the lines of the constructor; none where there is nothing to construct."""
    named_ = [f"{INDENT * 2}{name} = {text}" for name, text in one.arguments.locals.values()]
    if base(one) != "nn.Module":
        body = [*named_, *_numbered(one)]
    else:
        body = [f"{INDENT * 2}super().__init__()", *named_]
        for layer in one.shared.layers:
            body += _layer(one, layer)
    return [*_signature(one), *body]


def _signature(one: Class) -> list[str]:
    arguments = []
    for argument in one.found:
        default = "" if argument.default is REQUIRED else f" = {literal(argument.default)}"
        arguments.append(f"{argument.name}: {argument.annotation}{default}")
    return lay(Code("def __init__(", ("self", *arguments), ") -> None:"), 1)


def _numbered(one: Class) -> list[str]:
    layers = one.shared.layers
    if any(_is_conditional(layer) for layer in layers):
        lines = [f"{INDENT * 2}super().__init__()", *_appended(one, layers, "self", listed=True)]
    else:
        lines = lay(_called(one, layers), 2)
    for layer in layers:
        if isinstance(layer.content, Operation) and layer.content.function:
            lines += _function(one, layer, layer.content)
    return lines


def _called(one: Class, layers: Sequence[Layer]) -> Code:
    """Return the call of the base class's constructor, with all layers."""
    pieces = fold([(layer.name, _in_sequence(one, layer)) for layer in layers], one.arguments.names)
    if base(one) == "nn.ModuleList":
        whole = replace(pieces[0], head="[") if _is_comprehension(pieces) else Code("[", tuple(pieces), "]")
        return Code("super().__init__(", (whole,))
    return Code("super().__init__(", tuple(pieces), open=len(pieces) > 1)


def _is_comprehension(pieces: Sequence[Piece]) -> TypeGuard[list[Code]]:
    return len(pieces) == 1 and isinstance(pieces[0], Code) and pieces[0].head == "*["


def _layer(one: Class, layer: Layer) -> list[str]:
    content = layer.content
    if isinstance(content, Operation) and content.function:
        return _function(one, layer, content)
    target = access(one, layer)
    if one.first.listed:
        method = "register_parameter" if "get_parameter" in target else "add_module"
        lines, piece = [], _piece(one, content)
        if isinstance(content, Stack) and _is_conditional_inside(content):
            piece = one.arguments.names.new("layers")
            lines = _assign(one, content, piece, 2)
        return [*lines, *lay(Code(f"self.{method}(", (literal(layer.name), piece)), 2)]
    if layer.present is None:
        return _assign(one, content, target, 2)
    lines = [f"{INDENT * 2}{target}: nn.Module | None = None", f"{INDENT * 2}if {layer.present.text}:"]
    return lines + _assign(one, content, target, 3)


def _function(one: Class, layer: Layer, content: Operation) -> list[str]:
    lines = []
    if layer.present is not None:
        lines.append(f"{INDENT * 2}{flag(one, layer)} = {layer.present.text}")
    for name, slot in content.arguments:
        if not slot.fixed and re.search(rf"\{{\*?{name}\}}", content.leaf.spelling.call):
            lines.append(f"{INDENT * 2}{stored(one, layer, name)} = {slot.text}")
    return lines


def _assign(one: Class, content: Operation | Module | Stack, target: str, indent: int) -> list[str]:
    if isinstance(content, Stack) and _is_conditional_inside(content):
        lines = [f"{INDENT * indent}{target} = nn.Sequential()"]
        return lines + _appended(one, content.layers, target, listed=content.listed, indent=indent)
    return lay(_piece(one, content), indent, f"{target} = ")


def _appended(one: Class, layers: Sequence[Layer], target: str, *, listed: bool, indent: int = 2) -> list[str]:
    """Return the lines that put layers into an `nn.Sequential` one by one, for some are conditional."""
    lines: list[str] = []
    condition = ""
    for layer in layers:
        before, condition = condition, layer.present.text if layer.present is not None else ""
        inner = indent + 1 if condition else indent
        if condition and condition != before:
            lines.append(f"{INDENT * indent}if {condition}:")
        content = layer.content
        if isinstance(content, Stack) and _is_conditional_inside(content):
            local = one.arguments.names.new("layers" if layer.name.isdecimal() else layer.name)
            lines += _assign(one, content, local, inner)
            piece: Piece = local
        else:
            piece = _in_sequence(one, layer)
        method = (
            Code(f"{target}.append(", (piece,))
            if listed
            else Code(f"{target}.add_module(", (literal(layer.name), piece))
        )
        lines += lay(method, inner)
    return lines


def _is_conditional(layer: Layer) -> bool:
    return layer.present is not None or (isinstance(layer.content, Stack) and _is_conditional_inside(layer.content))


def _is_conditional_inside(stack: Stack) -> bool:
    return any(map(_is_conditional, stack.layers))


def _in_sequence(one: Class, layer: Layer) -> Piece:
    """Return the layer as a module, also where it is a function."""
    content = layer.content
    if isinstance(content, Operation) and content.leaf.spelling.constructor is None:
        return "nn.Identity()"
    return _piece(one, content)


def _piece(one: Class, content: Operation | Module | Stack) -> Piece:
    if isinstance(content, Stack):
        return _sequential(one, content)
    if isinstance(content, Module):
        shared = content.shared
        if not isinstance(shared, Class):
            raise TypeError(shared)
        return Code(f"{shared.name}(", tuple(_given(shared, content)))
    spelling = content.leaf.spelling
    if spelling.constructor is not None and "(" in spelling.constructor:
        texts = {name: slot.text for name, slot in content.arguments}
        texts |= {f"*{name}": starred(slot, slot.text) for name, slot in content.arguments}
        return fill(spelling.constructor, texts)
    name = content.constructor.text if content.constructor else spelling.constructor
    return Code(f"{name}(", tuple(named(key, slot.text) for key, slot in content.arguments))


def _given(shared: Class, content: Module) -> Iterator[Piece]:
    """Yield the arguments of a class of the file: by position what it requires, but for booleans."""
    by_position = True
    for argument, (name, slot) in zip(shared.found, content.arguments, strict=True):
        if argument.default is not REQUIRED and slot.fixed and slot.text == literal(argument.default):
            by_position = False
            continue
        by_position = by_position and argument.default is REQUIRED and argument.annotation != "bool"
        yield slot.text if by_position else named(name, slot.text)


def _sequential(one: Class, stack: Stack) -> Piece:
    pieces = [(layer.name, _in_sequence(one, layer)) for layer in stack.layers]
    folded = fold(pieces, one.arguments.names)
    if stack.listed or not stack.layers:
        return Code("nn.Sequential(", tuple(folded), open=len(folded) > 2)
    generator = len(folded) == 1 and flat(folded[0]).startswith("(")
    if generator:
        return Code("nn.Sequential(", (Code("OrderedDict(", folded[0].items, comma=""),))  # type: ignore[union-attr]
    inside = tuple(named(name, piece) for name, piece in pieces)
    return Code("nn.Sequential(", (Code("OrderedDict(", inside, open=len(inside) > 1),))
