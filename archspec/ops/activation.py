"""Activations that work element by element: a tensor comes in, one of the same shape goes out."""

from typing import ClassVar, Literal

from archspec.ops import checks
from archspec.ops.axes import batch
from archspec.ops.base import Op, ShapeError, Spelling, Tensor, Weight

__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "SELU",
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "LeakyReLU",
    "LogSigmoid",
    "Mish",
    "PReLU",
    "RReLU",
    "ReLU",
    "ReLU6",
    "SiLU",
    "Sigmoid",
    "Softplus",
    "Softshrink",
    "Softsign",
    "Tanh",
    "Tanhshrink",
    "Threshold",
]

_NUMBERS = checks.FLOATS | checks.INTEGERS


class _Activation(Op):
    """An activation: what differs is its arguments, what they may be, and the dtypes it computes in."""

    family: ClassVar[str] = "activation"
    keeps_output: ClassVar[bool] = False  # autograd keeps the input
    dtypes: ClassVar[frozenset[str]] = checks.FLOATS
    to_float: ClassVar[bool] = False
    """Whether the output of whole numbers is float32."""

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Return the input's shape. Refuses the arguments and the dtypes that torch refuses."""
        (x,) = inputs
        self._check(x)
        batch(type(self).__name__, x)
        checks.dtype(type(self).__name__, x, self.dtypes)
        return (x if x.dtype in checks.FLOATS or not self.to_float else Tensor(x.shape, "float32"),)

    def _check(self, x: Tensor) -> None:
        """Refuse what torch refuses of the arguments; most activations take any number."""

    def spelling(self, *inputs: Tensor) -> Spelling:  # noqa: ARG002
        """Return the class of torch.nn with the arguments that are written."""
        return Spelling(f"nn.{type(self).__name__}", self.keywords())


class _InPlace(_Activation):
    inplace: bool = False


class _ReversedInPlace(_InPlace):
    """In place, the gradient is computed from the output, which autograd then keeps."""

    @property
    def keeps_output(self) -> bool:  # type: ignore[override]  # it depends on an argument here
        """Whether autograd keeps the output for the backward pass."""
        return self.inplace


class CELU(_ReversedInPlace):
    """max(0, x) + min(0, α·(exp(x/α) − 1)): (…) -> (…).

    Refuses an `alpha` of 0. Barron 2017; `torch.nn.CELU`.
    """

    alpha: float = 1.0

    def _check(self, x: Tensor) -> None:  # noqa: ARG002
        if self.alpha == 0:
            raise ShapeError("AS201", "alpha is 0, by which CELU divides", argument="alpha")


class ELU(_ReversedInPlace):
    """X above 0, α·(exp(x) − 1) below: (…) -> (…). Clevert et al. 2015; `torch.nn.ELU`."""

    alpha: float = 1.0


class GELU(_Activation):
    """x·Φ(x), Φ the normal distribution or its tanh approximation: (…) -> (…).

    Hendrycks and Gimpel 2016; `torch.nn.GELU`.
    """

    approximate: Literal["none", "tanh"] = "none"


class Hardshrink(_Activation):
    """X where it is farther than λ from 0, else 0: (…) -> (…). `torch.nn.Hardshrink`."""

    lambd: float = 0.5


class Hardsigmoid(_InPlace):
    """clip(x/6 + 1/2, 0, 1): (…) -> (…). `torch.nn.Hardsigmoid`."""


class Hardswish(_InPlace):
    """x·clip(x/6 + 1/2, 0, 1): (…) -> (…). Howard et al. 2019 (MobileNetV3); `torch.nn.Hardswish`."""


_WORD = 2**31


class _Clipping(_InPlace):
    """What takes whole numbers as long as its arguments fit their type."""

    def _check_numbers(self, x: Tensor, *arguments: float) -> None:
        if x.dtype in checks.INTEGERS and not all(-_WORD <= argument < _WORD for argument in arguments):
            raise ShapeError("AS206", f"the arguments are beyond what {x.dtype}, the input's dtype, holds")


class Hardtanh(_Clipping):
    """clip(x, min_val, max_val): (…) -> (…).

    Refuses a `min_val` that is not below `max_val`. `torch.nn.Hardtanh`.
    """

    dtypes: ClassVar[frozenset[str]] = checks.FLOATS | {"int32", "int64"}

    min_val: float = -1.0
    max_val: float = 1.0

    def _check(self, x: Tensor) -> None:
        self._check_numbers(x, self.min_val, self.max_val)
        if self.max_val <= self.min_val:
            raise ShapeError(
                "AS201",
                f"min_val is {self.min_val} and max_val {self.max_val}; the first must be the smaller",
                argument="min_val" if "min_val" in self.model_fields_set else "max_val",
            )


class LeakyReLU(_ReversedInPlace):
    """X above 0, a small slope below: (…) -> (…). Maas et al. 2013; `torch.nn.LeakyReLU`."""

    negative_slope: float = 0.01


class LogSigmoid(_Activation):
    """log(1 / (1 + exp(−x))): (…) -> (…). `torch.nn.LogSigmoid`."""


