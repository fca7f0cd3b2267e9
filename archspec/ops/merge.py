"""Merges: several tensors come in and one goes out, added, multiplied, joined along an axis."""

from math import prod
from typing import ClassVar

from archspec.ops import checks
from archspec.ops.axes import axis, whole
from archspec.ops.base import Op, ShapeError, Spelling, Tensor
from archspec.ops.broadcast import Whole, axis_names, broadcast, common_dtype, enlarged, show, stretch, tensor

__all__ = ["Add", "Concat", "MatMul", "Multiply", "Stack", "Subtract"]


class _Merge(Op):
    family: ClassVar[str] = "merge"
    arity: ClassVar[tuple[int, int | None]] = (2, None)
    keeps_output: ClassVar[bool] = False
    dtypes: ClassVar[frozenset[str]] = checks.ANY

    def _check_dtypes(self, inputs: tuple[Tensor, ...]) -> None:
        for operand, x in enumerate(inputs):
            checks.dtype(type(self).__name__, x, self.dtypes, operand=operand)


class _Arithmetic(_Merge):
    sign: ClassVar[str]

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        self._check_dtypes(inputs)
        return (broadcast(type(self).__name__, inputs),)

    def spelling(self, *inputs: Tensor) -> Spelling:
        return Spelling(call=f" {self.sign} ".join(f"{{{operand}}}" for operand in range(len(inputs))))


class Add(_Arithmetic):
    """The sum of two inputs or more, which broadcast: (…), (…) -> (…).

    Refuses shapes that do not broadcast, and those that would only by taking the batch for another axis.
    ONNX's Add and Sum; `torch.add`.

    Example:
        >>> Add().infer(Tensor((64, 56, 56)), Tensor((64, 1, 1)))[0].shape
        (64, 56, 56)
    """

    sign: ClassVar[str] = "+"


class Subtract(_Arithmetic):
    """The first input less the second; they broadcast as for Add: (…), (…) -> (…).

    ONNX's Sub; `torch.subtract`.
    """

    arity: ClassVar[tuple[int, int | None]] = (2, 2)
    dtypes: ClassVar[frozenset[str]] = checks.FLOATS | checks.INTEGERS
    sign: ClassVar[str] = "-"


class Multiply(_Arithmetic):
    """The product of two inputs or more, value by value; they broadcast as for Add: (…), (…) -> (…).

    Its multiplications do not count as MACs, which convolutions and matrix products have.
    ONNX's Mul; `torch.multiply`.
    """

    sign: ClassVar[str] = "*"


class MatMul(_Merge):
    """The matrix product over the last two axes; those before broadcast: (…, L, K), (…, K, M) -> (…, L, M).

    A learned tensor may stand on either side, and may be a vector. Refuses sizes K that differ, and a product
    that would reach the batch. ONNX's MatMul; `torch.matmul`.
    """

    arity: ClassVar[tuple[int, int | None]] = (2, 2)
    dtypes: ClassVar[frozenset[str]] = checks.FLOATS | checks.INTEGERS

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Return the product."""
        self._check_dtypes(inputs)
        first, second = inputs
        if first.dtype != second.dtype:
            raise ShapeError("AS206", f"MatMul wants one dtype; {first.dtype} and {second.dtype} arrive", operand=1)
        left, right = whole(first), whole(second)
        for operand, shape in enumerate((left, right)):
            if not shape:
                raise ShapeError("AS204", "MatMul reads vectors and matrices", operand=operand)
        rows = left[-1]
        columns = right[-2] if len(right) > 1 else right[0]
        if rows is None or columns is None or rows != columns:
            raise self._unequal(first, second, rows, columns)
        before = stretch(left[:-2], right[:-2])
        if before is None:
            raise ShapeError("AS203", f"MatMul cannot pair the matrices of {first} and {second}", operand=1)
        shape = (*before, *left[-2:-1], *(right[-1:] if len(right) > 1 else ()))
        return (tensor("MatMul", shape, first.dtype, batched=first.batched or second.batched),)

    @staticmethod
    def _unequal(first: Tensor, second: Tensor, rows: int | None, columns: int | None) -> ShapeError:
        turned = rows is not None and len(whole(second)) > 1 and rows == whole(second)[-1]
        last = len(whole(second)) - 1
        swap = [*range(last - 1), last, last - 1]
        return ShapeError(
            "AS203",
            f"MatMul cannot multiply {first} and {second}",
            operand=1,
            notes=(f"rows of {show((rows,))} meet columns of {show((columns,))}; N is the batch",),
            help=f"turn the second by {{op: Permute, dims: {swap}}}" if turned and second.batched else None,
        )

    def macs(self, *inputs: Tensor) -> int:
        """Return the output's values, each a sum over the axis that is multiplied out."""
        (out,) = self.infer(*inputs)
        return prod(out.shape) * inputs[0].shape[-1]

    def spelling(self, *inputs: Tensor) -> Spelling:  # noqa: ARG002
        """Return Python's operator."""
        return Spelling(call="{0} @ {1}")


