{
  blocks: [
    { _class: 'Conv2', _id: 'conv', output_feats: 16, kernel_size: 3 },
  ],
  graph: ['image -> conv -> out'],
  inputs: [{ _id: 'image', _shape: [16, 32, 32] }],
  outputs: [{ _id: 'out', _shape: [16, 30, 30] }],
}
