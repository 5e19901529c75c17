"""Geometry of residues and of pairs of neighbors, for networks over the graph of nearest residues. Å; no batch axes."""

import torch
from torch import Tensor

from protfold.constants.residues import RESIDUE_CODE
from protfold.constants.rigid_groups import ATOM14_IDEAL_POSITIONS
from protfold.features.design_features import DesignFeatures
from protfold.geometry.atom_frames import CB_SLOT, constant
from protfold.geometry.rigid import Rigid, rotate
from protfold.geometry.torsions import dihedral_sin_cos
from protfold.geometry.vectors import normalize, pairwise_distances, radial_basis
from protfold.typing import Float, Int

NUM_ATOMS = 5
NUM_RBF = 16
FIRST_CENTER, LAST_CENTER = 2.0, 22.0
MAX_OFFSET = 32
NUM_OFFSETS = 2 * MAX_OFFSET + 2
OTHER_CHAIN = NUM_OFFSETS - 1
C_NODE = 9
C_DISTANCES = NUM_ATOMS * NUM_ATOMS * NUM_RBF
C_EDGE = C_DISTANCES + 3 + 9
ROWS_IN_CACHE = 16


def node_features(features: DesignFeatures) -> Float[Tensor, "N_res 9"]:
    """Sine and cosine of omega, phi and psi, zeros where undefined, and which of the three are defined.

    Omega and phi end at a break of the chain on the side of the residue before, psi on the side of the one after.
    """
    nitrogen, alpha, carbon, _ = features.backbone.unbind(1)
    before, after = features.linked, torch.nn.functional.pad(features.linked[1:], (0, 1))
    torsions = dihedral_sin_cos(
        torch.stack(
            [
                torch.stack([alpha.roll(1, 0), carbon.roll(1, 0), nitrogen, alpha], dim=1),
                torch.stack([carbon.roll(1, 0), nitrogen, alpha, carbon], dim=1),
                torch.stack([nitrogen, alpha, carbon, nitrogen.roll(-1, 0)], dim=1),
            ],
            dim=1,
        )
    )
    defined = torch.stack([before, before, after], dim=-1).to(torsions.dtype)
    return torch.cat([(torsions * defined[..., None]).flatten(1), defined], dim=-1)


def edge_features(features: DesignFeatures) -> Float[Tensor, "N_res K 412"]:
    """Distances between the atoms of two residues in radial basis functions, and the neighbor's direction and frame in the residue's own.

    Atoms are N, CA, C, O and a CB of ideal geometry; 16 Gaussians of each distance from 2 to 22 Å: Dauparas et al. (2022), doi
    10.1126/science.add2187, Suppl. "Model architecture".
    """
    nitrogen, alpha, carbon, _ = features.backbone.unbind(1)
    frames = Rigid.from_3_points(carbon, alpha, nitrogen)
    beta = frames.apply(constant(ATOM14_IDEAL_POSITIONS, alpha)[RESIDUE_CODE["A"], CB_SLOT])
    atoms = torch.cat([features.backbone, beta[:, None]], dim=1)
    result = alpha.new_empty(*features.neighbors.shape, C_EDGE)
    for start in range(0, len(alpha), ROWS_IN_CACHE):
        rows = slice(start, start + ROWS_IN_CACHE)
        neighbors = features.neighbors[rows]
        distances = pairwise_distances(atoms[rows][:, None], atoms[neighbors])
        inverse = frames.rotation[rows].transpose(-1, -2)[:, None]
        result[rows, :, :C_DISTANCES] = radial_basis(distances, first=FIRST_CENTER, last=LAST_CENTER, count=NUM_RBF).flatten(2)
        result[rows, :, C_DISTANCES : C_DISTANCES + 3] = normalize(rotate(inverse, alpha[neighbors] - alpha[rows][:, None]))
        turn = (inverse[..., None] * frames.rotation[neighbors][..., None, :, :]).sum(-2)
        result[rows, :, C_DISTANCES + 3 :] = turn.flatten(2)
    return result


def sequence_offsets(features: DesignFeatures) -> Int[Tensor, "N_res K"]:
    """Classes of the neighbor's author number less the residue's: -32 or less to 32 or more, and one for other chains."""
    offset = features.residue_index[features.neighbors] - features.residue_index[:, None]
    same_chain = features.chain_index[features.neighbors] == features.chain_index[:, None]
    return torch.where(same_chain, offset.clamp(-MAX_OFFSET, MAX_OFFSET) + MAX_OFFSET, OTHER_CHAIN)
