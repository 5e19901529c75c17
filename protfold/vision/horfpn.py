"""`HorFPN`: a pyramid whose maps are finished by recursive gated convolutions, and `HorNetFPN`, HorNet below such a pyramid.

Lin et al. (2017) "Feature Pyramid Networks for Object Detection", arXiv 1612.03144; Rao et al. (2022) "HorNet", arXiv 2207.14284,
Section 3.4.
"""

from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from protfold.typing import Float
from protfold.vision.backbone import Backbone
from protfold.vision.convolution import ChannelLinear
from protfold.vision.hornet import GnConv, HorNet
from protfold.vision.pair_mask import coarser
from protfold.vision.symmetry import Symmetry


class HorFPN(nn.Module):
    """A neck for the feature maps of any backbone: each map takes up all that are coarser.

    Args:
        in_channels: of the maps, from fine to coarse.
        strides: of the maps; each divides the next.
        out_channels: of each map afterwards; even.
        symmetric: see `PairConv2d`.
    """

    def __init__(
        self, in_channels: tuple[int, ...], strides: tuple[int, ...], *, out_channels: int = 256, symmetric: bool = False
    ) -> None:
        super().__init__()
        self.strides = strides
        self.laterals = nn.ModuleList(ChannelLinear(channels, out_channels) for channels in in_channels)
        self.outputs = nn.ModuleList(GnConv(out_channels, order=2, scale=1.0, symmetric=symmetric) for _ in in_channels)

    def forward(
        self, maps: list[Float[Tensor, "B _ _ _"]], mask: Float[Tensor, "B 1 H W"] | None = None
    ) -> list[Float[Tensor, "B C _ _"]]:
        """The maps after the neck.

        Args:
            maps: from fine to coarse, each side a multiple of the next.
            mask: of pairs, at full resolution; None for all.
        """
        summed = [lateral(features) for lateral, features in zip(self.laterals, maps, strict=True)]
        for level in range(len(summed) - 1, 0, -1):
            factor = self.strides[level] // self.strides[level - 1]
            summed[level - 1] = summed[level - 1] + F.interpolate(summed[level], scale_factor=factor)
        return [
            output(features, coarser(mask, stride))
            for output, features, stride in zip(self.outputs, summed, self.strides, strict=True)
        ]


class HorNetFPN(Backbone):
    """HorNet and `HorFPN`: maps of all its resolutions, each of which knows the coarser ones.

    Args:
        in_channels: of the pair maps.
        out_channels: of each map.
        symmetry: see `Backbone`.
        settings: of `HorNet`.
    """

    def __init__(self, in_channels: int, *, out_channels: int = 64, symmetry: Symmetry = "kernel", **settings: Any) -> None:
        super().__init__(symmetry=symmetry)
        self.hornet = HorNet(in_channels, symmetry="none" if symmetry == "average" else symmetry, **settings)
        self.strides = self.hornet.strides
        self.channels = (out_channels,) * len(self.strides)
        self.neck = HorFPN(self.hornet.channels, self.strides, out_channels=out_channels, symmetric=symmetry == "kernel")

    def feature_maps(self, x: Float[Tensor, "B C H W"], mask: Float[Tensor, "B 1 H W"] | None) -> list[Float[Tensor, "B _ _ _"]]:
        """One map a stage of HorNet."""
        return self.neck(self.hornet.feature_maps(x, mask), mask)
