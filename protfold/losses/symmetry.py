"""Side chains that look the same after a half turn: the true structure takes the atom names nearer to the prediction."""

from functools import cache

import numpy as np
import torch
from torch import Tensor

from protfold.constants.atoms import ATOM14_NAMES, ATOM37_INDEX, NUM_ATOM14, NUM_ATOM37
from protfold.constants.residues import RESIDUE_NAMES
from protfold.geometry.atom_frames import atom37_to_atom14, constant
from protfold.typing import Bool, Float, Int

EQUIVALENT_ATOMS = {
    "ASP": (("OD1", "OD2"),),
    "GLU": (("OE1", "OE2"),),
    "PHE": (("CD1", "CD2"), ("CE1", "CE2")),
    "TYR": (("CD1", "CD2"), ("CE1", "CE2")),
}
SWAPPED = [1, 0, 3, 2]
"""The other atom of each pair, where two pairs of a residue stand one after the other."""


def rename_symmetric_atoms(
    aatype: Int[Tensor, "*batch N_res"],
    predicted: Float[Tensor, "*batch N_res 37 3"],
    target: Float[Tensor, "*batch N_res 37 3"],
    target_mask: Float[Tensor, "*batch N_res 37"],
) -> tuple[Float[Tensor, "*batch N_res 37 3"], Float[Tensor, "*batch N_res 37"]]:
    """True atoms and mask, with the equivalent atoms of a residue swapped where that fits the prediction better.

    Jumper et al. (2021) Suppl. Alg. 26 "renameSymmetricGroundTruthAtoms". A pair of which one atom was not observed has no say.
    """
    shape = aatype.shape
    swap = _swap_fits_better(
        aatype.reshape(-1, shape[-1]),
        atom37_to_atom14(predicted.detach(), aatype).reshape(-1, shape[-1] * NUM_ATOM14, 3),
        atom37_to_atom14(target, aatype).reshape(-1, shape[-1] * NUM_ATOM14, 3),
        atom37_to_atom14(target_mask[..., None], aatype).reshape(-1, shape[-1] * NUM_ATOM14),
    ).reshape(shape)
    slots = torch.where(swap[..., None], constant(_swapped_slots(), aatype)[aatype], torch.arange(NUM_ATOM37, device=aatype.device))
    return torch.take_along_dim(target, slots[..., None], dim=-2), torch.take_along_dim(target_mask, slots, dim=-1)


def _swap_fits_better(
    aatype: Int[Tensor, "B N_res"], predicted: Float[Tensor, "B N 3"], target: Float[Tensor, "B N 3"], mask: Float[Tensor, "B N"]
) -> Bool[Tensor, "B N_res"]:
    """Where distances from a residue's ambiguous atoms to all unambiguous ones are nearer to the predicted ones after the swap."""
    pairs, ambiguous = constant(_pair_slots(), aatype), constant(_ambiguous_slots(), aatype)
    fixed = mask * ~ambiguous[aatype].flatten(-2)
    others = fixed.any(0).nonzero()[:, 0]
    example, residue = ambiguous[aatype].any(-1).nonzero(as_tuple=True)
    slots = pairs[aatype[example, residue]]
    atoms = NUM_ATOM14 * residue[:, None] + slots
    known = mask[example[:, None], atoms] * (slots > 0)

    def distances(points: Tensor) -> Tensor:
        """[ambiguous residues, 4, others]"""
        own = points[example[:, None], atoms]
        return torch.cdist(own, points[:, others][example], compute_mode="donot_use_mm_for_euclid_dist")

    found, true = distances(predicted), distances(target)
    weight = (known * known[:, SWAPPED])[..., None] * fixed[:, others][example, None]
    error = ((found - true).abs() * weight).sum((-1, -2))
    swapped_error = ((found - true[:, SWAPPED]).abs() * weight).sum((-1, -2))
    better = torch.zeros_like(aatype, dtype=torch.bool)
    better[example, residue] = swapped_error < error
    return better


@cache
def _swapped_slots() -> np.ndarray:
    """[21, 37] atom37 slot that each slot takes its atom from after the swap."""
    slots = np.tile(np.arange(NUM_ATOM37), (len(RESIDUE_NAMES), 1))
    for residue, pairs in EQUIVALENT_ATOMS.items():
        row = slots[RESIDUE_NAMES.index(residue)]
        for pair in pairs:
            first, second = (ATOM37_INDEX[atom] for atom in pair)
            row[first], row[second] = second, first
    return slots


@cache
def _pair_slots() -> np.ndarray:
    """[21, 4] atom14 slots of the equivalent atoms of each residue, pair by pair; 0 where there are fewer."""
    slots = np.zeros((len(RESIDUE_NAMES), 4), dtype=np.int64)
    for residue, pairs in EQUIVALENT_ATOMS.items():
        atoms = [ATOM14_NAMES[residue].index(atom) for pair in pairs for atom in pair]
        slots[RESIDUE_NAMES.index(residue), : len(atoms)] = atoms
    return slots


@cache
def _ambiguous_slots() -> np.ndarray:
    """[21, 14] which atom14 slots the swap moves."""
    moved = (_pair_slots()[..., None] == np.arange(NUM_ATOM14)).any(1)
    moved[:, 0] = False
    return moved
