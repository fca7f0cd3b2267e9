"""A softmax over one value."""

from collections.abc import Iterator

from archspec.graph import Node
from archspec.lint.kinds import kind
from archspec.lint.rule import Finding, Rule
from archspec.lint.subject import Subject

__all__ = ["SoftmaxOfOne"]


class SoftmaxOfOne(Rule):
    """A softmax over an axis of one value gives 1 whatever arrives, and attention over one key always takes it.

    The layers before it get no gradient and never learn. For one output of two classes a sigmoid is meant, or no
    activation and a loss on logits; of several classes, another axis.

    Source: torch.nn.Softmax; PyTorch's forum, "Softmax always gives 1".
    """

    code = "AS325"
    catches = """\
archspec: 1
input: [16]
layers:
  fc: {op: Linear, out_features: 1}
  probability: {op: Softmax, dim: 1}
"""
    spares = """\
archspec: 1
input: [16]
layers:
  fc: {op: Linear, out_features: 2}
  probability: {op: Softmax, dim: 1}
"""

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Yield the lines whose softmax is over one value in every instance."""
        for line in subject.lines_of(_HELP):
            found = [_alone(flat.node) for flat in line.layers]
            if all(found):
                node = line.layers[0].node
                where = line.where.at("dim") if "dim" in node.op.model_fields_set else line.where
                yield Finding(where, found[0] or "", name=where is line.where and isinstance(where.key[-1], str),
                              help=_HELP[kind(node)])  # fmt: skip


_SOFTMAXES = ("Softmax", "LogSoftmax", "Softmin")
_HELP = {
    **dict.fromkeys(_SOFTMAXES, "Sigmoid for one output, or another dim"),
    "Softmax2d": "Sigmoid for one channel",
    "MultiheadAttention": "a sequence of one has nothing to attend to",
}


def _alone(node: Node) -> str | None:
    """Return what is wrong, if the softmax inside is over one value."""
    name, shape = kind(node), node.tensors[0].shape if node.tensors else ()
    if name in _SOFTMAXES:
        dim = getattr(node.op, "dim", None)
        place = 0 if dim is None else dim % (len(shape) + 1) - 1
        if shape[place] == 1:
            return f"{name} over axis {place + 1}, which has one value, gives {_ALWAYS[name]} alone"
    if name == "Softmax2d" and shape[0] == 1:
        return f"Softmax2d over the one channel of {node.tensors[0]} gives 1 alone"
    if name == "MultiheadAttention":
        key = node.tensors[min(1, len(node.tensors) - 1)]
        more = getattr(node.op, "add_bias_kv", False) or getattr(node.op, "add_zero_attn", False)
        if key.shape[0] == 1 and not more:
            return f"MultiheadAttention attends to one key, {key}, which it always takes whole"
    return None


_ALWAYS = {"Softmax": "1", "Softmin": "1", "LogSoftmax": "0"}
