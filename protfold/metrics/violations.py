"""Structural violations of a protein: broken peptide bonds, clashes of residues, distorted residues. Å."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.spatial import cKDTree

from protfold.constants.atoms import ATOM14_MASK, ATOM14_NAMES, ATOM14_TO_ATOM37, ATOM37_INDEX, NUM_ATOM14
from protfold.constants.residues import RESIDUE_CODE
from protfold.constants.stereochemistry import (
    ATOM14_RADII,
    COS_C_N_CA,
    COS_CA_C_N,
    KNOWN_DISTANCE_DEVIATIONS,
    KNOWN_DISTANCES,
    PEPTIDE_BOND,
    PROLINE_PEPTIDE_BOND,
)
from protfold.entities import Protein
from protfold.typing import Bool, Float, Int

TOLERANCE = 12.0
"""Standard deviations that bonds and angles may be off."""
OVERLAP = 1.5
"""Å by which atoms that are not bonded may come nearer than their van der Waals radii."""
BOND_REACH = 2.0
"""Å; C and N nearer than this are bonded whatever the residues' numbers say."""
N, CA, C = (ATOM37_INDEX[name] for name in ("N", "CA", "C"))
N_SLOT, C_SLOT, SG_SLOT = 0, 2, ATOM14_NAMES["CYS"].index("SG")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Violations:
    """Which residues break which rule.

    Attributes:
        broken: [N_res] at an end of a peptide bond of wrong length or angle.
        clashing: [N_res] with an atom too near to one of another residue.
        distorted: [N_res] with two atoms too near or, where bonds fix their distance, too far.
    """

    broken: Bool[np.ndarray, " N_res"]
    clashing: Bool[np.ndarray, " N_res"]
    distorted: Bool[np.ndarray, " N_res"]

    @property
    def residues(self) -> Bool[np.ndarray, " N_res"]:
        """Residues that break any rule."""
        return self.broken | self.clashing | self.distorted

    @property
    def count(self) -> int:
        """How many residues break any rule."""
        return int(self.residues.sum())


def find_violations(protein: Protein) -> Violations:
    """The residues in violation, by the bounds of the violation loss over the atoms that are there.

    Jumper et al. (2021) Suppl. Sec. 1.9.11 "Structural violations", with twelve standard deviations and an overlap of 1.5 Å. Residues
    are bonded as `peptide_bonds` says. Unknown residues count by their peptide bonds only.
    """
    bonded = peptide_bonds(protein)
    wrong = bonded & _wrong_bonds(protein)
    broken = np.zeros(len(protein), dtype=bool)
    broken[:-1] |= wrong
    broken[1:] |= wrong
    positions = np.take_along_axis(protein.atom37_positions, ATOM14_TO_ATOM37[protein.aatype][..., None], axis=1).astype(np.float64)
    present = np.take_along_axis(protein.atom37_mask, ATOM14_TO_ATOM37[protein.aatype], axis=1) * ATOM14_MASK[protein.aatype] > 0
    return Violations(
        broken=broken,
        clashing=_clashing(protein.aatype, bonded, positions, present),
        distorted=_distorted(protein.aatype, positions, present),
    )


def peptide_bonds(protein: Protein) -> Bool[np.ndarray, " N_bonds"]:
    """Whether each residue but the last is bonded to the next: N_res - 1 values.

    Neighbours of one chain are, if their C and N are there and their numbers follow each other (or are told apart by insertion codes),
    or if C and N are within `BOND_REACH`, as in numberings that leave numbers out.
    """
    step = np.diff(protein.residue_index)
    distances = np.linalg.norm(protein.atom37_positions[1:, N] - protein.atom37_positions[:-1, C], axis=-1)
    both = (protein.atom37_mask[1:, N] > 0) & (protein.atom37_mask[:-1, C] > 0)
    return (np.diff(protein.chain_index) == 0) & both & ((step == 0) | (step == 1) | (distances < BOND_REACH))


