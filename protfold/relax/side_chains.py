"""Side chains that releasing springs does not free, taken off and built again. nm."""

from dataclasses import replace

import numpy as np

from protfold.constants.atoms import ATOM37_INDEX, ATOM37_NAMES, BACKBONE
from protfold.constants.residues import UNKNOWN
from protfold.constants.rigid_groups import IDEAL_ATOM_POSITIONS
from protfold.entities import Protein
from protfold.relax.atoms import HeavyAtoms, complete_heavy_atoms
from protfold.typing import Bool, Float, Int

CB = ATOM37_INDEX["CB"]
ALANINE_CB = np.array({atom: place for atom, _, place in IDEAL_ATOM_POSITIONS["ALA"]}["CB"])
"""Å; CA at the origin, C on +x, N in the xy plane at y > 0."""
SIDE_CHAIN = np.ones(len(ATOM37_NAMES), dtype=bool)
"""[37] all but N, CA, C, O and OXT."""
SIDE_CHAIN[[*BACKBONE, ATOM37_INDEX["OXT"]]] = False


def can_be_rebuilt(protein: Protein, heavy: HeavyAtoms) -> Bool[np.ndarray, " N_res"]:
    """Residues with a side chain of their own: no glycine, no unknown residue, no cysteine of a bridge."""
    found = np.zeros(len(protein), dtype=bool)
    found[heavy.rows[SIDE_CHAIN[heavy.slots]]] = True
    bridges = [bond for bond in heavy.topology.bonds() if bond[0].name == bond[1].name == "SG"]
    found[[heavy.rows[atom.index] for bond in bridges for atom in bond]] = False
    return found & (protein.aatype != UNKNOWN)


def rebuild_side_chains(
    protein: Protein,
    heavy: HeavyAtoms,
    positions: Float[np.ndarray, "N_heavy 3"],
    *,
    stretches: tuple[Int[np.ndarray, " _"], ...],
    residues: Bool[np.ndarray, " N_res"],
) -> Float[np.ndarray, "N_heavy 3"]:
    """Build the side chains of `residues` as if they were missing; nothing else moves.

    A ring with another chain through it or a carboxylate turned inside out lies in a minimum that no minimisation leaves. CB is put
    where the backbone has it, so that CA gets its right hand; PDBFixer adds the rest and turns it off the atoms around.

    Args:
        protein: with all side chains, at `positions`.
        heavy: the atoms in their order; not read for positions.
        positions: where they are, nm.
        stretches: those that `heavy` was made from.
        residues: that `can_be_rebuilt`.
    """
    mask = protein.atom37_mask * ~(residues[:, None] & SIDE_CHAIN)
    atom37_positions = protein.atom37_positions.copy()
    mask[residues, CB] = 1.0
    atom37_positions[residues, CB] = _ideal_cb(atom37_positions[residues])
    built = complete_heavy_atoms(replace(protein, atom37_positions=atom37_positions, atom37_mask=mask), stretches)
    new = residues[built.rows] & SIDE_CHAIN[built.slots]
    order = np.zeros(mask.shape, dtype=np.int64)
    order[heavy.rows, heavy.slots] = np.arange(len(positions))
    rebuilt = positions.copy()
    rebuilt[order[built.rows[new], built.slots[new]]] = built.positions[new]
    return rebuilt


def _ideal_cb(atom37_positions: Float[np.ndarray, "N_res 37 3"]) -> Float[np.ndarray, "N_res 3"]:
    """Alanine's CB in the frame of N, CA and C."""
    n, ca, c = (atom37_positions[:, ATOM37_INDEX[name]].astype(np.float64) for name in ("N", "CA", "C"))
    x_axis = (c - ca) / np.linalg.norm(c - ca, axis=-1, keepdims=True)
    normal = np.cross(x_axis, n - ca)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    return ca + np.stack([x_axis, np.cross(normal, x_axis), normal], axis=-1) @ ALANINE_CB
