"""The word in a line, and what its names mean → the op or block that it names."""

from collections.abc import Mapping
from functools import cached_property
from typing import NamedTuple

from archspec.diagnostic import Fix
from archspec.evaluate import Known
from archspec.expression import UNKNOWN, Unknown
from archspec.lines import Layer
from archspec.ops import FOREIGN, REFUSED, Vocabulary
from archspec.ops.base import Op
from archspec.ops.installed import offered
from archspec.program import Program
from archspec.report import Meant, Report, Where, fix
from archspec.spec import Block

__all__ = ["Chooser"]


class _Read(NamedTuple):
    """The name of an op or a block, where a line reads it, and the parameter that has it as its value, if one does."""

    name: str
    where: Where
    parameter: str = ""


class Chooser:
    """Finds the ops and blocks that lines name; what is none is reported, and a slip of the pen taken as meant."""

    def __init__(self, program: Program, vocabulary: Vocabulary, report: Report) -> None:
        self.program = program
        self.vocabulary = vocabulary
        self.blocks: Mapping[str, Block] = program.base.blocks
        self.report = report
        self._chosen: dict[tuple[int, str | None], type[Op] | Block] = {}  # by lines, and parameters that they name

    def shadowed(self) -> None:
        """Warn of the blocks that bear the name of an op: a bare word then means the block."""
        for name, block in self.blocks.items():
            if self.vocabulary.find(name) is not None:
                self.report.say("AS302", block.where, f"block {name} has the name of an op", name=True,
                                severity="warning",
                                help=f"the word {name} alone means the block; another name would be clear")  # fmt: skip

    def choose(self, layer: Layer, known: Known) -> type[Op] | Block | None:
        """Return the op or block that the line names; None after a message, or where it is unknown."""
        name = layer.word or layer.block or layer.op or ""
        given = known.get(name)
        line = (id(layer), given if isinstance(given, str) else None)
        if line in self._chosen:
            return self._chosen[line]
        chosen: type[Op] | Block | None
        if layer.word is not None:
            chosen = self.blocks.get(name) or self._op(_Read(name, layer.where), known, word=True)
        elif layer.block is not None:
            chosen = self._block(_Read(name, layer.where.at("block")), known)
        else:
            chosen = self._op(_Read(name, layer.where.at("op")), known)
        if chosen is not None:
            self._chosen[line] = chosen
        return chosen

    def given(self, name: str, where: Where, parameter: str = "") -> str | Unknown:
        """Return the op or block that a block is given by name, as it is meant; UNKNOWN after a message.

        Args:
            name: the op or block.
            where: where it is given.
            parameter: the parameter that is written there and has it as its value, if one is.
        """
        if name in self.blocks or self.vocabulary.find(name):
            return name
        return self._no_such("op or block", _Read(name, where, parameter)) or UNKNOWN

    def _op(self, read: _Read, known: Known, *, word: bool = False) -> type[Op] | Block | None:
        name, where = read.name, read.where
        bare = name.partition("(")[0].rpartition(".")[2]
        if bare != name and self.vocabulary.find(bare):
            advice = Meant(name, bare, sure=True) if "(" not in name else f"write {bare}, and its arguments as keys"
            self.report.say("AS107", where, f"there is no op {name}: an op's name stands alone", help=advice)
            return self._found(self.report.take(advice, self.vocabulary.names()))
        if not name[:1].isupper() and not word:
            value = self._parameter(name, where, known, "op")
            return None if value is None else self._op(_Read(value, where, name), {})
        if op := self.vocabulary.find(name):
            return op
        if name in self.blocks:
            self._misused(read, "block", "op", None)
        elif word and name in known:
            whole = f"{{op: {name}}}"
            self.report.say("AS107", where, f"{name} is a parameter, not an op", help=f"write {whole}",
                            fixes=fix(f"write {whole}", where.replaced(whole), safe=True))  # fmt: skip
        else:
            return self._found(self._no_such("op or block" if word else "op", read))
        return None

    def _block(self, read: _Read, known: Known) -> Block | None:
        name, where = read.name, read.where
        if block := self.blocks.get(name):
            return block
        if not name[:1].isupper():
            value = self._parameter(name, where, known, "block")
            return None if value is None else self._block(_Read(value, where, name), {})
        if self.vocabulary.find(name):
            self._misused(read, "op", "block", self._blocks)
            return None
        taken = self._no_such("block", read)
        return None if taken is None else self.blocks[taken]

    def _misused(self, read: _Read, is_: str, not_: str, others: str | None) -> None:
        """Report an op that is called as a block, or the other way round."""
        article = {"op": "an op", "block": "a block"}
        message = f"{read.name} is {article[is_]}, not {article[not_]}"
        if read.parameter:
            self._say("AS107", message, read, others)
        else:
            here = f"{is_}: {read.name}"
            fixes = fix(f"write {here}", read.where.renamed(is_), safe=True)
            self._say("AS107", message, read, f"write {here}", fixes)

    def _no_such(self, kind: str, read: _Read) -> str | None:
        """Report a name that means nothing; return what it is surely meant to be."""
        name = read.name
        if kind != "block" and name in REFUSED:
            self._say("AS123", f"archspec has no {name}: {REFUSED[name]}", read)
            return None
        choices = (*(() if kind == "block" else self.vocabulary.names()), *(() if kind == "op" else self.blocks))
        near = self.report.near(name, choices, self._blocks if kind == "block" else "`archspec schema` lists the ops")
        if isinstance(near, Meant) and near.name in self.blocks and not near.name[:1].isupper():
            return near.name  # no block can be called so, which is told
        if kind == "block":
            self._say("AS107", f"there is no block {name}", read, near)
        else:
            near, fixes = _foreign(name) or self._by_axes(name) or near, _renamed(name, self._given(read))
            self._say("AS107", f"there is no {kind} {name}", read, near, fixes, self._elsewhere)
        return self.report.take(near, choices)

    def _say(
        self,
        code: str,
        message: str,
        read: _Read,
        help_: Meant | str | None = None,
        fixes: tuple[Fix, ...] = (),
        notes: tuple[str, ...] = (),
    ) -> None:
        """Report what is wrong with a name, where a parameter of the spec got it: once, however many lines read it."""
        given = self.program.given(read.parameter)
        self.report.say_given(code, read.where, message, given, notes=notes, help=help_, fixes=fixes)

    def _given(self, read: _Read) -> Where:
        given = self.program.given(read.parameter)
        return read.where if given is None else given.where

    @property
    def _blocks(self) -> str:
        """Which blocks there are, in words."""
        return f"the blocks are {', '.join(self.blocks)}" if self.blocks else "the spec has no blocks"

    def _by_axes(self, name: str) -> str | None:
        """Return which ops there are where a name leaves out for how many axes it is."""
        found = [known for axes in (1, 2, 3) if self.vocabulary.find(known := f"{name}{axes}d")]
        return f"there are {', '.join(found)}, by the axes of what it reads" if len(found) > 1 else None

    def _found(self, name: str | None) -> type[Op] | Block | None:
        return None if name is None else self.vocabulary.find(name) or self.blocks.get(name)

    @cached_property
    def _elsewhere(self) -> tuple[str, ...]:
        """Where an op that archspec does not have may come from: packages are asked once, and none is imported."""
        names = ", ".join(offered())
        if not names:
            return ()
        return (f"installed packages offer more ops under {names}; --ops NAME switches them on, or in [tool.archspec] "
                f"of pyproject.toml, ops = [NAME]",)  # fmt: skip

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
