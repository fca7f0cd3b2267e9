"""Broadcasting: several tensors come in, what torch stretches them to goes out; the batch stays in front."""

from collections import Counter
from collections.abc import Iterable

from archspec.ops.axes import whole
from archspec.ops.base import ShapeError, Tensor
from archspec.ops.checks import axes_words

__all__ = ["Whole", "axis_names", "broadcast", "common_dtype", "enlarged", "show", "stretch", "tensor"]

Whole = tuple[int | None, ...]
"""A shape as torch sees it; None is the batch: it fits itself alone, and a 1 stretches to it."""

_ORDER = (
    "bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64",
)  # fmt: skip


def common_dtype(dtypes: Iterable[str]) -> str:
    """Return the dtype that torch computes in when it is given several.

    Example:
        >>> common_dtype(["int64", "float16"])
        'float16'
    """
    names = set(dtypes)
    if names >= {"float16", "bfloat16"}:
        names.add("float32")  # the smallest that holds both
    if names >= {"uint8", "int8"}:
        names.add("int16")
    return max(names, key=_ORDER.index)


def _fits(a: int | None, b: int | None) -> bool:
    """Return whether two sizes of one axis broadcast."""
    return a == b or a == 1 or b == 1


def stretch(a: Whole, b: Whole) -> Whole | None:
    """Return what two whole shapes broadcast to, aligned at their ends; None where they do not.

    Example:
        >>> stretch((None, 64, 56, 56), (64, 1, 1))
        (None, 64, 56, 56)
    """
    rank = max(len(a), len(b))
    pairs = list(zip((1,) * (rank - len(a)) + a, (1,) * (rank - len(b)) + b, strict=True))
    if not all(_fits(*pair) for pair in pairs):
        return None
    return tuple(y if x == 1 else x for x, y in pairs)


def tensor(op: str, shape: Whole, dtype: str, *, batched: bool) -> Tensor:
    """Return the tensor of a whole shape; refuse (AS203) one whose batch is not in front and nowhere else."""
    if not batched:
        return Tensor(tuple(size for size in shape if size is not None), dtype, batched=False)
    rest = tuple(size for size in shape[1:] if size is not None)
    if shape[:1] != (None,) or len(rest) != len(shape) - 1:
        raise ShapeError(
            "AS203",
            f"{op} would give {show(shape)}, where N is the batch, which must come first and once",
            operand=1,
            help="broadcasting aligns shapes at their ends: give both inputs the same number of axes",
        )
    return Tensor(rest, dtype)


def broadcast(op: str, inputs: tuple[Tensor, ...]) -> Tensor:
    """Return what the inputs broadcast to.

    Raises:
        ShapeError: AS203 where they do not, or only by taking the batch for another axis.
    """
    shape = whole(inputs[0])
    for operand, x in enumerate(inputs[1:], 1):
        stretched = stretch(shape, whole(x))
        if stretched is None:
            raise _mismatch(op, shape, inputs, operand)
        shape = stretched
    dtype = common_dtype(x.dtype for x in inputs)
    return tensor(op, shape, dtype, batched=any(x.batched for x in inputs))


def show(shape: Whole) -> str:
    """Return a whole shape in words, the batch as N."""
    return "×".join("N" if size is None else str(size) for size in shape) or "one number"


def _mismatch(op: str, shape: Whole, inputs: tuple[Tensor, ...], operand: int) -> ShapeError:
    x = inputs[operand]
    met = whole(x)
    common = min(len(shape), len(met))
    pairs = [(place, shape[place], met[place]) for place in range(-common, 0)]
    names = axis_names(shape, met)
    clashes = [f"{names[place]}: {show((a,))} and {show((b,))}" for place, a, b in pairs if not _fits(a, b)]
    aligned = "" if len(shape) == len(met) else "aligned at their ends, "
    left = Tensor(tuple(size for size in shape if size is not None), batched=inputs[0].batched)
    return ShapeError(
        "AS203",
        f"{op} cannot join {left} and {x}",
        operand=operand,
        notes=(f"{aligned}they differ in {', '.join(clashes)}",),
        help=_help(left, x) if len(inputs) == 2 else _odd(inputs),
    )


