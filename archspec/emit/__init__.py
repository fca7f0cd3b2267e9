"""A layer graph → the Python source of its nn.Module classes: one file that needs only torch."""

import ast
import re
import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from archspec.diagnostic import ArchspecError, printable
from archspec.emit.classes import Class, classes, parts
from archspec.emit.construct import base, constructor
from archspec.emit.copies import copies_plainly
from archspec.emit.forward import Plan, forward, plan
from archspec.emit.initialize import initialization
from archspec.emit.names import Names
from archspec.emit.scan import units
from archspec.emit.shared import same
from archspec.emit.text import INDENT, WIDTH, literal
from archspec.emit.translate import Term, Untranslatable, translate
from archspec.emit.unit import Chain, Leaf, Part, Unit
from archspec.graph import Graph
from archspec.ops.base import Value

__all__ = ["Plans", "emit", "plans"]


def emit(graph: Graph, variants: Mapping[str, Graph] | None = None) -> str:
    r"""Return the source of the module: the class of the model comes last, after those it uses.

    The text is formatted as `ruff format` would leave it, and it is what `build` runs.

    Args:
        graph: the architecture.
        variants: for a parameter of the spec, the graph that another value of it gives. Where nothing but
            plain copies of the value differs, the parameter stays an argument of the model's class.

    Raises: ArchspecError: if two ops define helper classes of one name.

    Example:
        >>> import archspec
        >>> text = "archspec: 1\nname: mlp\ninput: [4]\nlayers: {fc: {op: Linear, out_features: 2}}"
        >>> print(emit(archspec.loads(text).layer_graph).partition("class ")[2])
        Mlp(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.fc = nn.Linear(4, 2)
        <BLANKLINE>
            def forward(self, x: torch.Tensor) -> torch.Tensor:
                x = self.fc(x)  # 2
                return x
        <BLANKLINE>
    """
    return _File(graph, variants or {}).text()


@dataclass(frozen=True, eq=False, slots=True)
class Plans:
    """What the forwards of a file do: the model, and for each unit by its id the plan of its class and which instance.

    A unit that is an `nn.Sequential` has no plan: its items run one after the other.
    """

    model: Unit
    of: Mapping[int, tuple[Plan, int]]


def plans(graph: Graph) -> Plans:
    """Return what the text that `emit` writes does when it runs, value by value."""
    file = _File(graph, {})
    names = [one.name for one in file.classes]
    written = [(one, plan(one, names)) for one in file.classes if one.shared.outputs and not one.sequential]
    return Plans(
        file.model,
        {id(unit): (made, place) for one, made in written for place, unit in enumerate(one.shared.instances)},
    )


class _File:
    def __init__(self, graph: Graph, variants: Mapping[str, Graph]) -> None:
        self.graph = graph
        made = {id(graph): units(graph)}
        self.model = made[id(graph)][id(graph.model)]
        self.kept = [name for name, other in variants.items() if self._keeps(name, other, made)]
        graphs = [graph, *(variants[name] for name in self.kept)]
        models = [made[id(one)][id(one.model)] for one in graphs]
        origins = {id(unit): one for one, root in zip(graphs, models, strict=True) for unit in _inside(root)}
        self.definitions = _definitions(self.model)
        taken = Names(name for text in self.definitions for name in _defined(text))
        self.classes = classes(graph.name, origins, models, taken)

    def _keeps(self, name: str, other: Graph, made: dict[int, dict[int, Unit]]) -> bool:
        made[id(other)] = units(other)
        return copies_plainly(name, self.graph, other, self.model, made[id(other)][id(other.model)])

    def text(self) -> str:
        """Return the file."""
        paths = _paths(self.model)
        bodies = [text for one in self.classes if (text := self._class(one, paths))]
        code = "\n\n\n".join(bodies)
        helpers = [
            text.strip("\n") for text in self.definitions if any(_mentions(code, name) for name in _defined(text))
        ]
        whole = "\n\n\n".join([*helpers, *bodies])
        return f"{self._docstring()}\n\n{_imports(whole)}\n\n\n{whole}\n"

    def _class(self, one: Class, paths: Mapping[int, str]) -> str:
        lines = [f"class {one.name}({base(one)}):"]
        if not one.is_model and not one.sequential and one.shapes_differ:
            first = next((paths[id(unit)] for unit in one.shared.instances if id(unit) in paths), "")
            lines += [f'{INDENT}"""The shapes beside the lines are those of {first}."""', ""]
        kept: dict[str, str] = {}  # attributes that `reset_parameters` reads, by the arguments that they hold
        reset = self._reset(one, kept)
        built = constructor(one)
        if reset:
            method = one.names.new("reset_parameters")
            built += [f"{INDENT * 2}self.{attribute} = {name}" for name, attribute in kept.items()]
            built.append(f"{INDENT * 2}self.{method}()")
            reset = [f"{INDENT}def {method}(self) -> None:", *reset]
        called = [] if one.sequential or not one.shared.outputs else forward(one, [c.name for c in self.classes])
        for block in (built, called, reset):
            lines += [*block, ""] if block else []
        return "\n".join(lines[:-1])

    def _reset(self, one: Class, kept: dict[str, str]) -> list[str]:
        if not one.is_model:
            return []
        names = {id(unit): c.name for c in self.classes for unit in c.shared.instances}
        lines = initialization(self.graph, self.model, names, self.definitions, lambda text: _over(one, text, kept))
        one.found = one.arguments.ordered()
        return lines

    def _docstring(self) -> str:
        """Return the file's docstring: names, reference and figures."""
        graph, model = self.graph, self.graph.model
        sizes = [f"{name + ' ' if name else ''}(N{''.join(f', {s}' for s in t.shape)})" for name, t in model.inputs]
        paragraphs = [
            f"{graph.name}: {graph.description}" if graph.description else graph.name,
            graph.reference,
            f"{model.num_parameters:,} parameters, {model.macs:,} multiply-accumulates a sample; "
            f"input {', '.join(sizes)}.",
        ]
        folded = [f"{name} = {_shown(v)}" for name, v in model.parameters.items() if name not in self.kept]
        if folded:
            paragraphs.append(f"Folded in: {', '.join(folded)}.")
        text = "\n\n".join(
            textwrap.fill(_harmless(p), WIDTH, break_long_words=False, break_on_hyphens=False)
            for p in paragraphs
            if p.strip()
        )
        return f'"""{text}\n"""'


