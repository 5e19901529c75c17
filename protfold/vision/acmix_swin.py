"""`ACmixSwin`: `ACmix` in its form with windows that are shifted from block to block.

Pan et al. (2022) "On the Integration of Self-Attention and Convolution", arXiv 2111.14556; Liu et al. (2021) "Swin Transformer:
Hierarchical Vision Transformer using Shifted Windows", arXiv 2103.14030.

Made for pair maps: windows begin at the first residue, or half a window before it, and are not rolled around the end, so that padding
is not felt; they are shifted however small a map is. The convolution is of the map itself, where the published one is of the rolled map.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from protfold.errors import InputError
from protfold.geometry.precision import at_least_float32
from protfold.typing import Float
from protfold.vision.acmix import ShiftedConvolution
from protfold.vision.backbone import Backbone
from protfold.vision.convolution import PairConv2d
from protfold.vision.normalization import ChannelNorm
from protfold.vision.pair_mask import coarser, masked
from protfold.vision.symmetry import Symmetry, symmetric
from protfold.vision.windows import from_windows, to_windows


class WindowMix(nn.Module):
    """The weighed sum of attention within windows and of `ShiftedConvolution`, of the same queries, keys and values.

    Args:
        channels: before and after.
        num_heads: a divisor of `channels`.
        window: pixels on its side.
        shift: pixels by which windows begin before the map.
        symmetric: position biases and shifting kernels are symmetric.

    Raises:
        InputError: heads do not divide the channels.
    """

    def __init__(self, channels: int, num_heads: int, *, window: int, shift: int, symmetric: bool) -> None:
        super().__init__()
        if channels % num_heads:
            raise InputError(f"{channels} channels cannot be split into num_heads = {num_heads}; give a divisor")
        self.num_heads, self.window, self.shift, self.symmetric = num_heads, window, shift, symmetric
        self.projections = PairConv2d(channels, 3 * channels, 1)
        self.positions = nn.Parameter(torch.empty(num_heads, 2 * window - 1, 2 * window - 1))
        nn.init.trunc_normal_(self.positions, std=0.02)
        self.output = PairConv2d(channels, channels, 1)
        self.convolution = ShiftedConvolution(channels, num_heads, bias=True, symmetric=symmetric)
        self.rates = nn.Parameter(torch.tensor([0.5, 0.5]))

    def forward(self, x: Float[Tensor, "B C H W"], mask: Float[Tensor, "B 1 H W"] | None) -> Float[Tensor, "B C H W"]:
        """The mixed map."""
        height, width = x.shape[2:]
        projections = self.projections(x)
        heads = projections.unflatten(1, (3 * self.num_heads, -1))
        real = torch.ones_like(x[:, :1]) if mask is None else mask
        before = (self.shift, 0, self.shift, 0)
        windows = self._attended(to_windows(F.pad(projections, before), self.window), to_windows(F.pad(real, before), self.window))
        attended = from_windows(windows, height + self.shift, width + self.shift)[..., self.shift :, self.shift :]
        return self.rates[0] * self.output(attended) + self.rates[1] * self.convolution(heads, mask)

    def _attended(self, projections: Float[Tensor, "W C3 n n"], mask: Float[Tensor, "W 1 n n"]) -> Float[Tensor, "W C n n"]:
        """Means of values within each window; 0 in one without pairs."""
        query, key, value = projections.flatten(2).unflatten(1, (3, self.num_heads, -1)).unbind(1)
        scores = at_least_float32(query.mT @ key * query.shape[2] ** -0.5) + self._bias()
        seen = mask.flatten(2)[:, :, None] > 0
        weights = scores.masked_fill(~seen, torch.finfo(scores.dtype).min).softmax(-1) * seen
        return (value @ weights.to(value.dtype).mT).flatten(1, 2).unflatten(2, (self.window, self.window))

    def _bias(self) -> Float[Tensor, "heads T T"]:
        """Of each pair of pixels of a window."""
        table = symmetric(self.positions) if self.symmetric else self.positions
        places = torch.arange(self.window, device=table.device)
        offsets = places[:, None] - places + self.window - 1
        rows, columns = offsets[:, None, :, None], offsets[None, :, None, :]
        return table[:, rows, columns].flatten(3).flatten(1, 2)


class WindowBlock(nn.Module):
    """`WindowMix` and a network at each pixel, both beside a shortcut and after a normalisation."""

    def __init__(self, channels: int, num_heads: int, *, window: int, shift: int, mlp_ratio: int, symmetric: bool) -> None:
        super().__init__()
        self.mix_norm = ChannelNorm(channels, eps=1e-5)
        self.mix = WindowMix(channels, num_heads, window=window, shift=shift, symmetric=symmetric)
        self.feed_forward_norm = ChannelNorm(channels, eps=1e-5)
        self.widen = PairConv2d(channels, mlp_ratio * channels, 1)
        self.narrow = PairConv2d(mlp_ratio * channels, channels, 1)

    def forward(self, x: Float[Tensor, "B C H W"], mask: Float[Tensor, "B 1 H W"] | None) -> Float[Tensor, "B C H W"]:
        """The map after the block."""
        x = x + self.mix(self.mix_norm(x), mask)
        return x + self.narrow(F.gelu(self.widen(self.feed_forward_norm(x))))


class PatchMerging(nn.Module):
    """Four pixels become one with twice as many channels: a normalisation over all they hold, and a matrix.

    Args:
        channels: of a pixel.
        symmetric: the pixels (0, 1) and (1, 0) are treated alike.
    """

    def __init__(self, channels: int, *, symmetric: bool) -> None:
        super().__init__()
        self.symmetric = symmetric
        self.norm = ChannelNorm(4 * channels, eps=1e-5)
        self.matrix = nn.Linear(4 * channels, 2 * channels, bias=False)

    def forward(self, x: Float[Tensor, "B C H W"], mask: Float[Tensor, "B 1 H W"] | None) -> Float[Tensor, "B c h w"]:
        """The coarser map."""
        pixels = F.pixel_unshuffle(masked(x, mask), 2).movedim(1, -1)
        scale, shift, matrix = (self._tied(values) for values in (self.norm.weight, self.norm.bias, self.matrix.weight))
        return F.linear(F.layer_norm(pixels, scale.shape, scale, shift, self.norm.eps), matrix).movedim(-1, 1)

    def _tied(self, values: Float[Tensor, "*out C4"]) -> Float[Tensor, "*out C4"]:
        return symmetric(values.unflatten(-1, (-1, 2, 2))).flatten(-3) if self.symmetric else values


class ACmixSwin(Backbone):
    """Patches, then stages of blocks, each coarser than the one before; the last map is normalised.

    Args:
        in_channels: of the pair maps.
        hidden: channels of the first stage; each other one has twice as many as the one before.
        depths: blocks of each stage; every second one has shifted windows.
        num_heads: of each stage.
        patch_size: pixels on the side of a patch.
        window: patches on the side of a window.
        mlp_ratio: channels within the network at each pixel for each one around it.
        symmetry: see `Backbone`.

    Raises:
        InputError: stages are not equally many, or see `WindowMix`.
    """

    def __init__(
        self,
        in_channels: int,
        *,
        hidden: int = 48,
        depths: tuple[int, ...] = (2, 2),
        num_heads: tuple[int, ...] = (3, 6),
        patch_size: int = 2,
        window: int = 7,
        mlp_ratio: int = 4,
        symmetry: Symmetry = "kernel",
    ) -> None:
        super().__init__(symmetry=symmetry)
        if len(depths) != len(num_heads):
            raise InputError(f"depths = {depths}, num_heads = {num_heads}; give one of each for every stage")
        symmetric = self.symmetry == "kernel"
        self.channels = tuple(hidden * 2**stage for stage in range(len(depths)))
        self.strides = tuple(patch_size * 2**stage for stage in range(len(depths)))
        self.patch_embedding = PairConv2d(in_channels, hidden, patch_size, stride=patch_size, padding=0, symmetric=symmetric)
        self.patch_norm = ChannelNorm(hidden, eps=1e-5)
        self.stages = nn.ModuleList(
            nn.ModuleList(
                WindowBlock(
                    channels,
                    heads,
                    window=window,
                    shift=window // 2 if index % 2 else 0,
                    mlp_ratio=mlp_ratio,
                    symmetric=symmetric,
                )
                for index in range(depth)
            )
            for channels, depth, heads in zip(self.channels, depths, num_heads, strict=True)
        )
        self.merges = nn.ModuleList(PatchMerging(channels, symmetric=symmetric) for channels in self.channels[:-1])
        self.norm = ChannelNorm(self.channels[-1], eps=1e-5)

    def feature_maps(self, x: Float[Tensor, "B C H W"], mask: Float[Tensor, "B 1 H W"] | None) -> list[Float[Tensor, "B _ _ _"]]:
        """One map for each stage."""
        x = self.patch_norm(self.patch_embedding(x, mask))
        maps: list[Tensor] = []
        for index, (stage, stride) in enumerate(zip(self.stages, self.strides, strict=True)):
            if index:
                x = self.merges[index - 1](x, coarser(mask, self.strides[index - 1]))
            assert isinstance(stage, nn.ModuleList)
            for block in stage:
                x = block(x, coarser(mask, stride))
            maps.append(x)
        return [*maps[:-1], self.norm(maps[-1])]


_PICTURES = {"hidden": 96, "num_heads": (3, 6, 12, 24), "patch_size": 4}
ACMIX_SWIN_T = {**_PICTURES, "depths": (2, 2, 6, 2)}
ACMIX_SWIN_S = {**_PICTURES, "depths": (2, 2, 18, 2)}
"""Published sizes for pictures: settings of `ACmixSwin`."""
