"""Solvent accessible surface of residues, by the radii of DSSP. Å²."""

import numpy as np
from scipy.spatial import cKDTree

from protfold.constants.atoms import BACKBONE, NUM_ATOM37
from protfold.constants.residues import RESIDUES
from protfold.entities.protein import Protein
from protfold.typing import Float, Int

PROBE = 1.4
"""Å; a water molecule."""
RADII = np.full(NUM_ATOM37, 1.8)
RADII[list(BACKBONE)] = 1.65, 1.87, 1.76, 1.4
"""[37] Å: Kabsch and Sander (1983), doi 10.1002/bip.360221211; all of a side chain, and OXT, have one radius."""
NUM_DOTS = 401
LARGEST_ACCESSIBILITY = dict(
    zip(
        RESIDUES,
        (129, 274, 195, 193, 167, 225, 223, 104, 224, 197, 201, 236, 224, 240, 159, 155, 172, 285, 263, 174),
        strict=True,
    )
)
"""Å² of each residue type between two glycines: Tien et al. (2013), doi 10.1371/journal.pone.0080635, Table 1, "Theoretical"."""
_ATOMS_AT_ONCE = 256


def accessible_surface(protein: Protein) -> Float[np.ndarray, " N_res"]:
    """Surface (Å²) that the centre of a water molecule can reach around each residue, among all atoms of all chains.

    Shrake and Rupley (1973), doi 10.1016/0022-2836(73)90011-9, with the dots of DSSP. DSSP itself leaves out residues without a whole
    backbone, here they cover others like any. A residue without atoms has none.
    """
    rows, slots = np.nonzero(protein.atom37_mask)
    surfaces = _atom_surfaces(protein.atom37_positions[rows, slots].astype(np.float64), RADII[slots] + PROBE)
    return np.bincount(rows, weights=surfaces, minlength=len(protein)).astype(np.float64)


def relative_accessibility(protein: Protein) -> Float[np.ndarray, " N_res"]:
    """The surface divided by the largest one of the residue type; may exceed 1 at chain ends, NaN for unknown residues."""
    largest = np.array([*LARGEST_ACCESSIBILITY.values(), np.nan])
    return accessible_surface(protein) / largest[protein.aatype]


def sphere_dots(count: int) -> Float[np.ndarray, "count 3"]:
    """Unit vectors spread evenly along a spiral: Swinbank and Purser (2006), doi 10.1256/qj.05.227; for an odd count."""
    index = np.arange(count) - count // 2
    golden = (1.0 + np.sqrt(5.0)) / 2.0
    sine = 2.0 * index / count
    longitude = 2.0 * np.pi * index / golden
    cosine = np.sqrt(1.0 - sine**2)
    return np.stack([np.sin(longitude) * cosine, np.cos(longitude) * cosine, sine], axis=-1)


def _atom_surfaces(positions: Float[np.ndarray, "N 3"], reach: Float[np.ndarray, " N"]) -> Float[np.ndarray, " N"]:
    """Surface of each sphere of radius `reach` outside all others."""
    dots = sphere_dots(NUM_DOTS)
    share = np.ones(len(positions))
    atoms, others = _neighbors(positions, reach)
    difference = positions[others] - positions[atoms]
    squared = (difference**2).sum(-1)
    limit = (reach[atoms] ** 2 + squared - reach[others] ** 2) / (2.0 * reach[atoms])
    for start in range(0, len(positions), _ATOMS_AT_ONCE):
        first, last = np.searchsorted(atoms, [start, start + _ATOMS_AT_ONCE])
        if first < last:
            covered = difference[first:last] @ dots.T > limit[first:last, None]
            own, begins = np.unique(atoms[first:last], return_index=True)
            share[own] = 1.0 - np.logical_or.reduceat(covered, begins, axis=0).mean(-1)
    return 4.0 * np.pi * reach**2 * share


def _neighbors(
    positions: Float[np.ndarray, "N 3"], reach: Float[np.ndarray, " N"]
) -> tuple[Int[np.ndarray, " pairs"], Int[np.ndarray, " pairs"]]:
    """All ordered pairs of spheres that overlap, by the first of them."""
    if len(positions) == 0:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    pairs = cKDTree(positions).query_pairs(2.0 * reach.max(), output_type="ndarray")
    squared = ((positions[pairs[:, 0]] - positions[pairs[:, 1]]) ** 2).sum(-1)
    pairs = pairs[squared < reach[pairs].sum(-1) ** 2]
    atoms, others = np.concatenate([pairs, pairs[:, ::-1]]).T
    order = np.argsort(atoms, kind="stable")
    return atoms[order], others[order]