@cache
def distance_bounds() -> tuple[Float[np.ndarray, "21 14 14"], Float[np.ndarray, "21 14 14"]]:
    """Least and largest distance of two atoms of a residue by its code; 0 and infinity for pairs that do not exist."""
    exists = ATOM14_RADII > 0
    pairs = exists[:, :, None] & exists[:, None] & ~np.eye(NUM_ATOM14, dtype=bool)
    apart = np.where(pairs, ATOM14_RADII[:, :, None] + ATOM14_RADII[:, None] - OVERLAP, 0.0)
    known, spread = KNOWN_DISTANCES > 0, TOLERANCE * KNOWN_DISTANCE_DEVIATIONS
    lower = np.where(known, KNOWN_DISTANCES - spread, apart)
    upper = np.where(known, KNOWN_DISTANCES + spread, np.inf)
    return lower.astype(np.float32), upper.astype(np.float32)


def _wrong_bonds(protein: Protein) -> Bool[np.ndarray, " N_bonds"]:
    """Of each residue but the last, whether a bond to the next would be of wrong length, or of a wrong angle where CA is there."""
    positions = protein.atom37_positions.astype(np.float64)
    n, ca, c = (positions[:, slot] for slot in (N, CA, C))
    has_ca = protein.atom37_mask[:, CA] > 0
    proline = protein.aatype[1:] == RESIDUE_CODE["P"]
    length, deviation = np.where(proline[:, None], PROLINE_PEPTIDE_BOND, PEPTIDE_BOND).T
    bond = n[1:] - c[:-1]
    distance = np.linalg.norm(bond, axis=-1)
    wrong = np.abs(distance - length) > TOLERANCE * deviation
    for along, arm, there, (cosine, spread) in (
        (bond, (ca - c)[:-1], has_ca[:-1], COS_CA_C_N),
        (-bond, (ca - n)[1:], has_ca[1:], COS_C_N_CA),
    ):
        found = (along * arm).sum(-1) / np.maximum(distance * np.linalg.norm(arm, axis=-1), 1e-6)
        wrong |= there & (np.abs(found - cosine) > TOLERANCE * spread)
    return wrong


def _clashing(
    aatype: Int[np.ndarray, " N_res"],
    bonded: Bool[np.ndarray, " N_bonds"],
    positions: Float[np.ndarray, "N_res 14 3"],
    present: Bool[np.ndarray, "N_res 14"],
) -> Bool[np.ndarray, " N_res"]:
    residue, slot = np.nonzero(present)
    points, radii = positions[residue, slot], ATOM14_RADII[aatype[residue], slot].astype(np.float64)
    first, second = cKDTree(points).query_pairs(2.0 * float(ATOM14_RADII.max()) - OVERLAP, output_type="ndarray").T
    distances = np.linalg.norm(points[first] - points[second], axis=-1)
    near = (distances < radii[first] + radii[second] - OVERLAP) & (residue[first] != residue[second])
    first, second = first[near], second[near]  # in order of residues, as query_pairs gives them
    next_to = (residue[second] - residue[first] == 1) & np.append(bonded, False)[residue[first]]
    is_sulfur = (aatype[residue] == RESIDUE_CODE["C"]) & (slot == SG_SLOT)
    allowed = (next_to & (slot[first] == C_SLOT) & (slot[second] == N_SLOT)) | (is_sulfur[first] & is_sulfur[second])
    clashing = np.zeros(len(aatype), dtype=bool)
    clashing[residue[first[~allowed]]] = clashing[residue[second[~allowed]]] = True
    return clashing


def _distorted(
    aatype: Int[np.ndarray, " N_res"], positions: Float[np.ndarray, "N_res 14 3"], present: Bool[np.ndarray, "N_res 14"]
) -> Bool[np.ndarray, " N_res"]:
    lower, upper = (table[aatype] for table in distance_bounds())
    distances = np.linalg.norm(positions[:, :, None] - positions[:, None], axis=-1)
    wrong = ((distances < lower) | (distances > upper)) & present[:, :, None] & present[:, None]
    return wrong.any(axis=(1, 2))
