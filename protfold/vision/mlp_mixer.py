"""`MLPMixer`: products over places and products over channels in turn, on patches.

Tolstikhin et al. (2021) "MLP-Mixer: An all-MLP Architecture for Vision", arXiv 2105.01601.
"""

from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from protfold.errors import InputError
from protfold.typing import Float
from protfold.vision.backbone import Backbone
from protfold.vision.convolution import PairConv2d
from protfold.vision.pair_mask import coarser
from protfold.vision.symmetry import Symmetry
from protfold.vision.transformer import FeedForward


class TokenMixing(FeedForward):
    """The same feed-forward layer for each channel, over all places of a square grid.

    Args:
        side: of the grid.
        hidden: units; if `symmetric`, unit u reads the transposed grid as unit hidden - 1 - u reads the grid.
        activation: see `FeedForward`.
        symmetric: the weights are tied so that transposition commutes.
    """

    def __init__(self, side: int, hidden: int, *, activation: str = "gelu", symmetric: bool = False) -> None:
        super().__init__(side**2, hidden, activation=activation)
        self.side, self.symmetric = side, symmetric

    def forward(self, tokens: Float[Tensor, "*batch C S"]) -> Float[Tensor, "*batch C S"]:
        """Tokens after the layer, without a shortcut."""
        if not self.symmetric:
            return super().forward(tokens)
        weight, bias = self.widen.weight, self.widen.bias
        hidden = F.linear(tokens, 0.5 * (weight + self._flipped(weight).flip(0)), 0.5 * (bias + bias.flip(0)))
        weight, bias = self.narrow.weight.T, self.narrow.bias
        weight = 0.5 * (weight + self._flipped(weight).flip(0))
        return F.linear(self.activation(hidden), weight.T, 0.5 * (bias + self._flipped(bias)))

    def _flipped(self, values: Float[Tensor, "*units S"]) -> Float[Tensor, "*units S"]:
        """Of the transposed grid."""
        return values.unflatten(-1, (self.side, self.side)).transpose(-1, -2).flatten(-2)


class MixerBlock(nn.Module):
    """Mixes places, then channels, each of normalised tokens and beside a shortcut."""

    def __init__(self, side: int, channels: int, *, tokens_hidden: int, mlp_ratio: float, activation: str, symmetric: bool) -> None:
        super().__init__()
        self.token_norm = nn.LayerNorm(channels, eps=1e-6)
        self.token_mixing = TokenMixing(side, tokens_hidden, activation=activation, symmetric=symmetric)
        self.channel_norm = nn.LayerNorm(channels, eps=1e-6)
        self.channel_mixing = FeedForward(channels, int(mlp_ratio * channels), activation=activation)

    def forward(self, tokens: Float[Tensor, "B S C"], mask: Float[Tensor, "B S 1"] | None) -> Float[Tensor, "B S C"]:
        """Tokens after the block."""
        places = self.token_norm(tokens)
        if mask is not None:
            places = places * mask
        tokens = tokens + self.token_mixing(places.transpose(1, 2)).transpose(1, 2)
        return tokens + self.channel_mixing(self.channel_norm(tokens))


class MLPMixer(Backbone):
    """One resolution throughout, that of the patches, and maps of one length, for each place has weights of its own.

    Args:
        in_channels: of the pair maps.
        length: of the maps: the side of crops.
        hidden: channels of tokens.
        depth: blocks.
        patch_size: pixels on the side of a patch.
        tokens_hidden: units of the layers over places.
        mlp_ratio: units of the layers over channels, in units of `hidden`.
        activation: of the blocks; the first code has `gelu_tanh`.
        symmetry: see `Backbone`.
    """

    fixed_length = True
    length: int

    def __init__(
        self,
        in_channels: int,
        *,
        length: int = 128,
        hidden: int = 96,
        depth: int = 6,
        patch_size: int = 8,
        tokens_hidden: int = 128,
        mlp_ratio: float = 4.0,
        activation: str = "gelu",
        symmetry: Symmetry = "kernel",
    ) -> None:
        super().__init__(symmetry=symmetry)
        self.channels, self.strides, self.length = (hidden,), (patch_size,), length
        symmetric = self.symmetry == "kernel"
        self.patch_embedding = PairConv2d(in_channels, hidden, patch_size, stride=patch_size, symmetric=symmetric)
        self.blocks = nn.ModuleList(
            MixerBlock(
                -(-length // patch_size),
                hidden,
                tokens_hidden=tokens_hidden,
                mlp_ratio=mlp_ratio,
                activation=activation,
                symmetric=symmetric,
            )
            for _ in range(depth)
        )
        self.norm = nn.LayerNorm(hidden, eps=1e-6)

    def feature_maps(self, x: Float[Tensor, "B C H W"], mask: Float[Tensor, "B 1 H W"] | None) -> list[Float[Tensor, "B _ _ _"]]:
        """One map.

        Raises:
            InputError: the map has another length.
        """
        patch = self.strides[0]
        side = -(-self.length // patch)
        if x.shape[-2:] != (side * patch, side * patch):
            found = " x ".join(map(str, x.shape[-2:]))
            raise InputError(
                f"MLPMixer mixes {side} x {side} patches of {patch}, not a map of {found}; crop or pad it to {self.length}"
            )
        places = self.patch_embedding(x, mask)
        coarse = coarser(mask, patch)
        tokens, there = (None if one is None else one.flatten(2).transpose(1, 2) for one in (places, coarse))
        for block in self.blocks:
            tokens = block(tokens, there)
        return [self.norm(tokens).transpose(1, 2).unflatten(2, (side, side))]


def _published(hidden: int, depth: int, patch_size: int) -> dict[str, Any]:
    return {
        "length": 224,
        "hidden": hidden,
        "depth": depth,
        "patch_size": patch_size,
        "tokens_hidden": hidden // 2,
    }


MIXER_S_32 = _published(512, 8, 32)
MIXER_S_16 = _published(512, 8, 16)
MIXER_B_32 = _published(768, 12, 32)
MIXER_B_16 = _published(768, 12, 16)
MIXER_L_32 = _published(1024, 24, 32)
MIXER_L_16 = _published(1024, 24, 16)
MIXER_H_14 = _published(1280, 32, 14)
"""Published sizes for pictures of 224 x 224: paper, Table 1; settings of `MLPMixer`."""
