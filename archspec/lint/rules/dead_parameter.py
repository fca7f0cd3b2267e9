"""A parameter that nothing reads."""

from collections import Counter
from collections.abc import Iterator
from itertools import chain

from archspec.lint.rule import Finding, Rule
from archspec.lint.subject import Subject
from archspec.lint.written import words
from archspec.report import Where, fix
from archspec.source import Tree
from archspec.spec import Block

__all__ = ["DeadParameter"]


class DeadParameter(Rule):
    """A parameter of the spec or of a block is read by no value.

    Who sets it changes nothing, and believes otherwise. Most often a number stands where the parameter was meant.

    Source: as an unused argument of a function: pylint's W0613, Ruff's ARG001.
    """

    code = "AS312"
    catches = """\
archspec: 1
input: [3, 32, 32]
parameters: {num_classes: 10, dropout: 0.5}
layers: [Flatten, {op: Dropout, p: 0.5}, {op: Linear, out_features: num_classes}]
"""
    spares = """\
archspec: 1
input: [3, 32, 32]
parameters: {num_classes: 10, dropout: 0.5}
layers: [Flatten, {op: Dropout, p: dropout}, {op: Linear, out_features: num_classes}]
"""

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Yield the parameters of the spec, and of the blocks that are called, whose names are in no value."""
        base, root = subject.program.base, subject.sources[-1].root
        beside = _without(root, "parameters")
        written = words(beside) | frozenset().union(*(words(_without(s.root, "parameters")) for s in subject.sources))
        for name, parameter in base.parameters.items():
            if name not in written:
                yield _finding(name, parameter.where, "")
        for block in base.blocks.values():
            if block.name in written:
                yield from _of_block(block, root)


def _of_block(block: Block, root: Tree) -> Iterator[Finding]:
    tree = root["blocks"][block.name] if isinstance(root, dict) and isinstance(root["blocks"], dict) else None
    beside = words(_without(tree, "parameters"))
    defaults = {name: words(parameter.default) for name, parameter in block.parameters.items()}
    naming = Counter(chain.from_iterable(defaults.values()))
    for name, parameter in block.parameters.items():
        if name not in beside and naming[name] == (name in defaults[name]):  # nor does the default of another
            yield _finding(name, parameter.where, f" of {block.name}")


def _without(tree: Tree | None, key: str) -> Tree | None:
    return {name: below for name, below in tree.items() if name != key} if isinstance(tree, dict) else tree


def _finding(name: str, where: Where, owner: str) -> Finding:
    return Finding(
        where,
        f"no value reads the parameter {name}{owner}: setting it changes nothing",
        name=True,
        help=f"write {name} where it is meant, or take it out",
        fixes=() if owner else fix(f"take out {name}", where.removed()),
    )
