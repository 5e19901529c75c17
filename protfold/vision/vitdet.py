"""`ViTDet`: a plain transformer that looks through windows, with a few ways out of them, and a pyramid of its last map.

Li et al. (2022) "Exploring Plain Vision Transformer Backbones for Object Detection", arXiv 2203.16527.
"""

from functools import partial
from typing import Any

from torch import Tensor, nn

from protfold.errors import InputError
from protfold.typing import Float
from protfold.vision.backbone import Backbone
from protfold.vision.convolution import PairConv2d
from protfold.vision.feature_pyramid import SimpleFeaturePyramid
from protfold.vision.normalization import ChannelNorm
from protfold.vision.pair_mask import coarser
from protfold.vision.patch_embedding import PatchEmbedding
from protfold.vision.relative_positions import RelativePositions
from protfold.vision.symmetry import Symmetry
from protfold.vision.transformer import FeedForward, MultiHeadAttention
from protfold.vision.windows import from_windows, to_windows

PROPAGATIONS = ("global", "convolution")


class WindowBlock(nn.Module):
    """A transformer block whose attention is within each window of a map, or over all of it.

    What lies beyond the map or is no pair is not read; the published code reads it.

    Args:
        channels: of the map.
        num_heads: of attention.
        window: pixels on the side of a window, if the map is not smaller; None for all of the map.
        span: see `RelativePositions`.
        mlp_ratio: see `TransformerBlock`.
        symmetric: transposition commutes.
    """

    def __init__(
        self, channels: int, num_heads: int, *, window: int | None, span: int, mlp_ratio: float = 4.0, symmetric: bool = False
    ) -> None:
        super().__init__()
        self.window = window
        self.attention_norm = ChannelNorm(channels)
        self.attention = MultiHeadAttention(channels, num_heads)
        self.positions = RelativePositions(channels // num_heads, span, symmetric=symmetric)
        self.feed_forward_norm = ChannelNorm(channels)
        self.feed_forward = FeedForward(channels, int(mlp_ratio * channels))

    def forward(self, x: Float[Tensor, "B C h w"], mask: Float[Tensor, "B 1 h w"] | None) -> Float[Tensor, "B C h w"]:
        """The map after the block."""
        read = self._read_all if self.window is None else self._read_windows
        x = x + read(self.attention_norm(x), mask)
        return x + self.feed_forward(self.feed_forward_norm(x).movedim(1, -1)).movedim(-1, 1)

    def _read_all(self, x: Float[Tensor, "B C h w"], mask: Float[Tensor, "B 1 h w"] | None) -> Float[Tensor, "B C h w"]:
        height, width = x.shape[2:]
        bias = partial(self.positions, height=height, width=width)
        tokens = self.attention(x.flatten(2).transpose(1, 2), None if mask is None else mask.flatten(1), bias)
        return tokens.transpose(1, 2).unflatten(2, (height, width))

    def _read_windows(self, x: Float[Tensor, "B C h w"], mask: Float[Tensor, "B 1 h w"] | None) -> Float[Tensor, "B C h w"]:
        assert self.window is not None
        height, width = x.shape[2:]
        window = min(self.window, max(height, width))
        if mask is None and (height % window or width % window):
            mask = x.new_ones(len(x), 1, height, width)
        windows = self._read_all(to_windows(x, window), None if mask is None else to_windows(mask, window))
        return from_windows(windows, height, width)


class ConvolutionalPropagation(nn.Module):
    """A bottleneck of three convolutions beside a shortcut, which starts as the identity."""

    def __init__(self, channels: int, *, symmetric: bool = False) -> None:
        super().__init__()
        half = channels // 2
        self.narrow, self.narrow_norm = PairConv2d(channels, half, 1, bias=False), ChannelNorm(half)
        self.convolution, self.norm = PairConv2d(half, half, 3, bias=False, symmetric=symmetric), ChannelNorm(half)
        self.widen, self.widen_norm = PairConv2d(half, channels, 1, bias=False), ChannelNorm(channels)
        self.activation = nn.GELU()
        nn.init.zeros_(self.widen_norm.weight)

    def forward(self, x: Float[Tensor, "B C h w"], mask: Float[Tensor, "B 1 h w"] | None) -> Float[Tensor, "B C h w"]:
        """The map after the convolutions."""
        update = self.activation(self.narrow_norm(self.narrow(x)))
        update = self.activation(self.norm(self.convolution(update, mask)))
        return x + self.widen_norm(self.widen(update))


class ViTDet(Backbone):
    """Patches at one resolution, then a pyramid whose finest level, with patches of four, has the resolution of the map.

    Args:
        in_channels: of the pair maps.
        hidden: channels of tokens.
        depth: blocks.
        num_heads: of attention.
        patch_size: pixels on the side of a patch.
        mlp_ratio: see `TransformerBlock`.
        window: patches on the side of a window.
        propagation: `global` blocks in place of those with windows, or a `convolution` after them.
        num_propagations: of these, evenly spaced; 0 for none.
        global_span: see `RelativePositions`, of global blocks.
        grid: see `PatchEmbedding`.
        pyramid_channels: of each level.
        coarsest_level: see `SimpleFeaturePyramid`.
        symmetry: see `Backbone`.

    Raises:
        InputError: another propagation, one that the blocks cannot be divided by, or patches that are no multiple of four.
    """

    def __init__(
        self,
        in_channels: int,
        *,
        hidden: int = 96,
        depth: int = 6,
        num_heads: int = 4,
        patch_size: int = 4,
        mlp_ratio: float = 4.0,
        window: int = 14,
        propagation: str = "global",
        num_propagations: int = 3,
        global_span: int = 64,
        grid: int | None = None,
        pyramid_channels: int = 64,
        coarsest_level: bool = False,
        symmetry: Symmetry = "kernel",
    ) -> None:
        super().__init__(symmetry=symmetry)
        if propagation not in PROPAGATIONS or (num_propagations and depth % num_propagations):
            raise InputError(
                f"propagation = {propagation!r}, {num_propagations} times in {depth} blocks; "
                f"give {' or '.join(PROPAGATIONS)}, and a number that divides the blocks"
            )
        symmetric = self.symmetry == "kernel"
        self.patch_embedding = PatchEmbedding(in_channels, hidden, patch_size, grid=grid, symmetric=symmetric)
        self.blocks = nn.ModuleList()
        for index in range(depth):
            propagates = bool(num_propagations) and (index + 1) % (depth // num_propagations) == 0
            everywhere = propagates and propagation == "global"
            self.blocks.append(
                WindowBlock(
                    hidden,
                    num_heads,
                    window=None if everywhere else window,
                    span=global_span if everywhere else window,
                    mlp_ratio=mlp_ratio,
                    symmetric=symmetric,
                )
            )
            if propagates and propagation == "convolution":
                self.blocks.append(ConvolutionalPropagation(hidden, symmetric=symmetric))
        self.pyramid = SimpleFeaturePyramid(
            hidden, patch_size, out_channels=pyramid_channels, coarsest=coarsest_level, symmetric=symmetric
        )
        self.strides = self.pyramid.strides
        self.channels = (pyramid_channels,) * len(self.strides)

    def feature_maps(self, x: Float[Tensor, "B C H W"], mask: Float[Tensor, "B 1 H W"] | None) -> list[Float[Tensor, "B _ _ _"]]:
        """The levels of the pyramid."""
        coarse = coarser(mask, self.patch_embedding.stride[0])
        x = self.patch_embedding(x, mask)
        for block in self.blocks:
            x = block(x, coarse)
        return self.pyramid(x, mask)


def _published(hidden: int, depth: int, num_heads: int) -> dict[str, Any]:
    return {
        "hidden": hidden,
        "depth": depth,
        "num_heads": num_heads,
        "patch_size": 16,
        "num_propagations": 4,
        "grid": 14,
        "pyramid_channels": 256,
        "coarsest_level": True,
    }


VITDET_B = _published(768, 12, 12)
VITDET_L = _published(1024, 24, 16)
VITDET_H = _published(1280, 32, 16)
"""Published sizes for pictures of 1024 x 1024: paper, section 4, and its released configurations; settings of `ViTDet`."""
