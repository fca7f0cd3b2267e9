"""The arguments that name a spec and change it → the checked architecture."""

import re
from collections.abc import Callable
from typing import Any, TypeVar

import click

from archspec.architecture import Architecture
from archspec.cli.bounding import limit_option
from archspec.cli.configuration import ops_options
from archspec.cli.finding import complete_spec
from archspec.cli.sources import from_file, from_stdin
from archspec.cli.terminal import report
from archspec.diagnostic import SpecError
from archspec.files import locate
from archspec.limits import Limits
from archspec.ops import Vocabulary
from archspec.ops.base import Op, Value
from archspec.pipeline import Request, check
from archspec.source import Scalar, Source, Tree, parse

__all__ = ["changing", "checked", "load", "named", "of_spec", "setting"]

_Command = TypeVar("_Command", bound=Callable[..., Any])


# Options


def _settings(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> dict[str, Value]:
    """Return the parameters that `name=value` gives, the value as YAML: a literal, or a list of literals."""
    return dict(map(setting, given))


def setting(given: str) -> tuple[str, Value]:
    """Return what `name=value` gives, the value as YAML.

    Raises: click.BadParameter: where it is not of that form.
    """
    name, equals, text = given.partition("=")
    if not (name and equals):
        raise click.BadParameter(f"{given!r} is not of the form name=value")
    wrong = click.BadParameter(f"{name}: {text!r} is neither a number, true, false, a word nor a list of these")
    try:
        tree = parse(f"value: {text}", f"--set {name}").root
    except SpecError as error:
        refused = error.diagnostics[0]
        found = click.BadParameter(f"{name}: {refused.message}")
        raise found if refused.code == "AS009" else wrong from None
    value = _literal(tree["value"]) if isinstance(tree, dict) and len(tree) == 1 else None
    if value is None:
        raise wrong
    return name, value


def _literal(tree: Tree) -> Value:
    """Return a literal; None where there is something else."""
    if isinstance(tree, list):
        items = tuple(map(_literal, tree))
        return None if None in items else items
    return tree.value if isinstance(tree, Scalar) else None


def _sizes(_: click.Context, __: click.Parameter, given: str | None) -> Tree | None:
    """Return `3x224x224` or `image=3x64x64,mask=1x64x64` as if it were written in the spec."""
    if given is None:
        return None
    if re.fullmatch("[0-9]+(x[0-9]+)*", given, re.ASCII):
        return _shape(given)
    named = [part.partition("=") for part in given.split(",")]
    if not all(name and re.fullmatch("[0-9]+(x[0-9]+)*", sizes, re.ASCII) for name, _, sizes in named):
        raise click.BadParameter(f"{given!r} is neither of the form 3x224x224 nor image=3x64x64,mask=1x64x64")
    return {name: _shape(sizes) for name, _, sizes in named}


def _shape(sizes: str) -> Tree:
    if not all(len(size) < 11 and 0 < int(size) < 2**31 for size in sizes.split("x")):
        raise click.BadParameter(f"{sizes}: a size is at least 1 and below 2³¹")
    return [Scalar(size) for size in sizes.split("x")]


def of_spec(command: _Command) -> _Command:
    """Add the argument and the options that `load` takes."""
    return click.argument("spec", shell_complete=complete_spec)(changing(command))


def changing(command: _Command) -> _Command:
    """Add the options that change a spec from outside, and those that say how it is read."""
    set_option = click.option(
        "settings",
        "--set",
        multiple=True,
        callback=_settings,
        metavar="NAME=VALUE",
        help="Give a parameter of the spec a value, as num_classes=10 or depths=[3, 4, 6, 3]; several "
        "times for several.",
    )
    input_option = click.option(
        "sizes",
        "--input",
        callback=_sizes,
        metavar="SIZES",
        help="Another size of the input, without the batch: 3x256x256; by name where the spec names its "
        "inputs: image=3x64x64,mask=1x64x64.",
    )
    return set_option(input_option(ops_options(limit_option(command))))


# Loading


def load(
    spec: str, settings: dict[str, Value], sizes: Tree | None, ops: tuple[type[Op], ...], limits: Limits
) -> Architecture:
    """Return the checked architecture; its warnings and notes go to stderr.

    Raises:
        SpecError: the spec is wrong.
        NotFoundError: there is no such spec.
    """
    request = Request(settings, sizes, Vocabulary(ops), limits)
    return checked(named(spec, limits), request)


def named(spec: str, limits: Limits) -> Source:
    """Return the file that a command line names, or stdin."""
    return from_stdin(limits) if spec == "-" else from_file(locate(spec), limits)


def checked(source: Source, request: Request) -> Architecture:
    """Return the architecture of a source; its warnings and notes go to stderr.

    Raises:
        SpecError: the spec is wrong.
    """
    result = check(source, request)
    if result.failed or result.graph is None:
        raise SpecError(result.diagnostics)
    report(result.diagnostics)
    return Architecture(request, result)
