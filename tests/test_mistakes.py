"""k independent mistakes planted in a spec give exactly k diagnostics, each at its place.

A spec is made of branches that all read the input and of which nothing else is read, so no branch depends on another.
A mistake is a branch in which the place of the message is marked with « and ».
"""

import random
import textwrap

import pytest

from archspec import pipeline, source

GOOD = [
    """
    NAME:
      from: input
      layers:
        - {op: Conv2d, out_channels: 8, kernel_size: 3, padding: 1}
        - ReLU
    """,
    """
    NAME: {block: Basic, from: input, channels: 8, repeat: 2}
    """,
    """
    NAME:
      from: input
      layers:
        conv: {op: Conv2d, out_channels: width * 2, kernel_size: 1}
        skip: {op: Conv2d, from: input, out_channels: 2 * width, kernel_size: 1, when: width > 4}
        add: {op: Add, from: [conv, skip]}
    """,
]

# What is written, and the code that is reported at the mark.
MISTAKES = [
    ("NAME: {op: «Conv2», from: input, out_channels: 8, kernel_size: 3}", "AS107"),
    ("NAME: {op: Conv2d, from: input, out_channels: 8, «kernal_size»: 3}", "AS108"),
    ("NAME: {op: Conv2d, from: input, out_channels: «eight», kernel_size: 3}", "AS111"),
    ("NAME: {op: Conv2d, from: input, out_channels: 8, kernel_size: «3.5»}", "AS110"),
    ("NAME: {op: Conv2d, from: input, out_channels: 8, kernel_size: «'3'»}", "AS104"),
    ("«NAME»: {op: Conv2d, from: input, out_channels: 8}", "AS109"),
    ("NAME: {op: Conv2d, from: input, out_channels: 8, kernel_size: «41»}", "AS202"),
    ("NAME: {op: Conv2d, from: input, out_channels: 8, kernel_size: 3, padding: «sam»}", "AS111"),
    ("NAME: {op: Conv2d, from: input, out_channels: 8, kernel_size: 3, groups: «2»}", "AS205"),
    ("NAME: {op: Conv2d, from: input, in_channels: «4», out_channels: 8, kernel_size: 3}", "AS203"),
    ("NAME: {op: ReLU, from: «imput»}", "AS113"),
    ("NAME: {op: ReLU, from: «last»}", "AS112"),
    ("«lambda»: {op: ReLU, from: input}", "AS105"),
    ("NAME: {op: Conv2d, from: input, out_channels: width «+», kernel_size: 3}", "AS114"),
    ("NAME: {op: Conv2d, from: input, out_channels: width // «0», kernel_size: 3}", "AS115"),
    ("NAME: {op: Conv2d, from: input, out_channels: 4 * «widht», kernel_size: 3}", "AS111"),
    ("NAME: {op: ReLU, from: input, when: «width»}", "AS104"),
    ("NAME: {op: ReLU, from: input, repeat: «-2»}", "AS119"),
    ("«NAME»: {block: Basic, from: input}", "AS109"),
    ("NAME: {block: Basic, from: input, channels: 8, «chanels»: 4}", "AS108"),
    ("NAME: {block: Basic, from: input, channels: «many»}", "AS111"),
    ("NAME: {block: «Basik», from: input, channels: 8}", "AS107"),
    ("NAME: {block: «ReLU», from: input}", "AS107"),
    ("NAME: {from: input, layers: [ReLU, {op: «Relu»}]}", "AS107"),
    ("NAME: {from: input, layers: [ReLU, «Rellu», ReLU]}", "AS107"),
    ("NAME: {from: input, «share»: true, op: ReLU}", "AS106"),
    ("NAME: {from: input, op: ReLU, «block»: Basic}", "AS104"),
    ("NAME: {from: input, op: «LSTM», hidden_size: 3}", "AS123"),
    ("NAME: {op: ReLU, from: «[input, input]»}", "AS120"),
    (
        """
        NAME:
          from: input
          layers:
            a: {op: Conv2d, out_channels: 8, kernel_size: 1}
            b: {op: Conv2d, out_channels: 6, kernel_size: 1, from: input}
            c: {op: Add, from: [a, «b»]}
            d: {op: Linear, out_features: 3}
            e: {op: Add, from: [c, a]}
        """,
        "AS203",
    ),
    (
        """
        NAME:
          from: input
          layers:
            - {op: MaxPool2d, kernel_size: 2}
            - Flatten
            - {op: Linear, in_features: «3072», out_features: 3}
            - {op: Linear, out_features: 3}
        """,
        "AS203",
    ),
    ("NAME: {op: ReLU, from: input, expect: «[4, 32, 32]»}", "AS210"),
]

HEAD = """
archspec: 1
input: [3, 32, 32]
parameters: {width: 8}
blocks:
  Basic:
    parameters: {channels: int}
    layers:
      conv1: {op: Conv2d, out_channels: channels, kernel_size: 3, padding: 1}
      relu: ReLU
layers:
"""


def planted(rng: random.Random, mistakes: int) -> tuple[str, set[tuple[str, int, int]]]:
    """Return a spec with so many mistakes, and the code, line and column of each."""
    chosen: list[tuple[str, str | None]] = [*rng.sample(MISTAKES, mistakes)]
    chosen += [(rng.choice(GOOD), None) for _ in range(rng.randrange(6))]
    rng.shuffle(chosen)
    lines = HEAD.strip().splitlines()
    expected = set()
    for number, (text, code) in enumerate(chosen):
        for line in textwrap.dedent(text).strip().splitlines():
            written = "  " + line.replace("NAME", f"branch{number}")
            if code and "«" in written:
                expected.add((code, len(lines) + 1, written.index("«") + 1))
            lines.append(written.replace("«", "").replace("»", ""))
    lines.append("  last: {op: ReLU, from: input}")
    return "\n".join(lines) + "\n", expected


