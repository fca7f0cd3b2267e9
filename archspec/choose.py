"""The word in a line, and what its names mean → the op or block that it names."""

from collections.abc import Mapping
from functools import cached_property

from archspec.diagnostic import Fix
from archspec.evaluate import Known
from archspec.expression import Unknown
from archspec.lines import Layer
from archspec.ops import FOREIGN, REFUSED, Vocabulary
from archspec.ops.base import Op
from archspec.ops.installed import offered
from archspec.report import Meant, Report, Where, fix
from archspec.spec import Block

__all__ = ["Chooser"]


class Chooser:
    """Finds the ops and blocks that lines name; what is none is reported, and a slip of the pen taken as meant."""

    def __init__(self, vocabulary: Vocabulary, blocks: Mapping[str, Block], report: Report) -> None:
        self.vocabulary = vocabulary
        self.blocks = blocks
        self.report = report

    def shadowed(self) -> None:
        """Warn of the blocks that bear the name of an op: a bare word then means the block."""
        for name, block in self.blocks.items():
            if self.vocabulary.find(name) is not None:
                self.report.say("AS302", block.where, f"block {name} has the name of an op", name=True,
                                severity="warning",
                                help=f"the word {name} alone means the block; another name would be clear")  # fmt: skip

    def choose(self, layer: Layer, known: Known) -> type[Op] | Block | None:
        """Return the op or block that the line names; None after a message, or where it is unknown."""
        if layer.word is not None:
            return self.blocks.get(layer.word) or self._op(layer.word, layer.where, known, word=True)
        if layer.block is not None:
            return self._block(layer.block, layer.where.at("block"), known)
        return self._op(layer.op or "", layer.where.at("op"), known)

    def _op(self, name: str, where: Where, known: Known, *, word: bool = False) -> type[Op] | None:
        bare = name.partition("(")[0].rpartition(".")[2]
        if bare != name and self.vocabulary.find(bare):
            advice = Meant(name, bare, sure=True) if "(" not in name else f"write {bare}, and its arguments as keys"
            self.report.say("AS107", where, f"there is no op {name}: an op's name stands alone", help=advice)
            return self._taken(advice)
        if not name[:1].isupper() and not word:
            value = self._parameter(name, where, known, "op")
            return None if value is None else self._op(value, where, {})
        if op := self.vocabulary.find(name):
            return op
        if name in self.blocks:
            self.report.say("AS107", where, f"{name} is a block, not an op", help=f"write block: {name}",
                            fixes=fix(f"write block: {name}", where.renamed("block"), safe=True))  # fmt: skip
        elif name in REFUSED:
            self.report.say("AS123", where, f"archspec has no {name}: {REFUSED[name]}")
        elif word and name in known:
            whole = f"{{op: {name}}}"
            self.report.say("AS107", where, f"{name} is a parameter, not an op", help=f"write {whole}",
                            fixes=fix(f"write {whole}", where.replaced(whole), safe=True))  # fmt: skip
        else:
            choices = (*self.vocabulary.names(), *(self.blocks if word else ()))
            kind = "op or block" if word else "op"
            near = self.report.near(name, choices, "`archspec schema` lists the ops")
            near = _foreign(name) or self._by_axes(name) or near
            self.report.say("AS107", where, f"there is no {kind} {name}", notes=self._elsewhere, help=near,
                            fixes=_renamed(name, where))  # fmt: skip
            return self._taken(near)
        return None

    def _by_axes(self, name: str) -> str | None:
        """Return which ops there are where a name leaves out for how many axes it is."""
        found = [known for axes in (1, 2, 3) if self.vocabulary.find(known := f"{name}{axes}d")]
        return f"there are {', '.join(found)}, by the axes of what it reads" if len(found) > 1 else None

    def _taken(self, meant: Meant | str | None) -> type[Op] | None:
        """Return the op that a word is surely meant to be."""
        name = self.report.take(meant, self.vocabulary.names())
        return None if name is None else self.vocabulary.find(name)

    @cached_property
    def _elsewhere(self) -> tuple[str, ...]:
        """Where an op that archspec does not have may come from: packages are asked once, and none is imported."""
        names = ", ".join(offered())
        if not names:
            return ()
        return (f"installed packages offer more ops under {names}; --ops NAME switches them on, or in [tool.archspec] "
                f"of pyproject.toml, ops = [NAME]",)  # fmt: skip

    def _block(self, name: str, where: Where, known: Known) -> Block | None:
        if block := self.blocks.get(name):
            return block
        if not name[:1].isupper():
            value = self._parameter(name, where, known, "block")
            return None if value is None else self._block(value, where, {})
        if self.vocabulary.find(name):
            self.report.say("AS107", where, f"{name} is an op, not a block", help=f"write op: {name}",
                            fixes=fix(f"write op: {name}", where.renamed("op"), safe=True))  # fmt: skip
            return None
        advice = f"the blocks are {', '.join(self.blocks)}" if self.blocks else "the spec has no blocks"
        near = self.report.near(name, self.blocks, advice)
        self.report.say("AS107", where, f"there is no block {name}", help=near)
        taken = self.report.take(near, self.blocks)
        return None if taken is None else self.blocks[taken]

    def _parameter(self, name: str, where: Where, known: Known, kind: str) -> str | None:
        """Return the op or block that a parameter names."""
        value = known.get(name)
        if isinstance(value, Unknown):
            return None
        if isinstance(value, str) and value[:1].isupper():
            return value
        if name in known:
            self.report.say("AS107", where, f"{name} is {value!r}, which names no {kind}")
            return None
        names = self.vocabulary.names() if kind == "op" else tuple(self.blocks)
        near = self.report.near(name, (*names, *known))
        self.report.say("AS107", where, f"there is no {kind} {name}, and no parameter of that name", help=near)
        return self.report.take(near, names)


def _foreign(name: str) -> str | None:
    return f"it is {FOREIGN[name]} here" if name in FOREIGN else None


def _renamed(name: str, where: Where) -> tuple[Fix, ...]:
    """Return the fix that writes the op which another framework calls so, where its name is all that differs."""
    here = FOREIGN.get(name, "")
    return fix(f"write {here}", where.reworded(name, here)) if here.isidentifier() else ()
