{
  blocks: [
    { _class: 'Conv2d', _id: 'conv', output_feats: 16, kernel_size: 3, padding: 1 },
    { _class: 'ReLU', _id: 'relu' },
    { _class: 'Identity', _id: 'same' },
    { _class: 'Add', _id: 'add' },
    { _class: 'Reshape', _id: 'flatten', reshape_spec: 'flatten' },
    { _class: 'Linear', _id: 'fc', output_feats: 10 },
  ],
  graph: ['image -> conv -> relu -> add -> flatten -> fc -> out', 'image -> same -> add'],
  inputs: [{ _id: 'image', _shape: [16, 32, 32] }],
  outputs: [{ _id: 'out', _shape: [10] }],
}
