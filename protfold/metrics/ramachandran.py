"""Ramachandran regions of residues."""

from functools import cache

import numpy as np

from protfold.constants.ramachandran import CELL, REGIONS
from protfold.constants.residues import RESIDUE_CODE, UNKNOWN
from protfold.entities.protein import Protein
from protfold.metrics.backbone_torsions import backbone_torsions
from protfold.typing import Float, Int, Shaped

CLASSES = tuple(REGIONS)


def ramachandran_regions(protein: Protein) -> Shaped[np.ndarray, " N_res"]:
    """F favoured, A allowed, O outlier for each residue that has phi and psi; a blank for others and for unknown residues.

    MolProbity-like: as Lovell et al. (2003), doi 10.1002/prot.10286, but with regions of our own and coarser; see
    `protfold.constants.ramachandran`.
    """
    torsions = backbone_torsions(protein)
    measured = np.isfinite(torsions.phi) & np.isfinite(torsions.psi) & (protein.aatype < UNKNOWN)
    regions = np.full(len(protein), " ")
    kinds = residue_classes(protein)[measured]
    regions[measured] = _region_table()[kinds, cell(torsions.phi[measured]), cell(torsions.psi[measured])]
    return regions


def residue_classes(protein: Protein) -> Int[np.ndarray, " N_res"]:
    """Index into `CLASSES`: glycine, proline, a residue before proline, or any other."""
    is_proline = protein.aatype == RESIDUE_CODE["P"]
    before_proline = np.append(is_proline[1:] & (np.diff(protein.chain_index) == 0), False) if len(protein) else is_proline
    kinds = np.where(before_proline, CLASSES.index("pre-proline"), CLASSES.index("general"))
    kinds = np.where(is_proline, CLASSES.index("proline"), kinds)
    return np.where(protein.aatype == RESIDUE_CODE["G"], CLASSES.index("glycine"), kinds)


def cell(degrees: Float[np.ndarray, " N"]) -> Int[np.ndarray, " N"]:
    """Which cell of the table an angle from -180 to 180 falls into."""
    return (np.floor((degrees + 180.0) / CELL).astype(np.int64)) % (360 // CELL)


@cache
def _region_table() -> Shaped[np.ndarray, "4 36 36"]:
    """Letters by class, cell of phi, cell of psi."""
    drawn = np.array([[list(row) for row in REGIONS[name]] for name in CLASSES])
    return np.where(drawn == ".", "O", drawn)[:, ::-1].swapaxes(1, 2)
