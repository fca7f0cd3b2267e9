"""A spec of which no figure is held."""

from collections.abc import Iterator

from archspec.graph import Body
from archspec.lint.rule import Finding, Rule
from archspec.lint.subject import Subject
from archspec.lint.written import at, layers
from archspec.ops.fields import spelt
from archspec.report import Where, fix

__all__ = ["MissingExpect"]


class MissingExpect(Rule):
    """A file expects nothing: neither the whole network's figures nor a layer's sizes are held.

    An edit that changes the network, here or in a file that this one extends, then passes every check. What an
    extended file expects is of its own values, and holds nothing here. Whether a spec is finished enough for figures
    only its authors know, so that the rule runs only where it is selected.

    Source: as a test without an assertion: SonarSource's S2699; docs/language.md, Expectations.
    """

    code = "AS318"
    default = False
    catches = """\
archspec: 1
input: [3, 32, 32]
layers:
  conv: {op: Conv2d, out_channels: 8, kernel_size: 3}
  relu: ReLU
"""
    spares = """\
archspec: 1
input: [3, 32, 32]
layers:
  conv: {op: Conv2d, out_channels: 8, kernel_size: 3, expect: [8, 30, 30]}
  relu: ReLU
"""

    def check(self, subject: Subject) -> Iterator[Finding]:
        """Yield the file that is checked, if no figure of it is held."""
        program, where = subject.program, Where(subject.sources[0])
        own = not program.inherited and any(layer.expect is not None for layer in layers(program.base))
        if not own and at(where.at("expect")) is None:
            text = _figures(subject.graph.model)
            yield Finding(
                where.at("extends" if program.inherited else "layers"),
                "no figure of this network is held",
                name=True,
                notes=("what an extended file expects is of its own values",) if program.inherited else (),
                help=f"expect: {text}",
                fixes=fix("write the figures that are true now", where.added("expect", text)),
            )


def _figures(model: Body) -> str:
    """Return what a spec would expect of a model, as it writes it."""
    sizes = {name: spelt(tensor.shape) for (name, _), tensor in zip(model.outputs, model.tensors, strict=True)}
    output = sizes.get("") or f"{{{', '.join(f'{name}: {shape}' for name, shape in sizes.items())}}}"
    return f"{{output: {output}, parameters: {model.num_parameters}, macs: {model.macs}}}"
