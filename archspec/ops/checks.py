"""What ops of every family ask of their arguments and inputs; a check is silent or raises a ShapeError."""

from collections.abc import Iterable

from archspec.ops.base import ShapeError, Tensor

__all__ = [
    "ANY",
    "FLOATS",
    "INTEGERS",
    "MOST_AXES",
    "at_least",
    "axes_words",
    "border",
    "divisible",
    "dtype",
    "matches",
    "possible",
    "rank",
    "result",
]

FLOATS = frozenset({"float16", "bfloat16", "float32", "float64"})
"""The dtypes that a layer without weights computes in; one with weights shares theirs, float32."""
INTEGERS = frozenset({"uint8", "int8", "int16", "int32", "int64"})
ANY = FLOATS | INTEGERS | {"bool"}
"""What an op takes that only moves values about."""

MOST_AXES = 64
"""Of one tensor; torch's own loops take no more."""

_LARGEST = 2**31
_AXES = {1: "(C, L)", 2: "(C, H, W)", 3: "(C, D, H, W)"}
_INSTEAD: dict[str, str | None] = {
    **dict.fromkeys(("CrossMapLRN1d", "CrossMapLRN3d"), "LocalResponseNorm reads it"),
    **dict.fromkeys(("FractionalMaxPool1d", "LayerNorm1d", "LayerNorm3d"), None),
    **dict.fromkeys(("Softmax1d", "Softmax3d"), "Softmax with dim: 1 reads it"),
    "UpsamplingBilinear1d": "Upsample with mode: linear reads it",
    "UpsamplingBilinear3d": "Upsample with mode: trilinear reads it",
}
"""What there is in the place of an op that torch has for other axes alone."""
_NAMES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}


def axes_words(axes: int) -> tuple[str, ...]:
    """Return the names of the spatial axes, as a person says them."""
    return _NAMES[axes]


def rank(op: str, x: Tensor, axes: int) -> None:
    """Refuse (AS204) an input that is not channels and `axes` spatial axes."""
    if not x.batched:
        raise ShapeError("AS204", f"{op} reads a batch; what arrives is a learned tensor, which has none")
    if len(x.shape) != axes + 1:
        raise ShapeError("AS204", f"{op} reads {_AXES[axes]}; what arrives is {_kind(x)}", help=_other(op, axes, x))


def _kind(x: Tensor) -> str:
    kinds = {
        0: "one number",
        1: f"{x}, a flat vector",
        2: f"{x}, a sequence",
        3: f"{x}, an image",
        4: f"{x}, a volume",
    }
    return kinds.get(len(x.shape), f"{x}, which has {len(x.shape)} axes")


_SEQUENCE, _IMAGES = 2, (1, 3)  # axes of one with its batch; channels of an image


def _other(op: str, axes: int, x: Tensor) -> str | None:
    """Return the same op for as many axes as arrive, where there is one, or that one of them may be the batch."""
    arriving = len(x.shape) - 1
    other = None
    if op.endswith(f"{axes}d") and arriving in _AXES:
        name = f"{op[:-2]}{arriving}d"
        other = _INSTEAD.get(name, f"{name} reads {_AXES[arriving]}")
    if arriving == axes + 1 > _SEQUENCE and (x.shape[0] == 1 or x.shape[1] in _IMAGES):
        batch = f"sizes leave the batch out: if {x.shape[0]} is one, write {list(x.shape[1:])}"
        return f"{batch}; else {other}" if other else batch
    if other:
        return other
    if arriving == 0 and axes:
        return "Unflatten or Reshape gives a vector its axes; or let this layer stand before Flatten"
    return None


def dtype(op: str, x: Tensor, allowed: Iterable[str], *, operand: int = 0) -> None:
    """Refuse (AS206) an input whose dtype the op does not compute in."""
    names = sorted(allowed)
    if x.dtype not in names:
        raise ShapeError(
            "AS206",
            f"{op} computes in {' or '.join(names)}; what arrives is {x.dtype}",
            operand=operand,
            help="Embedding turns whole numbers into vectors" if "int" in x.dtype else None,
        )


