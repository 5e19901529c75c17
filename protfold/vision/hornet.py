"""`HorNet`: recursive gated convolution, which multiplies features of a place by those around it, again and again.

Rao et al. (2022) "HorNet: Efficient High-Order Spatial Interactions with Recursive Gated Convolutions", arXiv 2207.14284.
"""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from protfold.errors import InputError
from protfold.typing import Float
from protfold.vision.backbone import Backbone
from protfold.vision.convolution import ChannelLinear, PairConv2d
from protfold.vision.normalization import ChannelNorm
from protfold.vision.pair_mask import coarser
from protfold.vision.symmetry import Symmetry

SCALE = 1.0 / 3.0
"""Of the gates, as released."""


def order_channels(channels: int, order: int) -> list[int]:
    """Channels of the gates, ascending: the last has all, each before it half of the next.

    Raises:
        InputError: they cannot be halved that often.
    """
    if order < 1 or channels % 2 ** (order - 1):
        raise InputError(
            f"{channels} channels, order {order}; give an order from 1 and a multiple of {2 ** max(order - 1, 0)} channels"
        )
    return [channels // 2 ** (order - 1 - index) for index in range(order)]


class GnConv(nn.Module):
    """Recursive gated convolution; Rao et al. (2022) Eq. 3.3 and 3.4.

    Args:
        channels: before and after.
        order: how often gates are multiplied.
        mixing: of places, between all gates' channels; called with the map and its mask. None for a depthwise convolution.
        kernel_size: of that convolution.
        scale: of the gates.
        symmetric: see `PairConv2d`.
    """

    def __init__(
        self,
        channels: int,
        *,
        order: int,
        mixing: nn.Module | None = None,
        kernel_size: int = 7,
        scale: float = SCALE,
        symmetric: bool = False,
    ) -> None:
        super().__init__()
        self.scale = scale
        self.widths = order_channels(channels, order)
        gates = sum(self.widths)
        self.proj_in = ChannelLinear(channels, 2 * channels)
        self.mixing = mixing or PairConv2d(gates, gates, kernel_size, groups=gates, symmetric=symmetric)
        self.widen = nn.ModuleList(ChannelLinear(narrow, wide) for narrow, wide in pairwise(self.widths))
        self.proj_out = ChannelLinear(channels, channels)

    def forward(self, x: Float[Tensor, "B C H W"], mask: Float[Tensor, "B 1 H W"] | None = None) -> Float[Tensor, "B C H W"]:
        """The product of all gates."""
        first, gates = self.proj_in(x).split([self.widths[0], sum(self.widths)], dim=1)
        gate, *later = (self.scale * self.mixing(gates, mask)).split(self.widths, dim=1)
        product = first * gate
        for widen, gate in zip(self.widen, later, strict=True):
            product = widen(product) * gate
        return self.proj_out(product)


class HorNetBlock(nn.Module):
    """Recursive gated convolution and a transition of each pixel, each beside a shortcut and scaled by channel."""

    def __init__(self, channels: int, *, order: int, layer_scale: float, symmetric: bool) -> None:
        super().__init__()
        self.norm = ChannelNorm(channels)
        self.gated = GnConv(channels, order=order, symmetric=symmetric)
        self.gated_scale = nn.Parameter(torch.full((channels, 1, 1), layer_scale))
        self.transition_norm = ChannelNorm(channels)
        self.expand = ChannelLinear(channels, 4 * channels)
        self.contract = ChannelLinear(4 * channels, channels)
        self.transition_scale = nn.Parameter(torch.full((channels, 1, 1), layer_scale))

    def forward(self, x: Float[Tensor, "B C H W"], mask: Float[Tensor, "B 1 H W"] | None) -> Float[Tensor, "B C H W"]:
        """The map after the block."""
        x = x + self.gated_scale * self.gated(self.norm(x), mask)
        return x + self.transition_scale * self.contract(F.gelu(self.expand(self.transition_norm(x))))


class HorNet(Backbone):
    """Stages of which each has half the resolution, twice the channels and one order more than that before.

    Args:
        in_channels: of the pair maps.
        hidden: channels of the first stage, a multiple of 2.
        depths: blocks of the stages.
        stem_stride: pixels on the side of a pixel of the first stage.
        layer_scale: of the blocks at the start; those released have 1e-6.
        symmetry: see `Backbone`.
    """

    def __init__(
        self,
        in_channels: int,
        *,
        hidden: int = 32,
        depths: tuple[int, ...] = (2, 3, 3),
        stem_stride: int = 2,
        layer_scale: float = 0.1,
        symmetry: Symmetry = "kernel",
    ) -> None:
        super().__init__(symmetry=symmetry)
        symmetric = self.symmetry == "kernel"
        self.channels = tuple(hidden * 2**stage for stage in range(len(depths)))
        self.strides = tuple(stem_stride * 2**stage for stage in range(len(depths)))
        self.stem = PairConv2d(in_channels, hidden, stem_stride, stride=stem_stride, symmetric=symmetric)
        self.stem_norm = ChannelNorm(hidden)
        self.halve_norms = nn.ModuleList(ChannelNorm(channels) for channels in self.channels[:-1])
        self.halve = nn.ModuleList(PairConv2d(one, two, 2, stride=2, symmetric=symmetric) for one, two in pairwise(self.channels))
        self.stages = nn.ModuleList(
            nn.ModuleList(
                HorNetBlock(channels, order=stage + 2, layer_scale=layer_scale, symmetric=symmetric) for _ in range(depth)
            )
            for stage, (channels, depth) in enumerate(zip(self.channels, depths, strict=True))
        )
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.trunc_normal_(module.weight, std=0.02)
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]

    def feature_maps(self, x: Float[Tensor, "B C H W"], mask: Float[Tensor, "B 1 H W"] | None) -> list[Float[Tensor, "B _ _ _"]]:
        """One map a stage."""
        maps: list[Tensor] = []
        x, mask = self.stem_norm(self.stem(x, mask)), coarser(mask, self.strides[0])
        for stage, blocks in enumerate(self.stages):
            if stage:
                x, mask = self.halve[stage - 1](self.halve_norms[stage - 1](x), mask), coarser(mask, 2)
            for block in blocks:  # type: ignore[attr-defined]
                x = block(x, mask)
            maps.append(x)
        return maps


HORNET_T = {"hidden": 64, "depths": (2, 3, 18, 2), "stem_stride": 4, "layer_scale": 1e-6}
HORNET_S = HORNET_T | {"hidden": 96}
HORNET_B = HORNET_T | {"hidden": 128}
HORNET_L = HORNET_T | {"hidden": 192}
"""Published sizes for pictures: paper, Appendix B; settings of `HorNet`, and, with a `length`, of `HorNetGF`."""
