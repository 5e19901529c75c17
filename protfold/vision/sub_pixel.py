"""Sub-pixel convolution: from coarse to fine maps without loss of anything learned.

Shi et al. (2016) "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional Neural Network", arXiv
1609.05158.
"""

import torch.nn.functional as F
from torch import Tensor, nn

from protfold.typing import Float


class SubPixelUpsample(nn.Module):
    """A matrix at each pixel that gives the channels of `factor` x `factor` finer pixels.

    It starts as repetition of the nearest pixel, so that no checkerboard has to be unlearned: Aitken et al. (2017), arXiv 1707.02937.

    Args:
        in_channels, out_channels: before and after.
        factor: finer pixels on the side of a coarse one.
        symmetric: sub-pixels (i, j) and (j, i) have the same weights; then transposition and upsampling commute.
    """

    def __init__(self, in_channels: int, out_channels: int, factor: int, *, symmetric: bool = False) -> None:
        super().__init__()
        self.factor, self.symmetric = factor, symmetric
        self.projection = nn.Conv2d(in_channels, out_channels * factor**2, 1)
        nearest = self.projection.weight.detach()[:: factor**2].repeat_interleave(factor**2, dim=0)
        self.projection.weight.detach().copy_(nearest)
        nn.init.zeros_(self.projection.bias)  # type: ignore[arg-type]

    def forward(self, x: Float[Tensor, "B C h w"]) -> Float[Tensor, "B c H W"]:
        """The finer map."""
        weight, bias = self.projection.weight, self.projection.bias
        if self.symmetric:
            weight, bias = self._tied(weight), self._tied(bias)  # type: ignore[arg-type]
        return F.pixel_shuffle(F.conv2d(x, weight, bias), self.factor)

    def _tied(self, values: Float[Tensor, "out *rest"]) -> Float[Tensor, "out *rest"]:
        """The mean over (i, j) and (j, i) of channels (c, i, j)."""
        by_place = values.unflatten(0, (-1, self.factor, self.factor))
        return (0.5 * (by_place + by_place.transpose(1, 2))).flatten(0, 2)
