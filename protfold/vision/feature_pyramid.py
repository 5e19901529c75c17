"""`SimpleFeaturePyramid`: maps at several strides, all made of one.

Li et al. (2022) "Exploring Plain Vision Transformer Backbones for Object Detection", arXiv 2203.16527, section 3.
"""

import torch.nn.functional as F
from torch import Tensor, nn

from protfold.errors import InputError
from protfold.typing import Float
from protfold.vision.convolution import PairConv2d
from protfold.vision.normalization import ChannelNorm
from protfold.vision.pair_mask import coarser, masked
from protfold.vision.symmetry import symmetric


class Doubling(nn.ConvTranspose2d):
    """Four finer pixels of each one: a transposed convolution whose kernels do not overlap.

    Args:
        in_channels, out_channels: before and after.
        symmetric: kernels are the mean of themselves and their transposed twins.
    """

    def __init__(self, in_channels: int, out_channels: int, *, symmetric: bool = False) -> None:
        super().__init__(in_channels, out_channels, 2, stride=2)
        self.symmetric = symmetric

    def forward(self, x: Float[Tensor, "B C h w"]) -> Float[Tensor, "B c H W"]:  # type: ignore[override]
        """The finer map."""
        return F.conv_transpose2d(x, symmetric(self.weight) if self.symmetric else self.weight, self.bias, stride=2)


class PyramidLevel(nn.Module):
    """A map brought to another stride, then two convolutions, each with a normalisation.

    Args:
        resample: what brings it there.
        in_channels, out_channels: after `resample`, and at the end.
        symmetric: transposition commutes.
    """

    def __init__(self, resample: nn.Module, in_channels: int, out_channels: int, *, symmetric: bool) -> None:
        super().__init__()
        self.resample = resample
        self.narrow = PairConv2d(in_channels, out_channels, 1, bias=False)
        self.narrow_norm = ChannelNorm(out_channels)
        self.convolution = PairConv2d(out_channels, out_channels, 3, bias=False, symmetric=symmetric)
        self.norm = ChannelNorm(out_channels)

    def forward(self, x: Float[Tensor, "B C h w"], mask: Float[Tensor, "B 1 H W"] | None) -> Float[Tensor, "B c H W"]:
        """The level.

        Args:
            x: zero where there is no pair.
            mask: of the level.
        """
        x = self.narrow_norm(self.narrow(self.resample(x)))
        return self.norm(self.convolution(x, mask))


class SimpleFeaturePyramid(nn.Module):
    """Levels of 1/4, 1/2, 1 and 2 times the stride of a map, and perhaps every other pixel of the last.

    Args:
        channels: of the map.
        stride: of the map.
        out_channels: of each level.
        coarsest: add the level of every other pixel.
        symmetric: transposition commutes.

    Raises:
        InputError: the stride is no multiple of four.
    """

    def __init__(
        self, channels: int, stride: int, *, out_channels: int = 256, coarsest: bool = False, symmetric: bool = False
    ) -> None:
        super().__init__()
        if stride % 4:
            raise InputError(f"a pyramid cannot be made of a map of stride {stride}; give a patch_size that is a multiple of 4")
        self.stride, self.coarsest = stride, coarsest
        self.strides = (stride // 4, stride // 2, stride, 2 * stride) + ((4 * stride,) if coarsest else ())
        half, quarter = channels // 2, channels // 4
        finest = nn.Sequential(
            Doubling(channels, half, symmetric=symmetric),
            ChannelNorm(half),
            nn.GELU(),
            Doubling(half, quarter, symmetric=symmetric),
        )
        steps = (
            (finest, quarter),
            (Doubling(channels, half, symmetric=symmetric), half),
            (nn.Identity(), channels),
            (nn.MaxPool2d(2), channels),
        )
        self.levels = nn.ModuleList(PyramidLevel(step, count, out_channels, symmetric=symmetric) for step, count in steps)

    def forward(self, x: Float[Tensor, "B C h w"], mask: Float[Tensor, "B 1 H W"] | None) -> list[Float[Tensor, "B _ _ _"]]:
        """Maps from fine to coarse.

        Args:
            x: the map.
            mask: of single pixels; None for all.
        """
        x = masked(x, coarser(mask, self.stride))
        maps = [level(x, coarser(mask, stride)) for level, stride in zip(self.levels, self.strides, strict=False)]
        return [*maps, maps[-1][..., ::2, ::2]] if self.coarsest else maps
