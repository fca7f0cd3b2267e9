"""An expectation that cannot fail."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from archspec.expect import COUNTED, holds
from archspec.graph import Group, Layer
from archspec.lines import Layer as Written
from archspec.lint.rule import Finding, Rule
from archspec.lint.rules.dead_block import dead_blocks
from archspec.lint.subject import Subject
from archspec.lint.written import layers
from archspec.report import Where, fix
from archspec.source import Key, Scalar

__all__ = ["OutgrownExpect"]


class OutgrownExpect(Rule):
    """An `expect` holds nothing: it is empty, a figure of one digit, or that of a layer that is never there.

    Who changes the network relies on it, and it does not notice. A float holds to the digits that are written, so 1e6
    holds from half a million to one and a half. Expectations are held in the file as it is written alone, neither where
    a parameter is overridden nor in a file that extends this one, so that what stands on a layer which the file's own
    values leave out is never compared.

    Source: as an assertion that cannot fail: pylint's W0199 and SonarSource's S5914; docs/language.md, Expectations.
    """

    code = "AS316"
    catches = """\
archspec: 1
input: [3, 32, 32]
layers:
  conv: {op: Conv2d, out_channels: 8, kernel_size: 3}
  pool: {op: MaxPool2d, kernel_size: 2}
expect: {output: [8, 15, 15], macs: 2e5}
"""
    spares = """\
archspec: 1
input: [3, 32, 32]
layers:
  conv: {op: Conv2d, out_channels: 8, kernel_size: 3}
  pool: {op: MaxPool2d, kernel_size: 2}
expect: {output: [8, 15, 15], macs: 1.9e5}
"""

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Yield what is empty or coarse in the file's own `expect`, and what layers expect that are never there."""
        yield from _figures(subject)
        if not subject.program.inherited and not subject.program.overridden:
            yield from _absent(subject)


def _figures(subject: Subject) -> Iterator[Finding]:
    where, model = subject.program.expect_where, subject.graph.model
    written = where.source.root.get("expect") if isinstance(where.source.root, dict) else None
    if written == {}:
        yield _empty(where)
    elif subject.program.expect.get("output") == {}:
        yield _empty(where.at("output"))
    for key, counted in (("parameters", model.num_parameters), ("macs", model.macs)):
        tree = subject.program.expect.get(key)
        if isinstance(tree, Scalar) and isinstance(tree.value, float) and holds(tree, tree.value, counted):
            said = _coarse(tree.text)
            if said is not None:
                yield _rounded(where.at(key), said, counted, COUNTED[key])


def _coarse(text: str) -> str | None:
    """Return what a float as written holds for, if it has one digit or none; zeros before the first are none."""
    written = Decimal(text)
    unit = Decimal(1).scaleb(int(written.as_tuple().exponent))
    if not written:
        return f"{text} has no digit, and holds for every network that is small enough"
    if written >= 10 * unit:
        return None
    return f"{text} has one digit, and holds from {written - unit / 2:,f} to {written + unit / 2:,f}"


def _rounded(where: Where, message: str, counted: int, what: str) -> Finding:
    return Finding(
        where,
        message,
        notes=(f"the model has {counted:,} {what}",),
        help="write more digits, or the whole number",
        fixes=fix(f"write {counted}", where.replaced(str(counted))),
    )


def _empty(where: Where) -> Finding:
    return Finding(
        where,
        "nothing is expected here, and nothing held",
        name=True,
        help="write the figures, or take it out",
        fixes=fix("take it out", where.removed(), safe=True),
    )


def _absent(subject: Subject) -> Iterator[Finding]:
    """Yield what is expected of layers that the file's own values leave out of every instance."""
    dead = {("blocks", name) for name in dead_blocks(subject)}
    there = {key for body in subject.bodies for key in _keys(body.children)}
    for layer in layers(subject.program.base):
        op = layer.expect is not None and layer.scope is None and not layer.inline  # or a call, that its block is not
        said = _is_constant(layer) or layer.where.key[:2] in dead  # by another rule
        if op and not said and layer.where.key not in there:
            where = layer.where.at("expect")
            yield Finding(
                where,
                "this is never held: the file's own values leave the layer out, and others suspend what it expects",
                name=True,
                help="take it out; a file that extends this one with such values can expect its own figures",
                fixes=fix("take it out", where.removed()),
            )


def _is_constant(layer: Written) -> bool:
    """Whether the condition is true or false as it is written."""
    return isinstance(layer.when, Scalar) and isinstance(layer.when.value, bool)


def _keys(made: Iterable[Layer]) -> Iterator[Key]:
    for layer in made:
        yield layer.where.key
        if isinstance(layer, Group):
            yield from _keys(layer.children)
