"""Side chains that look the same after a half turn: the true structure takes the atom names nearer to the prediction."""

from functools import cache

import numpy as np
import torch
from torch import Tensor

from protfold.constants.atoms import ATOM37_INDEX
from protfold.constants.residues import RESIDUE_NAMES
from protfold.geometry.atom_frames import constant
from protfold.typing import Float, Int

EQUIVALENT_ATOMS = {
    "ASP": (("OD1", "OD2"),),
    "GLU": (("OE1", "OE2"),),
    "PHE": (("CD1", "CD2"), ("CE1", "CE2")),
    "TYR": (("CD1", "CD2"), ("CE1", "CE2")),
}


def rename_symmetric_atoms(
    aatype: Int[Tensor, "*batch N_res"],
    predicted: Float[Tensor, "*batch N_res 37 3"],
    target: Float[Tensor, "*batch N_res 37 3"],
    target_mask: Float[Tensor, "*batch N_res 37"],
) -> tuple[Float[Tensor, "*batch N_res 37 3"], Float[Tensor, "*batch N_res 37"]]:
    """True atoms and mask, with the equivalent atoms of a residue swapped where that fits the prediction better.

    Jumper et al. (2021) Suppl. Alg. 26 "renameSymmetricGroundTruthAtoms": what decides are the distances of the ambiguous atoms to the
    other atoms of the structure; here to the CA atoms of all residues, which orders the two namings alike and costs a fourteenth.
    """
    swap = constant(_swapped_slots(), aatype)[aatype]
    swapped, swapped_mask = torch.take_along_dim(target, swap[..., None], dim=-2), torch.take_along_dim(target_mask, swap, dim=-1)
    ambiguous = constant(_ambiguous_slots(), aatype)
    moved = (swap != torch.arange(37, device=aatype.device))[..., ambiguous] * (target_mask * swapped_mask)[..., ambiguous]
    alpha = ATOM37_INDEX["CA"]
    alpha_mask = target_mask[..., alpha]

    def distances(atoms: Tensor, alphas: Tensor) -> Tensor:
        """[*batch, N_res, ambiguous slots, N_res]"""
        points = atoms[..., ambiguous, :].flatten(-3, -2)
        return torch.cdist(points, alphas[..., alpha, :]).unflatten(-2, (-1, len(ambiguous)))

    with torch.no_grad():
        found = distances(predicted, predicted)
        weight = moved[..., None] * alpha_mask[..., None, None, :]
        error = ((found - distances(target, target)).abs() * weight).sum((-1, -2))
        swapped_error = ((found - distances(swapped, target)).abs() * weight).sum((-1, -2))
    better = (swapped_error < error)[..., None]
    return torch.where(better[..., None], swapped, target), torch.where(better, swapped_mask, target_mask)


@cache
def _swapped_slots() -> np.ndarray:
    """[21, 37] atom37 slot that each slot takes its atom from after the swap."""
    slots = np.tile(np.arange(len(ATOM37_INDEX)), (len(RESIDUE_NAMES), 1))
    for residue, pairs in EQUIVALENT_ATOMS.items():
        row = slots[RESIDUE_NAMES.index(residue)]
        for pair in pairs:
            first, second = (ATOM37_INDEX[atom] for atom in pair)
            row[first], row[second] = second, first
    return slots


@cache
def _ambiguous_slots() -> np.ndarray:
    """Slots that any residue swaps."""
    return np.flatnonzero((_swapped_slots() != np.arange(len(ATOM37_INDEX))).any(axis=0))
