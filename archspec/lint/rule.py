"""What a rule is: its code and its reason, and a check that reads a checked spec and yields what it finds."""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import ClassVar, NamedTuple

from archspec.diagnostic import CODES, Fix, Severity
from archspec.lint.subject import Subject
from archspec.report import Where

__all__ = ["Finding", "Rule"]


class Finding(NamedTuple):
    """What a rule has to say at a place: a message's parts, as `Report.say` takes them."""

    where: Where
    message: str
    name: bool = False  # at the key that names the value
    labels: tuple[tuple[Where, str], ...] = ()
    notes: tuple[str, ...] = ()
    help: str | None = None
    fixes: tuple[Fix, ...] = ()


class Rule(ABC):
    """One thing that is legal and surely a mistake.

    The docstring of a subclass is what `archspec rule` and the documentation say of it. Its first paragraph says
    what is found, the next ones why it is a mistake, and the last one, which begins with `Source:`, who says so.
    `catches` is a spec in which the rule fires, alone and once; in `spares` nothing fires, though it comes near.
    A new rule is a class in a file of its own, a row of `RULES` in lint/rules and one of `CODES`.
    """

    code: ClassVar[str]
    severity: ClassVar[Severity] = "warning"
    default: ClassVar[bool] = True
    """Whether it runs unless it is ignored, or else only where it is selected."""
    catches: ClassVar[str]
    spares: ClassVar[str]

    @abstractmethod
    def check(self, subject: Subject) -> Iterable[Finding]:
        """Yield what is found in a spec without errors.

        A line of a block stands for a layer in each instance of the block. A rule that is about the line looks at
        all of them (`subject.lines`) before it speaks; of findings at one place the first is kept.
        """

    @classmethod
    def name(cls) -> str:
        """Return the code in words, as `bias-before-norm`."""
        return CODES[cls.code]

    @classmethod
    def paragraphs(cls) -> tuple[str, ...]:
        """Return what is found, why that is a mistake, and the source."""
        return tuple(" ".join(part.split()) for part in inspect.cleandoc(cls.__doc__ or "").split("\n\n"))
