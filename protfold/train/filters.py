"""Which chains are good enough to learn from."""

from dataclasses import dataclass

import numpy as np

from protfold.constants.atoms import ATOM37_INDEX
from protfold.constants.residues import UNKNOWN
from protfold.errors import InputError
from protfold.train.chain import Chain
from protfold.train.shards import REACH, center


@dataclass(frozen=True, kw_only=True, slots=True)
class ChainFilter:
    """Limits of what is kept. Resolution and the share of one residue: Jumper et al. (2021) Suppl. 1.2.5 "Filtering".

    Attributes:
        min_length, max_length: residues.
        max_resolution: Å; chains of unknown resolution pass.
        max_unknown: share of residues that are none of the twenty.
        max_one_residue: share of the commonest residue.
        min_observed: share of residues whose CA is there, and sure.

    Raises:
        InputError: a value out of range.
    """

    min_length: int = 20
    max_length: int = 2000
    max_resolution: float = 9.0
    max_unknown: float = 0.1
    max_one_residue: float = 0.8
    min_observed: float = 0.5

    def __post_init__(self) -> None:
        if not 1 <= self.min_length <= self.max_length:
            raise InputError(
                f"lengths from {self.min_length} to {self.max_length} leave no chain; give 1 or more, the smaller first"
            )
        if not self.max_resolution > 0.0:
            raise InputError(f"max_resolution = {self.max_resolution} leaves no chain; give a limit in Å")
        for name in ("max_unknown", "max_one_residue", "min_observed"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise InputError(f"{name} = {getattr(self, name)}; give a share of 0 to 1")

    def objection(self, chain: Chain) -> str | None:
        """Why a chain is not kept: the first of the limits that it breaks; None for a chain that is."""
        if len(chain) < self.min_length:
            return "too short"
        if len(chain) > self.max_length:
            return "too long"
        if chain.resolution > self.max_resolution:
            return "resolution"
        counts = np.bincount(chain.aatype, minlength=UNKNOWN + 1)
        if counts[UNKNOWN] > self.max_unknown * len(chain):
            return "unknown residues"
        if counts.max() > self.max_one_residue * len(chain):
            return "one residue dominates"
        mask = chain.atom37_mask > 0
        if not mask.any() or mask[:, ATOM37_INDEX["CA"]].mean() < self.min_observed:
            return "too little observed"
        positions = chain.atom37_positions[mask]
        return "too wide to store" if np.abs(positions - center(positions)).max() >= REACH else None
