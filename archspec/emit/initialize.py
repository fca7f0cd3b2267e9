"""A graph's `init` → a method of the model's class that draws every weight once, in written order."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from archspec.emit.text import INDENT, WIDTH, Code, Piece, flat, lay, literal, string
from archspec.emit.unit import Chain, Leaf, Part, Unit, is_parameter
from archspec.graph import Graph, Initialization, Path

__all__ = ["initialization"]

Rules = tuple[tuple[str, Initialization | None], ...]
"""What becomes of each tensor of a module."""


@dataclass(frozen=True, slots=True)
class _Module:
    """A module: its path, its class as the file writes it, what becomes of the tensors that it owns."""

    path: Path
    kind: str
    rules: Rules


def initialization(
    graph: Graph,
    model: Unit,
    names: Mapping[int, str],
    definitions: Sequence[str],
    written: Callable[[str], str | None],
) -> list[str]:
    """Return the lines of the method's body; none where torch's defaults are kept.

    Args:
        graph: whose `init` it is.
        model: the model's unit.
        names: of the file's classes, by the id of each unit.
        definitions: of the helper classes that the file has.
        written: gives an expression as the method writes it; None where its value is always the same.
    """
    modules = list(_modules(graph, model, names))
    if all(rule is None for module in modules for _, rule in module.rules):
        return []
    return _Writer(modules, definitions, written).lines()


def _modules(graph: Graph, model: Unit, names: Mapping[int, str]) -> Iterator[_Module]:
    """Yield ops' modules, and units with tensors of their own, each before those inside of it, as torch has them."""
    stack: list[tuple[Path, object]] = [((), model)]
    while stack:
        path, content = stack.pop()
        if isinstance(content, Part):
            content = content.unit
        if isinstance(content, Leaf):
            rules = graph.init.get(path, {})
            tensors = tuple((w.name, rules.get(w.name)) for w in content.node.weights)
            if content.spelling.constructor and not is_parameter(content.node):
                yield _Module(path, content.spelling.constructor, tensors)
        elif isinstance(content, Unit | Chain):
            items = content.items
            if isinstance(content, Unit):
                own = [i for i in items if isinstance(i.content, Leaf) and is_parameter(i.content.node)]
                rules_of = [(i.name, graph.init.get((*path, i.name), {}).get("")) for i in own]
                if any(rule is not None for _, rule in rules_of):
                    yield _Module(path, names[id(content)], tuple(rules_of))
            stack.extend(((*path, item.name), item.content) for item in reversed(items))


class _Condition(NamedTuple):
    """What is asked of a module: one or the other of its class, and something of its name."""

    of: tuple[Piece, ...]
    named: str = ""

    def __str__(self) -> str:
        either = " or ".join(map(flat, self.of))
        if not self.named:
            return either
        return f"{self.named} and ({either})" if len(self.of) > 1 else f"{self.named} and {either}"


