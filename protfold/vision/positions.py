"""Where a pair lies along the sequence, as channels. Absolute positions mean nothing in a pair map; the separation does."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from protfold.typing import Float, Int
from protfold.vision.symmetry import Symmetry

SEPARATIONS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 48, 64, 96)
"""Least separations of the classes after the first, which is the diagonal."""


def num_separation_channels(symmetry: Symmetry) -> int:
    """Channels of `separation_channels`."""
    return len(SEPARATIONS) + 1 + (symmetry == "none")


class SeparationEmbedding(nn.Conv2d):
    """A matrix at each pixel from `separation_channels` to channels that are added to a pair map.

    Args:
        channels: of the maps.
        symmetry: of the network that reads them.
    """

    def __init__(self, channels: int, symmetry: Symmetry) -> None:
        super().__init__(num_separation_channels(symmetry), channels, 1, bias=False)
        self.symmetry = symmetry

    def forward(  # type: ignore[override]
        self, x: Float[Tensor, "B C N N"], residue_index: Int[Tensor, "B N"] | None
    ) -> Float[Tensor, "B C N N"]:
        """The maps with what their separations say.

        Args:
            x: pair maps.
            residue_index: numbers of residues; None counts them.
        """
        if residue_index is None:
            residue_index = torch.arange(x.shape[-1], device=x.device).expand(x.shape[0], -1)
        return x + super().forward(separation_channels(residue_index, self.symmetry).to(x.dtype))


def separation_channels(residue_index: Int[Tensor, "B N"], symmetry: Symmetry) -> Float[Tensor, "B C N N"]:
    """Classes of |i - j|, and, in directed maps, the sign of j - i.

    Args:
        residue_index: numbers of residues.
        symmetry: of the network that reads them; one with any knows no direction.
    """
    offset = residue_index[:, None, :] - residue_index[:, :, None]
    bounds = torch.tensor(SEPARATIONS, device=offset.device)
    classes = F.one_hot(torch.bucketize(offset.abs(), bounds, right=True), len(SEPARATIONS) + 1)
    channels = classes.movedim(-1, 1).to(torch.get_default_dtype())
    if symmetry == "none":
        channels = torch.cat([channels, offset.sign()[:, None].to(channels.dtype)], dim=1)
    return channels
