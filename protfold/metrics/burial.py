"""How deep residues lie by their backbone alone, whatever their types. Å."""

import numpy as np
import torch
from scipy.spatial import KDTree

from protfold.constants.atoms import ATOM37_INDEX
from protfold.constants.residues import RESIDUE_CODE
from protfold.entities import Protein
from protfold.geometry.atom_frames import backbone_frames, ideal_pseudo_beta
from protfold.typing import Float

RADIUS = 10.0
"""Å; Karchin et al. (2004), doi 10.1002/prot.20008, compare cutoffs of such counts."""
_FRAME = [ATOM37_INDEX[name] for name in ("N", "CA", "C")]


def neighbor_counts(protein: Protein, *, radius: float = RADIUS) -> Float[np.ndarray, " N_res"]:
    """CB atoms of other residues, of all chains, within `radius` Å of each residue's own: few at the surface, many in the core.

    CB stands where ideal geometry has it, glycine's too, so that the numbers are those of the backbone and not of a sequence. NaN for a
    residue without N, CA or C, which is nobody's neighbor.
    """
    known = (protein.atom37_mask[:, _FRAME] > 0).all(1)
    counts = np.full(len(protein), np.nan)
    if known.any():
        frames = backbone_frames(torch.from_numpy(protein.atom37_positions[known].astype(np.float64)))
        alanines = torch.full((int(known.sum()),), RESIDUE_CODE["A"])
        points = ideal_pseudo_beta(alanines, frames).numpy()
        counts[known] = KDTree(points).query_ball_point(points, radius, return_length=True) - 1
    return counts
