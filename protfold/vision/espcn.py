"""`ESPCN`: a small network that works on a coarse map and gives a fine one.

Shi et al. (2016) "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional Neural Network", arXiv
1609.05158. As in the paper, nothing follows the last convolution.
"""

import torch
from torch import Tensor, nn

from protfold.errors import InputError
from protfold.typing import Float
from protfold.vision.backbone import Backbone
from protfold.vision.convolution import PairConv2d
from protfold.vision.pair_mask import coarser
from protfold.vision.sub_pixel import SubPixelUpsample
from protfold.vision.symmetry import Symmetry


class SuperResolution(nn.Module):
    """Convolutions on a coarse map, each with a hyperbolic tangent, and one that gives the pixels of a fine map.

    Args:
        in_channels, out_channels: of the coarse and the fine map.
        factor: finer pixels on the side of a coarse one.
        widths: channels in between; the first convolution is of 5 x 5, the others are of 3 x 3.
        symmetric: kernels and sub-pixels are tied; then transposition commutes.
    """

    def __init__(
        self,
        in_channels: int = 1,
        out_channels: int = 1,
        *,
        factor: int = 3,
        widths: tuple[int, ...] = (64, 32),
        symmetric: bool = False,
    ) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(
            PairConv2d(before, after, 3 if index else 5, symmetric=symmetric)
            for index, (before, after) in enumerate(zip((in_channels, *widths), widths, strict=False))
        )
        self.upsample = SubPixelUpsample(widths[-1], out_channels, factor, kernel_size=3, symmetric=symmetric)

    def forward(self, x: Float[Tensor, "B C h w"], mask: Float[Tensor, "B 1 h w"] | None = None) -> Float[Tensor, "B c H W"]:
        """The fine map.

        Args:
            x: the coarse map.
            mask: of it; None for all.
        """
        return self.upsample(self.features(x, mask), mask)

    def features(self, x: Float[Tensor, "B C h w"], mask: Float[Tensor, "B 1 h w"] | None = None) -> Float[Tensor, "B c h w"]:
        """The coarse map before the last convolution."""
        for convolution in self.convolutions:
            x = torch.tanh(convolution(x, mask))
        return x


class ESPCN(Backbone):
    """The map made coarse by one strided convolution, and `SuperResolution` back; its coarse features are given, too.

    All but two layers work on `factor`^2 times fewer pixels. The published network begins with a coarse picture; that is
    `SuperResolution`.

    Args:
        in_channels: of the pair maps.
        hidden: channels of the fine map.
        factor: residues on the side of a coarse pixel; at least 2.
        coarse_channels: of the coarse map that `SuperResolution` reads.
        widths: of `SuperResolution`.
        symmetry: see `Backbone`.

    Raises:
        InputError: a factor below 2.
    """

    def __init__(
        self,
        in_channels: int,
        *,
        hidden: int = 32,
        factor: int = 2,
        coarse_channels: int = 64,
        widths: tuple[int, ...] = (64, 64, 64, 32),
        symmetry: Symmetry = "kernel",
    ) -> None:
        super().__init__(symmetry=symmetry)
        if factor < 2:
            raise InputError(f"factor = {factor}; give 2 or more")
        symmetric = self.symmetry == "kernel"
        self.channels, self.strides = (hidden, widths[-1]), (1, factor)
        self.reduce = PairConv2d(in_channels, coarse_channels, factor, stride=factor, symmetric=symmetric)
        self.trunk = SuperResolution(coarse_channels, hidden, factor=factor, widths=widths, symmetric=symmetric)

    def feature_maps(self, x: Float[Tensor, "B C H W"], mask: Float[Tensor, "B 1 H W"] | None) -> list[Float[Tensor, "B _ _ _"]]:
        """The fine map and the coarse one it is made of."""
        coarse_mask = coarser(mask, self.strides[1])
        coarse = self.trunk.features(self.reduce(x, mask), coarse_mask)
        return [self.trunk.upsample(coarse, coarse_mask), coarse]
