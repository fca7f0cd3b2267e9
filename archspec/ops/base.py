"""What an op is: the arguments it takes, and what follows from them and its inputs.

One class (or one row of a family's table) declares everything about an op: its arguments, the rule that gives
its output, its weights, its MACs and how torch spells it. No torch is needed for any of it: the spelling is
text.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, ClassVar, NamedTuple

from pydantic import (
    BaseModel,
    ConfigDict,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
)
from pydantic_core import PydanticCustomError

from archspec.arithmetic import Window
from archspec.ops.fields import as_tuples, mistake, wanted

__all__ = ["Op", "ShapeError", "Spelling", "Tensor", "Value", "Weight"]

Value = int | float | bool | str | None | tuple["Value", ...]
"""What an argument may be once it is evaluated."""


class Tensor(NamedTuple):
    """What flows along an edge: a shape and a dtype.

    `shape` leaves the batch out where `batched` is true, so an image is `(3, 224, 224)`. A learned tensor
    (`Parameter`) is not batched: its shape is whole, and only ops that broadcast or concatenate accept it.
    """

    shape: tuple[int, ...]
    dtype: str = "float32"  # a torch dtype's name; `build(dtype=…)` replaces float32 alone
    batched: bool = True

    def __str__(self) -> str:
        return "×".join(map(str, self.shape)) if self.shape else "scalar"


class Weight(NamedTuple):
    """A tensor that a layer owns: an entry of its state_dict, in order.

    `name` is the key below the layer's path; it is empty for `Parameter`, whose key is its path.
    """

    name: str
    shape: tuple[int, ...]
    buffer: bool = False  # kept in the state_dict but not learned, as running_mean
    dtype: str = "float32"


class Spelling(NamedTuple):
    """How torch writes a layer, as text with slots, so that an op's file needs no torch.

    `constructor` and `arguments` make the submodule: `nn.Conv2d(3, 64, kernel_size=7)`; an argument whose
    name is empty is positional. `call` is the expression in `forward`: `{self}` is the submodule, `{0}`,
    `{1}`, … the inputs, `{inputs}` all of them with commas, `{name}` the argument of that name and `{*name}`
    its elements with commas.

    - A module: `Spelling("nn.ReLU")`, called as `self.relu(x)`.
    - A function: `Spelling("Permute", (("dims", (0, 2, 3, 1)),), call="{0}.permute({*dims})", definition=…)`:
      `call` has no `{self}`, so no submodule is made, except where the layer stands in an `nn.Sequential`:
      there `constructor` is used. A function of several inputs needs no constructor.
    - `definition` is the text of the class that `constructor` names, where torch.nn has none: it is written
      into the module's source once.
    - A `constructor` with a parenthesis is a whole expression with the same slots, and `arguments` only fill
      them: `Spelling("nn.Parameter(torch.zeros({*shape}))", (("shape", (1, 1, 768)),), call="{self}")`.

    An op of several outputs gives a tuple of them, an op of one output the tensor itself.
    """

    constructor: str | None = None
    arguments: tuple[tuple[str, Value], ...] = ()
    call: str = "{self}({inputs})"
    definition: str = ""


@dataclass(eq=False)
class ShapeError(Exception):
    """An op refuses its arguments or its inputs, as torch would.

    `argument` names the argument to blame, None where it is the input; `operand` is the number of the input
    to blame. `notes` hold the arithmetic with its numbers, `help` what would work: each of `would`, the likeliest
    first, gives values of arguments that torch accepts in place of the written ones, and `before` is the op that
    must stand before it for that. Where `same_output`, the output is the same with whatever would do for the argument:
    what follows is then judged all the same.
    """

    code: str  # AS201 … AS206
    message: str
    argument: str | None = None
    operand: int = 0
    notes: tuple[str, ...] = field(default=())
    help: str | None = None
    would: tuple[Mapping[str, Value], ...] = ()
    before: str | None = None
    same_output: bool = False


class Op(BaseModel):
    """An op: arguments as pydantic fields (torch's names and defaults), and five answers about them.

    A subclass is named as the op. Its docstring gives the shapes as `(C, H, W) -> (C', H', W')`, what it
    refuses and its source. Channel counts and the like that follow from the input are fields with the default
    None: not written, they are taken from the input; written, they are checked by `infer`.

    Example:
        >>> class Double(Op):
        ...     family = "reshape"
        ...     def infer(self, x):
        ...         return (Tensor((2 * x.shape[0], *x.shape[1:]), x.dtype),)
        ...     def spelling(self, x):
        ...         return Spelling(call="torch.cat([{0}, {0}], dim=1)")
        >>> Double().infer(Tensor((3, 8, 8)))[0].shape
        (6, 8, 8)
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    family: ClassVar[str]
    """What pictures colour by: convolution, pooling, normalization, activation, dropout, padding, linear,
    embedding, attention, merge, reshape, sampling, parameter or other."""
    arity: ClassVar[tuple[int, int | None]] = (1, 1)
    """The least and the greatest number of inputs; None for no bound."""
    keeps_output: ClassVar[bool] = True
    """Whether autograd keeps the output for the backward pass, so that nothing may write into it."""
    aliases: ClassVar[bool] = False
    """Whether an output may be the input's own memory, so that writing into it writes into the input."""

    # A subclass names its inputs, as `infer(self, x: Tensor)`; mypy allows that where the base takes any.

    def infer(self, *inputs: Any, **_: Any) -> tuple[Tensor, ...]:
        """Return the outputs, almost always one. Raises ShapeError exactly where torch refuses."""
        raise NotImplementedError

    def weights(self, *inputs: Any, **_: Any) -> tuple[Weight, ...]:  # noqa: ARG002
        """Return the tensors that the layer owns, in state_dict order. Called after `infer`."""
        return ()

    def macs(self, *inputs: Any, **_: Any) -> int:  # noqa: ARG002
        """Return the multiply-accumulates of one sample, as torch's flop counter. Called after `infer`."""
        return 0

    def spelling(self, *inputs: Any, **_: Any) -> Spelling:
        """Return how torch writes the layer. Called after `infer`."""
        raise NotImplementedError

    def windows(self, *inputs: Any, **_: Any) -> tuple[Window, ...]:  # noqa: ARG002
        """Return how the op slides over each spatial axis, if it does. Called after `infer`."""
        return ()

    @field_validator("*", mode="wrap")
    @classmethod
    def _in_our_words(cls, value: object, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> object:
        """Turn whatever pydantic has against a value into one sentence at the field."""
        try:
            return handler(as_tuples(value) if isinstance(value, (list, tuple)) else value)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            if first["type"] == "argument":
                raise PydanticCustomError("argument", "{message}", {"message": first["msg"]}) from None
            name = info.field_name or ""
            raise mistake(name, wanted(cls.model_fields[name].annotation), value) from None

    @classmethod
    def words(cls, argument: str) -> tuple[str, ...]:
        """Return the listed words (`same`, `reflect`, …) that an argument may be."""
        return _listed(cls, argument)

    def written(self) -> Mapping[str, Value]:
        """Return the arguments that are not their defaults, in declared order."""
        return {
            name: getattr(self, name)
            for name, declared in type(self).model_fields.items()
            if name in self.model_fields_set and getattr(self, name) != declared.default
        }

    def keywords(self, *positional: str) -> tuple[tuple[str, Value], ...]:
        """Return the written arguments for a `Spelling`, but for those that stand before them by position."""
        return tuple((name, value) for name, value in self.written().items() if name not in positional)


@cache
def _listed(op: type[Op], argument: str) -> tuple[str, ...]:
    return _words(op.model_fields[argument].annotation)


def _words(annotation: object) -> tuple[str, ...]:
    """Return every string that a Literal anywhere inside the annotation lists."""
    if isinstance(annotation, str):
        return (annotation,)
    return tuple(word for part in getattr(annotation, "__args__", ()) for word in _words(part))
