"""Clashes of heavy atoms. Å."""

import numpy as np
from scipy.sparse import csr_array
from scipy.spatial import KDTree

from protfold.constants.atoms import ATOM37_INDEX, ATOM37_NAMES
from protfold.constants.residues import RESIDUE_NAMES
from protfold.constants.stereochemistry import BACKBONE_BONDS, BONDS, ELEMENT_RADII
from protfold.entities.protein import Protein
from protfold.metrics.violations import peptide_bonds
from protfold.typing import Float, Int

OVERLAP = 0.4
"""Å by which atoms may come nearer than their van der Waals radii."""
HYDROGEN_BOND = 0.4
"""Å more that N and O, which may share a hydrogen, are allowed."""
DISULFIDE_REACH = 3.0
"""Å; SG nearer than this are bonded."""
RADII = np.array([ELEMENT_RADII[name[0]] for name in ATOM37_NAMES])
IS_POLAR = np.array([name[0] in "NO" for name in ATOM37_NAMES])


def clashing_atoms(protein: Protein) -> Int[np.ndarray, "clashes 4"]:
    """Pairs of atoms, five or more bonds apart, that overlap by 0.4 Å: residue and atom37 slot of both.

    MolProbity-like: Word et al. (1999), doi 10.1006/jmbi.1998.2400, but of heavy atoms alone with the radii of Bondi (1964), so that it
    sees fewer clashes than all-atom contacts do. A nitrogen or oxygen near another may overlap by 0.8 Å, for hydrogen bonds. Bonds are
    those of the residues, peptide bonds and disulfides.
    """
    residue, slot = np.nonzero(protein.atom37_mask)
    points = protein.atom37_positions[residue, slot].astype(np.float64)
    pairs = KDTree(points).query_pairs(2.0 * RADII.max() - OVERLAP, output_type="ndarray")
    first, second = pairs.T
    allowed = RADII[slot[first]] + RADII[slot[second]] - OVERLAP
    allowed -= HYDROGEN_BOND * (IS_POLAR[slot[first]] & IS_POLAR[slot[second]])
    near = np.linalg.norm(points[first] - points[second], axis=-1) < allowed
    first, second = first[near], second[near]
    near_by_bonds = _pairs_within_four_bonds(_bonds(protein, residue, slot, points), len(points))
    apart = ~np.isin(first * len(points) + second, near_by_bonds)
    first, second = first[apart], second[apart]
    return np.stack([residue[first], slot[first], residue[second], slot[second]], axis=-1)


def clash_score(protein: Protein) -> float:
    """Clashes per 1,000 heavy atoms."""
    return 1000.0 * len(clashing_atoms(protein)) / max(int(protein.atom37_mask.sum()), 1)


def _bonds(
    protein: Protein, residue: Int[np.ndarray, " N"], slot: Int[np.ndarray, " N"], points: Float[np.ndarray, "N 3"]
) -> Int[np.ndarray, "bonds 2"]:
    """Pairs of bonded atoms."""
    number = np.full(protein.atom37_mask.shape, -1)
    number[residue, slot] = np.arange(len(residue))
    ends = [number[:-1, ATOM37_INDEX["C"]][peptide_bonds(protein)], number[1:, ATOM37_INDEX["N"]][peptide_bonds(protein)]]
    bonds = [np.stack(ends, axis=-1)]
    for code, name in enumerate(RESIDUE_NAMES):
        own = number[protein.aatype == code]
        for pair in ("C-OXT", "CA-CB", *BACKBONE_BONDS, *BONDS.get(name, {})):
            bonds.append(own[:, [ATOM37_INDEX[atom] for atom in pair.split("-")]])
    sulfur = np.flatnonzero(slot == ATOM37_INDEX["SG"])
    if len(sulfur):
        bonds.append(sulfur[KDTree(points[sulfur]).query_pairs(DISULFIDE_REACH, output_type="ndarray")])
    every = np.concatenate(bonds)
    return every[(every >= 0).all(-1)]


def _pairs_within_four_bonds(bonds: Int[np.ndarray, "bonds 2"], num_atoms: int) -> Int[np.ndarray, " pairs"]:
    """Of each pair of atoms, in both orders, its place in the matrix of all pairs."""
    first, second = np.concatenate([bonds, bonds[:, ::-1], np.arange(num_atoms)[:, None].repeat(2, axis=1)]).T
    one = csr_array((np.ones(len(first)), (first, second)), shape=(num_atoms, num_atoms))
    two = one @ one
    four = (two @ two).tocoo()
    return four.row.astype(np.int64) * num_atoms + four.col
