"""Attention: a sequence of tokens comes in, or a query, a key and a value, and the attended values go out."""

from typing import ClassVar

from archspec.ops import checks
from archspec.ops.axes import batch
from archspec.ops.base import Op, ShapeError, Spelling, Tensor, Weight
from archspec.ops.dropout import check_probability
from archspec.ops.fields import Inferred

__all__ = ["MultiheadAttention"]


class MultiheadAttention(Op):
    """Attend with several heads: (L, E) -> (L, E), or (L, E), (S, K), (S, V) -> (L, E).

    One input attends to itself; three are query, key and value. The batch comes first, always. Refuses a
    `num_heads` that does not divide the features of the query, features other than those written, and a key
    and a value of different lengths. Vaswani et al. 2017; `torch.nn.MultiheadAttention`.

    Example:
        >>> MultiheadAttention(num_heads=12).infer(Tensor((197, 768)))[0].shape
        (197, 768)
    """

    family: ClassVar[str] = "attention"
    arity: ClassVar[tuple[int, int | None]] = (1, 3)
    keeps_output: ClassVar[bool] = False

    embed_dim: Inferred = None
    num_heads: int
    dropout: float = 0.0
    bias: bool = True
    add_bias_kv: bool = False
    add_zero_attn: bool = False
    kdim: int | None = None
    vdim: int | None = None

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Return the query's shape."""
        if len(inputs) == 2:
            raise ShapeError("AS120", "MultiheadAttention reads one input or three: query, key and value", operand=1)
        for operand, x in enumerate(inputs):
            _check_sequence(x, operand)
        query, key, value = _roles(inputs)
        embed = checks.matches("embed_dim", self.embed_dim, query.shape[1], "features")
        checks.at_least(1, num_heads=self.num_heads)
        checks.divisible("num_heads", self.num_heads, "features", embed)
        check_probability("dropout", self.dropout)
        checks.matches("kdim", self.kdim, key.shape[1], "features of the key", same_output=True)
        checks.matches("vdim", self.vdim, value.shape[1], "features of the value", same_output=True)
        if key.shape[0] != value.shape[0]:
            raise ShapeError(
                "AS203",
                f"key and value are {key} and {value}: each key needs a value",
                operand=2,
                notes=(f"{key.shape[0]} keys, {value.shape[0]} values",),
            )
        return (query,)

    def weights(self, *inputs: Tensor) -> tuple[Weight, ...]:
        """Return the projections in, as one where query, key and value are of one size, and the one out."""
        query, key, value = (x.shape[1] for x in _roles(inputs))
        weights = [Weight("in_proj_weight", (3 * query, query))]
        if key != query or value != query:
            each = (("q", query), ("k", key), ("v", value))
            weights = [Weight(f"{name}_proj_weight", (query, size)) for name, size in each]
        if self.bias:
            weights.append(Weight("in_proj_bias", (3 * query,)))
        if self.add_bias_kv:
            weights += [Weight("bias_k", (1, 1, query)), Weight("bias_v", (1, 1, query))]
        weights.append(Weight("out_proj.weight", (query, query)))
        if self.bias:
            weights.append(Weight("out_proj.bias", (query,)))
        return tuple(weights)

    def macs(self, *inputs: Tensor) -> int:
        """Return those of the four projections, of queries with keys, and of what results with values."""
        (length, embed), (keys, key), (_, value) = (x.shape for x in _roles(inputs))
        projections = 2 * length * embed * embed + keys * embed * (key + value)
        return projections + 2 * length * (keys + self.add_bias_kv + self.add_zero_attn) * embed

    def spelling(self, *inputs: Tensor) -> Spelling:
        """Return the class of torch.nn; it gives the weights beside the values, which are left."""
        query, key, value = (x.shape[1] for x in _roles(inputs))
        sizes = tuple((n, size) for n, size in (("kdim", key), ("vdim", value)) if size != query)
        others = self.keywords("embed_dim", "num_heads", "kdim", "vdim")
        roles = "{0}, {0}, {0}" if len(inputs) == 1 else "{0}, {1}, {2}"
        return Spelling(
            "nn.MultiheadAttention",
            (("", query), ("", self.num_heads), *others, *sizes, ("batch_first", True)),
            call=f"{{self}}({roles}, need_weights=False)[0]",
        )


def _roles(inputs: tuple[Tensor, ...]) -> tuple[Tensor, Tensor, Tensor]:
    """Return query, key and value."""
    return (inputs[0], inputs[0], inputs[0]) if len(inputs) == 1 else (inputs[0], inputs[1], inputs[2])


def _check_sequence(x: Tensor, operand: int) -> None:
    batch("MultiheadAttention", x, operand=operand)
    checks.dtype("MultiheadAttention", x, ("float32",), operand=operand)
    if len(x.shape) != 2:
        raise ShapeError(
            "AS204",
            f"MultiheadAttention reads (L, E), a sequence of tokens; what arrives is {x}",
            operand=operand,
            help=_sequence(x),
        )


def _sequence(x: Tensor) -> str | None:
    if len(x.shape) != 3:
        return None
    return (
        "an image becomes a sequence of its positions by {op: Flatten, start_dim: 2} and {op: Permute, dims: [0, 2, 1]}"
    )
