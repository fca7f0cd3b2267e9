"""A unit → the lines of its box: op, kernel and stride, widths, in numbers or in the block's own expressions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from archspec.arithmetic import Window
from archspec.diagnostic import printable
from archspec.draw.units import Unit
from archspec.draw.written import written
from archspec.graph import Node, Path
from archspec.ops.base import Tensor, Value
from archspec.source import Scalar

__all__ = ["clipped", "dotted", "figure", "op_lines", "shape", "sign", "span", "tidy", "value", "wrapped"]

LONGEST = 30
"""Characters of a line; what is longer is cut."""


def op_lines(unit: Unit, *, whole: bool = False, symbolic: bool = False) -> tuple[str, ...]:
    """Return what a unit of ops does, a line for the head and one for what stands around it.

    With `whole`, every argument that is not its default is told; else those that a figure in a paper tells. With
    `symbolic`, an argument is told by its expression, where it was written as one.
    """
    ops = [
        _Op(part.layer, part.expressions if symbolic else {}, symbolic)
        for part in unit.parts
        if isinstance(part.layer, Node)
    ]
    head = unit.head or 0
    if whole:
        return tuple(map(clipped, (ops[head].name, *wrapped(ops[head].arguments()))))
    before, after = [op.short() for op in ops[:head]], [op.short() for op in ops[head + 1 :]]
    if ops[head].node.op.family == "pooling":
        lines = [", ".join(before), *wrapped([*ops[head].words(), *after])]
    else:
        lines = [", ".join(before), *wrapped(ops[head].words()), *wrapped(after)]
    return tuple(clipped(line) for line in lines if line)


@dataclass(frozen=True, slots=True)
class _Op:
    """An op, and the expressions that some of its arguments are told by."""

    node: Node
    expressions: Mapping[str, str]
    symbolic: bool

    @property
    def name(self) -> str:
        return type(self.node.op).__name__

    def words(self) -> list[str]:
        """Return what a figure tells of it."""
        if "kernel_size" not in type(self.node.op).model_fields:
            told = [name for name in _TOLD if name in self.node.op.written()]
            told = [name for name in told if name != "p" or len(self.argument(name)) < 12]
            bare = [name for name in told if name in _BARE or (name == "p" and self.node.op.family == "dropout")]
            return [" ".join((self.name, *map(self.argument, bare))),
                    *(self.told(name, _TOLD[name]) for name in told if name not in bare)]  # fmt: skip
        width = [self.argument("out_channels")] if "out_channels" in type(self.node.op).model_fields else []
        return [" ".join((self.name, *self.window())), *width, *self.groups()]

    def arguments(self) -> list[str]:
        """Return every argument that is not its default, but for `inplace`, which is torch's affair."""
        return [self.told(name, name) for name in self.node.op.written() if name != "inplace"]

    def told(self, name: str, called: str) -> str:
        """Return an argument with what it is called, once where a parameter is called so, too."""
        text = self.argument(name)
        return text if text == called else f"{called} {text}"

    def argument(self, name: str) -> str:
        """Return an argument's expression or value."""
        text = self.expressions.get(name) or self._listed(name)
        if text is not None:
            return tidy(text)
        return value(getattr(self.node.op, name), sizes=self._sizes(name), once=name not in _SHAPES)

    def _sizes(self, name: str) -> bool:
        """Whether several values are sizes along the axes, and no list of axes, of parts or of unequal sides."""
        given = getattr(self.node.op, name)
        if self.node.op.family == "padding" and isinstance(given, tuple):
            return len(set(given)) == 1 and len(given) == 2 * getattr(self.node.op, "axes", 0)
        return name not in ("dim", "dims", "split_size_or_sections")

    def _listed(self, name: str) -> str | None:
        """Return a list that has expressions in it, as it is written."""
        tree = written(self.node.where) if self.symbolic else None
        items = tree.get(name) if isinstance(tree, dict) else None
        if not isinstance(items, list) or all(isinstance(item, Scalar) and item.text.isdecimal() for item in items):
            return None
        texts = [item.text for item in items if isinstance(item, Scalar)]
        if not self._sizes(name):
            return f"[{', '.join(texts)}]"
        return texts[0] if len(set(texts)) == 1 and name not in _SHAPES else "×".join(texts)

    def window(self) -> Iterator[str]:
        """Yield kernel, and stride, dilation and padding where they are not the usual: `3×3`, `/2`, `pad 2`."""
        windows = self.node.op.windows(*self.node.tensors)
        if not windows:
            return
        yield self.expressions.get("kernel_size") or "×".join(str(window.kernel) for window in windows)
        if any(window.stride != 1 for window in windows) or "stride" in self.expressions:
            yield "/" + (self.expressions.get("stride") or _same(window.stride for window in windows))
        if any(window.dilation != 1 for window in windows) or "dilation" in self.expressions:
            yield f"dilation {self.expressions.get('dilation') or _same(window.dilation for window in windows)}"
        if any(not _usual(window) for window in windows):
            yield f"pad {self.expressions.get('padding') or _same(window.before for window in windows)}"

    def groups(self) -> list[str]:
        """Return how a convolution is grouped, if it is."""
        groups = getattr(self.node.op, "groups", 1)
        if groups == 1:
            return []
        if groups == self.node.tensors[0].shape[0] == self.node.outputs[0].shape[0]:
            return ["depthwise"]
        return [f"groups {self.argument('groups')}"]

    def short(self) -> str:
        """Return an op that stands beside another: the norms, which are met everywhere, by their initials."""
        if self.node.op.family == "dropout":
            rate = self.argument("p")
            return f"{self.name} {rate}" if len(rate) < 12 else self.name
        return next((short for norm, short in _INITIALS.items() if self.name.startswith(norm)), self.name)


