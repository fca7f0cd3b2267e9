"""The language's rules on scopes, names, conditions and repeats: a spec, and the graph that it must become.

A graph is written as one line a layer: its full path, its op, what it reads, and its output without the batch.
"""

import textwrap
from pathlib import Path

import pytest
from clock import within

import archspec
from archspec import files, pipeline, source
from archspec.diagnostic import SpecError
from archspec.graph import Call, Graph, Ref


def expanded(text: str) -> Graph:
    result = pipeline.check(source.parse("archspec: 1\n" + textwrap.dedent(text)))
    assert result.graph is not None, result.diagnostics
    assert not result.failed, result.diagnostics
    return result.graph


def written(graph: Graph) -> str:
    names = [f"input.{name}" if name else "input" for name, _ in graph.model.inputs]

    def shown(ref: Ref, outputs: int = 1) -> str:
        return ".".join(ref.path) + (f"[{ref.index}]" if ref.index else "") if ref.path else names[ref.index]

    lines = []
    for path, flat in graph.nodes.items():
        reads = ", ".join(shown(ref) for ref in flat.inputs)
        shapes = " ".join("×".join(map(str, tensor.shape)) for tensor in flat.node.outputs)
        mark = " (training)" if flat.training else ""
        lines.append(f"{'.'.join(path)}: {type(flat.node.op).__name__}({reads}) {shapes}{mark}")
    ends = [f"{name or 'output'}={shown(ref)}" for name, ref in graph.outputs]
    return "\n".join([*lines, "-> " + ", ".join(ends)])


