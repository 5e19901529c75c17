"""Residue contacts: pseudo-beta atoms (CB, CA of glycine) nearer than 8 Å."""

import numpy as np

from protfold.typing import Bool, Float, Int

# Edges of the distogram's bins in Å, Jumper et al. (2021) Suppl. Sec. 1.9.8 "Distogram prediction"; the last bin is open.
FIRST_BREAK, LAST_BREAK = 2.3125, 21.6875
CONTACT_DISTANCE = 8.0
LONG_RANGE = 24
"""Steps along the sequence from which a contact is of long range, as the CASP assessors count."""


def contact_probabilities(
    distogram_probabilities: Float[np.ndarray, "*batch bins"], *, cutoff: float = CONTACT_DISTANCE
) -> Float[np.ndarray, "*batch"]:
    """Probability of a CB-CB distance below `cutoff` Å: the bins whose upper edge does not reach beyond it."""
    num_breaks = distogram_probabilities.shape[-1] - 1
    upper_edges = np.linspace(FIRST_BREAK, LAST_BREAK, num_breaks)
    return distogram_probabilities[..., :num_breaks][..., upper_edges <= cutoff].sum(axis=-1)


def contacts(points: Float[np.ndarray, "N 3"], *, cutoff: float = CONTACT_DISTANCE) -> Bool[np.ndarray, "N N"]:
    """Which two points lie nearer than `cutoff` Å."""
    return np.linalg.norm(points[:, None] - points[None], axis=-1) < cutoff


def contact_precision(
    scores: Float[np.ndarray, "N_res N_res"],
    points: Float[np.ndarray, "N_res 3"],
    known: Bool[np.ndarray, " N_res"],
    *,
    residue_index: Int[np.ndarray, " N_res"] | None = None,
    num_predicted: int | None = None,
    min_separation: int = LONG_RANGE,
    cutoff: float = CONTACT_DISTANCE,
) -> float:
    """Share of the highest-scored pairs that are contacts; NaN where the structure has no contact of that range to be found.

    The measure of the CASP assessments (Monastyrskyy et al. 2016, doi 10.1002/prot.24943), by default for the top L/5 of long range. Pairs
    of equal score count in the order of the sequence.

    Args:
        scores: higher for a likelier contact; pairs (i, j) with i < j are read.
        points: observed pseudo-beta atoms, Å.
        known: residues whose atom was observed; pairs with another are not ranked.
        residue_index: numbers that tell how far apart two residues are in the sequence; None counts residues.
        num_predicted: pairs taken from the top of the ranking, or all there are; None for a fifth of the residues.
        min_separation: steps along the sequence from which pairs count.
        cutoff: Å.
    """
    number = np.arange(len(points)) if residue_index is None else residue_index
    ranked = (number[None] - number[:, None] >= min_separation) & known[:, None] & known[None]
    true = contacts(points, cutoff=cutoff)[ranked]
    if not true.any():
        return float("nan")
    top = max(1, len(points) // 5) if num_predicted is None else num_predicted
    order = np.argsort(-scores[ranked], kind="stable")[:top]
    return float(true[order].mean())
