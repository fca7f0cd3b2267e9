{
  blocks: [
    { _class: 'Linear', _id: 'fc', output_feats: 10 },
  ],
  graph: ['image -> fc -> out'],
  inputs: [{ _id: 'image', _shape: [16, 32, 32] }],
  outputs: [{ _id: 'out', _shape: [10] }],
}