CASES = {
    "a list is numbered and a chain": (
        """
        input: [3, 8, 8]
        layers:
          - {op: Conv2d, out_channels: 4, kernel_size: 3}
          - ReLU
          - [Flatten, {op: Linear, out_features: 2}]
        """,
        """
        0: Conv2d(input) 4×6×6
        1: ReLU(0) 4×6×6
        2.0: Flatten(1) 144
        2.1: Linear(2.0) 2
        -> output=2.1
        """,
    ),
    "from reads layers of this scope, of scopes around, the scope's input, and children of groups": (
        """
        input: [3, 8, 8]
        layers:
          stem: {op: Conv2d, out_channels: 3, kernel_size: 1}
          body:
            layers:
              a: ReLU
              b: {op: Add, from: [a, input]}
              c: {op: Add, from: [stem, b]}
              deep: [Sigmoid, Tanh]
          sum: {op: Add, from: [input, body.a, body.deep.0, body]}
        """,
        """
        stem: Conv2d(input) 3×8×8
        body.a: ReLU(stem) 3×8×8
        body.b: Add(body.a, stem) 3×8×8
        body.c: Add(stem, body.b) 3×8×8
        body.deep.0: Sigmoid(body.c) 3×8×8
        body.deep.1: Tanh(body.deep.0) 3×8×8
        sum: Add(input, body.a, body.deep.0, body.deep.1) 3×8×8
        -> output=sum
        """,
    ),
    "an absent layer stands for its input": (
        """
        input: [3, 8, 8]
        parameters: {wide: false}
        layers:
          a: ReLU
          project: {op: Conv2d, from: input, when: wide, out_channels: 6, kernel_size: 1}
          b: Sigmoid
          sum: {op: Add, from: [a, project]}
        """,
        """
        a: ReLU(input) 3×8×8
        b: Sigmoid(input) 3×8×8
        sum: Add(a, input) 3×8×8
        -> output=sum
        """,
    ),
    "of several inputs an absent layer stands for the one directly before it": (
        """
        input: [3, 8, 8]
        layers:
          a: ReLU
          b: Tanh
          skip: {op: Add, from: [a, b], when: input.channels == 4}
          c: Sigmoid
        """,
        """
        a: ReLU(input) 3×8×8
        b: Tanh(a) 3×8×8
        c: Sigmoid(b) 3×8×8
        -> output=c
        """,
    ),
    "an absent entry of a list takes no number": (
        """
        input: [3, 8, 8]
        parameters: {norm: false}
        layers:
          - ReLU
          - {op: BatchNorm2d, when: norm}
          - Sigmoid
        """,
        """
        0: ReLU(input) 3×8×8
        1: Sigmoid(0) 3×8×8
        -> output=1
        """,
    ),
    "repeat in a mapping makes a group of numbered children, also for one": (
        """
        input: [3, 8, 8]
        layers:
          a: {op: ReLU, repeat: 2}
          b: {op: Tanh, repeat: 1}
          c: {op: Add, from: [a.0, b.0]}
        """,
        """
        a.0: ReLU(input) 3×8×8
        a.1: ReLU(a.0) 3×8×8
        b.0: Tanh(a.1) 3×8×8
        c: Add(a.0, b.0) 3×8×8
        -> output=c
        """,
    ),
    "the copies of a repeat may be named, and see which they are": (
        """
        input: [3, 8, 8]
        layers:
          conv: {op: Conv2d, repeat: 3, name: "conv{index + 1}", out_channels: 2 * (index + 1), kernel_size: 1}
          group:
            repeat: 2
            layers:
              wide: {op: Conv2d, out_channels: 4 + index, kernel_size: 1}
        """,
        """
        conv.conv1: Conv2d(input) 2×8×8
        conv.conv2: Conv2d(conv.conv1) 4×8×8
        conv.conv3: Conv2d(conv.conv2) 6×8×8
        group.0.wide: Conv2d(conv.conv3) 4×8×8
        group.1.wide: Conv2d(group.0.wide) 5×8×8
        -> output=group.1.wide
        """,
    ),
    "in each further copy the copy before takes the place of the first name": (
        """
        input: [3, 8, 8]
        layers:
          a: ReLU
          b: Tanh
          sum: {op: Add, from: [a, b], repeat: 3}
        """,
        """
        a: ReLU(input) 3×8×8
        b: Tanh(a) 3×8×8
        sum.0: Add(a, b) 3×8×8
        sum.1: Add(sum.0, b) 3×8×8
        sum.2: Add(sum.1, b) 3×8×8
        -> output=sum.2
        """,
    ),
    "repeat in a list is the same as so many entries; repeat 0 leaves the layer out": (
        """
        input: [3, 8, 8]
        layers:
          - {op: ReLU, repeat: 2}
          - {op: Tanh, repeat: 0}
          - Sigmoid
        """,
        """
        0: ReLU(input) 3×8×8
        1: ReLU(0) 3×8×8
        2: Sigmoid(1) 3×8×8
        -> output=2
        """,
    ),
    "an inline block's layers take numbers of the list around": (
        """
        input: [3, 8, 8]
        blocks:
          Stage:
            parameters: {width: int, norm: true}
            layers:
              - {op: Conv2d, out_channels: width, kernel_size: 3, padding: 1}
              - {op: BatchNorm2d, when: norm}
              - ReLU
        layers:
          features:
            - {block: Stage, width: 4, repeat: 2, inline: true}
            - {op: MaxPool2d, kernel_size: 2}
            - {block: Stage, width: 8, norm: false, inline: true}
          last: {op: ReLU, from: features.4}
        """,
        """
        features.0: Conv2d(input) 4×8×8
        features.1: BatchNorm2d(features.0) 4×8×8
        features.2: ReLU(features.1) 4×8×8
        features.3: Conv2d(features.2) 4×8×8
        features.4: BatchNorm2d(features.3) 4×8×8
        features.5: ReLU(features.4) 4×8×8
        features.6: MaxPool2d(features.5) 4×4×4
        features.7: Conv2d(features.6) 8×4×4
        features.8: ReLU(features.7) 8×4×4
        last: ReLU(features.4) 4×8×8
        -> output=last
        """,
    ),
    "a block with several inputs and named outputs": (
        """
        input: [4, 8, 8]
        blocks:
          Merge:
            input: [low, skip]
            layers:
              both: {op: Concat, from: [input.low, input.skip]}
              mixed: {op: Conv2d, out_channels: input.low.channels, kernel_size: 1}
            output: {sum: mixed, raw: both}
        layers:
          a: ReLU
          b: {op: Conv2d, out_channels: 2, kernel_size: 1}
          merge: {block: Merge, from: [a, b]}
          end: {op: Concat, from: [merge.sum, merge.raw]}
        """,
        """
        a: ReLU(input) 4×8×8
        b: Conv2d(a) 2×8×8
        merge.both: Concat(a, b) 6×8×8
        merge.mixed: Conv2d(merge.both) 4×8×8
        end: Concat(merge.mixed, merge.both) 10×8×8
        -> output=end
        """,
    ),
    "an op with several outputs is read by number": (
        """
        input: [6, 8, 8]
        layers:
          split: {op: Chunk, chunks: 3}
          a: {op: ReLU, from: split.1}
          end: {op: Concat, from: [split.0, a, split.2]}
        """,
        """
        split: Chunk(input) 2×8×8 2×8×8 2×8×8
        a: ReLU(split[1]) 2×8×8
        end: Concat(split, a, split[2]) 6×8×8
        -> output=end
        """,
    ),
    "when: training owns its weights, is never the layer before, and leaves the output in evaluation": (
        """
        input: [3, 8, 8]
        parameters: {heads: true}
        layers:
          a: ReLU
          aux:
            from: a
            when: training and heads
            layers: {pool: {op: AdaptiveAvgPool2d, output_size: 1}, flat: Flatten}
          b: Tanh
        output: {main: b, aux: aux}
        """,
        """
        a: ReLU(input) 3×8×8
        aux.pool: AdaptiveAvgPool2d(a) 3×1×1 (training)
        aux.flat: Flatten(aux.pool) 3 (training)
        b: Tanh(a) 3×8×8
        -> main=b, aux=aux.flat
        """,
    ),
    "an absent layer drops out of the outputs": (
        """
        input: [3, 8, 8]
        parameters: {heads: false}
        layers:
          a: ReLU
          aux: {op: Flatten, from: a, when: training and heads}
          b: Tanh
        output: {main: b, aux: aux}
        """,
        """
        a: ReLU(input) 3×8×8
        b: Tanh(a) 3×8×8
        -> main=b
        """,
    ),
    "a learned tensor is never the layer before": (
        """
        input: [4, 8]
        layers:
          token: {op: Parameter, shape: [1, 1, 8]}
          act: ReLU
          joined: {op: Concat, from: [token, act]}
        """,
        """
        token: Parameter() 1×1×8
        act: ReLU(input) 4×8
        joined: Concat(token, act) 5×8
        -> output=joined
        """,
    ),
    "several inputs": (
        """
        input: {image: [3, 8, 8], mask: [1, 8, 8]}
        layers:
          weighted: {op: Multiply, from: [input.image, input.mask]}
          flat: Flatten
          more: {op: Flatten, from: input.mask, when: input.mask.height == 8}
        """,
        """
        weighted: Multiply(input.image, input.mask) 3×8×8
        flat: Flatten(weighted) 192
        more: Flatten(input.mask) 64
        -> output=more
        """,
    ),
    "parameters of type op and block, defaults over the input and earlier parameters": (
        """
        input: [4, 8, 8]
        parameters: {activation: ReLU, kind: Plain}
        blocks:
          Plain:
            parameters: {hidden: 2 * input.channels, inner: hidden // 4, act: Tanh}
            layers:
              conv: {op: Conv2d, out_channels: hidden + inner, kernel_size: 1}
              act: {op: act}
        layers:
          a: {op: activation}
          b: {block: kind}
          c: {block: Plain, hidden: 4, act: activation}
          d: {block: Plain, act: Sigmoid}
        """,
        """
        a: ReLU(input) 4×8×8
        b.conv: Conv2d(a) 10×8×8
        b.act: Tanh(b.conv) 10×8×8
        c.conv: Conv2d(b.act) 5×8×8
        c.act: ReLU(c.conv) 5×8×8
        d.conv: Conv2d(c.act) 12×8×8
        d.act: Sigmoid(d.conv) 12×8×8
        -> output=d.act
        """,
    ),
    "lists as parameters, indexed with a dot": (
        """
        input: [3, 8, 8]
        parameters: {widths: [4, 6], kernel: 3}
        blocks:
          Conv:
            parameters: {width: int, kernel_size: 1}
            layers:
              - {op: Conv2d, out_channels: width, kernel_size: kernel_size, padding: same}
        layers:
          a: {block: Conv, width: widths.0, kernel_size: [1, 3]}
          b: {block: Conv, width: widths.1, kernel_size: kernel}
        """,
        """
        a.0: Conv2d(input) 4×8×8
        b.0: Conv2d(a.0) 6×8×8
        -> output=b.0
        """,
    ),
    "input in a value is the input of the scope that holds the line": (
        """
        input: [3, 8, 8]
        layers:
          a: {op: Conv2d, out_channels: 2 * input.channels, kernel_size: 1}
          b:
            layers:
              c: {op: Conv2d, out_channels: 2 * input.channels, kernel_size: 1}
              d: {op: Conv2d, out_channels: input.channels + input.height, kernel_size: 1}
        """,
        """
        a: Conv2d(input) 6×8×8
        b.c: Conv2d(a) 12×8×8
        b.d: Conv2d(b.c) 14×8×8
        -> output=b.d
        """,
    ),
    "the output may be another layer than the last": (
        """
        input: [3, 8, 8]
        layers: {a: ReLU, b: Tanh}
        output: a
        """,
        """
        a: ReLU(input) 3×8×8
        b: Tanh(a) 3×8×8
        -> output=a
        """,
    ),
}


