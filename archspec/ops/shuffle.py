"""Shuffles: channels become pixels, pixels become channels, or channels change places."""

from archspec.ops import checks
from archspec.ops.base import Op, ShapeError, Spelling, Tensor

__all__ = ["ChannelShuffle", "PixelShuffle", "PixelUnshuffle"]


class PixelShuffle(Op):
    """`(…, C·r², H, W) -> (…, C, r·H, r·W)`, as torch.nn.PixelShuffle; r² must divide the channels.

    Shi et al., "Real-Time Single Image and Video Super-Resolution" (arXiv:1609.05158).
    """

    family = "sampling"
    keeps_output = False

    upscale_factor: int

    def infer(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return the output; refuse what torch does."""
        _image("PixelShuffle", x)
        checks.at_least(1, upscale_factor=self.upscale_factor)
        *rest, channels, height, width = x.shape
        r = self.upscale_factor
        if channels % r**2:
            raise ShapeError(
                "AS205",
                f"upscale_factor {r} makes images of {r**2} channels each, which does not divide {channels}",
                argument="upscale_factor",
                notes=(f"{channels} = {r}²·{channels // r**2} + {channels % r**2}",),
                help=f"let {channels // r**2 * r**2 or r**2} channels arrive",
            )
        return checks.result(x, *rest, channels // r**2, height * r, width * r)

    def spelling(self, x: Tensor) -> Spelling:  # noqa: ARG002
        """Return `nn.PixelShuffle(…)`."""
        return Spelling("nn.PixelShuffle", (("", self.upscale_factor),))


class PixelUnshuffle(Op):
    """`(…, C, r·H, r·W) -> (…, C·r², H, W)`, as torch.nn.PixelUnshuffle; r must divide height and width."""

    family = "sampling"
    keeps_output = False

    downscale_factor: int

    def infer(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return the output; refuse what torch does."""
        _image("PixelUnshuffle", x)
        checks.at_least(1, downscale_factor=self.downscale_factor)
        *rest, channels, height, width = x.shape
        r = self.downscale_factor
        checks.divisible("downscale_factor", r, "pixels", height, width)
        return checks.result(x, *rest, channels * r**2, height // r, width // r)

    def spelling(self, x: Tensor) -> Spelling:  # noqa: ARG002
        """Return `nn.PixelUnshuffle(…)`."""
        return Spelling("nn.PixelUnshuffle", (("", self.downscale_factor),))


def _image(op: str, x: Tensor) -> None:
    """Refuse (AS204, AS206) what does not end in channels, height and width, or cannot be moved about."""
    if len(x.shape) < 3 or not x.batched:
        checks.rank(op, x, 2)
    checks.dtype(op, x, checks.ANY)


class ChannelShuffle(Op):
    """`(C, …) -> (C, …)`, the channels dealt out in turn, as torch.nn.ChannelShuffle; groups divide them.

    Zhang et al., "ShuffleNet" (arXiv:1707.01083).
    """

    family = "sampling"
    keeps_output = False

    groups: int

    def infer(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return the output; refuse what torch does."""
        if len(x.shape) < 2 or not x.batched:
            checks.rank("ChannelShuffle", x, 2)
        checks.dtype("ChannelShuffle", x, checks.ANY)
        checks.at_least(1, groups=self.groups)
        checks.divisible("groups", self.groups, "channels", x.shape[0])
        return (x,)

    def spelling(self, x: Tensor) -> Spelling:  # noqa: ARG002
        """Return `nn.ChannelShuffle(…)`."""
        return Spelling("nn.ChannelShuffle", (("", self.groups),))
