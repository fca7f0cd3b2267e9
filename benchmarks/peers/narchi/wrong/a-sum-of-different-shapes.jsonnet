{
  blocks: [
    { _class: 'Conv2d', _id: 'conv', output_feats: 16, kernel_size: 3, stride: 2, padding: 1 },
    { _class: 'Identity', _id: 'same' },
    { _class: 'Add', _id: 'add' },
  ],
  graph: ['image -> conv -> add -> out', 'image -> same -> add'],
  inputs: [{ _id: 'image', _shape: [16, 32, 32] }],
  outputs: [{ _id: 'out', _shape: [16, 16, 16] }],
}
