"""A batch norm that needs two samples."""

from collections.abc import Iterator
from math import prod

from archspec.lint.kinds import BATCH_NORMS, kind
from archspec.lint.rule import Finding, Rule
from archspec.lint.subject import Subject

__all__ = ["SingleValueBatch"]


class SingleValueBatch(Rule):
    """A batch norm reads one position of each channel: torch refuses to train it on a batch of one.

    It is so behind a global pool, in the pooled branch of DeepLab's pyramid. The last batch of an epoch may well hold
    one sample. Larger batches work, so that the rule runs only where it is selected.

    Source: torch.nn.functional.batch_norm: "Expected more than 1 value per channel when training".
    """

    code = "AS355"
    default = False
    catches = """\
archspec: 1
input: [16, 8, 8]
layers:
  pool: {op: AdaptiveAvgPool2d, output_size: 1}
  conv: {op: Conv2d, out_channels: 8, kernel_size: 1, bias: false}
  norm: BatchNorm2d
"""
    spares = """\
archspec: 1
input: [16, 8, 8]
layers:
  conv: {op: Conv2d, out_channels: 8, kernel_size: 1, bias: false}
  norm: BatchNorm2d
  pool: {op: AdaptiveAvgPool2d, output_size: 1}
"""

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Yield the lines whose batch norm reads one position in every instance."""
        for line in subject.lines_of(BATCH_NORMS):
            if all(prod(flat.node.tensors[0].shape[1:]) == 1 for flat in line.layers):
                node = line.layers[0].node
                yield Finding(
                    line.where,
                    f"{kind(node)} reads one value per channel, {node.tensors[0]}: a batch of one cannot train",
                    name=isinstance(line.where.key[-1], str),
                    help="GroupNorm or LayerNorm2d does not depend on the batch",
                )