_TOLD = {
    **{name: name for name in ("out_features", "output_size", "p", "dim", "dims", "chunks", "sizes", "shape", "index")},
    **{name: name for name in ("num_groups", "groups", "size", "scale_factor", "upscale_factor", "padding")},
    **{name: name for name in ("start", "end", "negative_slope", "num_embeddings", "embedding_dim")},
    "num_heads": "heads",
    "output_size": "to",
}
"""Arguments that a figure tells, and what it calls them."""

_BARE = ("out_features", "shape")
_SHAPES = ("shape", "sizes", "normalized_shape", "unflattened_size")
"""Arguments that are whole shapes: sizes in them that are equal are each told."""
_INITIALS = {"BatchNorm": "BN", "LayerNorm": "LN", "GroupNorm": "GN", "InstanceNorm": "IN"}


def _usual(window: Window) -> bool:
    """Whether a padding needs no word: none, or half of the kernel."""
    return (window.before, window.after) == (0, 0) or window.before == window.dilation * (window.kernel - 1) // 2


def _same(numbers: Iterable[int]) -> str:
    texts = [str(number) for number in numbers]
    return texts[0] if len(set(texts)) == 1 else "×".join(texts)


def tidy(text: str) -> str:
    """Return an expression as a formula is set: `4·width`."""
    return printable(text).replace(" * ", "·")


def sign(unit: Unit) -> str:
    """Return the sign that a merge is drawn as; empty for what is none."""
    node = unit.lead.layer
    signs = {"Add": "+", "Subtract": "−", "Multiply": "×"}
    return signs.get(type(node.op).__name__, "") if isinstance(node, Node) else ""


def value(given: Value, *, sizes: bool = False, once: bool = True) -> str:
    """Return a value as a spec writes it; sizes along axes as `3×5`, and equal ones once, where that is wanted."""
    if isinstance(given, tuple):
        if sizes and once and len(given) > 1 and len(set(map(repr, given))) == 1:
            return value(given[0])
        return "×".join(map(value, given)) if sizes and all(isinstance(item, int) for item in given) else _list(given)
    if isinstance(given, bool):
        return str(given).lower()
    if isinstance(given, float):
        return f"{given:.4g}"
    return printable("null" if given is None else str(given))


def _list(given: Sequence[Value]) -> str:
    return f"[{', '.join(map(value, given))}]"


def shape(tensor: Tensor, axes: Mapping[int, str] | None = None) -> str:
    """Return a tensor's shape; equal sides of an image as a power: `256×56²`. `axes` says sizes in other words."""
    texts = [(axes or {}).get(axis, str(size)) for axis, size in enumerate(tensor.shape)]
    powers = {2: "²", 3: "³"}
    sides = texts[1:]
    if len(sides) in powers and len(set(sides)) == 1 and sides[0].isdecimal():
        return f"{texts[0]}×{sides[0]}{powers[len(sides)]}"
    return "×".join(texts) or "scalar"


def figure(number: int) -> str:
    """Return a number in three digits: `25.6M`."""
    for power, unit in ((12, "T"), (9, "G"), (6, "M"), (3, "k")):
        scaled = number / 10**power
        if scaled >= 0.9995:
            return f"{scaled:.{2 if scaled < 9.995 else 1 if scaled < 99.95 else 0}f}{unit}"
    return str(number)


def dotted(path: Path) -> str:
    """Return a path as it stands in a state_dict's keys."""
    return printable(".".join(path))


def span(first: Path, last: Path) -> str:
    """Return the paths of a run: `features.3–5`, `inception4a–4e`; what both begin with is said once."""
    if first == last:
        return dotted(first)
    if first[:-1] != last[:-1]:
        return f"{dotted(first)} – {dotted(last)}"
    one, other = first[-1], last[-1]
    same = 0
    while same < min(len(one), len(other)) and one[same] == other[same]:
        same += 1
    while same and (one[same - 1].isdigit()):
        same -= 1
    return f"{dotted(first)}–{printable(other[same:])}"


def clipped(text: str, longest: int = LONGEST) -> str:
    """Return text of a bounded length."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def wrapped(words: list[str], longest: int = 20, between: str = ", ") -> list[str]:
    """Return words with commas or the like between them, in lines."""
    lines: list[str] = []
    for word in words:
        if lines and len(lines[-1]) + len(between) + len(word) <= longest:
            lines[-1] += between + word
        else:
            lines = [*lines[:-1], lines[-1] + between.rstrip(), word] if lines else [word]
    return lines
