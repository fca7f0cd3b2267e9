"""What networks for images use beyond torch.nn: learned tensors, factors, norms, dropped samples."""

from typing import ClassVar, Literal, get_args

from archspec.ops import checks
from archspec.ops.axes import batch
from archspec.ops.base import Op, ShapeError, Spelling, Tensor, Weight
from archspec.ops.dropout import check_probability
from archspec.ops.fields import Inferred

__all__ = ["LayerNorm2d", "Parameter", "Scale", "StochasticDepth"]

_LAYER_NORM = """\
class LayerNorm2d(nn.LayerNorm):
    \"\"\"Layer normalization over the channels of images.\"\"\"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
"""


class LayerNorm2d(Op):
    """Normalize over the channels at every position: (C, H, W) -> (C, H, W).

    torchvision's, whose ConvNeXt writes `eps: 1e-6`. Refuses a `normalized_shape` other than the channels
    that arrive. Liu et al. 2022 (ConvNeXt).
    """

    family: ClassVar[str] = "normalization"
    keeps_output: ClassVar[bool] = False

    normalized_shape: Inferred = None
    eps: float = 1e-5
    elementwise_affine: bool = True
    bias: bool = True

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Return the input's shape."""
        (x,) = inputs
        checks.rank("LayerNorm2d", x, 2)
        checks.dtype("LayerNorm2d", x, ("float32",) if self.elementwise_affine else checks.FLOATS)
        checks.matches("normalized_shape", self.normalized_shape, x.shape[0], "channels")
        return (x,)

    def weights(self, *inputs: Tensor) -> tuple[Weight, ...]:
        """Return the scale and the shift of each channel."""
        names = ("weight", "bias") if self.bias else ("weight",)
        return tuple(Weight(name, inputs[0].shape[:1]) for name in names if self.elementwise_affine)

    def spelling(self, *inputs: Tensor) -> Spelling:
        """Return a class over torch.nn's layer norm."""
        others = self.keywords("normalized_shape")
        return Spelling("LayerNorm2d", (("", inputs[0].shape[0]), *others), definition=_LAYER_NORM)


_STOCHASTIC_DEPTH = """\
class StochasticDepth(nn.Module):
    \"\"\"Zero samples with probability p in training: each by itself (row) or all as one (batch).\"\"\"

    def __init__(self, p: float, mode: str) -> None:
        super().__init__()
        self.p = p
        self.mode = mode

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training or self.p == 0:
            return x
        samples = x.shape[0] if self.mode == "row" else 1
        kept = x.new_empty([samples] + [1] * (x.dim() - 1)).bernoulli_(1 - self.p)
        return x * (kept / (1 - self.p) if self.p < 1 else kept)
"""


class StochasticDepth(Op):
    """Zero samples with probability `p` in training and scale up the rest: (…) -> (…).

    `mode` is `row`, each sample by itself, or `batch`, all as one. Stands before a residual branch's Add.
    Refuses a `p` outside 0 to 1. Huang et al. 2016; torchvision's.
    """

    family: ClassVar[str] = "dropout"
    keeps_output: ClassVar[bool] = False
    aliases: ClassVar[bool] = True

    p: float
    mode: Literal["batch", "row"]

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Return the input's shape."""
        (x,) = inputs
        check_probability("p", self.p)
        batch("StochasticDepth", x)
        checks.dtype("StochasticDepth", x, checks.FLOATS)
        return (x,)

    def spelling(self, *inputs: Tensor) -> Spelling:  # noqa: ARG002
        """Return a class of a few lines."""
        arguments = (("p", self.p), ("mode", self.mode))
        return Spelling("StochasticDepth", arguments, definition=_STOCHASTIC_DEPTH)


_SCALE = """\
class Scale(nn.Module):
    \"\"\"Multiply by a number.\"\"\"

    def __init__(self, scale: float) -> None:
        super().__init__()
        self.scale = scale

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.scale
"""


class Scale(Op):
    """Multiply by a number that is not learned: (…) -> (…).

    For the 1/√d of attention that is written out, or a damped residual branch. A learned scale, as ConvNeXt's
    `layer_scale`, is a Parameter and Multiply. ONNX's Scale.
    """

    family: ClassVar[str] = "other"
    keeps_output: ClassVar[bool] = False

    scale: float

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Return the input's shape; whole numbers become float32."""
        (x,) = inputs
        batch("Scale", x)
        checks.dtype("Scale", x, checks.ANY)
        return (x if x.dtype in checks.FLOATS else Tensor(x.shape, "float32"),)

    def spelling(self, *inputs: Tensor) -> Spelling:  # noqa: ARG002
        """Return Python's operator."""
        return Spelling("Scale", (("scale", self.scale),), "{0} * {scale}", _SCALE)


_Drawn = Literal[
    "kaiming_normal", "kaiming_uniform", "normal", "ones", "orthogonal", "trunc_normal", "uniform",
    "xavier_normal", "xavier_uniform", "zeros",
]  # fmt: skip
_DIRECT = {"zeros": "zeros", "ones": "ones", "normal": "randn", "uniform": "rand"}
_FANS = frozenset(get_args(_Drawn)) - _DIRECT.keys() - {"trunc_normal"}


class Parameter(Op):
    """A learned tensor: no input -> `shape`, which is whole and has no batch.

    Its key is its path. `init` is a function of torch.nn.init by its name without the underscore, with that
    function's defaults, or a number; arguments and other functions are the spec's `init` rules. Refuses sizes
    below 1, and fewer than two axes where `init` counts fans. `torch.nn.Parameter`.

    Example:
        >>> Parameter(shape=(1, 1, 768)).spelling().constructor
        'nn.Parameter(torch.zeros({*shape}))'
    """

    family: ClassVar[str] = "parameter"
    arity: ClassVar[tuple[int, int | None]] = (0, 0)
    aliases: ClassVar[bool] = True  # the tensor that is read is the weight itself

    shape: tuple[int, ...]
    init: float | _Drawn = "zeros"

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:  # noqa: ARG002
        """Return the tensor."""
        checks.at_least(1, shape=self.shape)
        if self.init in _FANS and len(self.shape) < 2:
            raise ShapeError(
                "AS204",
                f"{self.init} counts the fans of two axes or more; shape has {len(self.shape)}",
                argument="init",
            )
        checks.result(Tensor(()), *self.shape)
        return (Tensor(self.shape, batched=False),)

    def weights(self, *inputs: Tensor) -> tuple[Weight, ...]:  # noqa: ARG002
        """Return the tensor under an empty name."""
        return (Weight("", self.shape),)

    def spelling(self, *inputs: Tensor) -> Spelling:  # noqa: ARG002
        """Return torch's parameter, filled as `init` says."""
        sizes = "{*shape}" if self.shape else "()"
        match self.init:
            case str(name) if name in _DIRECT:
                filled = f"torch.{_DIRECT[name]}({sizes})"
            case str(name):
                filled = f"nn.init.{name}_(torch.empty({sizes}))"
            case _:
                filled = "torch.full({shape}, {init})"
        arguments = (("shape", self.shape), ("init", self.init))
        return Spelling(f"nn.Parameter({filled})", arguments, call="{self}")
