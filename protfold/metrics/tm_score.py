"""TM-score of two structures whose residues correspond one to one. Å; 0-1."""

from torch import Tensor

from protfold.metrics.superposition_search import best_over_superpositions
from protfold.typing import Float


def tm_score(
    points: Float[Tensor, "N 3"], target: Float[Tensor, "N 3"], *, normalization_length: int | None = None
) -> Float[Tensor, ""]:
    """The largest TM-score over the superpositions that the search of the TM-score program visits.

    Zhang and Skolnick (2004), doi 10.1002/prot.20264

    Args:
        points, target: CA atoms of the same residues, at least 3.
        normalization_length: residues of the whole native where `target` holds only a part; those of `target` when None.
    """
    length = len(target) if normalization_length is None else normalization_length
    best = best_over_superpositions(points, target, lambda distances: tm_sums(distances, length), cutoff=search_cutoff(length))
    return (best[0] / length).to(points.dtype)


def tm_sums(distances: Float[Tensor, "S N"], length: int) -> Float[Tensor, "S 1"]:
    """TM-score of each superposition times the length of the native."""
    return (1.0 / (1.0 + (distances / tm_distance_scale(length)).square())).sum(-1, keepdim=True)


def tm_distance_scale(length: int) -> float:
    """The distance (Å) at which a residue counts half, which makes the score of unrelated structures independent of their length."""
    return max(0.5, 1.24 * max(length - 15, 0) ** (1.0 / 3.0) - 1.8)


def search_cutoff(length: int) -> float:
    """Within how many Å residues take part in the refinement of a superposition, for a native of so many residues."""
    return min(max(tm_distance_scale(length), 4.5), 8.0)
