"""A value as written → what it means where it stands: a literal, one of the listed words, or an expression's value."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from archspec.diagnostic import Diagnostic, Fix, Span
from archspec.expression import UNKNOWN, Budget, Expression, ExpressionError, LimitError, Unknown, parse
from archspec.keys import describe
from archspec.limits import Limits
from archspec.ops.base import Value
from archspec.ops.checks import MOST_AXES
from archspec.ops.fields import found
from archspec.report import Meant, Origin, Report, Where, fix
from archspec.source import Scalar, Tree
from archspec.source.scalar import Trap, trap

__all__ = ["Evaluator", "Given", "Known", "blamed", "floored", "literal"]

Known = Mapping[str, object]
"""What names mean in an expression: values, mappings for dotted names, or UNKNOWN."""


Given = Callable[[str], Origin | None]
"""Where a parameter has its value from; None for what is none."""


def _nowhere(name: str) -> None:
    """Return that a name is no parameter."""


class Evaluator:
    """Evaluates the values of one spec within one budget; what is wrong goes to the report and comes back UNKNOWN."""

    def __init__(self, report: Report, limits: Limits) -> None:
        self.report = report
        self.budget = Budget(limits.steps)
        self._meanings: dict[Scalar, tuple[int | float | bool | str | None, Trap | None]] = {}

    def value(
        self,
        tree: Tree | None,
        where: Where,
        names: Known,
        words: tuple[str, ...] = (),
        *,
        text: bool = False,
    ) -> Value | Unknown:
        """Return what an argument means: lists go element by element.

        Args:
            tree: the value as written.
            where: where it is written.
            names: what the names in an expression mean.
            words: the listed words that the field takes; they are no expressions.
            text: whether text in quotes is a string, and not an expression.
        """
        if isinstance(tree, Scalar):
            given = None if tree.quoted or tree.text in words else names.get(tree.text)
            if given is None or isinstance(given, dict):  # no name alone, or one of sizes by name
                return self._scalar(tree, where, names, words, text=text)
            return given  # type: ignore[return-value]  # names mean values, or mappings of them
        if isinstance(tree, list):
            items = [self.value(item, where.at(i), names, words, text=text) for i, item in enumerate(tree)]
            return UNKNOWN if any(item is UNKNOWN for item in items) else tuple(items)  # type: ignore[arg-type]
        return self._wrong(where, f"{describe(tree)} where a value is wanted")

    def condition(self, tree: Tree, where: Where, names: Known, given: Given = _nowhere) -> bool | Unknown:
        """Return the value of a condition, which must be true or false; `given` is as of `integer`."""
        value = self.value(tree, where, names)
        if value is UNKNOWN or isinstance(value, bool):
            return value
        origin = blamed(tree, value, given)
        caught = trap(value) if isinstance(value, str) else None
        meant = caught.meant if caught else None
        change = origin.where.replaced(meant) if meant and origin and not origin.said else None
        self.report.say_given(
            "AS104", where, f"the condition is {found(value)}, neither true nor false", origin,
            help=f"write {meant}" if meant else None,
            fixes=fix(f"write {meant}", change, safe=True),
        )  # fmt: skip
        return UNKNOWN

    def integer(self, tree: Tree, where: Where, names: Known, given: Given = _nowhere) -> int | Unknown:
        """Return the value of something that must be an integer.

        Args:
            tree: the value as written.
            where: where it is written.
            names: what the names in an expression mean.
            given: returns where a parameter has its value from; None for what is none.
        """
        value = self.value(tree, where, names)
        if value is UNKNOWN or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        help_, fixes = floored(tree, value, where)
        origin = blamed(tree, value, given)
        if isinstance(value, tuple) and isinstance(tree, Scalar):
            help_, origin = f"its first entry is `{tree.text}.0`", None  # the list may be right
        message = f"an integer is wanted, not {found(value)}"
        self.report.say_given("AS104", where, message, origin, help=help_, fixes=fixes)
        return UNKNOWN

    def sizes(self, tree: Tree, where: Where, names: Known) -> tuple[int, ...] | Unknown:
        """Return a list of positive integers below 2³¹, of no more entries than a tensor has axes."""
        if not isinstance(tree, list) or not tree:
            return self._wrong(where, f"{describe(tree)} where a list of sizes is wanted, as [3, 224, 224]")
        if len(tree) > MOST_AXES:
            return self._wrong(where, f"{len(tree)} sizes; a tensor has {MOST_AXES} axes at most", "AS009")
        sizes = [self.integer(item, where.at(i), names) for i, item in enumerate(tree)]
        for index, size in enumerate(sizes):
            if isinstance(size, int) and not 1 <= size < 1 << 31:
                return self._wrong(where.at(index), f"a size is at least 1 and below 2³¹; this is {size}")
        return UNKNOWN if any(size is UNKNOWN for size in sizes) else tuple(sizes)  # type: ignore[arg-type]

    def expression(self, tree: Tree | None, words: tuple[str, ...] = ()) -> Expression | None:
        """Return the value as an expression; None for a literal, a listed word, a list, or no expression."""
        if not isinstance(tree, Scalar) or not isinstance(tree.value, str) or tree.text in words:
            return None
        try:
            return parse(tree.text)
        except ExpressionError:
            return None

    def _scalar(
        self, scalar: Scalar, where: Where, names: Known, words: tuple[str, ...], *, text: bool
    ) -> Value | Unknown:
        if scalar.quoted and text:
            return scalar.text
        if scalar not in self._meanings:
            self._meanings[scalar] = (scalar.value, None if scalar.quoted else trap(scalar.text))
        value, caught = self._meanings[scalar]
        if scalar.quoted and not isinstance(Scalar(scalar.text).value, str):
            fixes = fix(f"write {scalar.text}", where.replaced(scalar.text), safe=True) if scalar.text else ()
            return self._wrong(where, f'"{scalar.text}" is in quotes; write {scalar.text or "a value"}', fixes=fixes)
        if not isinstance(value, str):
            if value is None and not scalar.text:
                return self._wrong(where, "there is no value here")
            return value
        if scalar.text in words:
            if scalar.text in names:
                return self._wrong(where, f"{scalar.text} is both a word of this argument and a parameter", "AS116")
            return scalar.text
        if caught and scalar.text not in names:
            change = where.replaced(caught.meant) if caught.meant else None
            fixes = fix(f"write {caught.meant}", change, safe=True)
            return self._wrong(where, caught.message, help_=caught.help, fixes=fixes)
        return self._evaluate(scalar.text, where, names, words)

    def _evaluate(self, text: str, where: Where, names: Known, words: tuple[str, ...]) -> Value | Unknown:
        try:
            expression = parse(text)
        except ExpressionError as error:
            self._complain("AS114", error, text, where)
            return UNKNOWN
        for name, start, end in expression.names:
            if name not in names:
                meant = self._unknown_name(name, start, end, text, where, names, words)
                if meant is None or any(other not in names for other, *_ in expression.names if other != name):
                    return UNKNOWN
                return self._meant(expression, name, meant, names, words)
        try:
            return expression.evaluate(names, self.budget)
        except ExpressionError as error:
            self._complain("AS009" if isinstance(error, LimitError) else "AS115", error, text, where)
            return UNKNOWN

    def _meant(
        self, expression: Expression, name: str, meant: str, names: Known, words: tuple[str, ...]
    ) -> Value | Unknown:
        """Return the value of an expression in which one name is a slip of the pen."""
        if meant not in names:
            return meant if meant in words and expression.text == name else UNKNOWN
        try:
            return expression.evaluate({**names, name: names[meant]}, self.budget)
        except ExpressionError:
            return UNKNOWN

    def _unknown_name(
        self, name: str, start: int, end: int, text: str, where: Where, names: Known, words: tuple[str, ...]
    ) -> str | None:
        """Report a name that means nothing; return what it was surely meant to be."""
        if words:
            message = f"{name} is neither one of the words of this argument nor a parameter"
            advice = f"the words are {', '.join(words)}"
        else:
            message = f"{name} is neither a number nor a parameter that this line sees"
            advice = f"it sees {', '.join(names)}"
        help_ = self.report.near(name, (*names, *words), advice)
        if words and isinstance(help_, Meant) and not help_.sure and len(name) <= _SHORT:  # gelu is not meant for selu
            help_ = advice
        fixes = help_.fix(where) if isinstance(help_, Meant) else ()
        span = _part(where.span(), text, start, end)
        self.report.add(Diagnostic("AS111", message, span, help=str(help_), fixes=fixes))
        return self.report.take(help_, (*names, *words))

    def _complain(self, code: str, error: ExpressionError, text: str, where: Where) -> None:
        span = _part(where.span(), text, error.start, error.end)
        self.report.add(Diagnostic(code, error.message, span, help=error.help))

    def _wrong(
        self, where: Where, message: str, code: str = "AS104", help_: str | None = None, fixes: tuple[Fix, ...] = ()
    ) -> Unknown:
        self.report.say(code, where, message, help=help_, fixes=fixes)
        return UNKNOWN


def literal(tree: Tree) -> Value:
    """Return a number, true, false or a list of these, which mean the same wherever they stand; None for all else."""
    if isinstance(tree, Scalar):
        value = tree.value
        return None if isinstance(value, str) else value
    items = [literal(item) for item in tree] if isinstance(tree, list) else [None]
    return None if None in items else tuple(items)


def blamed(tree: Tree | None, value: object, given: Given) -> Origin | None:
    """Return where a value comes from that a line reads by a parameter's name, if it is to blame, and not the line.

    It is where a caller set it, and where it is text, a list or a whole number as a float; another number may be right
    for other lines.
    """
    if not isinstance(tree, Scalar) or tree.quoted:
        return None
    origin = given(tree.text)
    odd = isinstance(value, str | tuple) or (isinstance(value, float) and value.is_integer())
    return origin if origin is not None and (odd or origin.said) else None


def floored(tree: Tree | None, value: object, where: Where) -> tuple[str | None, tuple[Fix, ...]]:
    """Return the help and the fix where a `/` gave a whole number that must be an integer; nothing where none did."""
    if not (isinstance(tree, Scalar) and isinstance(value, float) and value.is_integer()):
        return None, ()
    text = _SLASH.sub("//", tree.text)
    if text == tree.text:
        return None, ()
    return f"`/` gives a float; `//` gives an integer: {text}", fix(f"write {text}", where.replaced(text))


_SHORT = 4  # letters: of words so short, many come near
_SLASH = re.compile("(?<!/)/(?!/)")


def _part(span: Span, text: str, start: int, end: int) -> Span:
    """Return the place of `text[start:end]` inside a scalar's span; the whole if it is written otherwise."""
    offset = span.excerpt.find(text, span.column - 1)
    if offset < 0 or span.line != span.end_line:
        return span
    return replace(span, column=offset + start + 1, end_column=offset + max(end, start + 1) + 1)
