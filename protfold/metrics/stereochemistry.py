"""MolProbity-like checks of a structure. Å, degrees."""

from dataclasses import dataclass

import numpy as np

from protfold.constants.residues import RESIDUE_CODE
from protfold.entities.protein import Protein
from protfold.metrics.backbone_torsions import backbone_torsions, known_atom
from protfold.metrics.bond_geometry import Deviations, bond_angle_deviations, bond_length_deviations
from protfold.metrics.clashes import clash_score
from protfold.metrics.ramachandran import ramachandran_regions
from protfold.typing import Bool, Float

OUTLIER = 4.0
"""Standard deviations from which a bond length or angle is an outlier."""
CIS, TRANS = 30.0, 150.0
"""Degrees: omega nearer to 0 than the first is cis, farther than the second is trans, and between them twisted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stereochemistry:
    """What a structure looks like beside others; NaN where nothing could be measured.

    Attributes:
        bond_outliers, angle_outliers: shares of bond lengths and angles 4 standard deviations or more from their means.
        bond_rms_z, angle_rms_z: root mean square deviations, in standard deviations; about 1 in good structures, or less.
        cis_non_proline, cis_proline, twisted: peptide bonds that are cis before other residues than proline, cis before proline, and far
            from both cis and trans.
        wrong_chirality: residues whose CA is that of a D amino acid.
        ramachandran_favoured, ramachandran_outliers: shares of residues.
        clash_score: overlaps of 0.4 Å or more per 1,000 heavy atoms.
    """

    bond_outliers: float
    bond_rms_z: float
    angle_outliers: float
    angle_rms_z: float
    cis_non_proline: int
    cis_proline: int
    twisted: int
    wrong_chirality: int
    ramachandran_favoured: float
    ramachandran_outliers: float
    clash_score: float


def check_stereochemistry(protein: Protein) -> Stereochemistry:
    """All checks, MolProbity-like: the categories of Williams et al. (2018), doi 10.1002/pro.3330, on heavy atoms alone.

    Bond lengths and angles against Engh and Huber (2001); Ramachandran regions of our own. The numbers are not MolProbity's.
    """
    bonds, angles = bond_length_deviations(protein), bond_angle_deviations(protein)
    omega = np.abs(backbone_torsions(protein).omega)
    is_proline = protein.aatype == RESIDUE_CODE["P"]
    regions = ramachandran_regions(protein)
    regions = regions[regions != " "]
    return Stereochemistry(
        bond_outliers=_outlier_share(bonds),
        bond_rms_z=_rms(bonds),
        angle_outliers=_outlier_share(angles),
        angle_rms_z=_rms(angles),
        cis_non_proline=int(((omega < CIS) & ~is_proline).sum()),
        cis_proline=int(((omega < CIS) & is_proline).sum()),
        twisted=int(((omega >= CIS) & (omega <= TRANS)).sum()),
        wrong_chirality=int(has_wrong_chirality(protein).sum()),
        ramachandran_favoured=_share(regions == "F"),
        ramachandran_outliers=_share(regions == "O"),
        clash_score=clash_score(protein),
    )


def has_wrong_chirality(protein: Protein) -> Bool[np.ndarray, " N_res"]:
    """Residues whose N, C and CB stand about CA as in a D amino acid."""
    n, ca, c, cb = (known_atom(protein, name) for name in ("N", "CA", "C", "CB"))
    volume: Float[np.ndarray, " N_res"] = (np.cross(n - ca, c - ca) * (cb - ca)).sum(-1)
    return volume < 0.0


def _outlier_share(deviations: Deviations) -> float:
    return _share(np.abs(deviations.z) >= OUTLIER)


def _rms(deviations: Deviations) -> float:
    return float(np.sqrt(np.square(deviations.z).mean())) if len(deviations.z) else float("nan")


def _share(which: Bool[np.ndarray, " N"]) -> float:
    return float(which.mean()) if len(which) else float("nan")
