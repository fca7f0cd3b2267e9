"""An architecture and a batch → what torch itself measures: the peak of memory, and what autograd keeps."""

import torch
from torch import nn
from torch.distributed._tools.mem_tracker import MemTracker

import archspec


def sample(net: archspec.Architecture, batch: int) -> list[torch.Tensor]:
    """Return a batch for each of the inputs."""
    return [
        torch.randint(2, (batch, *x.shape)) if x.dtype == "int64" else torch.rand(batch, *x.shape)
        for _, x in net.layer_graph.model.inputs
    ]


def weight_bytes(module: nn.Module) -> int:
    return sum(tensor.nbytes for tensor in [*module.parameters(), *module.buffers()])


def peak(net: archspec.Architecture, batch: int) -> int:
    """Return torch's MemTracker's peak of a forward in evaluation, less the weights."""
    module, inputs = net.build("cpu", seed=0).eval(), sample(net, batch)
    tracker = MemTracker()
    tracker.track_external(module, *inputs)
    with torch.no_grad(), tracker:
        module(*inputs)
    found = tracker.get_tracker_snapshot("peak")[torch.device("cpu")]
    return next(number for kind, number in found.items() if str(kind) == "Total") - weight_bytes(module)


def kept(net: archspec.Architecture, batch: int) -> int:
    """Return the bytes of the distinct memory that autograd keeps of a forward in training, less the weights."""
    module, inputs = net.build("cpu", seed=0).train(), sample(net, batch)
    weights = {tensor.untyped_storage().data_ptr() for tensor in [*module.parameters(), *module.buffers()]}
    found: dict[int, int] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            found[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        outputs = module(*inputs)
    del outputs
    return sum(found.values())
