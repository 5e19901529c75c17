"""Backbone torsions as angles. Degrees."""

from dataclasses import dataclass

import numpy as np

from protfold.constants.atoms import ATOM37_INDEX
from protfold.entities.protein import Protein
from protfold.metrics.violations import peptide_bonds
from protfold.typing import Bool, Float


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class BackboneTorsions:
    """Torsions of each residue in degrees, -180 to 180; NaN where an atom, or the neighbour it belongs to, is absent.

    Attributes:
        omega: of the peptide bond before the residue, CA-C-N-CA.
        phi: C-N-CA-C, from the residue before.
        psi: N-CA-C-N, to the residue after.
    """

    omega: Float[np.ndarray, " N_res"]
    phi: Float[np.ndarray, " N_res"]
    psi: Float[np.ndarray, " N_res"]


def backbone_torsions(protein: Protein) -> BackboneTorsions:
    """Omega, phi and psi; residues follow each other where they are bonded.

    IUPAC-IUB (1970), doi 10.1021/bi00820a001
    """
    bonded = np.concatenate([[False], peptide_bonds(protein)])
    n, ca, c = (known_atom(protein, name) for name in ("N", "CA", "C"))
    ca_before, c_before = (np.where(bonded[:, None], np.roll(one, 1, axis=0), np.nan) for one in (ca, c))
    n_after = np.where(np.roll(bonded, -1)[:, None], np.roll(n, -1, axis=0), np.nan)
    return BackboneTorsions(
        omega=dihedral(ca_before, c_before, n, ca), phi=dihedral(c_before, n, ca, c), psi=dihedral(n, ca, c, n_after)
    )


def known_atom(protein: Protein, name: str) -> Float[np.ndarray, "N_res 3"]:
    """Positions (Å, float64) of an atom; NaN where it is absent."""
    slot = ATOM37_INDEX[name]
    known: Bool[np.ndarray, " N_res"] = protein.atom37_mask[:, slot] > 0
    return np.where(known[:, None], protein.atom37_positions[:, slot].astype(np.float64), np.nan)


def dihedral(
    first: Float[np.ndarray, "N 3"],
    second: Float[np.ndarray, "N 3"],
    third: Float[np.ndarray, "N 3"],
    fourth: Float[np.ndarray, "N 3"],
) -> Float[np.ndarray, " N"]:
    """Degrees by which the fourth point is turned from the first about the axis from the second to the third, clockwise along it."""
    axis, start, end = third - second, first - second, fourth - third
    across, across_end = np.cross(start, axis), np.cross(end, axis)
    sin = (np.cross(across, across_end) * axis).sum(-1) / np.linalg.norm(axis, axis=-1)
    return np.degrees(np.arctan2(sin, (across * across_end).sum(-1)))
