"""Fully connected layers and tables: the last axis, or a whole number, comes in, and features go out."""

from math import prod
from typing import ClassVar

from archspec.ops import checks
from archspec.ops.axes import batch
from archspec.ops.base import Op, ShapeError, Spelling, Tensor, Weight
from archspec.ops.fields import Inferred

__all__ = ["Bilinear", "Embedding", "Identity", "Linear"]

_TOKENS = 2
"""The axes of a sequence of tokens, each of which a Linear reads by itself; more are a map's."""
_WEIGHTED = ("float32",)


class Linear(Op):
    """Multiply the last axis by a matrix: (…, F) -> (…, out_features).

    Refuses an `in_features` other than the last axis that arrives, which of an image is its width: Flatten
    comes first. `torch.nn.Linear`.

    Example:
        >>> Linear(out_features=10).macs(Tensor((84,)))
        840
    """

    family: ClassVar[str] = "linear"
    keeps_output: ClassVar[bool] = False

    in_features: Inferred = None
    out_features: int
    bias: bool = True

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Return the input with `out_features` as its last axis."""
        (x,) = inputs
        checks.at_least(1, out_features=self.out_features)
        batch("Linear", x, 1)
        checks.dtype("Linear", x, _WEIGHTED)
        self._check_features(x)
        return checks.result(x, *x.shape[:-1], self.out_features)

    def _check_features(self, x: Tensor) -> None:
        whole = prod(x.shape)
        if self.in_features not in (None, x.shape[-1]) and (self.in_features == whole or len(x.shape) > _TOKENS):
            sizes = "·".join(map(str, x.shape))
            right = "" if self.in_features == whole else f", and in_features: {whole}"
            raise ShapeError(
                "AS203",
                f"in_features is {self.in_features}, but the last axis of the {x} that arrives has {x.shape[-1]}",
                argument="in_features",
                notes=(f"flattened, {sizes} = {whole} features",),
                help=f"put a Flatten before it{right}",
                would=() if self.in_features == whole else ({"in_features": whole},),
                before="Flatten",
            )
        flat = len(x.shape) == 1  # else a Flatten may be missing
        checks.matches("in_features", self.in_features, x.shape[-1], "features", same_output=flat)

    def weights(self, *inputs: Tensor) -> tuple[Weight, ...]:
        """Return the matrix, a row for each output, and the bias."""
        weight = Weight("weight", (self.out_features, inputs[0].shape[-1]))
        return (weight, Weight("bias", (self.out_features,))) if self.bias else (weight,)

    def macs(self, *inputs: Tensor) -> int:
        """Return the size of the matrix for each position."""
        return prod(inputs[0].shape) * self.out_features

    def spelling(self, *inputs: Tensor) -> Spelling:
        """Return the class of torch.nn with its features."""
        features = (("", inputs[0].shape[-1]), ("", self.out_features))
        return Spelling("nn.Linear", (*features, *self.keywords("in_features", "out_features")))


class Bilinear(Op):
    """A product x₁ᵀ·A·x₂ for each output: (…, F₁), (…, F₂) -> (…, out_features).

    Refuses inputs that differ in more than their last axis. `torch.nn.Bilinear`.
    """

    family: ClassVar[str] = "linear"
    arity: ClassVar[tuple[int, int | None]] = (2, 2)
    keeps_output: ClassVar[bool] = False

    in1_features: Inferred = None
    in2_features: Inferred = None
    out_features: int
    bias: bool = True

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Return the first input with `out_features` as its last axis."""
        checks.at_least(1, out_features=self.out_features)
        for operand, x in enumerate(inputs):
            batch("Bilinear", x, 1, operand=operand)
            checks.dtype("Bilinear", x, _WEIGHTED, operand=operand)
        first, second = inputs
        checks.matches("in1_features", self.in1_features, first.shape[-1], "features", same_output=True)
        checks.matches("in2_features", self.in2_features, second.shape[-1], "features", same_output=True)
        if first.shape[:-1] != second.shape[:-1]:
            raise ShapeError(
                "AS203",
                f"Bilinear reads {first} and {second}, which may differ in their last axis alone",
                operand=1,
            )
        return checks.result(first, *first.shape[:-1], self.out_features)

    def weights(self, *inputs: Tensor) -> tuple[Weight, ...]:
        """Return a matrix for each output, and the bias."""
        first, second = inputs
        weight = Weight("weight", (self.out_features, first.shape[-1], second.shape[-1]))
        return (weight, Weight("bias", (self.out_features,))) if self.bias else (weight,)

    def macs(self, *inputs: Tensor) -> int:
        """Return the size of the matrices for each position."""
        return prod(inputs[0].shape) * inputs[1].shape[-1] * self.out_features

    def spelling(self, *inputs: Tensor) -> Spelling:
        """Return the class of torch.nn with its features."""
        features = (*(x.shape[-1] for x in inputs), self.out_features)
        others = self.keywords("in1_features", "in2_features", "out_features")
        return Spelling("nn.Bilinear", (*(("", size) for size in features), *others))


class Embedding(Op):
    """Look up a learned vector for each whole number: (…) -> (…, embedding_dim).

    Refuses an input that is not of whole numbers, and a `padding_idx` outside the table. That the numbers
    themselves lie in the table shows only when the module runs. `torch.nn.Embedding`.
    """

    family: ClassVar[str] = "embedding"
    keeps_output: ClassVar[bool] = False

    num_embeddings: int
    embedding_dim: int
    padding_idx: int | None = None
    max_norm: float | None = None
    norm_type: float = 2.0
    scale_grad_by_freq: bool = False
    sparse: bool = False

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Return the input with `embedding_dim` as a further axis."""
        (x,) = inputs
        checks.at_least(1, num_embeddings=self.num_embeddings, embedding_dim=self.embedding_dim)
        batch("Embedding", x)
        if x.dtype not in ("int32", "int64"):
            raise ShapeError(
                "AS206",
                f"Embedding reads whole numbers, int64; what arrives is {x.dtype}",
                help="where it is the model's input: {shape: […], dtype: int64}",
            )
        last = self.num_embeddings - 1
        if self.padding_idx is not None and not -last - 1 <= self.padding_idx <= last:
            raise ShapeError(
                "AS201",
                f"padding_idx is {self.padding_idx}, outside a table of {self.num_embeddings}",
                argument="padding_idx",
                help=f"padding_idx: 0 to {last}, or -1 to {-last - 1} from the end",
            )
        return checks.result(x, *x.shape, self.embedding_dim, dtype="float32")

    def weights(self, *inputs: Tensor) -> tuple[Weight, ...]:  # noqa: ARG002
        """Return the table."""
        return (Weight("weight", (self.num_embeddings, self.embedding_dim)),)

    def spelling(self, *inputs: Tensor) -> Spelling:  # noqa: ARG002
        """Return the class of torch.nn with the size of its table."""
        sizes = (("", self.num_embeddings), ("", self.embedding_dim))
        return Spelling("nn.Embedding", (*sizes, *self.keywords("num_embeddings", "embedding_dim")))


class Identity(Op):
    """Give what arrives: (…) -> (…). `torch.nn.Identity`."""

    family: ClassVar[str] = "other"
    keeps_output: ClassVar[bool] = False
    aliases: ClassVar[bool] = True

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Return the input."""
        batch("Identity", inputs[0])
        return inputs

    def spelling(self, *inputs: Tensor) -> Spelling:  # noqa: ARG002
        """Return the class of torch.nn."""
        return Spelling("nn.Identity")
