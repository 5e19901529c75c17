"""From a structure as it was read to a chain to learn from: chains apart, bonds numbered, CB completed, unsure residues hidden. Å.

B-factors in Å².
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from protfold.constants.atoms import ATOM37_INDEX, BACKBONE
from protfold.constants.residues import RESIDUE_CODE
from protfold.constants.rigid_groups import IDEAL_ATOM_POSITIONS
from protfold.entities import Protein
from protfold.typing import Float, Int

PEPTIDE_BOND_LIMIT = 2.5
"""C-N distance (Å) beyond which neighbouring residues are taken as not bonded."""


def separate_chains(protein: Protein) -> Iterator[tuple[str, Protein]]:
    """Author's name and residues of each chain."""
    for index, name in enumerate(protein.chain_ids):
        yield name, protein.select(protein.chain_index == index)


def bonded_residue_index(protein: Protein) -> Int[np.ndarray, " N_res"]:
    """Numbers from 0 that grow by one over a peptide bond, and over a break by what the author's numbers do, at least by two."""
    carbon = protein.atom37_positions[:-1, ATOM37_INDEX["C"]]
    nitrogen = protein.atom37_positions[1:, ATOM37_INDEX["N"]]
    bonded = np.linalg.norm(nitrogen - carbon, axis=-1) < PEPTIDE_BOND_LIMIT
    steps = np.where(bonded, 1, np.diff(protein.residue_index).clip(min=2))
    return np.concatenate([[0], np.cumsum(steps)])


def add_ideal_cb(protein: Protein) -> tuple[Float[np.ndarray, "N_res 37 3"], Float[np.ndarray, "N_res 37"]]:
    """Atoms and mask with CB placed on the backbone frame of residues that should have one and lack every side-chain atom."""
    n, ca, c, cb = (ATOM37_INDEX[name] for name in ("N", "CA", "C", "CB"))
    positions, mask = protein.atom37_positions.copy(), protein.atom37_mask.copy()
    backbone_only = (mask[:, [n, ca, c]].min(axis=-1) > 0) & (mask[:, cb] == 0) & (protein.aatype != RESIDUE_CODE["G"])
    x_axis = positions[:, c] - positions[:, ca]
    x_axis /= np.linalg.norm(x_axis, axis=-1, keepdims=True).clip(min=1e-6)
    y_axis = positions[:, n] - positions[:, ca]
    y_axis -= x_axis * (x_axis * y_axis).sum(axis=-1, keepdims=True)
    y_axis /= np.linalg.norm(y_axis, axis=-1, keepdims=True).clip(min=1e-6)
    ideal = {atom: xyz for atom, _, xyz in IDEAL_ATOM_POSITIONS["ALA"]}["CB"]
    placed = positions[:, ca] + ideal[0] * x_axis + ideal[1] * y_axis + ideal[2] * np.cross(x_axis, y_axis)
    positions[backbone_only, cb] = placed[backbone_only]
    mask[backbone_only, cb] = 1.0
    return positions.astype(np.float32), mask.astype(np.float32)


def backbone_b_factors(protein: Protein) -> Float[np.ndarray, " N_res"]:
    """Mean B-factor of the observed ones of N, CA, C and O of each residue, 0 without one; zeros if all are equal, which tells nothing."""
    observed, values = protein.atom37_mask[:, BACKBONE], protein.b_factors[:, BACKBONE]
    means = (values * observed).sum(-1) / observed.sum(-1).clip(min=1.0)
    known = values[observed > 0]
    return (means if len(known) and np.ptp(known) > 0 else np.zeros(len(protein))).astype(np.float32)


def hide_unsure(protein: Protein, min_plddt: float) -> Protein:
    """A prediction without the atoms of residues whose pLDDT (in the B-factors, 0-100, of CA) is lower."""
    sure = protein.b_factors[:, ATOM37_INDEX["CA"]] >= min_plddt
    mask = protein.atom37_mask * sure[:, None]
    return replace(protein, atom37_mask=mask, atom37_positions=protein.atom37_positions * mask[..., None])
