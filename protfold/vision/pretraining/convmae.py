"""`MaskedConvAutoencoder`: as a masked autoencoder, with convolutions before the transformer that do not look into removed cells.

Gao et al. (2022) "ConvMAE: Masked Convolution Meets Masked Autoencoders", arXiv 2205.03892.
"""

from torch import Tensor, nn

from protfold.typing import Bool, Float, Shaped
from protfold.vision.convmae import CONVMAE_BASE, ConvMAE, StageFusion
from protfold.vision.pretraining.patch_decoder import PatchDecoder, Positions
from protfold.vision.pretraining.patches import patchify
from protfold.vision.pretraining.reconstruction import Reconstruction, cut_to_patches
from protfold.vision.pretraining.visible_tokens import gathered


class MaskedConvAutoencoder(nn.Module):
    """An encoder of three stages, what makes one map of them, and what teaches them.

    Args:
        in_channels: of the maps.
        hidden, depths, num_heads, kernel_size, stem_stride: of the encoder; see `ConvMAE`. Its symmetry is `none`: patches of symmetric
            maps are not symmetric.
        decoder_hidden, decoder_depth, decoder_heads, positions: of the decoder; see `PatchDecoder`.
    """

    def __init__(
        self,
        in_channels: int,
        *,
        hidden: tuple[int, int, int],
        depths: tuple[int, int, int],
        num_heads: int,
        kernel_size: int,
        stem_stride: int,
        decoder_hidden: int,
        decoder_depth: int,
        decoder_heads: int,
        positions: Positions = "grid",
    ) -> None:
        super().__init__()
        self.encoder = ConvMAE(
            in_channels,
            hidden=hidden,
            depths=depths,
            num_heads=num_heads,
            kernel_size=kernel_size,
            stem_stride=stem_stride,
            symmetry="none",
        )
        self.fusion = StageFusion(self.encoder.channels, self.encoder.strides)
        self.decoder = PatchDecoder(
            hidden[-1],
            in_channels * self.patch_size**2,
            hidden=decoder_hidden,
            depth=decoder_depth,
            num_heads=decoder_heads,
            positions=positions,
        )

    @property
    def patch_size(self) -> int:
        """Pixels on the side of a cell that is removed or not."""
        return self.encoder.strides[-1]

    def forward(
        self, x: Float[Tensor, "B C H W"], mask: Shaped[Tensor, "B N"] | None, removed: Bool[Tensor, "B h w"]
    ) -> Reconstruction:
        """All patches as filled in from those that are not removed; arguments as of `MaskedAutoencoder`."""
        x, pairs, pixels = cut_to_patches(x, mask, self.patch_size)
        real = pixels.any(-1).view_as(removed)
        visible = real & ~removed
        maps = self.encoder.encode_visible(x, pairs, visible[:, None])
        tokens, _ = gathered(self.fusion(maps).flatten(2).transpose(1, 2), visible.flatten(1))
        predicted = self.decoder(tokens, visible, real)
        target = patchify(x, self.patch_size)
        return Reconstruction(predicted=predicted, target=target, counted=pixels & removed.flatten(1)[..., None])


CONVMAE_PRETRAINING_BASE = {**CONVMAE_BASE, "kernel_size": 5, "decoder_hidden": 512, "decoder_depth": 8, "decoder_heads": 16}
"""The published size for pictures; settings of `MaskedConvAutoencoder`."""
