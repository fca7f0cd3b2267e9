"""A source → the same spec in the one layout, with every comment."""

import re
from dataclasses import replace

from archspec.diagnostic import SpecError
from archspec.fmt.align import align
from archspec.fmt.prove import prove
from archspec.fmt.read import read
from archspec.fmt.write import write
from archspec.limits import Limits
from archspec.report import Report
from archspec.source import Source, parse
from archspec.spec import spec

__all__ = ["fmt"]


def fmt(source: Source, limits: Limits = Limits()) -> str:  # noqa: B008 - frozen
    r"""Return a spec in the one layout. What it says, in keys, values and comments, stays to the letter.

    Raises:
        SpecError: the source says not, or not once, what it is. Other mistakes do not matter to its layout.

    Example:
        >>> print(fmt(parse("archspec: 1\nlayers: {conv: {kernel_size: 3,op:   Conv2d } }  # one\n")), end="")
        archspec: 1
        layers: {conv: {op: Conv2d, kernel_size: 3}}  # one
    """
    report = Report(source.diagnostics)
    spec(source, report)
    # Of a key that stands twice a value would be lost, and another version may have another layout.
    if errors := tuple(found for found in report.diagnostics if found.code in ("AS005", "AS101")):
        raise SpecError(errors)
    anything = replace(limits, file_size=8 * limits.file_size)  # blanks may have been added
    whole = source if "\r" not in source.text else parse(re.sub("\r\n?", "\n", source.text), limits=anything)
    text = align(write(*read(whole)))
    prove(whole, parse(text, limits=anything))
    first = re.search("\r\n?|\n", source.text)
    return text.replace("\n", first[0] if first else "\n")
