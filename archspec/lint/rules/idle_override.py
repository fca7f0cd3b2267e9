"""A value that is given where it would be the same anyway."""

from collections import Counter
from collections.abc import Iterator, Mapping

from archspec.lines import Layer
from archspec.lint.rule import Finding, Rule
from archspec.lint.subject import Subject
from archspec.lint.written import layers, shown
from archspec.report import Where, fix
from archspec.source import Scalar, Source, Tree
from archspec.spec import Parameter

__all__ = ["IdleOverride"]


class IdleOverride(Rule):
    """A file gives a parameter or the input of what it extends, or a line an argument of its block, the value it has.

    Who reads it looks for a difference where there is none, and later the two can drift apart unseen. A table of
    variants may well give every value on purpose, as the bundled specs do, so that the rule runs only where it is
    selected.

    Source: as a default that is passed again: RuboCop's Style/RedundantArgument, SonarSource's S3254.
    """

    code = "AS317"
    default = False
    catches = """\
archspec: 1
input: [3, 32, 32]
blocks:
  Unit:
    parameters: {width: int, stride: 1}
    layers: [{op: Conv2d, out_channels: width, kernel_size: 3, stride: stride}, ReLU]
layers:
  unit1: {block: Unit, width: 8, stride: 1}
  unit2: {block: Unit, width: 16, stride: 2}
"""
    spares = """\
archspec: 1
input: [3, 32, 32]
parameters: {stride1: 1}
blocks:
  Unit:
    parameters: {width: int, stride: 1}
    layers: [{op: Conv2d, out_channels: width, kernel_size: 3, stride: stride}, ReLU]
layers:
  unit1: {block: Unit, width: 8, stride: stride1}
  unit2: {block: Unit, width: 16, stride: 2}
"""

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Yield what files give of what they extend, and what lines give blocks, as far as it is written in numbers."""
        for number, source in enumerate(subject.sources):
            yield from _of_file(Where(source), subject.sources[number + 1 :])
        blocks = subject.program.base.blocks
        for layer in layers(subject.program.base):
            called = blocks.get(layer.block or "")
            if called is not None:
                yield from _of_call(layer, called.parameters)


def _of_file(where: Where, extended: tuple[Source, ...]) -> Iterator[Finding]:
    given, others = _values(where.source), [(source, _values(source)) for source in extended]
    count = Counter(key[0] for key in given)
    for key, tree in given.items():
        before, value = next(((source, values[key]) for source, values in others if key in values), (None, None))
        if before is not None and value is not None and _same(tree, value):
            taken_out = where.at(key[0]) if count[key[0]] == 1 else where.at(*key)
            yield _finding(key[-1], where.at(*key), Where(before, key), taken_out)


def _values(source: Source) -> Mapping[tuple[str, ...], Tree]:
    """Return what a file gives of parameters, and its input, by their keys."""
    root = source.root if isinstance(source.root, dict) else {}
    named = root.get("parameters")
    values: dict[tuple[str, ...], Tree] = {("input",): root["input"]} if "input" in root else {}
    for name, tree in named.items() if isinstance(named, dict) else ():
        values["parameters", name] = tree.get("default", tree) if isinstance(tree, dict) else tree
    return values


def _of_call(layer: Layer, parameters: Mapping[str, Parameter]) -> Iterator[Finding]:
    for name, tree in layer.arguments.items():
        default = parameters[name].default
        if default is not None and _literal(tree) and _same(tree, default):
            yield _finding(name, layer.where.at(name), parameters[name].where, layer.where.at(name))


def _literal(tree: Tree) -> bool:
    """Whether an argument means what is written, and no expression: a number, true, false, a name, text in quotes."""
    if isinstance(tree, list):
        return all(map(_literal, tree))
    return isinstance(tree, Scalar) and (tree.quoted or not isinstance(tree.value, str) or tree.text[:1].isupper())


def _same(one: Tree, other: Tree) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, Scalar) and isinstance(other, Scalar):
        return (type(one.value), one.value, one.quoted) == (type(other.value), other.value, other.quoted)
    return False


def _finding(name: str, where: Where, before: Where, taken_out: Where) -> Finding:
    return Finding(
        where,
        f"{name} is {shown(where) or 'the same'} anyway",
        name=True,
        labels=((before, "given here"),),
        help=f"leave {name} out",
        fixes=fix(f"leave {name} out", taken_out.removed(), safe=True),
    )
