"""`DistanceNetwork`: distances and contacts of residues from the co-evolution of an alignment, by any backbone."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn

from protfold.errors import InputError
from protfold.features.coevolution import Coevolution, CoevolutionConfig
from protfold.metrics.contacts import contact_probabilities
from protfold.typing import Float, Int, Shaped
from protfold.vision.pair_map_encoder import PairMapEncoder


@dataclass(frozen=True, kw_only=True, slots=True)
class DistanceNetworkConfig:
    """What the network is.

    Attributes:
        backbone: its name; see `protfold.vision.list_backbones`.
        settings: of the backbone; what is left out has values for pair maps.
        c_z: channels of the pair representation.
        num_bins: of distances; 64 as in AlphaFold 2.
        input: the channels that are read.

    Raises:
        InputError: a size that is none.
    """

    backbone: str
    settings: Mapping[str, object] = field(default_factory=dict)
    c_z: int = 32
    num_bins: int = 64
    input: CoevolutionConfig = field(default_factory=CoevolutionConfig)

    def __post_init__(self) -> None:
        if self.c_z < 1 or self.num_bins < 2:
            raise InputError(f"c_z = {self.c_z}, num_bins = {self.num_bins}; give 1 or more, and 2 or more")


class DistanceNetwork(nn.Module):
    """`PairMapEncoder`, and a distogram of its pair representation and of the maps themselves.

    The direct way, a matrix at each pixel, starts at zero; a backbone need not carry single pixels through coarser maps for it.

    Args:
        config: all of it.

    Raises:
        InputError: see `create_backbone`.
    """

    def __init__(self, config: DistanceNetworkConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = PairMapEncoder(
            backbone=config.backbone, c_z=config.c_z, in_channels=len(config.input.channel_names), **config.settings
        )
        self.half_logits = nn.Linear(config.c_z, config.num_bins)
        self.direct = nn.Linear(len(config.input.channel_names), config.num_bins, bias=False)
        nn.init.zeros_(self.direct.weight)

    def forward(
        self,
        maps: Float[Tensor, "B C N N"],
        mask: Shaped[Tensor, "B N"] | None = None,
        residue_index: Int[Tensor, "B N"] | None = None,
    ) -> Float[Tensor, "B N N bins"]:
        """Logits of the distances of CB atoms (CA of glycine), symmetric; bins as in `losses.distogram.distogram_loss`.

        Args:
            maps: channels of `Coevolution.as_map`.
            mask: 1 for residues that are there; None for all.
            residue_index: numbers of residues; None counts them.

        Raises:
            InputError: the backbone is for chains of one length, and these are longer.
        """
        half: Tensor = self.half_logits(self.encoder(maps, mask, residue_index)) + self.direct(maps.movedim(1, -1))
        return half + half.transpose(1, 2)

    @torch.no_grad()
    def contacts(self, found: Coevolution, residue_index: Int[np.ndarray, " N"] | None = None) -> Float[np.ndarray, "N N"]:
        """Probability of contact, CB atoms nearer than 8 Å, of each two residues of one chain.

        Args:
            found: of its alignment, with the channels of `config.input`.
            residue_index: numbers of residues; None counts them.

        Raises:
            InputError: other channels, or a longer chain than the backbone takes.
        """
        if found.config != self.config.input:
            raise InputError(f"co-evolution with {found.config}, but the network reads {self.config.input}")
        device = self.half_logits.weight.device
        index = None if residue_index is None else torch.from_numpy(residue_index.astype(np.int64)).to(device)[None]
        logits = self(found.as_map()[None].to(device), None, index)
        return contact_probabilities(logits[0].float().softmax(-1).cpu().numpy())
