{
  blocks: [
    { _class: 'ReLU', _id: 'relu' },
  ],
  graph: ['rleu -> relu -> out'],
  inputs: [{ _id: 'image', _shape: [16, 32, 32] }],
  outputs: [{ _id: 'out', _shape: [16, 32, 32] }],
}