def _leading(learned: Tensor, other: Tensor) -> str | None:
    """Return what lets a learned tensor expand over the batch, where its shape leaves the batch out."""
    short = not learned.batched and other.batched and len(learned.shape) == len(other.shape)
    return f"shape: {[1, *learned.shape]} of the Parameter" if short else None


class _Join(_Merge):
    """What reads any number of inputs along `dim`; a learned tensor's leading 1 expands over the batch."""

    arity: ClassVar[tuple[int, int | None]] = (1, None)
    function: ClassVar[str]

    dim: int = 1

    def _shapes(self, inputs: tuple[Tensor, ...]) -> list[Whole]:
        """Return the whole shapes, all of one rank; with a batch among them, every leading 1 is the batch."""
        self._check_dtypes(inputs)
        shapes = [whole(x) for x in inputs]
        for operand, shape in enumerate(shapes):
            if len(shape) != len(shapes[0]):
                raise ShapeError(
                    "AS204",
                    f"{type(self).__name__} joins inputs of one rank, not {inputs[0]} and {inputs[operand]}",
                    operand=operand,
                    notes=(f"with the batch: {show(shapes[0])} and {show(shape)}",),
                    help=_leading(inputs[0], inputs[operand]) or _leading(inputs[operand], inputs[0]),
                )
        if not any(x.batched for x in inputs):
            return shapes
        for operand, x in enumerate(inputs):
            if not x.batched and x.shape[0] != 1:
                raise ShapeError(
                    "AS203",
                    f"a learned tensor expands over the batch from a leading 1, not {x.shape[0]}",
                    operand=operand,
                )
        return [(None, *shape[1:]) for shape in shapes]

    def _check_equal(self, inputs: tuple[Tensor, ...], shapes: list[Whole], along: int | None) -> None:
        """Refuse (AS203) shapes that differ elsewhere than along an axis."""
        for operand, shape in enumerate(shapes):
            pairs, names = enumerate(zip(shapes[0], shape, strict=True)), axis_names(shapes[0], shape)
            clashes = [f"{names[n]}: {a} and {b}" for n, (a, b) in pairs if n != along and a != b]
            if clashes:
                raise ShapeError(
                    "AS203",
                    f"{type(self).__name__} cannot join {inputs[0]} and {inputs[operand]}",
                    operand=operand,
                    notes=(
                        f"they differ in {', '.join(clashes)}",
                        f"along dim {along} sizes may differ, elsewhere not" if along else "all sizes must be equal",
                    ),
                    help=enlarged(inputs[0], inputs[operand]) if along == 1 else None,
                )

    def spelling(self, *inputs: Tensor) -> Spelling:
        """Return torch's function; a learned tensor is expanded as often as the batch has samples."""
        batched = next((operand for operand, x in enumerate(inputs) if x.batched), None)
        texts = [f"{{{n}}}" if x.batched or batched is None else _expanded(n, x, batched) for n, x in enumerate(inputs)]
        return Spelling(arguments=(("dim", self.dim),), call=f"{self.function}([{', '.join(texts)}], dim={{dim}})")


def _expanded(operand: int, x: Tensor, batched: int) -> str:
    return f"{{{operand}}}.expand({{{batched}}}.shape[0]{', -1' * (len(x.shape) - 1)})"


class Concat(_Join):
    """Join inputs along an axis, channels unless it is written: (C₁, …), (C₂, …) -> (C₁ + C₂, …).

    A learned tensor's leading 1 expands over the batch. Refuses sizes that differ along another axis, and the
    batch. ONNX's Concat; `torch.concat`.

    Example:
        >>> Concat().infer(Tensor((64, 28, 28)), Tensor((32, 28, 28)))[0].shape
        (96, 28, 28)
    """

    function: ClassVar[str] = "torch.cat"

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Return the inputs, one after the other along the axis."""
        shapes = self._shapes(inputs)
        place = axis("dim", self.dim, shapes[0])
        self._check_equal(inputs, shapes, place)
        total = sum(shape[place] or 0 for shape in shapes)
        return _joined(inputs, (*shapes[0][:place], total, *shapes[0][place + 1 :]))


class Stack(_Join):
    """Join inputs along a new axis: k of (C, …) -> (k, C, …) for `dim` 1.

    A learned tensor's leading 1 expands over the batch. Refuses shapes that differ, and the batch's place.
    `torch.stack`.
    """

    function: ClassVar[str] = "torch.stack"

    def infer(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Return the inputs, one beside the other along a new axis."""
        shapes = self._shapes(inputs)
        self._check_equal(inputs, shapes, None)
        place = axis("dim", self.dim, (*shapes[0], 1))
        return _joined(inputs, (*shapes[0][:place], len(inputs), *shapes[0][place:]))


def _joined(inputs: tuple[Tensor, ...], shape: Whole) -> tuple[Tensor, ...]:
    dtype = common_dtype(x.dtype for x in inputs)
    batched = any(x.batched for x in inputs)
    sizes = tuple(size for size in shape if size is not None)
    checks.result(inputs[0], *sizes)
    return (Tensor(sizes, dtype, batched=batched),)
