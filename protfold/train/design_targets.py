"""What the designer learns of a chain. Å, radians."""

import hashlib

import numpy as np
import torch

from protfold.constants.atoms import ATOM37_MASK, BACKBONE
from protfold.constants.residues import UNKNOWN
from protfold.constants.rigid_groups import CHI_PI_PERIODIC
from protfold.geometry.torsions import measure_torsions
from protfold.losses.environment import STATES_3, STATES_8, EnvironmentTarget
from protfold.metrics.accessibility import accessible_surface
from protfold.metrics.secondary_structure import secondary_structure, three_states
from protfold.train.chain import Chain
from protfold.typing import Bool, Float, Int

PUBLISHED_B_FACTORS = (114.900829 / 4.0, 74.134204 / 4.0)
"""Mean and standard deviation (Å²) over the chains ABACUS-R was trained on, by its code, which sums over four atoms."""
WHOLE = slice(None)


class DesignTargets:
    """Targets of chains; surfaces and secondary structures, which take longest, are measured once a chain.

    A residue without one of N, CA, C and O has no environment, and nothing of it is learned. The surface is learned where every atom
    of the residue was observed, in chains with side chains. B-factors are learned where the resolution is known, which it is not of
    predictions and of nuclear magnetic resonance.

    Args:
        published_b_factors: z-scores by ABACUS-R's numbers for all chains, instead of within each. A chain's mean and spread tell of the
            crystal, its resolution and its refinement, which a backbone does not show; so they are taken away unless asked for.
    """

    def __init__(self, *, published_b_factors: bool = False) -> None:
        self.published_b_factors = published_b_factors
        self._measured: dict[bytes, tuple[Float[np.ndarray, " N_res"], Int[np.ndarray, " N_res"]]] = {}

    def __call__(self, chain: Chain, part: slice = WHOLE) -> EnvironmentTarget:
        """Of a piece of a chain; surface, secondary structure and z-scores are of the whole."""
        complete = chain.atom37_mask[:, BACKBONE].min(axis=-1) > 0
        aatype = np.where(complete, chain.aatype, UNKNOWN).astype(np.int64)
        surface, eight = self._measure(chain)
        three = np.array([STATES_3.index(state) for state in three_states(STATES_8)])[eight]
        whole = (ATOM37_MASK[aatype] <= chain.atom37_mask).all(-1) & (aatype < UNKNOWN) & (not chain.backbone_only)
        scores, known = self._b_factors(chain, complete)
        given = torch.from_numpy(aatype[part])
        atoms, mask = (torch.from_numpy(one[part]).float() for one in (chain.atom37_positions, chain.atom37_mask))
        torsions = measure_torsions(given, atoms, mask)
        chi_mask = torsions.mask[:, 3:] > 0
        return EnvironmentTarget(
            aatype=given,
            chi=torch.atan2(*torsions.sin_cos[:, 3:].unbind(-1)) * chi_mask,
            chi_mask=chi_mask,
            chi_periodic=torch.from_numpy(CHI_PI_PERIODIC[aatype[part]] > 0),
            accessibility=torch.from_numpy(np.where(whole, surface, 0.0)[part].astype(np.float32)),
            accessibility_mask=torch.from_numpy(whole[part]),
            secondary_structure_8=torch.from_numpy(eight[part].astype(np.int64)),
            secondary_structure_3=torch.from_numpy(three[part].astype(np.int64)),
            secondary_structure_mask=torch.from_numpy(complete[part]),
            b_factor=torch.from_numpy(scores[part]),
            b_factor_mask=torch.from_numpy(known[part]),
        )

    def _b_factors(
        self, chain: Chain, complete: Bool[np.ndarray, " N_res"]
    ) -> tuple[Float[np.ndarray, " N_res"], Bool[np.ndarray, " N_res"]]:
        """Z-scores, and of which residues."""
        known = (chain.b_factors > 0) & complete & (chain.resolution > 0)
        values = chain.b_factors.astype(np.float64)
        mean, deviation = values[known].mean() if known.any() else 0.0, values[known].std() if known.any() else 0.0
        if self.published_b_factors:
            mean, deviation = PUBLISHED_B_FACTORS
        known = known & (deviation > 1e-6)
        return np.where(known, (values - mean) / (deviation or 1.0), 0.0).astype(np.float32), known

    def _measure(self, chain: Chain) -> tuple[Float[np.ndarray, " N_res"], Int[np.ndarray, " N_res"]]:
        """Accessible surface and class of secondary structure."""
        arrays = chain.aatype, chain.atom37_positions, chain.atom37_mask
        key = hashlib.blake2b(b"".join(array.tobytes() for array in arrays), digest_size=16).digest()
        if key not in self._measured:
            protein = chain.protein()
            surface = np.zeros(len(chain)) if chain.backbone_only else accessible_surface(protein)
            states = np.array([STATES_8.index(state) for state in secondary_structure(protein)], dtype=np.int8)
            self._measured[key] = surface.astype(np.float32), states
        return self._measured[key]


def design_target(chain: Chain, part: slice = WHOLE) -> EnvironmentTarget:
    """The target of a piece of one chain; for many, `DesignTargets` remembers what takes long."""
    return DesignTargets()(chain, part)
