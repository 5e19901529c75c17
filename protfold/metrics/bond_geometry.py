"""Bond lengths and angles beside those of small molecules, in standard deviations. Å, degrees."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from protfold.constants.atoms import ATOM37_INDEX
from protfold.constants.residues import RESIDUE_CODE, RESIDUE_NAMES
from protfold.constants.stereochemistry import ANGLES, BACKBONE_ANGLES, BACKBONE_BONDS, BONDS, PEPTIDE_BOND, PROLINE_PEPTIDE_BOND
from protfold.entities.protein import Protein
from protfold.metrics.backbone_torsions import known_atom
from protfold.metrics.violations import peptide_bonds
from protfold.typing import Bool, Float, Int

PEPTIDE_ANGLES = {
    "CA-C-N": {"": (117.2, 2.2), "GLY": (116.2, 2.0), "PRO": (117.1, 2.8)},
    "O-C-N": {"": (122.7, 1.6), "GLY": (123.2, 1.7), "PRO": (121.1, 1.9)},
    "C-N-CA": {"": (121.7, 2.5), "GLY": (122.3, 2.1), "PRO": (119.3, 1.5)},
}
"""Mean and standard deviation of the angles of a peptide bond, also of those at C of glycine or before proline and those at N of either;
Engh and Huber (2001), International Tables for Crystallography F, Sec. 18.3."""
CIS_PROLINE_C_N_CA = (127.0, 2.4)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Deviations:
    """How far some lengths or angles are from their means.

    Attributes:
        residue: that each belongs to; the second one for a peptide bond.
        z: difference from the mean in standard deviations.
    """

    residue: Int[np.ndarray, " M"]
    z: Float[np.ndarray, " M"]


def bond_length_deviations(protein: Protein) -> Deviations:
    """Of all bonds whose two atoms are known, within residues and between them; unknown residues have none within.

    Engh and Huber (2001), International Tables for Crystallography F, Sec. 18.3
    """
    residue, slots, mean, deviation = _within_residues(protein, _bond_table())
    first, second = (protein.atom37_positions[residue, slots[:, end]].astype(np.float64) for end in range(2))
    inside = (np.linalg.norm(first - second, axis=-1) - mean) / deviation
    length = np.linalg.norm(known_atom(protein, "N")[1:] - known_atom(protein, "C")[:-1], axis=-1)
    is_proline = protein.aatype[1:] == RESIDUE_CODE["P"]
    ideal = np.where(is_proline[:, None], PROLINE_PEPTIDE_BOND, PEPTIDE_BOND)
    return _joined(residue, inside, [(length - ideal[:, 0]) / ideal[:, 1]], peptide_bonds(protein))


def bond_angle_deviations(protein: Protein) -> Deviations:
    """Of all angles whose three atoms are known, within residues and between them; unknown residues have none within.

    Engh and Huber (2001), International Tables for Crystallography F, Sec. 18.3
    """
    residue, slots, mean, deviation = _within_residues(protein, _angle_table())
    inside = (angle(*(protein.atom37_positions[residue, slots[:, end]].astype(np.float64) for end in range(3))) - mean) / deviation
    n, ca, c, o = (known_atom(protein, name) for name in ("N", "CA", "C", "O"))
    at_carbon = (protein.aatype[:-1] == RESIDUE_CODE["G"]), (protein.aatype[1:] == RESIDUE_CODE["P"])
    at_nitrogen = (protein.aatype[1:] == RESIDUE_CODE["G"]), (protein.aatype[1:] == RESIDUE_CODE["P"])
    is_cis = np.linalg.norm(ca[1:] - ca[:-1], axis=-1) < 3.4
    between = []
    for name, found, (glycine, proline) in (
        ("CA-C-N", angle(ca[:-1], c[:-1], n[1:]), at_carbon),
        ("O-C-N", angle(o[:-1], c[:-1], n[1:]), at_carbon),
        ("C-N-CA", angle(c[:-1], n[1:], ca[1:]), at_nitrogen),
    ):
        values = PEPTIDE_ANGLES[name]
        ideal = np.where(glycine[:, None], values["GLY"], values[""])
        ideal = np.where(proline[:, None], values["PRO"], ideal)
        if name == "C-N-CA":
            ideal = np.where((proline & is_cis)[:, None], CIS_PROLINE_C_N_CA, ideal)
        between.append((found - ideal[:, 0]) / ideal[:, 1])
    return _joined(residue, inside, between, peptide_bonds(protein))


def angle(
    first: Float[np.ndarray, "N 3"], middle: Float[np.ndarray, "N 3"], last: Float[np.ndarray, "N 3"]
) -> Float[np.ndarray, " N"]:
    """Degrees between the directions from the middle point to the two others."""
    one, other = first - middle, last - middle
    return np.degrees(np.arctan2(np.linalg.norm(np.cross(one, other), axis=-1), (one * other).sum(-1)))


def _joined(
    residue: Int[np.ndarray, " M"], inside: Float[np.ndarray, " M"], between: list[np.ndarray], bonded: Bool[np.ndarray, " N_bonds"]
) -> Deviations:
    """Deviations within residues, and those of peptide bonds that exist with all their atoms."""
    residues, values = [residue], [inside]
    for one in between:
        counts = bonded & np.isfinite(one)
        residues.append(np.flatnonzero(counts) + 1)
        values.append(one[counts])
    return Deviations(residue=np.concatenate(residues), z=np.concatenate(values))


def _within_residues(
    protein: Protein, table: tuple[Int[np.ndarray, "21 K ends"], Float[np.ndarray, "21 K 2"]]
) -> tuple[Int[np.ndarray, " M"], Int[np.ndarray, "M ends"], Float[np.ndarray, " M"], Float[np.ndarray, " M"]]:
    """Residue, atom slots, mean and deviation of each entry of the table whose atoms are known."""
    slots, values = (one[protein.aatype] for one in table)
    known = np.take_along_axis(protein.atom37_mask[:, None], slots, axis=2).all(-1) & (values[..., 1] > 0)
    residue, entry = np.nonzero(known)
    return residue, slots[residue, entry], values[residue, entry, 0], values[residue, entry, 1]


def _table(
    general: dict[str, tuple[float, float]], special: dict[str, dict[str, tuple[float, float]]]
) -> tuple[np.ndarray, np.ndarray]:
    """By residue code: atom37 slots [21, K, ends], and mean and deviation [21, K, 2], zero beyond the last entry."""
    entries = {name: general | own for name, own in special.items()}
    longest, ends = max(map(len, entries.values())), len(next(iter(general)).split("-"))
    slots, values = np.zeros((len(RESIDUE_NAMES), longest, ends), dtype=np.int64), np.zeros((len(RESIDUE_NAMES), longest, 2))
    for code, name in enumerate(RESIDUE_NAMES):
        for row, (atoms, value) in enumerate(entries.get(name, {}).items()):
            slots[code, row] = [ATOM37_INDEX[atom] for atom in atoms.split("-")]
            values[code, row] = value
    return slots, values


@cache
def _bond_table() -> tuple[np.ndarray, np.ndarray]:
    return _table(BACKBONE_BONDS, BONDS)


@cache
def _angle_table() -> tuple[np.ndarray, np.ndarray]:
    return _table(BACKBONE_ANGLES, ANGLES)
