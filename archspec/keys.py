"""The keys of each mapping of the language, as pydantic models: a tree → its model, with a message for every wrong key.

A value that is judged later, by the expressions and arguments it may hold, is kept as the tree it is.
"""

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from archspec.report import Meant, Report, Where
from archspec.source import Scalar, Tree

__all__ = [
    "BlockKeys",
    "ExpectKeys",
    "FileKeys",
    "InitKeys",
    "LayerKeys",
    "ParameterKeys",
    "describe",
    "legal",
    "validate",
]


def describe(tree: Tree | None) -> str:
    """Return what stands in the file, in words: `the number 3`, `a list`, `"relu"`.

    Example:
        >>> describe(Scalar("3", quoted=True))
        '"3" in quotes'
    """
    if tree is None:
        return "nothing"
    if not isinstance(tree, Scalar):
        return "a mapping" if isinstance(tree, dict) else "a list"
    value, text = tree.value, tree.text if len(tree.text) <= 40 else tree.text[:39] + "…"
    if tree.quoted:
        return f'"{text}" in quotes'
    if value is None:
        return text or "nothing"
    if isinstance(value, bool):
        return text
    return f"the number {text}" if isinstance(value, int | float) else f'"{text}"'


def _text(tree: object) -> str:
    if isinstance(tree, Scalar) and tree.text:
        return tree.text
    raise PydanticCustomError("AS104", "{found} where text is wanted", {"found": describe(tree)})  # type: ignore[arg-type]


def _flag(tree: object) -> bool:
    if isinstance(tree, Scalar) and isinstance(tree.value, bool):
        return tree.value
    raise PydanticCustomError("AS104", "{found} where true or false is wanted", {"found": describe(tree)})  # type: ignore[arg-type]


def _texts(tree: object) -> tuple[str, ...]:
    if isinstance(tree, list) and tree:
        return tuple(_text(item) for item in tree)
    return (_text(tree),)


def _names(tree: object) -> str | dict[str, str]:
    if isinstance(tree, dict) and tree:
        return {name: _text(value) for name, value in tree.items()}
    if isinstance(tree, list) and tree:
        words = [item.text for item in tree if isinstance(item, Scalar) and item.text]
        pairs = ", ".join(f"{word}: {word}" for word in words)
        advice = f"write {{{pairs}}}" if len(words) == len(tree) <= _SHOWN else "write {logits: fc, features: pool}"
        raise PydanticCustomError("AS104", "several outputs have names", {"help": advice})
    return _text(tree)


_SHOWN = 8
"""Of so many outputs at most, the names are written out."""


def _mapping(tree: object) -> object:
    if isinstance(tree, dict):
        return tree
    raise PydanticCustomError("AS104", "{found} where a mapping is wanted", {"found": describe(tree)})  # type: ignore[arg-type]


def _list(tree: object) -> object:
    if isinstance(tree, list):
        return tree
    raise PydanticCustomError("AS104", "{found} where a list is wanted", {"found": describe(tree)})  # type: ignore[arg-type]


_Text = Annotated[str, BeforeValidator(_text)]
_Flag = Annotated[bool, BeforeValidator(_flag)]
_Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]
_Mapping = Annotated[dict[str, Any], BeforeValidator(_mapping)]
_List = Annotated[list[Any], BeforeValidator(_list)]
_Output = Annotated[str | dict[str, str], BeforeValidator(_names)]


class _Known(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, defer_build=True)


class FileKeys(_Known):
    """The keys of a file."""

    archspec: Any = None
    name: _Text | None = None
    description: _Text | None = None
    reference: _Text | None = None
    extends: _Text | None = None
    input: Any = None
    parameters: _Mapping = {}
    blocks: _Mapping = {}
    layers: Any = None
    output: _Output | None = None
    init: _List = []
    expect: _Mapping = {}


class BlockKeys(_Known):
    """The keys of a block."""

    parameters: _Mapping = {}
    input: _Texts = ()
    layers: Any = None
    output: _Output | None = None


class ParameterKeys(_Known):
    """The keys of a parameter's long form."""

    type: _Text | None = None
    default: Any = None
    description: _Text = ""


class ExpectKeys(_Known):
    """The figures that a file may expect."""

    output: Any = None
    parameters: Any = None
    macs: Any = None


class InitKeys(BaseModel):
    """The keys of an init rule; the others are tensors."""

    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)
    op: _Text | None = None
    layer: _Text | None = None
    trainable: _Flag = True


class LayerKeys(BaseModel):
    """The keys of a layer; the others are arguments."""

    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)
    op: _Text | None = None
    block: _Text | None = None
    layers: Any = None
    reads: Annotated[_Texts | None, Field(alias="from")] = None
    when: Any = None
    repeat: Any = None
    name: _Text | None = None
    inline: _Flag = False
    expect: Any = None


_Model = TypeVar("_Model", bound=BaseModel)


def validate(model: type[_Model], tree: Tree, where: Where, report: Report) -> tuple[_Model, bool, Where]:
    """Return the mapping as its model without what is wrong with it, whether nothing was, and where its keys are."""
    if not isinstance(tree, dict):
        report.say("AS104", where, f"{describe(tree)} where a mapping is wanted")
        return model(), False, where
    try:
        return model.model_validate(tree), True, where
    except ValidationError as error:
        wrong = {str(found["loc"][0]) for found in error.errors(include_url=False, include_input=False)}
        slips = _explain(error, model, where, report, tree)
        right = {key: value for key, value in tree.items() if key not in wrong}
        try:
            meant = model.model_validate({**right, **{name: tree[key] for name, key in slips.items()}})
            return meant, False, where._replace(slips=tuple(slips.items()))
        except ValidationError:
            return model.model_validate(right), False, where


def _explain(
    error: ValidationError, model: type[BaseModel], where: Where, report: Report, tree: dict[str, Tree]
) -> dict[str, str]:
    """Report what is wrong with keys; return those that are slips of the pen by what they are surely meant to be."""
    slips: dict[str, str] = {}
    for found in error.errors(include_url=False):
        key = str(found["loc"][0])
        if found["type"] != "extra_forbidden":
            advice = found.get("ctx", {}).get("help")
            report.say(found["type"], where.at(key), f"{key}: {found['msg']}", help=advice)
            continue
        known = [field.alias or name for name, field in model.model_fields.items()]
        advice = report.near(key, known, f"the keys are {', '.join(known)}", written=tree)
        if key == "params" and "parameters" in known and "parameters" not in tree:
            advice = Meant(key, "parameters", sure=True)
        report.say("AS103", where.at(key), f"there is no key {key} here", name=True, help=advice)
        name = report.take(advice, known)
        if name is not None:
            slips.setdefault(name, key)
    return slips


def legal(problem: str | None, kind: str, name: str, where: Where, report: Report) -> bool:
    """Whether a name has no problem; says so if it has one."""
    if problem:
        report.say("AS105", where, f"a {kind} cannot be called {name!r}: {problem}", name=True)
    return problem is None
