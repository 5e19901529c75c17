"""`HorNetGF`: HorNet whose coarser stages mix places by a filter as large as the map.

Rao et al. (2021) "Global Filter Networks for Image Classification", arXiv 2107.00645; Rao et al. (2022), arXiv 2207.14284.

The filter is a product in frequency space, that is a circular convolution: the last residue is a neighbour of the first, and the
kernel is as large as the map, so that it fits maps of one length alone.
"""

from typing import Any

import torch
from torch import Tensor, nn

from protfold.errors import InputError
from protfold.geometry.precision import at_least_float32
from protfold.typing import Float, Shaped
from protfold.vision.backbone import FeatureMaps
from protfold.vision.convolution import PairConv2d
from protfold.vision.hornet import HorNet
from protfold.vision.normalization import ChannelNorm
from protfold.vision.pair_mask import masked
from protfold.vision.symmetry import symmetric as symmetrised


class GlobalFilter(nn.Module):
    """A circular depthwise convolution with kernels as large as the map, held by their frequencies.

    Args:
        channels: before and after.
        side: pixels on a side of the maps.
        symmetric: kernels are the mean of themselves and their transposed twins.
    """

    def __init__(self, channels: int, *, side: int, symmetric: bool = False) -> None:
        super().__init__()
        self.side, self.symmetric = side, symmetric
        self.frequencies = nn.Parameter(torch.empty(channels, side, side // 2 + 1, 2))
        nn.init.trunc_normal_(self.frequencies, std=0.02)

    @property
    def kernel(self) -> Float[Tensor, "C side side"]:
        """What maps are convolved with."""
        frequencies = torch.view_as_complex(at_least_float32(self.frequencies))
        kernel = torch.fft.irfft2(frequencies, s=(self.side, self.side))
        return symmetrised(kernel) if self.symmetric else kernel

    def forward(self, x: Float[Tensor, "B C side side"]) -> Float[Tensor, "B C side side"]:
        """The filtered map."""
        spectrum = torch.fft.rfft2(at_least_float32(x)) * torch.fft.rfft2(self.kernel)
        return torch.fft.irfft2(spectrum, s=(self.side, self.side)).to(x.dtype)


class GlobalLocalFilter(nn.Module):
    """A global filter of one half of the channels, a small convolution of the other, their channels in turn.

    Args:
        channels: before and after; even.
        side: pixels on a side of the maps.
        symmetric: see `PairConv2d`.
    """

    def __init__(self, channels: int, *, side: int, symmetric: bool = False) -> None:
        super().__init__()
        half = channels // 2
        self.norm = ChannelNorm(channels)
        self.near = PairConv2d(half, half, 3, groups=half, bias=False, symmetric=symmetric)
        self.far = GlobalFilter(half, side=side, symmetric=symmetric)
        self.output_norm = ChannelNorm(channels)
        nn.init.trunc_normal_(self.near.weight, std=0.02)

    def forward(self, x: Float[Tensor, "B C H W"], mask: Float[Tensor, "B 1 H W"] | None) -> Float[Tensor, "B C H W"]:
        """The mixed map."""
        near, far = self.norm(x).chunk(2, dim=1)
        both = torch.stack([self.near(near, mask), self.far(masked(far, mask))], dim=2)
        return self.output_norm(both.flatten(1, 2))


class HorNetGF(HorNet):
    """HorNet with `GlobalLocalFilter` for the depthwise convolutions of its last two stages.

    Args:
        in_channels: of the pair maps.
        length: of the maps, all of them.
        settings: of `HorNet`.

    Raises:
        InputError: maps of another length.
    """

    fixed_length = True
    length: int

    def __init__(self, in_channels: int, *, length: int = 128, **settings: Any) -> None:
        super().__init__(in_channels, **settings)
        self.length = length
        padded = length + -length % self.strides[-1]
        for blocks, stride in zip(self.stages[-2:], self.strides[-2:], strict=True):
            for block in blocks:  # type: ignore[attr-defined]
                gated = block.gated
                gated.mixing = GlobalLocalFilter(sum(gated.widths), side=padded // stride, symmetric=self.symmetry == "kernel")

    def forward(self, x: Float[Tensor, "B C H W"], mask: Shaped[Tensor, "B N"] | None = None) -> FeatureMaps:
        """As of `Backbone`."""
        if x.shape[-2:] != (self.length, self.length):
            sides = " x ".join(map(str, x.shape[-2:]))
            raise InputError(
                f"maps of {sides}, but these global filters are for {self.length}; crop or pad the maps, or build with `length`"
            )
        return super().forward(x, mask)