class Mish(_InPlace):
    """x·tanh(softplus(x)): (…) -> (…). Misra 2019; `torch.nn.Mish`."""


class PReLU(_Activation):
    """X above 0, a learned slope below: (C, …) -> (C, …).

    `num_parameters` is 1, a slope for all channels, or their number. He et al. 2015; `torch.nn.PReLU`.
    """

    dtypes: ClassVar[frozenset[str]] = frozenset({"float32"})  # the slope's

    num_parameters: int = 1
    init: float = 0.25

    def _check(self, x: Tensor) -> None:
        checks.at_least(1, num_parameters=self.num_parameters)
        channels = x.shape[0] if x.shape else 1
        if self.num_parameters not in (1, channels):
            raise ShapeError(
                "AS203",
                f"num_parameters is {self.num_parameters}, but {channels} channels arrive",
                argument="num_parameters",
                help=f"num_parameters: {channels}, a slope for each channel, or 1 for all",
            )

    def weights(self, *inputs: Tensor) -> tuple[Weight, ...]:  # noqa: ARG002
        """Return the slopes."""
        return (Weight("weight", (self.num_parameters,)),)


class RReLU(_ReversedInPlace):
    """X above 0, below a slope that training draws between `lower` and `upper`: (…) -> (…).

    Refuses a `lower` above `upper`. Xu et al. 2015; `torch.nn.RReLU`.
    """

    lower: float = 1 / 8
    upper: float = 1 / 3

    def _check(self, x: Tensor) -> None:  # noqa: ARG002
        for name, bound in (("lower", self.lower), ("upper", self.upper)):
            if not abs(bound) < float("inf"):
                raise ShapeError("AS201", f"{name} is {bound}; it must be finite", argument=name)
        if self.lower > self.upper:
            raise ShapeError(
                "AS201",
                f"lower is {self.lower} and upper {self.upper}; the first must not be the greater",
                argument="lower" if "lower" in self.model_fields_set else "upper",
            )


class ReLU(_InPlace):
    """max(0, x): (…) -> (…). Nair and Hinton 2010; `torch.nn.ReLU`.

    Example:
        >>> ReLU(inplace=True).spelling(Tensor((64, 56, 56))).arguments
        (('inplace', True),)
    """

    keeps_output: ClassVar[bool] = True
    dtypes: ClassVar[frozenset[str]] = _NUMBERS


class ReLU6(_InPlace):
    """clip(x, 0, 6): (…) -> (…). Howard et al. 2017 (MobileNets); `torch.nn.ReLU6`."""

    dtypes: ClassVar[frozenset[str]] = _NUMBERS


class SELU(_ReversedInPlace):
    """An ELU that keeps mean 0 and variance 1: (…) -> (…). Klambauer et al. 2017; `torch.nn.SELU`."""


class SiLU(_InPlace):
    """x / (1 + exp(−x)), also called swish: (…) -> (…). Elfwing et al. 2017; `torch.nn.SiLU`."""


class Sigmoid(_Activation):
    """1 / (1 + exp(−x)): (…) -> (…). `torch.nn.Sigmoid`."""

    keeps_output: ClassVar[bool] = True
    dtypes: ClassVar[frozenset[str]] = checks.ANY
    to_float: ClassVar[bool] = True


class Softplus(_Activation):
    """log(1 + exp(β·x)) / β, and x itself where β·x is above `threshold`: (…) -> (…). `torch.nn.Softplus`."""

    beta: float = 1.0
    threshold: float = 20.0


class Softshrink(_Activation):
    """X moved towards 0 by λ, 0 where it is nearer: (…) -> (…).

    Refuses a `lambd` below 0. `torch.nn.Softshrink`.
    """

    lambd: float = 0.5

    def _check(self, x: Tensor) -> None:  # noqa: ARG002
        if not 0 <= self.lambd <= _LARGEST_FLOAT:
            raise ShapeError("AS201", f"lambd is {self.lambd}; it must be 0 or more", argument="lambd")


_LARGEST_FLOAT = 3.4028234663852886e38  # of float32


class Softsign(_Activation):
    """x / (1 + |x|): (…) -> (…). `torch.nn.Softsign`."""

    dtypes: ClassVar[frozenset[str]] = _NUMBERS
    to_float: ClassVar[bool] = True


class Tanh(_Activation):
    """(exp(x) − exp(−x)) / (exp(x) + exp(−x)): (…) -> (…). `torch.nn.Tanh`."""

    keeps_output: ClassVar[bool] = True
    dtypes: ClassVar[frozenset[str]] = checks.ANY
    to_float: ClassVar[bool] = True


class Tanhshrink(_Activation):
    """X − tanh(x): (…) -> (…). `torch.nn.Tanhshrink`."""

    dtypes: ClassVar[frozenset[str]] = _NUMBERS
    to_float: ClassVar[bool] = True


class Threshold(_Clipping):
    """X where it is above `threshold`, else `value`: (…) -> (…). `torch.nn.Threshold`."""

    dtypes: ClassVar[frozenset[str]] = checks.FLOATS | {"int32", "int64"}

    threshold: float
    value: float

    def _check(self, x: Tensor) -> None:
        self._check_numbers(x, self.threshold, self.value)
