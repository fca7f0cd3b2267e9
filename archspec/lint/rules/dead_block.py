"""A block that no layer calls."""

from collections import Counter
from collections.abc import Iterator, Mapping

from archspec.lint.rule import Finding, Rule
from archspec.lint.subject import Subject
from archspec.lint.written import at, words
from archspec.report import fix
from archspec.spec import Block, Spec

__all__ = ["DeadBlock", "dead_blocks"]


class DeadBlock(Rule):
    """A block is defined, and no layer calls it.

    Its shapes are not even checked, since nothing says what it would read. A spec in which a parameter names a block
    is left alone: another value of it may call any.

    Source: as an unused function: Vulture, "unused function".
    """

    code = "AS313"
    catches = """\
archspec: 1
input: [3, 32, 32]
blocks:
  Old: {layers: [{op: Conv2d, out_channels: 8, kernel_size: 3}, ReLU]}
  New: {layers: [{op: Conv2d, out_channels: 8, kernel_size: 3}, GELU]}
layers: [New, New]
"""
    spares = """\
archspec: 1
input: [3, 32, 32]
parameters: {unit: New}
blocks:
  Old: {layers: [{op: Conv2d, out_channels: 8, kernel_size: 3}, ReLU]}
  New: {layers: [{op: Conv2d, out_channels: 8, kernel_size: 3}, GELU]}
layers: [{block: unit}, {block: unit}]
"""

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Yield the blocks to which no chain of calls leads from the layers."""
        dead = dead_blocks(subject)
        naming = Counter(word for block in dead.values() for word in _words(block) & dead.keys())
        for name, block in dead.items():
            if naming[name] == (name in _words(block)):  # no other dead block calls it
                yield _finding(block)


def dead_blocks(subject: Subject) -> Mapping[str, Block]:
    """Return the blocks that no value of a parameter could call."""
    base = subject.program.base
    return _dead(base) if base.blocks and not _chosen_by_parameter(base, subject) else {}


def _chosen_by_parameter(base: Spec, subject: Subject) -> bool:
    typed = any(constant.type == "block" for constant in subject.program.constants.values())
    return typed or any(words(parameter.default) & base.blocks.keys() for parameter in base.parameters.values())


def _dead(base: Spec) -> Mapping[str, Block]:
    called = words(at(base.where.at("layers"))) & base.blocks.keys()
    left = set(called)
    while left:
        further = (_words(base.blocks[left.pop()]) & base.blocks.keys()) - called
        called |= further
        left |= further
    return {name: block for name, block in base.blocks.items() if name not in called}


def _words(block: Block) -> frozenset[str]:
    return words(at(block.where))


def _finding(block: Block) -> Finding:
    return Finding(
        block.where,
        f"no layer calls the block {block.name}",
        name=True,
        help=f"call it with {{block: {block.name}}}, or take it out",
        fixes=fix(f"take out {block.name}", block.where.removed()),
    )
