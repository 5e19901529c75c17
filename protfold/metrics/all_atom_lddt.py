"""lDDT over the atoms of whole structures, found with a search tree, so that memory and time grow with the number of atoms. Å; 0-1."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.spatial import KDTree

from protfold.constants.atoms import ATOM37_INDEX, NUM_ATOM37
from protfold.constants.residues import RESIDUE_NAMES
from protfold.metrics.lddt import CUTOFF, THRESHOLDS
from protfold.typing import Float, Int, Shaped

INTERCHANGEABLE_ATOMS = {
    "ARG": (("NH1", "NH2"),),
    "ASP": (("OD1", "OD2"),),
    "GLU": (("OE1", "OE2"),),
    "LEU": (("CD1", "CD2"),),
    "PHE": (("CD1", "CD2"), ("CE1", "CE2")),
    "TYR": (("CD1", "CD2"), ("CE1", "CE2")),
    "VAL": (("CG1", "CG2"),),
}
"""Pairs of side-chain atoms named either way: Mariani et al. (2013) Methods."""
ATOMS_AT_ONCE = 1024


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class LddtScores:
    """lDDT of a structure.

    Attributes:
        whole: share of all reference distances that are kept; NaN if there are none.
        per_residue: the same over the distances of each residue's atoms; NaN where it has none.
    """

    whole: float
    per_residue: Float[np.ndarray, " N_res"]


def structure_lddt(
    aatype: Int[np.ndarray, " N_res"],
    positions: Float[np.ndarray, "N_res 37 3"],
    mask: Shaped[np.ndarray, "N_res 37"],
    reference: Float[np.ndarray, "N_res 37 3"],
    reference_mask: Shaped[np.ndarray, "N_res 37"],
) -> LddtScores:
    """All-atom lDDT of a model whose residues correspond one to one to those of the reference.

    Mariani et al. (2013), doi 10.1093/bioinformatics/btt473, without its stereochemistry checks. Distances from 0 to 15 Å between
    reference atoms of different residues count, and are lost where the model lacks an atom. Atoms of ARG, ASP, GLU, LEU, PHE, TYR and VAL
    that may be named either way take the names that keep more distances to all other atoms.

    Args:
        aatype: residue types, those of the reference.
        positions, reference: atom37, Å.
        mask, reference_mask: 1 or True where an atom is known. With only the CA column the result is lDDT-CA.
    """
    rows, slots = np.nonzero(reference_mask)
    swapped = _partner_slots()[aatype[rows], slots]
    known = np.where(mask[..., None] > 0, positions, np.nan)
    points, points_swapped, target = known[rows, slots], known[rows, swapped], reference[rows, slots]
    is_ambiguous = swapped != slots
    ambiguous, others, every = np.flatnonzero(is_ambiguous), np.flatnonzero(~is_ambiguous), np.arange(len(rows))
    gain = np.zeros(len(aatype))
    for first, second in _true_pairs(target, rows, ambiguous, others):
        share = _share_kept(points_swapped, points, target, first, second) - _share_kept(points, points, target, first, second)
        gain += np.bincount(rows[first], weights=share, minlength=len(aatype))
    points = np.where((gain > 0)[rows, None], points_swapped, points)
    kept, considered = (np.zeros(len(aatype)) for _ in range(2))
    for first, second in _true_pairs(target, rows, every, every):
        kept += np.bincount(rows[first], weights=_share_kept(points, points, target, first, second), minlength=len(aatype))
        considered += np.bincount(rows[first], minlength=len(aatype))
    with np.errstate(invalid="ignore"):
        return LddtScores(whole=float(kept.sum() / considered.sum()), per_residue=kept / considered)


def _true_pairs(
    target: Float[np.ndarray, "N 3"], residue: Int[np.ndarray, " N"], first: Int[np.ndarray, " F"], second: Int[np.ndarray, " S"]
) -> Iterator[tuple[Int[np.ndarray, " pairs"], Int[np.ndarray, " pairs"]]]:
    """Pairs of the first atoms with the second ones, of different residues and nearer than the cutoff, some atoms at a time."""
    if not len(second):
        return
    tree = KDTree(target[second])
    for start in range(0, len(first), ATOMS_AT_ONCE):
        some = first[start : start + ATOMS_AT_ONCE]
        pairs = KDTree(target[some]).sparse_distance_matrix(tree, CUTOFF, output_type="ndarray")
        one, other = some[pairs["i"]], second[pairs["j"]]
        counts = (residue[one] != residue[other]) & (pairs["v"] < CUTOFF)
        yield one[counts], other[counts]


def _share_kept(
    ends: Float[np.ndarray, "N 3"],
    others: Float[np.ndarray, "N 3"],
    target: Float[np.ndarray, "N 3"],
    first: Int[np.ndarray, " pairs"],
    second: Int[np.ndarray, " pairs"],
) -> Float[np.ndarray, " pairs"]:
    """Share of the thresholds within which each distance is kept; zero where an atom is NaN."""
    found = np.linalg.norm(ends[first] - others[second], axis=-1)
    error = np.abs(found - np.linalg.norm(target[first] - target[second], axis=-1))
    return np.mean([error < threshold for threshold in THRESHOLDS], axis=0)


@cache
def _partner_slots() -> Int[np.ndarray, "21 37"]:
    """The slot of the atom that each atom of a residue may be confused with, itself where there is none."""
    slots = np.tile(np.arange(NUM_ATOM37), (len(RESIDUE_NAMES), 1))
    for residue, pairs in INTERCHANGEABLE_ATOMS.items():
        for first, second in pairs:
            row, one, other = RESIDUE_NAMES.index(residue), ATOM37_INDEX[first], ATOM37_INDEX[second]
            slots[row, one], slots[row, other] = other, one
    return slots
