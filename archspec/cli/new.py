"""`archspec new`: a commented first spec, or a bundled one → a file."""

from pathlib import Path

import click

from archspec.cli.finding import complete_bundled
from archspec.diagnostic import ArchspecError, printable
from archspec.files import bundled_text
from archspec.output import write

__all__ = ["new"]

_FIRST = """\
archspec: 1                                    # the language's version
name: first
description: A small residual network for 32×32 images
input: [3, 32, 32]                             # channels, height, width; the batch is left out

parameters:                                    # override them: archspec build FILE --set width=32
  width: 16
  num_classes: 10

blocks:                                        # layers that occur more than once
  Residual:
    parameters: {channels: int, stride: 1}     # `int`: must be given; `1`: may be left out
    layers:
      conv1: {op: Conv2d, out_channels: channels, kernel_size: 3, stride: stride, padding: 1, bias: false}
      norm1: BatchNorm2d                       # a torch.nn layer without arguments is just its name
      relu1: ReLU
      conv2: {op: Conv2d, out_channels: channels, kernel_size: 3, padding: 1, bias: false}
      norm2: BatchNorm2d
      shortcut:                                # left out where the input already has the right shape
        op: Conv2d
        from: input                            # the block's input
        out_channels: channels
        kernel_size: 1
        stride: stride
        bias: false
        when: stride != 1 or input.channels != channels
      add: {op: Add, from: [norm2, shortcut]}  # a shortcut that is left out stands for its input
      relu2: ReLU

layers:                                        # each reads the one before it, unless it says `from`
  conv: {op: Conv2d, out_channels: width, kernel_size: 3, padding: 1, bias: false}
  norm: BatchNorm2d
  relu: ReLU
  stage1: {block: Residual, repeat: 2, channels: width}
  stage2: {block: Residual, repeat: 2, channels: 2 * width, stride: 2 if index == 0 else 1}
  pool: {op: AdaptiveAvgPool2d, output_size: 1, expect: [32, 1, 1]}   # an assertion, checked
  flatten: Flatten
  head: {op: Linear, out_features: num_classes}

init:
  - {op: Conv2d, weight: {kaiming_normal: {mode: fan_out, nonlinearity: relu}}}
"""


@click.command()
@click.argument("file", default="net.yaml", type=click.Path())
@click.option("--from", "name", metavar="NAME", shell_complete=complete_bundled, help="Begin with a bundled spec.")
@click.option("--force", is_flag=True, help="Overwrite a file that is there.")
def new(file: str, name: str | None, force: bool) -> None:
    """Write a commented first spec, or a copy of a bundled one.

    FILE is net.yaml if it is not given, and - is stdout.

    \b
    Examples:
      archspec new
      archspec new nets/small.yaml
      archspec new --from vgg-D - | less
    """  # noqa: D301 - click keeps the lines after it
    text = _FIRST if name is None else bundled_text(name)
    if file == "-":
        click.echo(text, nl=False)
        return
    path = Path(file)
    if path.exists() and not force:
        raise ArchspecError(f"{printable(file)} is there already; --force overwrites it")
    write(path, text)
    click.echo(f"wrote {printable(file)}; now try: archspec build {printable(file)}", err=True)