def axis_names(a: Whole, b: Whole) -> tuple[str, ...]:
    """Return what the axes that two shapes share are called; of maps, by name, else by number from the end."""
    maps = len(a) == len(b) and a[0] is None and b[0] is None
    if maps and len(a) - 2 in (2, 3):
        return ("batch", "channels", *axes_words(len(a) - 2))
    if maps:
        return ("batch", *(f"axis {place}" for place in range(1, len(a))))
    longest = max(len(a), len(b))
    return tuple("the last axis" if n == 1 else f"axis {n} from the end" for n in range(longest, 0, -1))


def _help(a: Tensor, b: Tensor) -> str | None:
    """Return what would make the two fit: axes of size 1, in another order, or a projection of one of them."""
    if not (a.batched and b.batched) or not (a.shape and b.shape):
        return None
    few, many = sorted((a, b), key=lambda x: len(x.shape))
    if len(few.shape) == len(many.shape):
        return _turned(a, b) or _projection(a, b)
    if few.shape == many.shape[: len(few.shape)]:
        ones = [*few.shape, *(1 for _ in many.shape[len(few.shape) :])]
        return f"give {few} axes of size 1: {{op: Reshape, shape: {ones}}}"
    return None


def _odd(inputs: tuple[Tensor, ...]) -> str | None:
    """Return what would fit one of several inputs to the others, which are alike; None where they are not."""
    (usual, _), *others = Counter(inputs).most_common()
    if not usual.batched or [count for _, count in others] != [1]:
        return None
    odd = others[0][0]
    if not odd.batched or len(odd.shape) != len(usual.shape):
        return None
    return _projected(odd, usual) or (enlarged(odd, usual) if odd.shape[0] == usual.shape[0] else None)


def _turned(a: Tensor, b: Tensor) -> str | None:
    """Return the layer that gives one tensor the other's shape by another order of its axes."""
    if sorted(a.shape) != sorted(b.shape):
        return None
    left = list(enumerate(a.shape, 1))
    dims = [0]
    for size in b.shape:
        found = next(place for place in left if place[1] == size)
        left.remove(found)
        dims.append(found[0])
    return f"{a} has the sizes of {b} in another order: {{op: Permute, dims: {dims}}} would turn it"


def _projection(a: Tensor, b: Tensor) -> str | None:
    """Return the layer of kernel 1 that would give one tensor the other's shape; both have one rank."""
    source, target = sorted((a, b), key=lambda x: (*(-size for size in x.shape[1:]), x.shape[0]))
    if set(target.shape[1:]) == {1}:  # a gate, stretched over a map
        source, target = target, Tensor((source.shape[0], *target.shape[1:]))
    return _projected(source, target)


def _projected(source: Tensor, target: Tensor) -> str | None:
    """Return the layer of kernel 1 that would give one tensor the shape of another of its rank; None if none does."""
    if len(source.shape) == 1:
        return f"a projection of {source} would match: {{op: Linear, out_features: {target.shape[0]}}}"
    steps = [-(-big // small) for big, small in zip(source.shape[1:], target.shape[1:], strict=True)]
    lands = [(big - 1) // step + 1 for big, step in zip(source.shape[1:], steps, strict=True)]
    if len(source.shape) - 1 > len(_CONV) or tuple(lands) != target.shape[1:]:
        return None
    stride = f", stride: {steps[0] if len(set(steps)) == 1 else steps}" if set(steps) != {1} else ""
    conv = _CONV[len(source.shape) - 2]
    return (
        f"a projection of {source} would match: {{op: {conv}, out_channels: {target.shape[0]}, kernel_size: 1{stride}}}"
    )


def enlarged(a: Tensor, b: Tensor) -> str | None:
    """Return what would bring the smaller of two maps to the sides of the larger, where these are whole multiples."""
    if not (a.batched and b.batched) or len(a.shape) < 3:
        return None
    small, large = sorted((a.shape[1:], b.shape[1:]))
    factors = {big / little for little, big in zip(small, large, strict=True)}
    factor = factors.pop() if len(factors) == 1 else 1.0
    if factor == 1 or factor % 1 or len(a.shape) > 4:
        return None
    return f"{a if a.shape[1:] == small else b} would match behind {{op: Upsample, scale_factor: {factor:g}}}"


_CONV = ("Conv1d", "Conv2d", "Conv3d")
