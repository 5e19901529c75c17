"""`PairMapEncoder`: any backbone as an encoder of pair maps into a pair representation."""

import torch.nn.functional as F
from torch import Tensor, nn

from protfold.typing import Float, Int, Shaped
from protfold.vision.backbone import Backbone
from protfold.vision.pair_mask import masked, pair_mask
from protfold.vision.positions import SeparationEmbedding
from protfold.vision.registry import create_backbone
from protfold.vision.sub_pixel import SubPixelUpsample


class PairMapEncoder(nn.Module):
    """Pair maps and separations through a backbone, all its feature maps brought to full resolution and summed.

    The result starts at zero, so that a network it is added to starts as it was.

    Args:
        backbone: its name.
        c_z: channels of the pair representation.
        in_channels: of the pair maps.
        settings: of the backbone.

    Raises:
        InputError: see `create_backbone`.
    """

    def __init__(self, *, backbone: str, c_z: int, in_channels: int, **settings: object) -> None:
        super().__init__()
        self.backbone: Backbone = create_backbone(backbone, in_channels, **settings)
        self.symmetry = self.backbone.symmetry
        self.separation = SeparationEmbedding(in_channels, self.symmetry)
        self.levels = nn.ModuleList(
            SubPixelUpsample(channels, c_z, stride, symmetric=self.symmetry != "none")
            for channels, stride in zip(self.backbone.channels, self.backbone.strides, strict=True)
        )
        self.norm = nn.LayerNorm(c_z)
        self.output = nn.Linear(c_z, c_z)
        nn.init.zeros_(self.output.weight)
        nn.init.zeros_(self.output.bias)

    def forward(
        self,
        x: Float[Tensor, "B C N N"],
        mask: Shaped[Tensor, "B N"] | None = None,
        residue_index: Int[Tensor, "B N"] | None = None,
    ) -> Float[Tensor, "B N N c_z"]:
        """The pair representation; zero where there is no pair.

        Args:
            x: pair maps.
            mask: 1 for residues that are there; None for all.
            residue_index: numbers of residues; None counts them.

        Raises:
            InputError: the backbone is for chains of one length, and these are longer.
        """
        length = x.shape[-1]
        maps = self.backbone(*self._of_its_length(self.separation(x, residue_index), mask))
        finest = sum(
            (level(features)[..., :length, :length] for level, (features, _) in zip(self.levels, maps, strict=True)),
            x.new_zeros(()),
        )
        pair = self.output(self.norm(finest.movedim(1, -1)))
        return pair if mask is None else masked(pair.movedim(-1, 1), pair_mask(mask)).movedim(1, -1)

    def _of_its_length(
        self, x: Float[Tensor, "B C N N"], mask: Shaped[Tensor, "B N"] | None
    ) -> tuple[Float[Tensor, "B C L L"], Shaped[Tensor, "B L"] | None]:
        """Shorter chains padded for a backbone of one length."""
        beyond = (self.backbone.length or 0) - x.shape[-1]
        if beyond <= 0:
            return x, mask
        mask = x.new_ones(x.shape[0], x.shape[-1]) if mask is None else mask
        return F.pad(x, (0, beyond, 0, beyond)), F.pad(mask, (0, beyond))
