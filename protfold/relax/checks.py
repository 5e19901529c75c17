"""Structures that no force field can take, told before any work is done. Å."""

import numpy as np

from protfold.constants.atoms import ATOM37_NAMES
from protfold.entities import Protein
from protfold.errors import InputError
from protfold.relax.fragments import residue_label

MAX_RESIDUES = 10_000
"""Every atom acts on every other, so time grows with the square of the size."""
LEAST_EXTENT = 1.0
"""Å."""


def check_structure(protein: Protein) -> None:
    """Look for what would make every force meaningless.

    Raises:
        InputError: too many residues; no atom; a coordinate that is no finite number; all atoms, or two of them, at one point.
    """
    problem = _problem(protein)
    if problem:
        raise InputError(problem, record=protein.name or None)


def _problem(protein: Protein) -> str:
    if len(protein) > MAX_RESIDUES:
        return f"{len(protein)} residues are too many to relax; the most is {MAX_RESIDUES}"
    rows, slots = np.nonzero(protein.atom37_mask > 0)
    if not len(rows):
        return "the structure has no protein atom to relax"
    points = protein.atom37_positions[rows, slots]
    bad = np.flatnonzero(~np.isfinite(points).all(axis=1))
    if len(bad):
        first = f"{residue_label(protein, int(rows[bad[0]]))} {ATOM37_NAMES[slots[bad[0]]]}"
        return f"{len(bad)} of {len(points)} atoms have coordinates that are no finite numbers, the first is {first}"
    if len(points) > 1 and np.ptp(points, axis=0).max() < LEAST_EXTENT:
        return f"all {len(points)} atoms lie within {LEAST_EXTENT:g} Å of each other; this is no structure"
    _, first_at, atoms_at = np.unique(points, axis=0, return_index=True, return_counts=True)
    if len(first_at) < len(points):
        place = first_at[atoms_at > 1].min()
        first = f"{residue_label(protein, int(rows[place]))} {ATOM37_NAMES[slots[place]]}"
        return f"atoms that lie exactly on another: {len(points) - len(first_at)}, the first on {first}; forces there have no direction"
    return ""
