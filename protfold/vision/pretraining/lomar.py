"""`LocalMaskedReconstruction`: patches are filled in within small windows, by the encoder itself.

Chen et al. (2022) "Efficient Self-supervised Vision Pretraining with Local Masked Reconstruction", arXiv 2206.00790. The cost depends on
the number of windows, not on the size of the map.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from protfold.typing import Float, Int, Shaped
from protfold.vision.pretraining.patches import patchify
from protfold.vision.pretraining.reconstruction import Reconstruction, cut_to_patches
from protfold.vision.pretraining.windows import Windows
from protfold.vision.relative_vit import RelativeViT


class LocalMaskedReconstruction(nn.Module):
    """An encoder with relative positions and a matrix to the values of patches.

    Args:
        in_channels: of the maps.
        hidden, depth, num_heads, patch_size, class_token: of the encoder; see `RelativeViT`.
            Its symmetry is `none`: patches of symmetric maps are not symmetric.
    """

    def __init__(
        self,
        in_channels: int,
        *,
        hidden: int,
        depth: int,
        num_heads: int,
        patch_size: int,
        class_token: bool = False,
    ) -> None:
        super().__init__()
        self.encoder = RelativeViT(
            in_channels,
            hidden=hidden,
            depth=depth,
            num_heads=num_heads,
            patch_size=patch_size,
            class_token=class_token,
            symmetry="none",
        )
        self.removed_token = nn.Parameter(torch.empty(hidden).normal_(std=0.02))
        self.output = nn.Linear(hidden, in_channels * patch_size**2)
        nn.init.xavier_uniform_(self.output.weight)
        nn.init.zeros_(self.output.bias)

    @property
    def patch_size(self) -> int:
        """Pixels on the side of a patch."""
        return self.encoder.strides[0]

    def forward(self, x: Float[Tensor, "B C H W"], mask: Shaped[Tensor, "B N"] | None, windows: Windows) -> Reconstruction:
        """The patches of all windows of each map, one window after another.

        Args:
            x: the maps.
            mask: 1 for residues that are there; None for all, and for pictures.
            windows: which they are, and what is to be filled in.
        """
        patch, side = self.patch_size, windows.removed.shape[-1]
        x, _, pixels = cut_to_patches(x, mask, patch)
        grid = (x.shape[-2] // patch, x.shape[-1] // patch)

        def windowed(patches: Shaped[Tensor, "B L D"]) -> Shaped[Tensor, "B K T D"]:
            return take_windows(patches.unflatten(1, grid), windows.corners, side).flatten(2, 3)

        removed = windows.removed.flatten(2)
        there = windowed(pixels).any(-1)
        tokens = windowed(self.encoder.patch_embedding(x).flatten(2).transpose(1, 2))
        tokens = torch.where(removed[..., None], self.removed_token.to(tokens.dtype), tokens)
        encoded = self.encoder.encode(tokens.flatten(0, 1), there.flatten(0, 1), (side, side))[:, -(side**2) :]
        return Reconstruction(
            predicted=self.output(encoded).unflatten(0, removed.shape[:2]).flatten(1, 2),
            target=windowed(patchify(x, patch)).flatten(1, 2),
            counted=(windowed(pixels) & removed[..., None]).flatten(1, 2),
        )


def take_windows(patches: Shaped[Tensor, "B h w D"], corners: Int[Tensor, "B K 2"], side: int) -> Shaped[Tensor, "B K S S D"]:
    """The patches of each window; zeros beyond the map."""
    beyond = [max(0, side - one) for one in patches.shape[1:3]]
    patches = F.pad(patches, (0, 0, 0, beyond[1], 0, beyond[0]))
    steps = torch.arange(side, device=corners.device)
    rows, columns = (corners[..., axis, None] + steps for axis in (0, 1))
    batch = torch.arange(len(patches), device=corners.device)[:, None, None, None]
    return patches[batch, rows[..., :, None], columns[..., None, :]]


LOMAR_BASE = {"hidden": 768, "depth": 12, "num_heads": 12, "patch_size": 16, "class_token": True}
"""The published size for pictures; settings of `LocalMaskedReconstruction`."""
