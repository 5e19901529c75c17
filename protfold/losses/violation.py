"""Structural violations of the predicted chain: broken peptide bonds, clashes, distorted residues. Å."""

import torch
from torch import Tensor

from protfold.constants.atoms import ATOM14_MASK, NUM_ATOM14
from protfold.constants.residues import RESIDUE_CODE
from protfold.constants.stereochemistry import ATOM14_RADII
from protfold.geometry.atom_frames import constant
from protfold.geometry.vectors import pairwise_distances
from protfold.losses.peptide_bond import peptide_bond_loss
from protfold.metrics.violations import C_SLOT, N_SLOT, OVERLAP, SG_SLOT, TOLERANCE, distance_bounds
from protfold.typing import Bool, Float, Int

ROWS = 512
"""Atoms compared with all others at a time."""


def violation_loss(
    aatype: Int[Tensor, "*batch N_res"],
    residue_index: Int[Tensor, "*batch N_res"],
    seq_mask: Float[Tensor, "*batch N_res"],
    atom14_positions: Float[Tensor, "*batch N_res 14 3"],
) -> Float[Tensor, "*batch"]:
    """Peptide bonds, and per atom the overlaps with other residues and the wrong distances within its own.

    Jumper et al. (2021) Suppl. Sec. 1.9.11 "Structural violations", averaged as the published code does: an overlap counts at both of its
    atoms, a wrong distance within a residue twice at both.
    """
    bonds = peptide_bond_loss(aatype, residue_index, seq_mask, atom14_positions, tolerance=TOLERANCE)
    overlaps = clash_overlaps(aatype, residue_index, seq_mask, atom14_positions)
    wrong = wrong_distances(aatype, seq_mask, atom14_positions)
    num_atoms = (constant(ATOM14_MASK, seq_mask)[aatype] * seq_mask[..., None]).sum((-1, -2))
    return bonds + (2.0 * overlaps + 4.0 * wrong) / (num_atoms + 1e-6)


def wrong_distances(
    aatype: Int[Tensor, "*batch N_res"],
    seq_mask: Float[Tensor, "*batch N_res"],
    atom14_positions: Float[Tensor, "*batch N_res 14 3"],
) -> Float[Tensor, "*batch"]:
    """Sum over pairs of atoms of one residue of what their distance is beyond its bounds."""
    lower, upper = (constant(table, atom14_positions)[aatype] for table in distance_bounds())
    distances = pairwise_distances(atom14_positions)
    beyond = torch.relu(lower - distances) + torch.relu(distances - upper)
    return 0.5 * (beyond.sum((-1, -2)) * seq_mask).sum(-1)


def clash_overlaps(
    aatype: Int[Tensor, "*batch N_res"],
    residue_index: Int[Tensor, "*batch N_res"],
    seq_mask: Float[Tensor, "*batch N_res"],
    atom14_positions: Float[Tensor, "*batch N_res 14 3"],
) -> Float[Tensor, "*batch"]:
    """Sum over pairs of atoms of different residues of how much nearer they are than their radii, less `OVERLAP`, allow.

    Bonded C and N are left out, and pairs of SG of cysteines (the published code leaves out every pair of sixth atoms, such as two CG).
    """
    batch, length = aatype.shape[:-1], aatype.shape[-1]
    radii = constant(ATOM14_RADII, atom14_positions)[aatype] * seq_mask[..., None]
    chains = zip(
        aatype.reshape(-1, length),
        residue_index.reshape(-1, length),
        atom14_positions.reshape(-1, length * NUM_ATOM14, 3),
        radii.reshape(-1, length * NUM_ATOM14),
        strict=True,
    )
    return torch.stack([_overlaps_of_one(*chain) for chain in chains]).reshape(batch)


def _overlaps_of_one(
    aatype: Int[Tensor, " N_res"], residue_index: Int[Tensor, " N_res"], points: Float[Tensor, "N 3"], radii: Float[Tensor, " N"]
) -> Float[Tensor, ""]:
    """Of one chain, over its atom14 slots; few pairs touch in a chain that is any good, and only these are in the gradient's graph."""
    atoms = radii.nonzero()[:, 0]
    here, reach = points[atoms].detach(), radii[atoms]
    touching = []
    for start in range(0, len(atoms) or 1, ROWS):
        rows = slice(start, start + ROWS)
        distances = torch.cdist(here[rows], here[start:], compute_mode="donot_use_mm_for_euclid_dist")
        near = (distances < reach[rows, None] + reach[start:] - OVERLAP).nonzero() + start
        first, second = atoms[near].unbind(-1)
        kept = _may_clash(aatype, residue_index, first, second)
        touching.append(torch.stack([first[kept], second[kept]]))
    first, second = torch.cat(touching, dim=-1)
    distances = (points[first] - points[second]).square().sum(-1).add(1e-10).sqrt()
    return torch.relu(radii[first] + radii[second] - OVERLAP - distances).sum()


def _may_clash(
    aatype: Int[Tensor, " N_res"], residue_index: Int[Tensor, " N_res"], first: Int[Tensor, " pairs"], second: Int[Tensor, " pairs"]
) -> Bool[Tensor, " pairs"]:
    """Atom14 slots of the chain in this order, of different residues and not bonded."""
    (residue, slot), (next_residue, next_slot) = ((atom // NUM_ATOM14, atom % NUM_ATOM14) for atom in (first, second))
    in_turn = residue_index[next_residue] - residue_index[residue] == 1
    is_peptide_bond = in_turn & (slot == C_SLOT) & (next_slot == N_SLOT)
    is_cysteine = aatype == RESIDUE_CODE["C"]
    is_sg, is_next_sg = is_cysteine[residue] & (slot == SG_SLOT), is_cysteine[next_residue] & (next_slot == SG_SLOT)
    return (residue < next_residue) & ~is_peptide_bond & ~(is_sg & is_next_sg)
