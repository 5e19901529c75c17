"""`ConvMAE`: convolutions at fine resolutions, a transformer at the coarsest, made to be pretrained with cells removed.

Gao et al. (2022) "ConvMAE: Masked Convolution Meets Masked Autoencoders", arXiv 2205.03892.

What is removed is drawn at the coarsest resolution and removed at all: nothing of a removed cell reaches another, because no kernel
of the steps between resolutions covers two cells, and the convolutions within a resolution take zeros there.
"""

from itertools import pairwise
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from protfold.typing import Float, Shaped
from protfold.vision.backbone import Backbone
from protfold.vision.convolution import ChannelLinear, PairConv2d
from protfold.vision.normalization import ChannelNorm
from protfold.vision.pair_mask import coarser, masked
from protfold.vision.pretraining.visible_tokens import gathered, scattered
from protfold.vision.symmetry import Symmetry
from protfold.vision.transformer import TransformerBlock, grid_positions

Mask = Float[Tensor, "B 1 _ _"] | None


class ConvBlock(nn.Module):
    """A transformer block with a depthwise convolution in place of attention."""

    def __init__(self, channels: int, *, kernel_size: int, symmetric: bool) -> None:
        super().__init__()
        self.norm = ChannelNorm(channels)
        self.proj_in = ChannelLinear(channels, channels)
        self.depthwise = PairConv2d(channels, channels, kernel_size, groups=channels, symmetric=symmetric)
        self.proj_out = ChannelLinear(channels, channels)
        self.transition_norm = ChannelNorm(channels)
        self.expand = ChannelLinear(channels, 4 * channels)
        self.contract = ChannelLinear(4 * channels, channels)

    def forward(self, x: Float[Tensor, "B C H W"], mask: Mask) -> Float[Tensor, "B C H W"]:
        """The map after the block."""
        x = x + self.proj_out(self.depthwise(self.proj_in(self.norm(x)), mask))
        return x + self.contract(F.gelu(self.expand(self.transition_norm(x))))


class CellEmbedding(nn.Module):
    """Pixels of the next resolution, each of the pixels that it covers."""

    def __init__(self, in_channels: int, out_channels: int, stride: int, *, symmetric: bool) -> None:
        super().__init__()
        self.projection = PairConv2d(in_channels, out_channels, stride, stride=stride, symmetric=symmetric)
        self.norm = ChannelNorm(out_channels)

    def forward(self, x: Float[Tensor, "B C H W"], mask: Mask) -> Float[Tensor, "B c h w"]:
        """The coarser map; the mask is that of the finer one."""
        return F.gelu(self.norm(self.projection(x, mask)))


