"""An argument that another one makes void."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from archspec.graph import Node
from archspec.lint.kinds import AVERAGES, BATCH_NORMS, CONVOLUTIONS, MAX_POOLS, kind
from archspec.lint.rule import Finding, Rule
from archspec.lint.subject import Subject
from archspec.lint.written import at, is_literal
from archspec.ops.base import Op
from archspec.report import fix

__all__ = ["IdleArgument"]


class IdleArgument(Rule):
    """An argument is written that another one makes void: it does nothing.

    A dilation of a kernel of one pixel, a padding mode where nothing is padded, a momentum of statistics that are not
    kept. Who wrote it expected something of it.

    Source: torch.nn's documentation of each op.
    """

    code = "AS321"
    catches = """\
archspec: 1
input: [3, 32, 32]
layers:
  conv: {op: Conv2d, out_channels: 8, kernel_size: 3, padding_mode: reflect}
"""
    spares = """\
archspec: 1
input: [3, 32, 32]
layers:
  conv: {op: Conv2d, out_channels: 8, kernel_size: 3, padding: 1, padding_mode: reflect}
"""

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Yield the arguments that are void in every instance of their line."""
        for line in subject.lines_of(_KINDS):
            for idle in _of(line.layers[0].node):
                where = line.where.at(idle.argument)
                written = at(where) is not None and not (idle.number and not is_literal(where))
                if written and all(idle in _of(flat.node) for flat in line.layers):
                    yield Finding(
                        where,
                        f"{idle.argument} has no effect: {idle.reason}",
                        name=True,
                        help=f"leave {idle.argument} out{idle.instead}",
                        fixes=fix(f"leave {idle.argument} out", where.removed(), safe=True),
                    )


class _Idle(NamedTuple):
    """An argument that is void, and why."""

    ops: frozenset[str]
    argument: str
    void: Callable[[Op], bool]
    reason: str
    instead: str = ""
    number: bool = False  # only where a number is written, since a block may be called with another

    def holds(self, node: Node) -> bool:
        """Whether the op is one of these, and its argument void."""
        return kind(node) in self.ops and self.argument in node.op.model_fields_set and self.void(node.op)


def _of(node: Node) -> list[_Idle]:
    return [idle for idle in _IDLE if idle.holds(node)]


def _one_pixel(op: Op) -> bool:
    kernel, dilation = getattr(op, "kernel_size", ()), getattr(op, "dilation", ())
    return all(k == 1 for k in kernel) and any(d != 1 for d in dilation)


def _unpadded(op: Op) -> bool:
    padding, mode = getattr(op, "padding", 0), getattr(op, "padding_mode", "zeros")
    return mode != "zeros" and (padding == "valid" or (isinstance(padding, tuple) and not any(padding)))


def _off(argument: str) -> Callable[[Op], bool]:
    return lambda op: not getattr(op, argument)


_AFFINE = BATCH_NORMS | {"GroupNorm", *(f"InstanceNorm{axes}d" for axes in (1, 2, 3))}
_IDLE = (
    _Idle(CONVOLUTIONS | MAX_POOLS, "dilation", _one_pixel, "a kernel of one pixel has no gaps",
          ", or write a larger kernel_size", number=True),
    _Idle(CONVOLUTIONS, "padding_mode", _unpadded, "padding is 0", ", or write the padding"),
    _Idle(BATCH_NORMS, "momentum", _off("track_running_stats"), "no running statistics are kept"),
    _Idle(_AFFINE, "bias", _off("affine"), "affine is false, so the norm owns neither weight nor bias"),
    _Idle(frozenset({"LayerNorm"}), "bias", _off("elementwise_affine"),
          "elementwise_affine is false, so the norm owns neither weight nor bias"),
    _Idle(frozenset({"Embedding"}), "norm_type", lambda op: getattr(op, "max_norm", None) is None,
          "there is no max_norm that would use it"),
    _Idle(AVERAGES, "count_include_pad",
          lambda op: not any(getattr(op, "padding", ())) and not getattr(op, "ceil_mode", False), "padding is 0"),
)  # fmt: skip
_KINDS = frozenset().union(*(idle.ops for idle in _IDLE))
