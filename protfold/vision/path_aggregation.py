"""`PathAggregation`: a pyramid that carries what coarse maps know down to fine ones, and what these know up again.

Liu et al. (2018) "Path Aggregation Network for Instance Segmentation", arXiv 1803.01534, in the form of Wang et al. (2022) "YOLOv7", arXiv
2207.02696.
"""

from collections.abc import Callable
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from protfold.typing import Float
from protfold.vision.elan import MakeUnit, Mask, SpatialPyramidPooling, halving
from protfold.vision.pair_mask import coarser

Maps = list[Float[Tensor, "B _ _ _"]]


class PathAggregation(nn.Module):
    """A neck for feature maps, each of half the resolution of that before.

    Args:
        in_channels: of the maps, from fine to coarse.
        channels: of the maps afterwards.
        strides: of the maps.
        hidden: of the elans of each map.
        unit: makes convolutions.
        elan: makes elans, called with channels before, after and within.
        step: between resolutions on the way up; see `halving`.
        light_pooling: see `SpatialPyramidPooling`.
    """

    def __init__(
        self,
        in_channels: tuple[int, ...],
        channels: tuple[int, ...],
        strides: tuple[int, ...],
        *,
        hidden: tuple[int, ...],
        unit: MakeUnit,
        elan: Callable[[int, int, int], nn.Module],
        step: str,
        light_pooling: bool,
    ) -> None:
        super().__init__()
        self.strides = strides
        self.pooling = SpatialPyramidPooling(in_channels[-1], channels[-1], unit=unit, light=light_pooling)
        self.narrow = nn.ModuleList(unit(coarse, fine, 1) for fine, coarse in pairwise(channels))
        self.routes = nn.ModuleList(unit(wide, fine, 1) for wide, fine in zip(in_channels[:-1], channels[:-1], strict=True))
        self.down = nn.ModuleList(elan(2 * fine, fine, within) for fine, within in zip(channels[:-1], hidden[:-1], strict=True))
        self.halve = nn.ModuleList(halving(step, fine, coarse, unit) for fine, coarse in pairwise(channels))
        self.up = nn.ModuleList(elan(2 * coarse, coarse, within) for coarse, within in zip(channels[1:], hidden[1:], strict=True))

    def forward(self, maps: Maps, mask: Mask = None) -> tuple[Maps, Maps]:
        """The maps on the way down and on the way up, each from fine to coarse.

        Args:
            maps: from fine to coarse.
            mask: of pairs, at full resolution; None for all.
        """
        masks = [coarser(mask, stride) for stride in self.strides]
        down = [self.pooling(maps[-1], masks[-1])]
        for level in range(len(maps) - 2, -1, -1):
            route = self.routes[level](maps[level], masks[level])
            coarse = F.interpolate(self.narrow[level](down[0], masks[level + 1]), scale_factor=2)
            down.insert(0, self.down[level](torch.cat([route, coarse], dim=1), masks[level]))
        up = [down[0]]
        for level, (halve, elan) in enumerate(zip(self.halve, self.up, strict=True)):
            both = torch.cat([halve(up[-1], masks[level]), down[level + 1]], dim=1)
            up.append(elan(both, masks[level + 1]))
        return down, up