class ConvMAE(Backbone):
    """Two stages of convolutions and one of a transformer, each with half the resolution of that before.

    Args:
        in_channels: of the pair maps.
        hidden: channels of the stages; the last is a multiple of four.
        depths: blocks of the stages.
        num_heads: of the transformer.
        kernel_size: of the convolutions.
        stem_stride: pixels on the side of a pixel of the first stage.
        symmetry: see `Backbone`.
    """

    def __init__(
        self,
        in_channels: int,
        *,
        hidden: tuple[int, int, int] = (32, 64, 96),
        depths: tuple[int, int, int] = (2, 2, 4),
        num_heads: int = 4,
        kernel_size: int = 5,
        stem_stride: int = 2,
        symmetry: Symmetry = "kernel",
    ) -> None:
        super().__init__(symmetry=symmetry)
        symmetric = self.symmetry == "kernel"
        self.channels, self.strides = hidden, (stem_stride, 2 * stem_stride, 4 * stem_stride)
        self.embeddings = nn.ModuleList(
            CellEmbedding(one, two, 2 if stage else stem_stride, symmetric=symmetric)
            for stage, (one, two) in enumerate(pairwise((in_channels, *hidden)))
        )
        self.convolutions = nn.ModuleList(
            nn.ModuleList(ConvBlock(channels, kernel_size=kernel_size, symmetric=symmetric) for _ in range(depth))
            for channels, depth in zip(hidden[:-1], depths[:-1], strict=True)
        )
        self.token_projection = nn.Linear(hidden[-1], hidden[-1])
        self.transformer = nn.ModuleList(TransformerBlock(hidden[-1], num_heads) for _ in range(depths[-1]))

    def feature_maps(self, x: Float[Tensor, "B C H W"], mask: Mask) -> list[Float[Tensor, "B _ _ _"]]:
        """One map a stage."""
        return self.encode_visible(x, mask, None)

    def encode_visible(
        self, x: Float[Tensor, "B C H W"], mask: Mask, visible: Shaped[Tensor, "B 1 h w"] | None
    ) -> list[Float[Tensor, "B _ _ _"]]:
        """Maps at `strides`, made of the visible cells alone and zero in others.

        Args:
            x: of sides that are multiples of the largest stride.
            mask: 1 at real pairs; None for all.
            visible: 1 for cells, pixels of the coarsest map, that are not removed; None for all.
        """
        masks: list[Mask] = [_seen(mask, visible, stride, self.strides[-1]) for stride in (1, *self.strides)]
        maps: list[Tensor] = []
        for embedding, blocks, before, mask in zip(self.embeddings, self.convolutions, masks, masks[1:], strict=False):
            x = embedding(x, before)
            for block in blocks:  # type: ignore[attr-defined]
                x = block(x, mask)
            maps.append(masked(x, mask))
        x = self.embeddings[-1](x, masks[-2])
        return [*maps, masked(self._transformed(x, masks[-1], gather=visible is not None), masks[-1])]

    def _transformed(self, x: Float[Tensor, "B C h w"], mask: Mask, *, gather: bool) -> Float[Tensor, "B C h w"]:
        """The coarsest map, of the tokens where the mask is 1; `gather` leaves out the others, which saves time if they are many."""
        height, width = x.shape[-2:]
        code = grid_positions(height, width, x.shape[1], symmetric=self.symmetry == "kernel", device=x.device)
        tokens = self.token_projection(x.flatten(2).transpose(1, 2)) + code.flatten(0, 1).to(x.dtype)
        present = None if mask is None else mask.flatten(1) > 0
        seen = present
        if gather and present is not None:
            tokens, seen = gathered(tokens, present)
        for block in self.transformer:
            tokens = block(tokens, seen)
        if gather and present is not None:
            tokens = scattered(tokens, present, tokens.new_zeros(tokens.shape[-1]))
        return tokens.transpose(1, 2).unflatten(2, (height, width))


class StageFusion(nn.Module):
    """The maps of all stages as one, at the coarsest resolution, for the decoder of pretraining.

    Args:
        channels, strides: of the stages.
        symmetric: see `PairConv2d`.
    """

    def __init__(self, channels: tuple[int, ...], strides: tuple[int, ...], *, symmetric: bool = False) -> None:
        super().__init__()
        self.projections = nn.ModuleList(
            PairConv2d(one, channels[-1], strides[-1] // stride, stride=strides[-1] // stride, symmetric=symmetric)
            for one, stride in zip(channels[:-1], strides[:-1], strict=True)
        )
        self.norm = ChannelNorm(channels[-1])

    def forward(self, maps: list[Float[Tensor, "B _ _ _"]]) -> Float[Tensor, "B C h w"]:
        """The map; that of `encode_visible`, zero in removed cells, needs no mask."""
        *finer, total = maps
        for projection, features in zip(self.projections, finer, strict=True):
            total = total + projection(features)
        return self.norm(total)


def _seen(mask: Mask, visible: Shaped[Tensor, "B 1 h w"] | None, stride: int, coarsest: int) -> Mask:
    """Real pairs of visible cells, as a mask of pixels with a stride."""
    pairs = coarser(mask, stride)
    if visible is None:
        return pairs
    cells = F.interpolate(visible.float(), scale_factor=coarsest // stride)
    return cells if pairs is None else pairs * cells.to(pairs.dtype)


CONVMAE_BASE: dict[str, Any] = {"hidden": (256, 384, 768), "depths": (2, 2, 11), "num_heads": 12, "stem_stride": 4}
"""The published size for pictures; settings of `ConvMAE`."""