def at_least(least: int, **arguments: int | tuple[int, ...]) -> None:
    """Refuse (AS201) an argument, or one of its elements, that is less than `least`, whatever arrives."""
    for name, value in arguments.items():
        number = min(value, default=least) if isinstance(value, tuple) else value
        if number < least:
            raise ShapeError("AS201", f"{name} is {number}; it must be {least} or more", argument=name)


def matches(argument: str, written: int | None, arriving: int, what: str, *, same_output: bool = False) -> int:
    """Return the size that arrives; refuse (AS203) a written one that differs."""
    if written is not None and written != arriving:
        arrive = f"{arriving} {what} arrive" if arriving != 1 else f"1 {what.replace('s', '', 1)} arrives"
        raise ShapeError(
            "AS203",
            f"{argument} is {written}, but {arrive}",
            argument=argument,
            help=f"{argument}: {arriving}, or leave it out: it is taken from the input",
            would=({argument: arriving},),
            same_output=same_output,
        )
    return arriving


def divisible(argument: str, divisor: int, what: str, *sizes: int) -> None:
    """Refuse (AS205) a divisor that does not divide all of the sizes, and name the nearest two that do."""
    if all(size % divisor == 0 for size in sizes):
        return
    size = next(size for size in sizes if size % divisor)
    near = _nearest(divisor, sizes)
    whole, rest = divmod(size, divisor)
    raise ShapeError(
        "AS205",
        f"{argument} {divisor} does not divide {size} {what}",
        argument=argument,
        notes=(f"{size} = {divisor}·{whole} + {rest}",),
        help=f"the nearest {argument} that would do: {' or '.join(map(str, near))}",
        would=tuple({argument: number} for number in near),
    )


def _nearest(divisor: int, sizes: tuple[int, ...]) -> tuple[int, ...]:
    """Return the divisors of all sizes nearest to the one written, as far as a bounded search sees."""
    good = [n for n in range(max(1, divisor - 4096), divisor + 4097) if all(size % n == 0 for size in sizes)]
    below = max((n for n in good if n < divisor), default=1)
    above = min((n for n in good if n > divisor), default=None)
    return (below, above) if above else (below,)


def border(mode: str, argument: str, pads: tuple[int, int], size: int, where: str) -> None:
    """Refuse (AS202) padding from the axis's own pixels that asks for more than there are, or crops all.

    Reflection repeats no pixel, so it stays below the size; a replica has no end; a circle goes once around
    what cropping leaves, beyond which torch copies memory over itself, or that nothing was written to.
    """
    cropped = size + sum(min(pad, 0) for pad in pads)
    most = {"reflect": size - 1, "circular": cropped}.get(mode, max(pads))
    if max(pads) > most:
        fits = most >= 0 and size + most + min(*pads, most) >= 1
        raise ShapeError(
            "AS202",
            f"{mode} padding of {max(pads)} needs more pixels than the {_left(size, cropped)}{where}",
            argument=argument,
            help=f"{argument}: {most} at most" if fits else None,
            would=({argument: most},) if fits else (),
        )
    if size + sum(pads) < 1 or (cropped < 0 and mode == "constant"):  # constants are put around what is left
        raise ShapeError(
            "AS202",
            f"{argument} {pads[0]} and {pads[1]} crops all of the {size} pixels that arrive{where}",
            argument=argument,
        )


def _left(size: int, cropped: int) -> str:
    return f"{size} that arrive" if cropped >= size else f"{max(cropped, 0)} that cropping leaves"


def result(x: Tensor, *shape: int, dtype: str | None = None) -> tuple[Tensor]:
    """Return the one output, if a tensor can be of that shape. Raises ShapeError."""
    possible(shape)
    return (Tensor(shape, dtype or x.dtype),)


def possible(shape: tuple[int, ...]) -> None:
    """Refuse more axes than a tensor has, a size beyond what one holds (AS009), and one below 0 (AS202)."""
    if len(shape) > MOST_AXES:
        raise ShapeError("AS009", f"the output would have {len(shape)} axes; the limit is {MOST_AXES}")
    if max(shape, default=0) >= _LARGEST:
        raise ShapeError("AS009", f"the output would have {max(shape)} values along an axis; the limit is below 2³¹")
    if min(shape, default=0) < 0:
        raise ShapeError("AS202", f"the output would have {min(shape)} values along an axis")
