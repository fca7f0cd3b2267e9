local op(class, id, arguments={}) = { _class: class, _id: id } + arguments;
local bn(id) = op('BatchNorm2d', id);
local relu(id) = op('ReLU', id, { inplace: true });
local conv(id, width, kernel, stride=1) = op('Conv2d', id, {
  output_feats: width, kernel_size: kernel, stride: stride, padding: (kernel - 1) / 2, bias: false,
});
local bottleneck(width, stride, project) = {
  _class: 'Group',
  blocks: [
    op('Identity', 'in'),
    conv('conv1', width, 1), bn('bn1'), relu('relu1'),
    conv('conv2', width, 3, stride), bn('bn2'), relu('relu2'),
    conv('conv3', 4 * width, 1), bn('bn3'),
    op('Add', 'add'), relu('relu3'),
  ] + if project then [
    op('Sequential', 'downsample', { blocks: [conv('conv', 4 * width, 1, stride), bn('bn')] }),
  ] else [],
  graph: [
    'in -> conv1 -> bn1 -> relu1 -> conv2 -> bn2 -> relu2 -> conv3 -> bn3 -> add -> relu3',
    if project then 'in -> downsample -> add' else 'in -> add',
  ],
  input: 'in',
  output: 'relu3',
};
local stage(id, width, depth, stride) = op('Sequential', id, {
  blocks: [bottleneck(width, if n == 0 then stride else 1, n == 0) for n in std.range(0, depth - 1)],
});
{
  blocks: [
    conv('conv1', 64, 7, 2), bn('bn1'), relu('relu'),
    op('MaxPool2d', 'maxpool', { kernel_size: 3, stride: 2, padding: 1 }),
    stage('layer1', 64, 3, 1),
    stage('layer2', 128, 4, 2),
    stage('layer3', 256, 6, 2),
    stage('layer4', 512, 3, 2),
    op('AdaptiveAvgPool2d', 'avgpool', { output_feats: [1, 1] }),
    op('Reshape', 'flatten', { reshape_spec: 'flatten' }),
    op('Linear', 'fc', { output_feats: 1000 }),
  ],
  graph: [
    'image -> conv1 -> bn1 -> relu -> maxpool',
    'maxpool -> layer1 -> layer2 -> layer3 -> layer4 -> avgpool -> flatten -> fc -> logits',
  ],
  inputs: [{ _id: 'image', _shape: [3, 224, 224] }],
  outputs: [{ _id: 'logits', _shape: [1000] }],
}