@pytest.mark.parametrize("rule", CASES)
def test_a_spec_becomes_this_graph(rule: str) -> None:
    text, graph = CASES[rule]
    assert written(expanded(text)) == textwrap.dedent(graph).strip()


def test_equal_instances_of_a_block_are_one_body() -> None:
    graph = expanded(
        """
        input: [4, 8, 8]
        blocks:
          Same: {layers: [{op: Conv2d, out_channels: 4, kernel_size: 3, padding: 1}, ReLU]}
        layers:
          a: {block: Same, repeat: 3}
          b: {op: MaxPool2d, kernel_size: 2}
          c: {block: Same, repeat: 2}
        """
    )
    bodies = [layer.body for layer in graph.model.leaves() if isinstance(layer, Call)]
    assert len(bodies) == 5
    assert len({id(body) for body in bodies}) == 2
    assert graph.model.layers == 11
    assert graph.model.num_parameters == 5 * (4 * 4 * 9 + 4)


def test_a_long_chain_of_blocks_is_counted_before_it_is_expanded() -> None:
    blocks = "\n".join(
        f"  B{level}: {{layers: [{{block: B{level - 1}}}, {{block: B{level - 1}}}]}}" for level in range(1, 15)
    )
    text = f"input: [1, 1, 1]\nblocks:\n  B0: {{layers: [ReLU, ReLU]}}\n{blocks}\nlayers: [{{block: B14}}]"
    result = pipeline.check(source.parse("archspec: 1\n" + text))
    assert [diagnostic.code for diagnostic in result.diagnostics] == ["AS009"]
    assert "32,768 layers" in result.diagnostics[0].message or "layers; the limit" in result.diagnostics[0].message


