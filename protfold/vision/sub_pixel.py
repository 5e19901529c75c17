"""Sub-pixel convolution: from coarse to fine maps without loss of anything learned.

Shi et al. (2016) "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional Neural Network", arXiv
1609.05158.
"""

import torch.nn.functional as F
from torch import Tensor, nn

from protfold.typing import Float
from protfold.vision.convolution import PairConv2d
from protfold.vision.pair_mask import masked


class SubPixelUpsample(nn.Module):
    """A convolution, as a rule a matrix at each pixel, that gives the channels of `factor` x `factor` finer pixels.

    It starts as repetition of the nearest pixel, so that no checkerboard has to be unlearned: Aitken et al. (2017), arXiv 1707.02937.

    Args:
        in_channels, out_channels: before and after.
        factor: finer pixels on the side of a coarse one.
        kernel_size: of the convolution; odd.
        symmetric: sub-pixels (i, j) and (j, i) have the same weights, with transposed kernels; then transposition and upsampling
            commute.
    """

    def __init__(self, in_channels: int, out_channels: int, factor: int, *, kernel_size: int = 1, symmetric: bool = False) -> None:
        super().__init__()
        self.factor, self.symmetric = factor, symmetric
        self.projection = PairConv2d(in_channels, out_channels * factor**2, kernel_size, padding=kernel_size // 2)
        nearest = self.projection.weight.detach()[:: factor**2].repeat_interleave(factor**2, dim=0)
        self.projection.weight.detach().copy_(nearest)
        nn.init.zeros_(self.projection.bias)  # type: ignore[arg-type]

    def forward(self, x: Float[Tensor, "B C h w"], mask: Float[Tensor, "B 1 h w"] | None = None) -> Float[Tensor, "B c H W"]:
        """The finer map.

        Args:
            x: the coarse one.
            mask: of it; kernels of one pixel need none.
        """
        weight, bias = self.projection.weight, self.projection.bias
        if self.symmetric:
            weight, bias = self._tied(weight), self._tied(bias)  # type: ignore[arg-type]
        finer = F.conv2d(masked(x, mask), weight, bias, padding=self.projection.padding)
        return F.pixel_shuffle(finer, self.factor)

    def _tied(self, values: Float[Tensor, "out *rest"]) -> Float[Tensor, "out *rest"]:
        """The mean over (i, j) and (j, i) of channels (c, i, j), of kernels with their own places exchanged, too."""
        by_place = values.unflatten(0, (-1, self.factor, self.factor))
        twin = by_place.transpose(1, 2)
        return (0.5 * (by_place + (twin.mT if values.dim() > 1 else twin))).flatten(0, 2)