class _Writer:
    def __init__(
        self, modules: Sequence[_Module], definitions: Sequence[str], written: Callable[[str], str | None]
    ) -> None:
        self.kinds: dict[str, list[_Module]] = {}
        for module in modules:
            self.kinds.setdefault(module.kind, []).append(module)
        self.definitions = definitions
        self.written = written
        self.before: list[str] = []  # sets of names, which the loop reads
        self.reads_names = False

    def lines(self) -> list[str]:
        """Return the loop over the modules: what is about some modules of a class, then what is about all."""
        branches: list[tuple[list[_Condition], list[str]]] = []
        for condition, body in (*self._exceptions(), *self._classes()):
            if branches and branches[-1][1] == body and _fits([*branches[-1][0], condition]):
                branches[-1][0].append(condition)
            else:
                branches.append(([condition], body))
        over = "name, module in self.named_modules()" if self.reads_names else "module in self.modules()"
        lines = [*self.before, f"{INDENT * 2}for {over}:"]
        for place, (conditions, body) in enumerate(branches):
            lines += [*_branch("elif" if place else "if", conditions), *body]
        return lines

    def _exceptions(self) -> Iterator[tuple[_Condition, list[str]]]:
        """Yield the branches for modules that are not treated as most of their class."""
        others: dict[Rules, list[_Module]] = {}
        for modules in self.kinds.values():
            common = _common(modules)
            for module in modules:
                if any(rule != common[name] for name, rule in module.rules):
                    others.setdefault(module.rules, []).append(module)
        for rules, some in others.items():
            kinds = list(dict.fromkeys(module.kind for module in some))
            body = self._body(rules, {name for kind in kinds for name in _maybe(kind, dict(rules))}) or [
                f"{INDENT * 4}continue"
            ]
            yield _Condition(self._of(kinds), self._named(some, kinds)), body

    def _classes(self) -> Iterator[tuple[_Condition, list[str]]]:
        """Yield the branches for classes; those of the same body are one."""
        alike: dict[tuple[str, ...], list[str]] = {}
        for kind, modules in self.kinds.items():
            common = _common(modules)
            lacking = {name for name in common if any(name not in dict(module.rules) for module in modules)}
            lacking |= _maybe(kind, common)
            body = self._body(tuple(common.items()), lacking)
            if body:
                alike.setdefault(tuple(body), []).append(kind)
        for body_, kinds in alike.items():
            yield _Condition(self._of(kinds)), list(body_)

    def _of(self, kinds: Sequence[str]) -> tuple[Piece, ...]:
        """Return what holds, one or the other, for the modules of some classes and for none derived from them."""
        exact = [kind for kind in kinds if self._is_derived(kind)]
        plain = [kind for kind in kinds if kind not in exact]
        either = plain[0] if len(plain) == 1 else Code("(", tuple(plain))
        conditions = [Code("isinstance(", ("module", either))] if plain else []
        return (*conditions, *(f"type(module) is {kind}" for kind in exact))

    def _is_derived(self, kind: str) -> bool:
        """Whether classes in the file, or in torch, derive from one that rules are about."""
        own = any(re.search(rf"^class \w+\({re.escape(kind)}\)", text, re.M) for text in self.definitions)
        return own or (kind == "nn.Linear" and "nn.MultiheadAttention" in self.kinds)

    def _named(self, some: list[_Module], kinds: list[str]) -> str:
        """Return a condition on the name that holds for some of the modules of their classes alone."""
        self.reads_names = True
        names = [".".join(module.path) for module in some]
        others = {".".join(module.path) for kind in kinds for module in self.kinds[kind]} - set(names)
        end, start = f".{names[0].rpartition('.')[2]}", f"{names[0].partition('.')[0]}."
        if len(names) == 1 and len(names[0]) < _LONG:
            return f"name == {string(names[0])}"
        for method, piece in (("endswith", end), ("startswith", start)):
            fits = all(getattr(name, method)(piece) for name in names)
            if fits and len(piece) < _LONG and not any(getattr(name, method)(piece) for name in others):
                return f"name.{method}({string(piece)})"
        special = f"special_{len(self.before)}" if self.before else "special"
        self.before += lay(Code("{", tuple(map(string, names)), "}"), 2, f"{special} = ")
        return f"name in {special}"

    def _body(self, rules: Rules, lacking: set[str]) -> list[str]:
        """Return the lines that fill a module's tensors; those in `lacking` are None in some."""
        lines = []
        for name, rule in rules:
            if rule is None:
                continue
            target, indent = f"module.{name}", 4
            if name.isdecimal():
                target = f'module.get_parameter("{name}")'
            if name in lacking:
                lines.append(f"{INDENT * indent}if {target} is not None:")
                indent += 1
            lines += self._apply(rule, target, indent)
        return lines

    def _apply(self, rule: Initialization, target: str, indent: int) -> list[str]:
        """Return the lines that fill a tensor, and freeze it."""
        lines: list[str] = []
        if rule.function is not None:
            if not rule.function.isidentifier():
                raise ValueError(rule.function)
            arguments = tuple(f"{name}={self._number(rule, name, value)}" for name, value in rule.arguments)
            lines = lay(Code(f"nn.init.{rule.function}_(", (target, *arguments)), indent)
        elif isinstance(rule.values, tuple):
            values = rule.values
            while len(values) == 1 and isinstance(values[0], tuple):
                values = values[0]
            piece = Code(f"{target}.copy_(", (Code("torch.tensor(", (_nested(values),)),))
            lines = [f"{INDENT * indent}with torch.no_grad():", *lay(piece, indent + 1)]
        elif rule.values is not None:
            lines = lay(Code("nn.init.constant_(", (target, self._number(rule, "", rule.values))), indent)
        if not rule.trainable:
            lines.append(f"{INDENT * indent}{target}.requires_grad_(False)")
        return lines

    def _number(self, rule: Initialization, argument: str, value: object) -> str:
        expression = dict(rule.expressions).get(argument)
        return (self.written(expression) if expression else None) or literal(value)


def _either(conditions: Sequence[_Condition]) -> str:
    *first, last = [f"({each})" if each.named else str(each) for each in conditions]
    return " or ".join([*first, last]) if first else str(conditions[0])


def _line(word: str, conditions: Sequence[_Condition]) -> str:
    return f"{INDENT * 3}{word} {_either(conditions)}:"


def _fits(conditions: Sequence[_Condition]) -> bool:
    return len(_line("elif", conditions)) <= WIDTH


def _branch(word: str, conditions: Sequence[_Condition]) -> list[str]:
    """Return the head of a branch; several conditions fit into one line."""
    (of, named), *others = conditions
    line = _line(word, conditions)
    if others or len(line) <= WIDTH:
        return [line]
    if len(of) == 1:
        return lay(_after(f"{named} and " if named else "", of[0]), 3, f"{word} ", ":")
    operands = (of[0], *(_after("or ", each) for each in of[1:]))
    return lay(Code(f"{named} and (" if named else "(", operands, comma="", open=not named), 3, f"{word} ", ":")


def _after(text: str, piece: Piece) -> Piece:
    return text + piece if isinstance(piece, str) else replace(piece, head=text + piece.head)


_LONG = 40  # characters of a name in a condition
_STATISTICS = frozenset({"num_batches_tracked", "running_mean", "running_var"})


def _maybe(kind: str, names: Iterable[str]) -> set[str]:
    """Return the tensors that torch declares as possibly None, whatever these modules have."""
    return {name for name in names if name in _STATISTICS or ("Conv" in kind and name == "bias")}


def _common(modules: list[_Module]) -> dict[str, Initialization | None]:
    """Return what becomes of each tensor in most of the modules."""
    counts: dict[str, Counter[Initialization | None]] = {}
    for module in modules:
        for name, rule in module.rules:
            counts.setdefault(name, Counter())[rule] += 1
    return {name: max(reversed(count), key=count.__getitem__) for name, count in counts.items()}


def _nested(values: tuple[object, ...]) -> Code:
    """Return nested numbers as lists."""
    return Code("[", tuple(_nested(v) if isinstance(v, tuple) else literal(v) for v in values), "]")
