"""Random whole specs: hypothesis draws come in, the text of a spec goes out, whole or with one thing broken.

A spec is drawn line by line: after each line the compiler is asked what the line gives, so that the next one
can be drawn to suit. A line that is refused is mostly replaced; now and then it ends the spec, which is then a
broken one. What a spec must fulfil stands in `laws`.

`python tests/graphs.py 100000 7` puts 100,000 specs to the laws, from seed 7 on; nothing is kept between runs.
"""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import prod
from typing import Any

import hypothesis
import yaml
from hypothesis import strategies as st

from archspec.ops import find, names
from archspec.ops.base import Op, Tensor
from archspec.pipeline import check
from archspec.source import parse

Tree = dict[str, Any]
Draw = st.DrawFn
Ints = dict[str, int]
"""Names of integers that an expression may use, and their values."""

MOST = 4_000  # numbers in one sample of a tensor


class _Dumper(yaml.CSafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True  # specs have no anchors


def dumped(spec: Tree) -> str:
    return yaml.dump(spec, Dumper=_Dumper, sort_keys=False, default_flow_style=None, width=110)


# Values


def chance(draw: Draw, of: int) -> bool:
    """Draw a thing that happens once in so many times; shrinking lets it not happen."""
    return draw(st.integers(1, of)) == of and of > 1


def number(draw: Draw, value: int, names: Ints) -> Any:
    """Write an integer, now and then as an expression over the names."""
    same = sorted(name for name, known in names.items() if known == value)
    if same and chance(draw, 3):
        return draw(st.sampled_from(same))
    if not names or not chance(draw, 4):
        return value
    name = draw(st.sampled_from(sorted(names)))
    known = names[name]
    ways = [
        f"{name} + {value - known}" if value >= known else f"{name} - {known - value}",
        f"{value} if {name} == {known} else {value + 1}",
        f"max({value}, {name} - {known})",
        f"({name} + {value}) - {known}",
    ]
    if known:
        ways.append(f"{value // known} * {name} + {value % known}" if value % known else f"{value // known} * {name}")
        ways.append(f"{value * known} // {name}")
    return draw(st.sampled_from(ways))


def truth(draw: Draw, value: bool, names: Ints, flags: dict[str, bool]) -> Any:
    """Write a condition, now and then as an expression."""
    ways: list[Any] = [value]
    ways += [name if flag == value else f"not {name}" for name, flag in flags.items()]
    for name, known in names.items():
        ways += [f"{name} {'>=' if value else '<'} {known}", f"{name} {'==' if value else '!='} {known}"]
    return draw(st.sampled_from(ways))


def sizes(draw: Draw, axes: int, least: int, most: int, names: Ints) -> Any:
    """Write an integer for all axes, or a list."""
    if axes > 1 and chance(draw, 4):
        return [number(draw, draw(st.integers(least, most)), names) for _ in range(axes)]
    return number(draw, draw(st.integers(least, most)), names)


def some(draw: Draw, **arguments: Callable[[], Any]) -> Tree:
    """Draw a few of the arguments."""
    return {name: value() for name, value in arguments.items() if chance(draw, 4)}


FLAG = st.booleans()


# Ops of one input


def declared(name: str) -> type[Op]:
    op = find(name)
    assert op
    return op


RANDOM = ("FractionalMaxPool2d", "FractionalMaxPool3d")  # draw even in evaluation, so that no two runs compare
NAMES = [name for name in names() if name not in RANDOM and declared(name).arity == (1, 1)]
WORDS = [
    "ReLU",
    *(name for name in NAMES if not any(field.is_required() for field in declared(name).model_fields.values())),
]


@dataclass(frozen=True)
class Unary:
    """Draws an op that suits a tensor."""

    draw: Draw
    x: Tensor
    names: Ints

    def tree(self) -> Tree | str:
        if not self.x.shape:
            return self.of("Tanh", "Sigmoid", "Dropout", "PReLU")
        ways = [self.anywhere, self.anywhere, self.shaping, *([self.any] if chance(self.draw, 3) else [])]
        if len(self.x.shape) in (2, 3, 4):
            ways += [self.conv, self.conv, self.pool, self.norm, self.resize]
        if self.x.dtype == "int64":
            ways = [self.embedding, self.embedding, self.shaping]
        return self.draw(st.sampled_from(ways))()

    @property
    def axes(self) -> int:
        return len(self.x.shape) - 1

    def size(self, least: int, most: int) -> Any:
        return sizes(self.draw, self.axes, least, most, self.names)

    def one(self, least: int, most: int) -> Any:
        return number(self.draw, self.draw(st.integers(least, most)), self.names)

    def of(self, *values: Any) -> Any:
        return self.draw(st.sampled_from(values))

    def dividing(self) -> Any:
        """Write a divisor of the channels, mostly."""
        channels = self.x.shape[0]
        good = [n for n in range(1, channels + 1) if channels % n == 0] if not chance(self.draw, 8) else [2, 3]
        return number(self.draw, self.draw(st.sampled_from(good)), self.names)

    def conv(self) -> Tree:
        kind = self.of("Conv", "Conv", "Conv", "ConvTranspose")
        words = ("same", "valid", "same_upper", "same_lower") if kind == "Conv" and chance(self.draw, 3) else ()
        rest = some(
            self.draw,
            stride=lambda: self.size(1, 3),
            padding=lambda: self.of(*words) if words else self.size(0, 3),
            dilation=lambda: self.size(1, 3),
            groups=self.dividing,
            bias=lambda: self.draw(FLAG),
        )
        if kind == "Conv":
            rest |= some(self.draw, padding_mode=lambda: self.of("zeros", "reflect", "replicate", "circular"))
        else:
            rest |= some(self.draw, output_padding=lambda: self.size(0, 2))
        return {"op": f"{kind}{self.axes}d", "out_channels": self.one(1, 6), "kernel_size": self.size(1, 3)} | rest

    def pool(self) -> Tree:
        kind = self.of("Max", "Avg", "AdaptiveAvg", "AdaptiveMax", "LP")
        name = f"{kind}Pool{self.axes}d"
        if kind.startswith("Adaptive"):
            return {"op": name, "output_size": self.size(1, 4)}
        kernel = self.one(1, 3) if kind == "LP" and self.axes == 1 else self.size(1, 3)
        rest = some(self.draw, stride=lambda: self.size(1, 3), ceil_mode=lambda: self.draw(FLAG))
        if kind == "LP":
            return {"op": name, "norm_type": self.of(2, 1, 3.0), "kernel_size": kernel} | rest
        rest |= some(self.draw, padding=lambda: self.size(0, 1))
        if kind == "Max":
            rest |= some(self.draw, dilation=lambda: self.size(1, 2))
        return {"op": name, "kernel_size": kernel} | rest

    def norm(self) -> Tree | str:
        names = [f"BatchNorm{self.axes}d", f"BatchNorm{self.axes}d", f"InstanceNorm{self.axes}d", "GroupNorm"]
        name = self.of(*names, "LocalResponseNorm", *(["LayerNorm2d"] if self.axes == 2 else []))
        if name == "GroupNorm":
            return {"op": name, "num_groups": self.dividing()}
        if name == "LocalResponseNorm":
            return {"op": name, "size": self.one(1, 3)}
        flags = ("affine", "track_running_stats") if name[5:] != "Norm2d" else ("elementwise_affine",)
        rest = some(self.draw, **{flag: (lambda: self.draw(FLAG)) for flag in flags}) if "Layer" not in name else {}
        return {"op": name} | rest if rest else name

    def resize(self) -> Tree:
        pads = ["Zero", "Reflection", "Replication", "Circular", "Constant"]
        kind = self.of("Upsample", "Pad", "Shuffle") if self.axes == 2 else self.of("Upsample", "Pad")
        if kind == "Upsample":
            way = self.of({"scale_factor": self.of(2, 1.5, 0.5)}, {"size": self.size(1, 8)})
            linear = ("linear", "bilinear", "trilinear")[self.axes - 1]
            return {"op": kind} | way | some(self.draw, mode=lambda: self.of("nearest", linear, "area"))
        if kind == "Pad":
            pad = self.of(*pads)
            padding = self.one(0, 2) if not chance(self.draw, 3) else [self.one(-1, 2) for _ in range(2 * self.axes)]
            rest = {"value": self.of(0, 1.5)} if pad == "Constant" else {}
            return {"op": f"{pad}Pad{self.axes}d", "padding": padding} | rest
        name, argument = self.of(("PixelShuffle", "upscale_factor"), ("PixelUnshuffle", "downscale_factor"))
        return {"op": name, argument: self.one(1, 2)}

    def anywhere(self) -> Tree | str:
        way = self.of("word", "word", "word", "linear", "arguments", "attention")
        if way == "linear":
            return {"op": "Linear", "out_features": self.one(1, 8)} | some(self.draw, bias=lambda: self.draw(FLAG))
        if way == "arguments":
            return self.of(
                {"op": "ReLU", "inplace": True},
                {"op": "LeakyReLU", "negative_slope": 0.2, "inplace": self.draw(FLAG)},
                {"op": "PReLU", "num_parameters": self.one(1, self.x.shape[0])},
                {"op": "Softmax", "dim": self.one(1, max(len(self.x.shape), 1))},
                {"op": "Dropout", "p": self.of(0.1, 0.5), "inplace": self.draw(FLAG)},
                {"op": "StochasticDepth", "p": 0.2, "mode": self.of("row", "batch")},
                {"op": "Scale", "scale": self.of(0.5, 2)},
                {"op": "ELU", "inplace": True},
                {"op": "LayerNorm", "normalized_shape": list(self.x.shape[-2:])},
            )
        if way == "attention" and len(self.x.shape) == 2:
            return {"op": "MultiheadAttention", "num_heads": self.one(1, 2)}
        return self.of(*WORDS)

    def any(self) -> Tree:
        """Write any op, with small numbers for what it needs: mostly one that is refused."""
        name = self.of(*NAMES)
        fields = declared(name).model_fields
        needed = {key: self.size(0, 4) for key, field in fields.items() if field.is_required()}
        numbers = [key for key, field in fields.items() if field.annotation is int and not field.is_required()]
        return {"op": name} | needed | some(self.draw, **{key: (lambda: self.one(-1, 3)) for key in numbers})

    def shaping(self) -> Tree | str:
        rank = len(self.x.shape)
        way = self.of("Flatten", "Mean", "Permute", "Reshape", "Select", "Slice", "Unflatten")
        place = self.one(1, max(rank, 1))
        match way:
            case "Mean":
                return {"op": way, "dim": place} | some(self.draw, keepdim=lambda: self.draw(FLAG))
            case "Permute":
                return {"op": way, "dims": [0, *self.draw(st.permutations(range(1, rank + 1)))]}
            case "Reshape":
                total, first = prod(self.x.shape), self.draw(st.integers(1, 6))
                shape = [first, total // first] if total % first == 0 else [total]
                return {"op": way, "shape": [*shape[:-1], self.of(-1, shape[-1])]}
            case "Select":
                return {"op": way, "dim": place, "index": self.one(-1, 1)}
            case "Slice":
                ends = some(self.draw, start=lambda: self.one(-2, 2), end=lambda: self.one(-2, 4))
                return {"op": way, "dim": place} | ends | some(self.draw, step=lambda: self.one(1, 2))
            case "Unflatten":
                return {"op": way, "dim": self.one(1, max(rank, 1)), "unflattened_size": [self.of(1, 2), -1]}
        return {"op": way} | some(self.draw, start_dim=lambda: self.one(1, max(rank, 1))) if rank > 1 else way

    def embedding(self) -> Tree:
        return {"op": "Embedding", "num_embeddings": self.one(2, 5), "embedding_dim": self.one(1, 6)}


# A body: the model, or a block, line by line


class BrokenError(Exception):
    """A line was refused, and is to stay: the spec is done."""


ODD = ("x", "identity", "dim", "in_channels", "out", "layer", "nn", "torch", "math", "BlockA", "index", "k", "range")
"""Names that generated code may want for itself: of layers here, of parameters below."""
PARAMETERS = ("x", "identity", "in_channels", "in_features", "out_channels", "has_l0", "l0_dim", "layer", "math", "nn")


@dataclass
class Scope:
    """Where lines are being written: the lines so far, and what they can read."""

    lines: Any  # a mapping or a list, growing
    path: tuple[str, ...]
    reads: dict[str, Tensor]  # by what `from` would say
    training: set[str]  # those of `reads` that run in training only
    previous: Tensor | None
    names: Ints
    own: dict[str, Tensor] = field(default_factory=dict)  # what this scope's lines give, by name
    depth: int = 0

    @property
    def listed(self) -> bool:
        return isinstance(self.lines, list)

    def next(self, draw: Draw) -> str:
        """Return the name of a further line: a plain one, or one that generated code may want for itself."""
        name = f"l{len(self.lines)}"
        if self.listed or not self.lines or not chance(draw, 6):
            return name
        last = next(reversed(self.lines))
        odd = draw(st.sampled_from([f"has_{name}", f"has_{last}", f"{last}_dim", f"{last}_{last}", *ODD]))
        return name if odd in self.lines else odd

    def place(self, name: str) -> str | None:
        """Return how `output` says a line; the newest of a list is what the list gives."""
        return ".".join(self.path if self.listed else (*self.path, name)) or None


@dataclass
class Spec:
    """What is common to the bodies of one spec."""

    draw: Draw
    input: Any
    parameters: Tree
    blocks: dict[str, Tree]
    ints: Ints
    flags: dict[str, bool]
    k: str  # what blocks call a number that they take
    writing: list[str] = field(default_factory=list)  # blocks that are not whole yet

    def fresh(self) -> str:
        return f"Block{chr(65 + len(self.blocks))}"


@dataclass
class Writer:
    """Draws the lines of one body. `whole` makes a spec of the body's lines and a probed output."""

    spec: Spec
    whole: Callable[[Any], Tree]
    flags: dict[str, bool]
    words: Iterable[str] = ()  # parameters that name an op

    def draw(self, strategy: st.SearchStrategy[Any]) -> Any:
        return self.spec.draw(strategy)

    def happens(self, of: int) -> bool:
        return chance(self.spec.draw, of)

    # What a line gives

    def given(self, path: str | None) -> dict[str, Tensor] | None:
        """Return what a path gives, by what follows its name in `from`; None where the spec is refused."""
        result = check(parse(dumped(self.whole(path))))
        codes = {found.code for found in result.diagnostics if found.severity == "error"}
        if result.graph is not None and not codes:
            (tensor,) = result.graph.model.tensors
            return {"": tensor} if prod(tensor.shape) <= MOST else None
        return self.several(path) if codes == {"AS121"} else None

    def several(self, path: str | None) -> dict[str, Tensor] | None:
        """Return the outputs of a path that has more than one: numbered, or named as some block names its own."""
        names = sorted({name for block in self.spec.blocks.values() for name in block.get("output", {})})
        found: dict[str, Tensor] = {}
        for name in (*map(str, range(8)), *names):
            result = check(parse(dumped(self.whole(f"{path}.{name}"))))
            if result.graph is not None and not result.failed:
                found[f".{name}"] = result.graph.model.tensors[0]
            elif name.isdecimal() and name != "0":
                break
        return found or None

    def settle(self, scope: Scope, name: str, line: Any, *, instead: bool = True) -> dict[str, Tensor] | None:
        """Put a line into its scope if it is accepted, or one that is simpler; return what it gives."""
        put(scope.lines, name, line)
        given = self.given(scope.place(name))
        if given is not None:
            return given
        if self.happens(5):
            raise BrokenError(dumped(self.whole(None)))
        drop(scope.lines, name)
        return self.settle(scope, name, "Identity", instead=False) if instead and scope.previous else None

    # Lines

    def fill(self, scope: Scope, most: int) -> None:
        for _ in range(self.draw(st.sampled_from(range(1, most + 1)))):
            self.line(scope)
        if not scope.lines:
            self.add(scope, {"op": "Identity", "from": min(ref for ref, x in scope.reads.items() if x.batched)})

    def line(self, scope: Scope) -> None:
        ways = [self.op, self.op, self.op, self.op, self.merge, self.merge]
        if scope.depth < 2:
            ways += [self.group, self.group, self.block, self.block]
        if not scope.listed:
            ways += [self.pieces, self.learned, self.head]
        self.draw(st.sampled_from(ways))(scope)

    def add(self, scope: Scope, line: Any) -> None:
        """Write a line, with a condition or copies now and then, and remember what it gives."""
        name, line = scope.next(self.draw), self.varied(scope, line)
        given = self.settle(scope, name, line)
        self.remember(scope, name, given)
        if given is not None and isinstance(line, dict):
            self.expect(line, given.get(""))
            if "repeat" in line:
                self.peek(scope, name, self.draw(st.integers(0, 2)))

    def varied(self, scope: Scope, line: Any) -> Any:
        if isinstance(line, str) and self.happens(3):
            line = {"op": line} if line not in self.spec.blocks else {"block": line}
        if not isinstance(line, dict):
            return line
        if self.happens(6):
            line["when"] = truth(self.spec.draw, self.draw(FLAG), scope.names, self.flags)
        if self.happens(8):
            names = {**scope.names, "index": 0}
            line |= {name: number(self.spec.draw, value, names) for name, value in line.items() if type(value) is int}
            line["repeat"] = number(self.spec.draw, self.draw(st.integers(0, 3)), scope.names)
        return line

    def remember(self, scope: Scope, name: str, given: dict[str, Tensor] | None) -> None:
        if given is None:
            return
        scope.previous = given.get("")
        if not scope.listed:
            for ending, tensor in given.items():
                scope.reads[name + ending] = scope.own[name + ending] = tensor

    def peek(self, scope: Scope, name: str, index: int) -> None:
        """Let one of the numbered children of a line be read."""
        if not scope.listed:
            given = self.given(f"{scope.place(name)}.{index}")
            if given and "" in given:
                scope.reads[f"{name}.{index}"] = given[""]

    def expect(self, line: Tree, x: Tensor | None) -> None:
        if x is not None and x.shape and self.happens(12):
            line["expect"] = list(x.shape)
            if self.happens(4):
                line["expect"][0] += 1
                raise BrokenError(dumped(self.whole(None)))

    def source(self, scope: Scope, line: Any) -> tuple[Any, Tensor]:
        """Choose what a line reads; return it with its `from`."""
        usual = {ref: x for ref, x in scope.reads.items() if ref not in scope.training}
        if scope.previous is not None and not self.happens(4):
            return line, scope.previous
        ref = self.draw(st.sampled_from(sorted(usual)))
        line = {"op": line} if isinstance(line, str) else line
        return {**line, "from": ref}, usual[ref]

    def op(self, scope: Scope) -> None:
        marker, x = self.source(scope, {})
        if self.words and self.happens(4):
            return self.add(scope, {"op": self.draw(st.sampled_from(sorted(self.words))), **marker})
        line = Unary(self.spec.draw, x, scope.names).tree()
        if marker:
            line = {"op": line} if isinstance(line, str) else line
            line |= marker
        return self.add(scope, line)

    def merge(self, scope: Scope) -> None:
        """Write an op of several inputs, mostly of shapes that suit each other."""
        usual = {ref: x for ref, x in scope.reads.items() if ref not in scope.training}
        first = self.draw(st.sampled_from(sorted(usual)))
        name = self.draw(st.sampled_from(["Add", "Concat", "Add", "Concat", "Multiply", "Stack", "Subtract", "MatMul"]))
        suiting = sorted(ref for ref, x in usual.items() if suits(name, usual[first], x)) or [first]
        others = suiting if not self.happens(8) else sorted(usual)
        count = 1 if name in ("Subtract", "MatMul") else self.draw(st.integers(1, 2))
        reads = [first, *(self.draw(st.sampled_from(others)) for _ in range(count))]
        line: Tree = {"op": name, "from": reads}
        if name in ("Concat", "Stack") and self.happens(4):
            line["dim"] = number(self.spec.draw, self.draw(st.integers(1, 3)), scope.names)
        self.add(scope, line)

    def pieces(self, scope: Scope) -> None:
        marker, x = self.source(scope, {})
        size = x.shape[0] if x.shape else 1
        line = self.draw(
            st.sampled_from(
                [
                    {"op": "Chunk", "chunks": 2},
                    {"op": "Split", "split_size_or_sections": [1, size - 1] if size > 1 else [1]},
                    {"op": "Split", "split_size_or_sections": 1},
                ]
            )
        )
        self.add(scope, {**line, **marker})

    def learned(self, scope: Scope) -> None:
        """Write a learned tensor, and a layer that reads it."""
        usual = {ref: x for ref, x in scope.reads.items() if ref not in scope.training and x.batched}
        if not usual:
            return
        ref = self.draw(st.sampled_from(sorted(usual)))
        shape = list(usual[ref].shape)
        way = self.draw(st.sampled_from(["scale", "whole", "token", "one"]))
        shapes = {"scale": [*shape[:1], *[1] * (len(shape) - 1)], "whole": shape, "token": [1, *shape], "one": [1]}
        name = scope.next(self.draw)
        line = {"op": "Parameter", "shape": shapes[way] or [1]}
        if self.happens(3):
            line["init"] = self.draw(st.sampled_from(["ones", "normal", 0.5]))
        before = scope.previous
        given = self.settle(scope, name, line, instead=False)
        self.remember(scope, name, given)
        scope.previous = before
        if given:
            op = "Concat" if way == "token" else self.draw(st.sampled_from(["Add", "Multiply"]))
            self.add(scope, {"op": op, "from": self.draw(st.permutations([ref, name]))})

    def head(self, scope: Scope) -> None:
        """Write a layer that runs in training only."""
        ref = self.draw(st.sampled_from(sorted(ref for ref, x in scope.reads.items() if x.batched)))
        name = scope.next(self.draw)
        line = Unary(self.spec.draw, scope.reads[ref], scope.names).tree()
        line = {"op": line} if isinstance(line, str) else line
        flags = [f"training and {name}" for name, flag in self.flags.items() if flag]
        when = self.draw(st.sampled_from(["training", *flags]))
        before = scope.previous
        given = self.settle(scope, name, {**line, "from": ref, "when": when}, instead=False)
        self.remember(scope, name, given)
        scope.training |= {name + ending for ending in given or ()}
        scope.previous = before

    # Groups and blocks

    def group(self, scope: Scope) -> None:
        marker, x = self.source(scope, {})
        if not x.batched:
            return
        name, named, repeated = scope.next(self.draw), self.draw(FLAG), self.happens(3)
        lines: Any = {} if named else []
        line: Any = {"layers": lines, **marker} if named or marker or repeated else lines
        if repeated:
            line["repeat"] = 1
        number_ = str(len(scope.lines)) if scope.listed else name
        path = (*scope.path, number_, *(["0"] if repeated and not scope.listed else []))
        if scope.listed and not all(map(plain, scope.lines)):
            return
        inner = Scope(
            lines,
            path,
            {**{ref: y for ref, y in scope.reads.items() if ref.split(".")[0] != "input"}, "input": x},
            set(scope.training),
            x,
            {**self.spec.ints, **measures("input", x), **({"index": 0} if repeated else {})},
            depth=scope.depth + 1,
        )
        put(scope.lines, name, line)
        self.fill(inner, 3)
        drop(scope.lines, name)
        if inner.previous is None or not lines:  # its last line has several outputs
            return
        if repeated:
            more = {**line, "repeat": number(self.spec.draw, self.draw(st.integers(1, 3)), scope.names)}
            line = more if self.tried(scope, name, more) else line
        given = self.settle(scope, name, line, instead=False)
        self.remember(scope, name, given)
        if (given and repeated) or not named:
            self.peek(scope, name, self.draw(st.integers(0, 2)))
        elif given and not scope.listed:
            scope.reads |= {f"{name}.{ref}": y for ref, y in inner.own.items() if ref not in inner.training}

    def tried(self, scope: Scope, name: str, line: Any) -> bool:
        put(scope.lines, name, line)
        given = self.given(scope.place(name))
        drop(scope.lines, name)
        return given is not None

    def block(self, scope: Scope) -> None:
        marker, x = self.source(scope, {})
        known = [name for name in self.spec.blocks if name not in self.spec.writing]
        if known and self.draw(FLAG):
            name = self.draw(st.sampled_from(known))
        elif x.batched:
            name = self.new_block(scope, x)
        else:
            return
        self.call(scope, name, marker)

    def call(self, scope: Scope, name: str, marker: Tree) -> None:
        block = self.spec.blocks[name]
        line: Tree = {"block": name, **marker}
        reads = block.get("input", [])
        if reads:
            usual = sorted(ref for ref in scope.reads if ref not in scope.training)
            line["from"] = [self.draw(st.sampled_from(usual)) for _ in reads]
        for parameter, default in block.get("parameters", {}).items():
            if default == "int" or (self.happens(2) and isinstance(default, int)):
                is_flag = isinstance(default, bool)
                line[parameter] = (
                    self.draw(FLAG) if is_flag else number(self.spec.draw, self.draw(st.integers(1, 5)), scope.names)
                )
            elif default == "op" or (parameter == "unit" and self.happens(2)):
                line[parameter] = self.draw(st.sampled_from(["ReLU", "Tanh", "BatchNorm2d", "PReLU"]))
        if scope.listed and isinstance(block["layers"], list) and not reads and self.happens(2):
            line["inline"] = True
        if line == {"block": name} and self.draw(FLAG):
            return self.add(scope, name)
        if line.get("inline"):
            return self.inline(scope, line)
        return self.add(scope, line)

    def inline(self, scope: Scope, line: Tree) -> None:
        """Write an inline block into a list, where it is accepted."""
        if self.tried(scope, "", line):
            self.add(scope, line)

    def new_block(self, scope: Scope, x: Tensor) -> str:
        """Write another block, for the input that arrives."""
        spec, name = self.spec, self.spec.fresh()
        parameters: Tree = {}
        if self.happens(2):
            parameters[spec.k] = self.draw(st.sampled_from(["int", 3, "input.features"]))
        if self.happens(3):
            parameters["on"] = self.draw(FLAG)
        if self.happens(4):
            parameters["unit"] = self.draw(st.sampled_from(["op", "ReLU"]))
        two = x.batched and self.happens(5)
        lines: Any = [] if not two and self.happens(3) else {}
        block: Tree = {**({"parameters": parameters} if parameters else {})}
        block |= {"input": ["a", "b"]} if two else {}
        block["layers"] = lines
        spec.blocks[name] = block
        given = {spec.k: 2} if parameters.get(spec.k) == "int" else {}
        given |= {"unit": "Tanh"} if parameters.get("unit") == "op" else {}
        inputs = {"a": x, "b": x} if two else {"": x}

        def whole(output: str | None) -> Tree:
            probe = {"block": name, **given}
            ends = {"output": output} if output else {}
            others = {other: tree for other, tree in spec.blocks.items() if other not in spec.writing}
            reads = {"from": ["input.a", "input.b"]} if two else {}
            shapes = {n: described(y) for n, y in inputs.items()}
            return {
                "archspec": 1,
                "input": shapes if two else {"x": described(x)} if x.dtype != "float32" else list(x.shape),
                **({"parameters": spec.parameters} if spec.parameters else {}),
                "blocks": {**others, name: {**block, **ends}},
                "layers": {"probe": probe | (reads or ({"from": "input.x"} if x.dtype != "float32" else {}))},
            }

        ints = dict(spec.ints)
        if spec.k in parameters:
            ints[spec.k] = {"int": 2, 3: 3}.get(parameters[spec.k], x.shape[-1] if x.shape else 1)
        refs = {"input.a": x, "input.b": x} if two else {"input": x}
        names = {**ints, **{n: v for ref, y in refs.items() for n, v in measures(ref, y).items()}}
        flags = {**spec.flags, **({"on": parameters["on"]} if "on" in parameters else {})}
        words = [word for word in ("act", "unit") if word in spec.parameters or word in parameters]
        inner = Scope(lines, (), dict(refs), set(), None if two else x, names, depth=scope.depth + 1)
        writer = Writer(spec, whole, flags, words)
        spec.writing.append(name)
        writer.fill(inner, 4)
        if isinstance(lines, dict):
            writer.outputs(inner, block)
        spec.writing.remove(name)
        return name

    def outputs(self, scope: Scope, body: Tree) -> None:
        """Name outputs: of the last line, where that has not just one, and now and then of others."""
        if scope.previous is not None and not self.happens(3):
            return
        refs = sorted(ref for ref, x in scope.own.items() if x.batched)
        if not refs:
            return
        kept = self.draw(st.lists(st.sampled_from(refs), min_size=1, max_size=3, unique=True))
        usual = [ref for ref in refs if ref not in scope.training]
        if usual and not set(kept) - scope.training:
            kept.append(usual[0])
        if len(kept) == 1 and self.draw(FLAG):
            body["output"] = kept[0]
        else:
            body["output"] = {f"o{number}": ref for number, ref in enumerate(kept)}


def put(lines: Any, name: str, line: Any) -> None:
    if isinstance(lines, list):
        lines.append(line)
    else:
        lines[name] = line


def drop(lines: Any, name: str) -> None:
    if isinstance(lines, list):
        lines.pop()
    else:
        del lines[name]


def plain(line: Any) -> bool:
    """Whether a line of a list takes just one number there."""
    return not isinstance(line, dict) or not {"when", "repeat", "inline"} & line.keys()


def suits(name: str, x: Tensor, y: Tensor) -> bool:
    """Whether an op of several inputs probably takes the two."""
    if name == "Concat":
        return len(x.shape) == len(y.shape) and x.shape[1:] == y.shape[1:]
    if name == "MatMul":
        return bool(x.shape and len(y.shape) > 1) and x.shape[-1] == y.shape[-2]
    return x.shape == y.shape


AXES = {2: ("length",), 3: ("height", "width"), 4: ("depth", "height", "width")}


def measures(ref: str, x: Tensor) -> Ints:
    """Return what an expression may read of an input."""
    if not x.shape or not x.batched:
        return {}
    named = dict(zip(("channels", *AXES.get(len(x.shape), ())), x.shape, strict=False))
    return {f"{ref}.{name}": size for name, size in {**named, "features": x.shape[-1]}.items()}


def described(x: Tensor) -> Any:
    return list(x.shape) if x.dtype == "float32" else {"shape": list(x.shape), "dtype": x.dtype}


@st.composite
def tensors(draw: Draw) -> Tensor:
    rank = draw(st.sampled_from([3, 1, 2, 3, 3, 4]))
    if rank == 1 and chance(draw, 3):
        return Tensor((draw(st.integers(1, 6)),), "int64")
    most = {1: 8, 2: 10, 3: 9, 4: 5}[rank]
    channels = draw(st.sampled_from([4, 1, 2, 3, 5, 6, 8]))
    return Tensor((channels, *(draw(st.sampled_from(range(most, 0, -1))) for _ in range(rank - 1))))


@st.composite
def specs(draw: Draw) -> str:
    """Draw the text of a spec."""
    several = chance(draw, 4)
    inputs = {f"x{i}": draw(tensors()) for i in range(2)} if several else {"": draw(tensors())}
    if not several and inputs[""].dtype == "int64":
        inputs = {"x0": inputs[""]}
    parameters: Tree = some(
        draw,
        width=lambda: draw(st.integers(1, 6)),
        deep=lambda: draw(FLAG),
        act=lambda: draw(st.sampled_from(["ReLU", "Tanh"])),
    )
    ints = {"width": parameters["width"]} if "width" in parameters else {}
    flags = {"deep": parameters["deep"]} if "deep" in parameters else {}
    shapes = {name: described(x) for name, x in inputs.items()}
    spec = Spec(
        draw, shapes.get("", shapes), parameters, {}, ints, flags, draw(st.sampled_from(["k", "k", *PARAMETERS]))
    )
    refs = {f"input.{name}" if name else "input": x for name, x in inputs.items()}
    lines: Any = [] if "" in inputs and chance(draw, 5) else {}
    body: Tree = {}

    def whole(output: str | None) -> Tree:
        return {
            "archspec": 1,
            "input": spec.input,
            **({"parameters": parameters} if parameters else {}),
            **({"blocks": spec.blocks} if spec.blocks else {}),
            "layers": lines,
            **({"output": output} if output else body),
        }

    names = {**ints, **{n: v for ref, x in refs.items() for n, v in measures(ref, x).items()}}
    scope = Scope(lines, (), dict(refs), set(), inputs.get(""), names)
    writer = Writer(spec, whole, flags, [word for word in ("act",) if word in parameters])
    try:
        writer.fill(scope, 6)
        if isinstance(lines, dict):
            writer.outputs(scope, body)
    except BrokenError as broken:
        return str(broken)
    return dumped(whole(None))


# Many of them


def campaign(count: int, first: int) -> Counter[str]:
    """Put specs to the laws, so many at a seed; print what breaks one, as small as it gets. Return what they were."""
    from laws import obeys

    seen: Counter[str] = Counter()
    known: set[str] = set()
    for number in range(-(-count // PACE)):
        last = ""

        @hypothesis.seed(first + number)
        @hypothesis.settings(EACH, max_examples=min(PACE, count - number * PACE))
        @hypothesis.given(specs())
        def law(text: str) -> None:
            nonlocal last
            last = text
            if text not in known:
                seen[obeys(text)] += 1
                known.add(text)

        try:
            law()
        except Exception as error:  # noqa: BLE001 - whatever it is, the next seed follows
            seen["broke a law"] += 1
            print(f"seed {first + number}: {type(error).__name__}: {error}\n{last}", flush=True)
    return seen


PACE = 500
"""Specs of one seed: hypothesis varies what it drew before, so that later ones resemble each other."""
EACH = hypothesis.settings(
    deadline=None,
    database=None,
    derandomize=False,
    report_multiple_bugs=False,
    suppress_health_check=list(hypothesis.HealthCheck),
)

if __name__ == "__main__":
    started, (wanted, begin) = time.time(), (int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    found = campaign(wanted, begin)
    print(f"{found.total()} different specs in {time.time() - started:.0f} s: {dict(found.most_common())}")
