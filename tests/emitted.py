"""Small specs that between them have every structure the emitter writes, by name."""

SPECS: dict[str, str] = {
    # a conditional projection, sums in place, arguments of a class, copies in a row
    "residual": """
archspec: 1
name: residual
description: A small residual network
reference: https://arxiv.org/abs/1512.03385
input: [3, 32, 32]
parameters: {num_classes: 10, stem: 16}
blocks:
  Unit:
    parameters: {width: int, stride: 1}
    layers:
      conv1: {op: Conv2d, out_channels: width, kernel_size: 3, stride: stride, padding: 1, bias: false}
      bn1: BatchNorm2d
      relu1: ReLU
      conv2: {op: Conv2d, out_channels: 2 * width, kernel_size: 3, padding: 1, bias: false}
      bn2: BatchNorm2d
      shortcut:
        from: input
        when: stride != 1 or input.channels != 2 * width
        layers: [{op: Conv2d, out_channels: 2 * width, kernel_size: 1, stride: stride, bias: false}, BatchNorm2d]
      add: {op: Add, from: [bn2, shortcut]}
      relu2: ReLU
layers:
  conv: {op: Conv2d, out_channels: stem, kernel_size: 3, padding: 1, bias: false}
  bn: BatchNorm2d
  relu: ReLU
  layer1: {block: Unit, repeat: 3, width: 8}
  layer2: {block: Unit, repeat: 3, width: 16, stride: 2 if index == 0 else 1}
  pool: {op: AdaptiveAvgPool2d, output_size: 1}
  flatten: Flatten
  fc: {op: Linear, out_features: num_classes}
init:
  - {op: Conv2d, weight: {kaiming_normal: {mode: fan_out, nonlinearity: relu}}}
  - {op: BatchNorm2d, weight: ones, bias: zeros}
  - {layer: Unit.bn2, weight: zeros}
  - {layer: fc, weight: {normal: {std: 0.01}}, bias: 0.5}
""",
    # named layers in sequence, numbers that grow evenly, joins
    "dense": """
archspec: 1
name: dense
input: [3, 16, 16]
parameters: {growth: 4}
blocks:
  Layer:
    layers:
      norm: BatchNorm2d
      relu: ReLU
      conv: {op: Conv2d, out_channels: growth, kernel_size: 3, padding: 1, bias: false}
      concat: {op: Concat, from: [input, conv]}
layers:
  features:
    layers:
      conv0: {op: Conv2d, out_channels: 8, kernel_size: 3, padding: 1}
      block1: {block: Layer, repeat: 4, name: "layer{index + 1}"}
      transition:
        - {op: Conv2d, out_channels: input.channels // 2, kernel_size: 1}
        - {op: AvgPool2d, kernel_size: 2}
      block2: {block: Layer, repeat: 3, name: "layer{index + 1}"}
  last: ReLU
""",
    # branches of one layer and of several, lists as parameters, a branch of a branch
    "branches": """
archspec: 1
name: branches
input: [8, 12, 12]
blocks:
  Conv:
    parameters: {channels: int, kernel_size: 1, padding: 0}
    layers:
      conv: {op: Conv2d, out_channels: channels, kernel_size: kernel_size, padding: padding}
      relu: {op: ReLU, inplace: true}
  Mixed:
    parameters: {widths: list}
    layers:
      branch1: {block: Conv, channels: widths.0}
      branch3_1: {block: Conv, from: input, channels: widths.1}
      branch3_2a: {block: Conv, channels: widths.2, kernel_size: [1, 3], padding: [0, 1]}
      branch3_2b: {block: Conv, from: branch3_1, channels: widths.2, kernel_size: [3, 1], padding: [1, 0]}
      pool: {op: MaxPool2d, from: input, kernel_size: 3, stride: 1, padding: 1}
      branch_pool: {block: Conv, channels: widths.3}
      concat: {op: Concat, from: [branch1, branch3_2a, branch3_2b, branch_pool]}
layers:
  mixed1: {block: Mixed, widths: [4, 8, 12, 16]}
  mixed2: {block: Mixed, widths: [16, 12, 8, 4]}
  head: {op: Conv2d, out_channels: 3, kernel_size: 1}
""",
    # values that live long, a block of two inputs, a value of a group's inside that is read outside
    "skips": """
archspec: 1
name: skips
input: [1, 32, 32]
parameters: {width: 4}
blocks:
  Up:
    input: [low, skip]
    parameters: {channels: int}
    layers:
      up: {op: ConvTranspose2d, from: input.low, out_channels: channels, kernel_size: 2, stride: 2}
      concat: {op: Concat, from: [input.skip, up]}
      conv: {op: Conv2d, out_channels: channels, kernel_size: 3, padding: 1}
layers:
  encoder:
    layers:
      down1: {op: Conv2d, out_channels: width, kernel_size: 3, padding: 1}
      pool1: {op: MaxPool2d, kernel_size: 2}
      down2: {op: Conv2d, out_channels: 2 * width, kernel_size: 3, padding: 1}
      pool2: {op: MaxPool2d, kernel_size: 2}
      bottom: {op: Conv2d, out_channels: 4 * width, kernel_size: 3, padding: 1}
  up2: {block: Up, from: [encoder, encoder.down2], channels: 2 * width}
  up1: {block: Up, from: [up2, encoder.down1], channels: width}
  head: {op: Conv2d, out_channels: 2, kernel_size: 1}
""",
    # layers that run in training alone, inside a group and outside, several outputs
    "auxiliary": """
archspec: 1
name: auxiliary
input: [3, 16, 16]
layers:
  body:
    layers:
      conv1: {op: Conv2d, out_channels: 8, kernel_size: 3, padding: 1}
      early: {op: Conv2d, out_channels: 2, kernel_size: 1, when: training}
      conv2: {op: Conv2d, from: conv1, out_channels: 8, kernel_size: 3, padding: 1}
  side:
    from: body.early
    when: training
    layers:
      pool: {op: AdaptiveAvgPool2d, output_size: 1}
      flatten: Flatten
  pool: {op: AdaptiveAvgPool2d, from: body, output_size: 1}
  flatten: Flatten
  fc: {op: Linear, out_features: 2}
output: {logits: fc, side: side}
""",
    # several inputs, one of whole numbers, and outputs of a block by name
    "inputs": """
archspec: 1
name: inputs
input: {image: [3, 8, 8], tokens: {shape: [6], dtype: int64}}
blocks:
  Both:
    input: [one, other]
    layers:
      first: {op: Linear, from: input.one, out_features: 5}
      second: {op: Linear, from: input.other, out_features: 5}
      sum: {op: Add, from: [first, second]}
    output: {sum: sum, second: second}
layers:
  conv: {op: Conv2d, from: input.image, out_channels: 4, kernel_size: 8}
  flatten: Flatten
  embedding: {op: Embedding, from: input.tokens, num_embeddings: 11, embedding_dim: 4}
  mean: {op: Mean, dim: 1}
  both: {block: Both, from: [flatten, mean]}
  product: {op: Multiply, from: [both.sum, both.second]}
output: {product: product, features: flatten}
""",
    # learned tensors, attention, functions, an argument that goes through a class
    "tokens": """
archspec: 1
name: tokens
input: [3, 16, 16]
parameters: {dim: 12, depth: 3, hidden: 20, dropout: 0.0}
blocks:
  Layer:
    layers:
      ln_1: LayerNorm
      attention: {op: MultiheadAttention, num_heads: 3}
      add_1: {op: Add, from: [attention, input]}
      ln_2: LayerNorm
      mlp: [{op: Linear, out_features: hidden}, GELU, {op: Dropout, p: dropout}, {op: Linear, out_features: dim}]
      add_2: {op: Add, from: [add_1, mlp]}
layers:
  class_token: {op: Parameter, shape: [1, 1, dim]}
  patches: {op: Conv2d, out_channels: dim, kernel_size: 4, stride: 4}
  flatten: {op: Flatten, start_dim: 2}
  permute: {op: Permute, dims: [0, 2, 1]}
  concat: {op: Concat, from: [class_token, permute]}
  encoder:
    layers:
      position: {op: Parameter, shape: [1, 17, dim], init: normal}
      add: {op: Add, from: [input, position]}
      layers: {block: Layer, repeat: depth, name: "layer_{index}"}
  select: {op: Select, dim: 1, index: 0}
  head: {op: Linear, out_features: 5}
init:
  - {op: Linear, weight: xavier_uniform, bias: {normal: {std: 1e-6}}}
  - {op: LayerNorm, bias: {constant: {val: 0.25}}}
  - {layer: head, weight: zeros, trainable: false}
""",
    # a list whose numbers shift, optional arithmetic, an op as an argument, depths that are numbers
    "mobile": """
archspec: 1
name: mobile
input: [3, 16, 16]
blocks:
  Inverted:
    parameters: {t: 6, channels: int, stride: 1, activation: ReLU, hidden: t * input.channels}
    layers:
      conv:
        - {op: Conv2d, when: t != 1, out_channels: hidden, kernel_size: 1, bias: false}
        - {op: activation, when: t != 1}
        - {op: Conv2d, out_channels: hidden, kernel_size: 3, stride: stride, padding: 1, groups: hidden}
        - {op: activation}
        - {op: Conv2d, out_channels: channels, kernel_size: 1}
      drop: {op: StochasticDepth, p: 0.1, mode: row, when: stride == 1 and input.channels == channels}
      add: {op: Add, from: [input, drop], when: stride == 1 and input.channels == channels}
layers:
  features:
    - {block: Inverted, t: 1, channels: 8}
    - {block: Inverted, repeat: 3, channels: 12, stride: 2 if index == 0 else 1}
    - {block: Inverted, repeat: 2, channels: 12, activation: Hardswish}
""",
    # several outputs of an op, groups that are no chains, numbered ones, what reads past a repeat
    "groups": """
archspec: 1
name: groups
input: [8, 6, 6]
blocks:
  Cross:
    input: [low, memory]
    layers:
      conv: {op: Conv2d, from: input.low, out_channels: 8, kernel_size: 1}
      product: {op: Multiply, from: [conv, input.memory]}
layers:
  stem:
    - {op: Conv2d, out_channels: 8, kernel_size: 3, padding: 1}
    - {op: Chunk, chunks: 2}
  halves: {op: Concat, from: [stem.1.1, stem.1.0]}
  features:
    - {op: Conv2d, out_channels: 8, kernel_size: 1}
    - Tanh
    - [{op: Conv2d, out_channels: 8, kernel_size: 1}, Tanh]
  tap: {op: Add, from: [features, features.1]}
  decoder: {block: Cross, repeat: 3, from: [tap, halves]}
  mixed:
    repeat: 2
    layers:
      scale: {op: Parameter, shape: [8, 1, 1], init: ones}
      conv: {op: Conv2d, from: input, out_channels: 8, kernel_size: 1}
      scaled: {op: Multiply, from: [conv, scale]}
      add: {op: Add, from: [input, scaled]}
  outer:
    layers:
      conv: {op: Conv2d, out_channels: 8, kernel_size: 1}
      add: {op: Add, from: [conv, tap]}
""",
}
