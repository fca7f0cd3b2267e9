{
  blocks: [
    { _class: 'Conv2d', _id: 'conv', output_feats: 'many', kernel_size: 3 },
  ],
  graph: ['image -> conv -> out'],
  inputs: [{ _id: 'image', _shape: [16, 32, 32] }],
  outputs: [{ _id: 'out', _shape: [16, 30, 30] }],
}