def test_the_networkx_graph_has_a_node_per_layer_and_an_edge_per_value_read() -> None:
    graph = expanded(
        """
        input: [3, 8, 8]
        layers:
          conv: {op: Conv2d, out_channels: 3, kernel_size: 3, padding: 1}
          twice: {op: Add, from: [conv, conv]}
        """
    ).networkx
    assert dict(graph.nodes["conv"]) == {
        "op": "Conv2d",
        "arguments": {"out_channels": 3, "kernel_size": (3, 3), "padding": (1, 1)},
        "input_shapes": ((3, 8, 8),),
        "output_shape": (3, 8, 8),
        "parameters": 84,
        "macs": 3 * 3 * 9 * 64,
        "training": False,
    }
    assert sorted(data["operand"] for _, _, data in graph.edges("conv", data=True)) == [0, 1]
    assert list(graph.predecessors("conv")) == ["input"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "input: [3, 8, 8]\nblocks: {B: {layers: [{op: Conv2d, out_channels: 0, kernel_size: 1}]}}\nlayers: [B]",
            "this reads 3×8×8",
        ),
        ("input: [3, 8, 8]\nlayers: [{op: Conv2d, out_channels: 0, kernel_size: 1}]", "this gives 3×8×8"),
        (
            "input: [3, 8, 8]\nlayers:\n  a: {op: Conv2d, out_channels: 3, kernel_size: 3}\n"
            "  b: {op: Concat, from: [a, input]}",
            "padding: 1 in a would match",
        ),
        ("input: [3, 8, 8]\nlayers:\n  -ReLU\n  - ReLU", "a space is missing after the dash of an entry"),
    ],
)
def test_a_message_says_what_is_there(text: str, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        archspec.loads(f"archspec: 1\n{text}")
    assert said in str(caught.value)


@pytest.mark.parametrize("name", ["a}index{", "a{index", "a}{index}", "a{{index}}"])
def test_a_brace_of_a_copy_s_name_has_a_partner(name: str) -> None:
    with pytest.raises(SpecError) as caught:
        archspec.loads(f'archspec: 1\ninput: [4]\nlayers: {{x: {{op: ReLU, repeat: 2, name: "{name}"}}}}')
    (found,) = caught.value.diagnostics
    assert (found.code, found.message.partition(": ")[2]) == ("AS105", "a brace has no partner")


@pytest.mark.parametrize(("name", "first"), [("{index + 1}", "1"), ("{index}", "0"), ("0{index}", "00")])
def test_a_name_of_digits_is_refused_for_what_numbers_copies(name: str, first: str) -> None:
    layer = f'{{op: Linear, out_features: 4, repeat: 3, name: "{name}"}}'
    with pytest.raises(SpecError) as caught:
        archspec.loads(f"archspec: 1\ninput: [4]\nlayers: {{x: {layer}}}")
    (found,) = caught.value.diagnostics
    assert (found.code, found.message.partition(":")[0]) == ("AS105", f"a copy cannot be called {first!r}")
    assert found.help is not None
    assert "without a name the copies are numbered" in found.help
    for other in ("", ', name: "stage{index}"'):
        archspec.loads(f"archspec: 1\ninput: [4]\nlayers: {{x: {{op: ReLU, repeat: 3{other}}}}}").build()


SHRUNK = """\
archspec: 1
input: [3, 64, 64]
blocks:
  Down:
    parameters: {stride: 2}
    layers: [{op: Conv2d, out_channels: 8, kernel_size: 3, stride: stride, padding: 1}, BatchNorm2d, ReLU]
layers:
  stem: {op: Conv2d, out_channels: 8, kernel_size: 3}
  downs: {block: Down, repeat: 3}
  pool: {op: MaxPool2d, kernel_size: 2}
  keep: {block: Down, stride: 1}
  join: {op: Add, from: [keep, pool]}
  last: {op: Conv2d, out_channels: 8, kernel_size: 5}
"""


@pytest.mark.parametrize(
    ("unit", "said"),
    [
        ("Bottlenek", "unit is set to Bottlenek: there is no block Bottlenek"),
        ("ReLU", "unit is set to ReLU: ReLU is an op, not a block"),
    ],
)
def test_a_block_that_a_caller_sets_is_told_once(unit: str, said: str) -> None:
    with pytest.raises(archspec.SpecError) as caught:
        archspec.load("resnet-50", unit=unit)
    assert [found.message for found in caught.value.diagnostics] == [said]


def test_what_a_caller_sets_and_layers_refuse_is_told_as_that() -> None:
    text = (
        "archspec: 1\ninput: [3, 8, 8]\nparameters: {width: 8}\nlayers:\n"
        "  a: {op: Conv2d, out_channels: width, kernel_size: 3}\n  b: {op: Conv2d, out_channels: width, kernel_size: 3}"
    )
    with pytest.raises(SpecError) as caught:
        archspec.loads(text, width=[4, 4])
    (found,) = caught.value.diagnostics
    assert found.message == "width is set to [4, 4]: Conv2d out_channels wants an integer, not [4, 4]"
    assert found.span.line == 3
    with pytest.raises(SpecError) as caught:
        archspec.loads(text, input=(3,))
    (found,) = caught.value.diagnostics
    assert [label.text for label in found.labels] == ["this is set to 3"]


def test_a_misspelt_argument_has_the_value_of_each_use() -> None:
    text = """\
archspec: 1
input: [3, 32, 32]
blocks:
  Unit:
    parameters: {width: int}
    layers: [{op: Conv2d, out_chanels: width, kernel_size: 3, padding: 1, expect: [width, 32, 32]}, ReLU]
layers:
  first: {block: Unit, width: 16}
  second: {block: Unit, width: 32}
"""
    with pytest.raises(SpecError) as caught:
        archspec.loads(text)
    assert [found.code for found in caught.value.diagnostics] == ["AS108"]


@pytest.mark.parametrize("nested", [False, True])
def test_a_map_that_is_too_small_leads_to_what_shrank_it(nested: bool) -> None:
    """Through blocks, repeats and sums, from inside a block too; the one line of a repeat tells of each copy."""
    text = SHRUNK
    if nested:
        text = text.replace("  last: {op: Conv2d, out_channels: 8, kernel_size: 5}", "  last: Last").replace(
            "layers:\n  stem",
            "  Last:\n    layers: [ReLU, {op: Conv2d, out_channels: 8, kernel_size: 5}]\nlayers:\n  stem",
        )
    with pytest.raises(SpecError) as caught:
        archspec.loads(text)
    (found,) = caught.value.diagnostics
    assert found.code == "AS202"
    told = [(text.splitlines()[label.span.line - 1].split(":")[0].strip(), label.text) for label in found.labels[1:]]
    assert told == [
        ("pool", "this makes 4×4 of 8×8"),
        ("layers", "this makes 31×31 of 62×62, 16×16 of 31×31, 8×8 of 16×16"),
        ("stem", "this makes 62×62 of 64×64"),
    ]


def test_going_back_is_bounded() -> None:
    """A thousand layers, all of them too small for the one that reads each."""
    lines = [f"  r{i}: ReLU\n  c{i}: {{op: Conv2d, out_channels: 1, kernel_size: 9, from: r{i}}}" for i in range(1000)]
    text = "archspec: 1\ninput: [1, 8, 8]\nlayers:\n" + "\n".join(
        line.replace("r0: ReLU", "r0: {op: MaxPool2d, kernel_size: 2}").replace(
            ": ReLU", f": {{op: ReLU, from: r{i - 1}}}"
        )
        for i, line in enumerate(lines)
    )
    result = within(2, lambda: pipeline.check(source.parse(text)))
    assert len(result.diagnostics) >= 50


# Files that others extend

BASE = "archspec: 1\ninput: [4]\nparameters: {width: 8}\nlayers: [{op: Linear, out_features: width}]\n"


def test_a_file_that_many_extend_is_read_once_as_long_as_it_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    parse = files.parse
    monkeypatch.setattr(
        files, "parse", lambda data, file, *rest, **more: read.append(file) or parse(data, file, *rest, **more)
    )
    base = tmp_path / "base.yaml"
    base.write_text(BASE)
    for width in (2, 3, 4):
        path = tmp_path / f"{width}.yaml"
        path.write_text(f"archspec: 1\nextends: base.yaml\nparameters: {{width: {width}}}\n")
        assert archspec.load(path).output_shape == (width,)
    assert read == [str(base)]
    base.write_text(BASE.replace("[4]", "[5]"))
    assert archspec.load(path).input_shape == (5,)
    assert read == [str(base), str(base)]


@pytest.mark.parametrize(
    ("mistake", "code"),
    [
        ("out_features: wdth", "AS111"),
        ("out_features: 0", "AS201"),
        ("out_featurs: width", "AS108"),
        ("out: : 3", "AS003"),
    ],
)
def test_a_mistake_in_a_file_is_told_for_each_that_extends_it(tmp_path: Path, mistake: str, code: str) -> None:
    (tmp_path / "base.yaml").write_text(BASE.replace("out_features: width", mistake))
    for name in ("a", "b"):
        path = tmp_path / f"{name}.yaml"
        path.write_text("archspec: 1\nextends: base.yaml\n")
        with pytest.raises(SpecError) as caught:
            archspec.load(path)
        assert [(one.code, one.span.file) for one in caught.value.diagnostics] == [(code, str(tmp_path / "base.yaml"))]