@pytest.mark.parametrize(("seed", "mistakes"), [(seed, seed % 9) for seed in range(200)])
def test_each_planted_mistake_gives_one_diagnostic_at_its_place(seed: int, mistakes: int) -> None:
    text, expected = planted(random.Random(seed), mistakes)  # noqa: S311
    found = pipeline.check(source.parse(text, "planted.yaml")).diagnostics
    assert {(d.code, d.span.line, d.span.column) for d in found} == expected, text
    assert len(found) == mistakes


@pytest.mark.parametrize(("text", "code"), MISTAKES)
def test_each_kind_of_mistake_alone(text: str, code: str) -> None:
    lines = textwrap.dedent(text).strip().splitlines()
    body = "\n".join("  " + line.replace("NAME", "branch") for line in lines)
    rows = [(i, line.index("«")) for i, line in enumerate(body.splitlines()) if "«" in line]
    whole = HEAD.strip() + "\n" + body.replace("«", "").replace("»", "") + "\n  last: {op: ReLU, from: input}\n"
    found = pipeline.check(source.parse(whole, "net.yaml")).diagnostics
    row, column = rows[0]
    place = (len(HEAD.strip().splitlines()) + row + 1, column + 1)
    assert [(d.code, d.span.line, d.span.column) for d in found] == [(code, *place)]


# Mistakes that read each other

CHAINS = {
    # what a layer gives does not hang on the channels that it was said to read, nor on a probability
    "sizes that stay known": """
archspec: 1
input: [3, 32, 32]
blocks:
  Unit:
    layers:
      conv: {op: Conv2d, in_channels: «8», out_channels: 64, kernel_size: 3, padding: 1}
      again: {op: Conv2d, in_channels: «32», out_channels: 64, kernel_size: 3, padding: 1}
layers:
  conv: {op: Conv2d, in_channels: «16», out_channels: 64, kernel_size: 3}
  drop: {op: Dropout, p: «50»}
  unit: {block: Unit, repeat: 2}
  up: {op: ConvTranspose2d, in_channels: «60», out_channels: 8, kernel_size: 2, stride: 2}
  pool: {op: AdaptiveAvgPool2d, output_size: 1}
  flatten: Flatten
  fc: {op: Linear, in_features: «64», out_features: 10, expect: «[11]»}
  softmax: {op: Softmax, dim: «3»}
""",
    "slips of the pen": """
archspec: 1
«inputs»: [3, 32, 32]
«parameter»: {width: 4}
«block»:
  Join:
    input: [x, skip]
    «layer»:
      cat: {op: Concat, from: [input.x, input.skip], «dims»: 1}
      conv: {op: «conv2d», out_channels: «widht», «kernel_siz»: 3, padding: same}
      relu: «nn.ReLU»
      norm: {op: BatchNorm2d, num_features: «2»}
layers:
  one: {op: «Conv2D», out_channels: 8, kernel_size: 3, «dilatoin»: 1}
  two: {op: Conv2d, «out_channel»: 8, kernel_size: 3, from: «inptu»}
  wide: {op: Conv2d, out_channels: 8, kernel_size: «41», from: input}
  join: {block: «Joint», from: [one, two]}
""",
}


@pytest.mark.parametrize("case", CHAINS)
def test_what_is_certain_after_a_mistake_is_judged(case: str) -> None:
    expected = []
    for row, line in enumerate(CHAINS[case].strip().splitlines(), 1):
        begun, *marked = line.replace("»", "").split("«")
        for piece in marked:
            expected.append((row, len(begun) + 1))
            begun += piece
    text = CHAINS[case].strip().replace("«", "").replace("»", "")
    found = pipeline.check(source.parse(text, "net.yaml"))
    assert [(d.span.line, d.span.column) for d in found.diagnostics] == expected
    assert found.graph is None


@pytest.mark.parametrize(
    "layers",
    [
        # in_features may be wrong, or a Flatten missing, after which other sizes follow
        "[{op: Linear, in_features: 3072, out_features: 8}, {op: Linear, in_features: 64, out_features: 8}]",
        # the norm may be wrong, or the convolution before it
        "[{op: BatchNorm2d, num_features: 8}, {op: Conv2d, in_channels: 8, out_channels: 8, kernel_size: 1}]",
        # so may the groups, or the channels
        "[{op: Conv2d, in_channels: 4, groups: 2, out_channels: 8, kernel_size: 1}, {op: Softmax, dim: 9}]",
    ],
)
def test_what_may_follow_from_a_mistake_is_not_told(layers: str) -> None:
    found = pipeline.check(source.parse(f"archspec: 1\ninput: [3, 32, 32]\nlayers: {layers}\n", "net.yaml"))
    assert len(found.diagnostics) == 1


def test_a_file_that_means_to_extend_lacks_nothing_else() -> None:
    found = pipeline.check(source.parse("archspec: 1\nextend: lenet5\n", "net.yaml"))
    assert [d.code for d in found.diagnostics] == ["AS103"]