def _over(one: Class, expression: str, kept: dict[str, str]) -> str | None:
    """Return an expression over attributes that keep arguments of the class; None where its value is fixed."""

    def attribute(name: str) -> Term | None:
        term = one.arguments.term(name)
        if term is None or term.text not in one.arguments.found:
            return term
        if term.text not in kept:
            kept[term.text] = one.names.new(term.text)
        return replace(term, text=f"self.{kept[term.text]}")

    try:
        term = translate(expression, attribute, len(one.shared.instances))
    except Untranslatable:
        return None
    return None if all(same(value, term.values[0]) for value in term.values) else term.text


def _shown(value: Value) -> str:
    """Return a parameter's value as the docstring has it."""
    return value if isinstance(value, str) else literal(value)


def _harmless(text: str) -> str:
    """Return text that cannot end the docstring it stands in, nor hide anything there."""
    return printable(" ".join(text.split())).replace("\\", "\\\\").replace('"', "'")


def _inside(root: Unit) -> Iterator[Unit]:
    seen: set[int] = set()
    stack = [root]
    while stack:
        unit = stack.pop()
        if id(unit) not in seen:
            seen.add(id(unit))
            yield unit
            stack.extend(parts(unit.items))


def _paths(model: Unit) -> dict[int, str]:
    """Return where in the model each unit is used first."""
    found: dict[int, str] = {}
    stack: list[tuple[tuple[str, ...], object]] = [((), model)]
    while stack:
        path, content = stack.pop()
        if isinstance(content, Part):
            content = content.unit
        if isinstance(content, Unit):
            if id(content) in found:
                continue
            found[id(content)] = ".".join(path)
        if isinstance(content, Unit | Chain):
            stack.extend(((*path, item.name), item.content) for item in reversed(content.items))
    return found


def _definitions(model: Unit) -> list[str]:
    """Return the helper definitions that the layers may need, once each.

    Raises: ArchspecError: if two of them, of ops from different hands, define the same name.
    """
    found: dict[str, None] = {}
    for unit in _inside(model):
        stack = list(unit.items)
        while stack:
            content = stack.pop().content
            if isinstance(content, Chain):
                stack.extend(content.items)
            elif isinstance(content, Leaf) and content.spelling.definition:
                found[content.spelling.definition] = None
    names = Counter(name for text in found for name in _defined(text))
    for name, count in names.items():
        if count > 1:
            raise ArchspecError(f"two ops each define a class {name} for torch; one of them must be called otherwise")
    return sorted(found)


def _defined(text: str) -> list[str]:
    """Return the names that a definition defines."""
    return [node.name for node in ast.parse(text).body if isinstance(node, ast.ClassDef | ast.FunctionDef)]


def _mentions(code: str, name: str) -> bool:
    return re.search(rf"(?<!\.)\b{name}\b", code) is not None


def _imports(code: str) -> str:
    lines = []
    if _mentions(code, "OrderedDict"):
        lines.append("from collections import OrderedDict\n")
    if re.search(r"(?<!\.)\bmath\.", code):
        lines.insert(0, "import math" + ("" if lines else "\n"))
    if re.search(r"(?<!\.)\btorch\.", code):
        lines.append("import torch")
    if re.search(r"(?<!\.)\bnn\.", code):
        lines.append("from torch import nn")
    return "\n".join(lines)
