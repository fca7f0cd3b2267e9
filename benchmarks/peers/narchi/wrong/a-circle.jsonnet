{
  blocks: [
    { _class: 'ReLU', _id: 'a' },
    { _class: 'ReLU', _id: 'b' },
  ],
  graph: ['image -> a -> b -> out', 'b -> a'],
  inputs: [{ _id: 'image', _shape: [16, 32, 32] }],
  outputs: [{ _id: 'out', _shape: [16, 32, 32] }],
}
