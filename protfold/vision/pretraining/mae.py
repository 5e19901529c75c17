"""`MaskedAutoencoder`: most patches are removed, the rest is encoded, and a small decoder fills in what is missing.

He et al. (2022) "Masked Autoencoders Are Scalable Vision Learners", arXiv 2111.06377.
"""

from torch import Tensor, nn

from protfold.typing import Bool, Float, Shaped
from protfold.vision.pretraining.patch_decoder import PatchDecoder, Positions
from protfold.vision.pretraining.patches import patchify
from protfold.vision.pretraining.reconstruction import Reconstruction, cut_to_patches
from protfold.vision.pretraining.visible_tokens import gathered
from protfold.vision.vit import ViT


class MaskedAutoencoder(nn.Module):
    """An encoder and what teaches it.

    Args:
        in_channels: of the maps.
        hidden, depth, num_heads, patch_size, class_token: of the encoder; see `ViT`.
            Its symmetry is `none`: patches of symmetric maps are not symmetric.
        decoder_hidden, decoder_depth, decoder_heads, positions: of the decoder; see `PatchDecoder`.
    """

    def __init__(
        self,
        in_channels: int,
        *,
        hidden: int,
        depth: int,
        num_heads: int,
        patch_size: int,
        decoder_hidden: int,
        decoder_depth: int,
        decoder_heads: int,
        class_token: bool = False,
        positions: Positions = "grid",
    ) -> None:
        super().__init__()
        self.encoder = ViT(
            in_channels,
            hidden=hidden,
            depth=depth,
            num_heads=num_heads,
            patch_size=patch_size,
            class_token=class_token,
            symmetry="none",
        )
        self.decoder = PatchDecoder(
            hidden,
            in_channels * patch_size**2,
            hidden=decoder_hidden,
            depth=decoder_depth,
            num_heads=decoder_heads,
            positions=positions,
        )

    @property
    def patch_size(self) -> int:
        """Pixels on the side of a patch."""
        return self.encoder.strides[0]

    def forward(
        self, x: Float[Tensor, "B C H W"], mask: Shaped[Tensor, "B N"] | None, removed: Bool[Tensor, "B h w"]
    ) -> Reconstruction:
        """All patches as filled in from those that are not removed.

        Args:
            x: the maps.
            mask: 1 for residues that are there; None for all, and for pictures.
            removed: patches to fill in.
        """
        x, _, pixels = cut_to_patches(x, mask, self.patch_size)
        real = pixels.any(-1).view_as(removed)
        visible = real & ~removed
        predicted = self.decoder(self.encode_visible(x, visible), visible, real, class_token=self.encoder.class_token is not None)
        target = patchify(x, self.patch_size)
        return Reconstruction(predicted=predicted, target=target, counted=pixels & removed.flatten(1)[..., None])

    def encode_visible(self, x: Float[Tensor, "B C H W"], visible: Bool[Tensor, "B h w"]) -> Float[Tensor, "B T D"]:
        """Tokens of the visible patches of each map, row by row; a class token, if there is one, comes first.

        What is in other patches is not looked at. Maps with fewer visible patches than others have tokens without meaning at the end.
        """
        places = self.encoder.patch_embedding(x)
        return self.encoder.encode(*gathered(places.flatten(2).transpose(1, 2), visible.flatten(1)))


MAE_DECODER = {"decoder_hidden": 512, "decoder_depth": 8, "decoder_heads": 16, "class_token": True}
MAE_BASE = {"hidden": 768, "depth": 12, "num_heads": 12, "patch_size": 16, **MAE_DECODER}
MAE_LARGE = {"hidden": 1024, "depth": 24, "num_heads": 16, "patch_size": 16, **MAE_DECODER}
MAE_HUGE = {"hidden": 1280, "depth": 32, "num_heads": 16, "patch_size": 14, **MAE_DECODER}
"""Published sizes for pictures; settings of `MaskedAutoencoder`."""
