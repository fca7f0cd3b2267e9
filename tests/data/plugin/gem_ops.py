"""Ops as an installed package offers them."""

from archspec import Op, ShapeError, Spelling, Tensor, Weight

_GEM = '''\
class GeM(nn.Module):
    """The generalized mean over the positions, with a learned power."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = nn.Parameter(torch.tensor([p]))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.clamp(min=1e-6).pow(self.p).mean((2, 3), keepdim=True).pow(1 / self.p)
'''


class GeM(Op):
    """`(C, H, W) -> (C, 1, 1)`: the generalized mean over the positions, https://arxiv.org/abs/1711.02512."""

    family = "pooling"

    p: float = 3.0

    def infer(self, x: Tensor) -> tuple[Tensor, ...]:
        if len(x.shape) != 3:
            raise ShapeError("AS204", f"GeM reads (C, H, W); what arrives is {x}")
        if self.p <= 0:
            raise ShapeError("AS201", f"p is {self.p}; it must be positive", argument="p")
        return (Tensor((x.shape[0], 1, 1), x.dtype),)

    def weights(self, x: Tensor) -> tuple[Weight, ...]:
        return (Weight("p", (1,)),)

    def spelling(self, x: Tensor) -> Spelling:
        return Spelling("GeM", (("", self.p),), definition=_GEM)


class Doubled(Op):
    """`(…) -> (…)`: twice the input, as a function without a module."""

    family = "other"

    def infer(self, x: Tensor) -> tuple[Tensor, ...]:
        return (x,)

    def spelling(self, x: Tensor) -> Spelling:
        return Spelling(call="2 * {0}")


class Conv2d(Op):
    """An op that may not be switched on, since torch has one of that name."""

    family = "convolution"


OPS = [GeM, Doubled]
