{
  blocks: [
    { _class: 'Conv2d', _id: 'conv', output_feats: 16, kernel_size: 41 },
  ],
  graph: ['image -> conv -> out'],
  inputs: [{ _id: 'image', _shape: [16, 32, 32] }],
  outputs: [{ _id: 'out', _shape: [16, '<<auto>>', '<<auto>>'] }],
}
