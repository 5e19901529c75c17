"""Residue contacts: pseudo-beta atoms (CB, CA of glycine) nearer than 8 Å."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.spatial import KDTree

from protfold.constants.atoms import ATOM37_INDEX
from protfold.constants.residues import RESIDUE_CODE
from protfold.typing import Bool, Float, Int, Shaped

# Edges of the distogram's bins in Å, Jumper et al. (2021) Suppl. Sec. 1.9.8 "Distogram prediction"; the last bin is open.
FIRST_BREAK, LAST_BREAK = 2.3125, 21.6875
CONTACT_DISTANCE = 8.0
SHORT_RANGE = 6
"""Steps along the sequence from which a contact counts at all."""
LONG_RANGE = 24
"""Steps along the sequence from which a contact is of long range, as the CASP assessors count."""
RANGES = {"short": (SHORT_RANGE, 11), "medium": (12, 23), "long": (LONG_RANGE, None)}
"""Least and largest steps along the sequence, both included, of the contacts that the CASP assessors call so."""


def pseudo_beta(
    aatype: Int[np.ndarray, " N_res"], positions: Float[np.ndarray, "N_res 37 3"], mask: Shaped[np.ndarray, "N_res 37"]
) -> tuple[Float[np.ndarray, "N_res 3"], Bool[np.ndarray, " N_res"]]:
    """CB of each residue, CA of glycine, and whether it is known; `geometry.atom_frames` has the same for tensors.

    Args:
        aatype: residue codes.
        positions, mask: atom37, Å.
    """
    rows, slots = np.arange(len(aatype)), np.where(aatype == RESIDUE_CODE["G"], ATOM37_INDEX["CA"], ATOM37_INDEX["CB"])
    return positions[rows, slots], mask[rows, slots] > 0


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
    max_separation: int | None = None,
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
        min_separation, max_separation: steps along the sequence from which, and up to which, pairs count; see `RANGES`.
        cutoff: Å.
    """
    first, second = ranked_pairs(scores, known, residue_index, min_separation, max_separation)
    true = np.linalg.norm(points[first] - points[second], axis=-1) < cutoff
    if not true.any():
        return float("nan")
    top = max(1, len(points) // 5) if num_predicted is None else num_predicted
    return float(true[:top].mean())


def ranked_pairs(
    scores: Float[np.ndarray, "N_res N_res"],
    known: Bool[np.ndarray, " N_res"],
    residue_index: Int[np.ndarray, " N_res"] | None = None,
    min_separation: int = LONG_RANGE,
    max_separation: int | None = None,
) -> tuple[Int[np.ndarray, " pairs"], Int[np.ndarray, " pairs"]]:
    """First and second residue of the pairs that count, the highest score first; arguments as of `contact_precision`."""
    number = np.arange(len(known)) if residue_index is None else residue_index
    separation = number[None] - number[:, None]
    ranked = (separation >= min_separation) & known[:, None] & known[None]
    if max_separation is not None:
        ranked &= separation <= max_separation
    first, second = np.nonzero(ranked)
    order = np.argsort(-scores[first, second], kind="stable")
    return first[order], second[order]


@dataclass(frozen=True, kw_only=True, slots=True)
class ContactAgreement:
    """Contacts of a model beside those of the reference; NaN where there are none to be shared.

    Attributes:
        precision: share of the model's contacts that the reference has.
        recall: share of the reference's contacts that the model has.
        num_reference: contacts of the reference.
    """

    precision: float
    recall: float
    num_reference: int


def contact_agreement(
    points: Float[np.ndarray, "N 3"],
    target: Float[np.ndarray, "N 3"],
    residue_index: Int[np.ndarray, " N"],
    chain_index: Int[np.ndarray, " N"],
    *,
    cutoff: float = CONTACT_DISTANCE,
) -> dict[str, ContactAgreement]:
    """By range of `RANGES` within chains, and `"between chains"`, how far two structures have the same contacts.

    Args:
        points, target: pseudo-beta atoms of the same residues of model and reference, Å.
        residue_index: numbers that tell how far apart two residues of a chain are in the sequence.
        chain_index: chain of each residue.
        cutoff: Å.
    """
    found, true = (_contact_keys(one, cutoff) for one in (points, target))
    counted = {name: _in_range(residue_index, chain_index, *limits) for name, limits in RANGES.items()}
    counted["between chains"] = lambda first, second: chain_index[first] != chain_index[second]
    table = {}
    for name, counts in counted.items():
        own, wanted = (keys[counts(*np.divmod(keys, len(points)))] for keys in (found, true))
        shared = len(np.intersect1d(own, wanted, assume_unique=True))
        table[name] = ContactAgreement(
            precision=shared / len(own) if len(own) else float("nan"),
            recall=shared / len(wanted) if len(wanted) else float("nan"),
            num_reference=len(wanted),
        )
    return table


def _contact_keys(points: Float[np.ndarray, "N 3"], cutoff: float) -> Int[np.ndarray, " contacts"]:
    """Of each pair nearer than the cutoff its place in the matrix of all pairs."""
    first, second = KDTree(points).query_pairs(np.nextafter(cutoff, 0.0), output_type="ndarray").T
    return first * len(points) + second


def _in_range(
    residue_index: Int[np.ndarray, " N"], chain_index: Int[np.ndarray, " N"], least: int, largest: int | None
) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    def counts(first: np.ndarray, second: np.ndarray) -> np.ndarray:
        separation = np.abs(residue_index[second] - residue_index[first])
        within = (separation >= least) & (chain_index[first] == chain_index[second])
        return within if largest is None else within & (separation <= largest)

    return counts
