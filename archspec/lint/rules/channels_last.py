"""A layer that takes another axis for the channels."""

from collections.abc import Iterator

from archspec.graph import Flat
from archspec.lint.kinds import kind
from archspec.lint.layout import image
from archspec.lint.rule import Finding, Rule
from archspec.lint.subject import Subject
from archspec.ops.spatial import Spatial
from archspec.report import fix

__all__ = ["ChannelsLast"]


class ChannelsLast(Rule):
    """A convolution, pool or batch norm reads a value whose channels come last.

    torch's layers take the first axis for the channels. Behind an Embedding, attention or a Permute they are on the
    last one, and a Conv1d then slides over the features and mixes the words; an input written as `[224, 224, 3]` has
    224 channels. As the number of channels is taken from what arrives, nothing refuses it.

    Source: torch.nn.Conv1d: (N, C, L); PyTorch's forum, "Why aren't inputs to conv1d channels last?".
    """

    code = "AS342"
    catches = """\
archspec: 1
input: {words: {shape: [128], dtype: int64}}
layers:
  embed: {op: Embedding, from: input.words, num_embeddings: 1000, embedding_dim: 300}
  conv: {op: Conv1d, out_channels: 64, kernel_size: 3}
"""
    spares = """\
archspec: 1
input: {words: {shape: [128], dtype: int64}}
layers:
  embed: {op: Embedding, from: input.words, num_embeddings: 1000, embedding_dim: 300}
  first: {op: Permute, dims: [0, 2, 1]}
  conv: {op: Conv1d, out_channels: 64, kernel_size: 3}
"""

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Yield the inputs and the lines that have their channels last, the lines in every instance."""
        if "last" not in subject.layouts.values():
            return
        inputs = {index for index, (_, tensor) in enumerate(subject.graph.model.inputs) if image(tensor) == "last"}
        for line in subject.lines:
            if not all(_misread(flat, subject) for flat in line.layers):
                continue
            ref = line.layers[0].inputs[0]
            if ref.path or ref.index not in inputs:
                yield _of_line(line.layers[0], subject)
            else:
                inputs.remove(ref.index)
                yield _of_input(line.layers[0], subject)


def _misread(flat: Flat, subject: Subject) -> bool:
    first = isinstance(flat.node.op, Spatial) or kind(flat).startswith(("BatchNorm", "InstanceNorm", "LayerNorm2d"))
    return first and subject.layouts.get(flat.inputs[0]) == "last"


def _of_line(flat: Flat, subject: Subject) -> Finding:
    x, maker = flat.node.tensors[0], subject.maker(flat.inputs[0])
    where = subject.program.input_where if maker is None else maker.node.where
    dims = [0, len(x.shape), *range(1, len(x.shape))]
    return Finding(
        flat.node.where,
        f"{kind(flat)} takes the first axis of {x} for the channels, which are on the last: {x.shape[-1]}",
        name=isinstance(flat.node.where.key[-1], str),
        labels=((where, f"this gives {x}"),),
        help=f"put {{op: Permute, dims: {dims}}} before it",
    )


def _of_input(flat: Flat, subject: Subject) -> Finding:
    name, tensor = subject.graph.model.inputs[flat.inputs[0].index]
    where = subject.program.input_where.at(name) if name else subject.program.input_where
    turned = [tensor.shape[-1], *tensor.shape[:-1]]
    axes = f"{tensor.shape[0]} channels and a width of {tensor.shape[-1]}"
    return Finding(
        where,
        f"an image of {tensor} has {axes}: the channels come first",
        labels=((flat.node.where, f"{kind(flat)} reads it so"),),
        help=f"write {turned}",
        fixes=fix(f"write {turned}", where.replaced(str(turned))),
    )
