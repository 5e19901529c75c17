"""The superpositions that the TM-score program tries, and the best of what is scored on them. Å."""

from collections.abc import Callable

import torch
from torch import Tensor

from protfold.geometry.superposition import best_rotation
from protfold.typing import Bool, Float

MAX_ITERATIONS = 20
SHORTEST_FRAGMENT = 4
NUM_FRAGMENT_LENGTHS = 6
MAX_STARTS = 2000
DISTANCES_AT_ONCE = 2**20


def best_over_superpositions(
    points: Float[Tensor, "N 3"],
    target: Float[Tensor, "N 3"],
    scores: Callable[[Float[Tensor, "S N"]], Float[Tensor, "S K"]],
    *,
    cutoff: float,
) -> Float[Tensor, " K"]:
    """The largest value of each score over all superpositions visited; float64.

    Zhang and Skolnick (2004), doi 10.1002/prot.20264: superpositions start from every fragment of all residues, a half, a quarter, ...
    of them, and of four, and are refined on the residues they bring together. Like that program's, the results are close lower bounds.
    Unlike there, fragments of chains of more than 2,000 residues start at every second residue, of more than 4,000 at every third, and
    so on.

    Args:
        points, target: CA atoms of the same residues, at least 3.
        scores: from the distances (Å) of all residues in some superpositions to their scores, of which higher is better.
        cutoff: distance (Å) below which residues take part in the refinement, less 1 in its first step and 1 more in the others.
    """
    points, target = (one.double() - one.double().mean(0) for one in (points, target))
    num_residues = len(points)
    products = (target[:, :, None] * points[:, None, :]).flatten(1)
    index = torch.arange(num_residues)
    step = -(-num_residues // MAX_STARTS)
    best = None
    for fragment in _fragment_lengths(num_residues):
        for starts in torch.arange(0, num_residues - fragment + 1, step).split(max(1, DISTANCES_AT_ONCE // num_residues)):
            chosen = (index >= starts[:, None]) & (index < starts[:, None] + fragment)
            found = _refine(points, target, products, chosen, scores, cutoff)
            best = found if best is None else torch.maximum(best, found)
    assert best is not None
    return best


def _fragment_lengths(num_residues: int) -> list[int]:
    """All residues, a half, a quarter, an eighth, a sixteenth, and four (or all, in shorter chains)."""
    shortest = min(SHORTEST_FRAGMENT, num_residues)
    shares = {max(num_residues // 2**power, shortest) for power in range(NUM_FRAGMENT_LENGTHS - 1)}
    return sorted(shares | {shortest}, reverse=True)


def _refine(
    points: Tensor,
    target: Tensor,
    products: Float[Tensor, "N 9"],
    chosen: Bool[Tensor, "S N"],
    scores: Callable[[Tensor], Tensor],
    cutoff: float,
) -> Float[Tensor, " K"]:
    """Best scores while each start is refined on the residues it brings within the cutoff, until these stay the same."""
    best = None
    for iteration in range(MAX_ITERATIONS + 1):
        distances = _superposed_distances(points, target, products, chosen)
        found = scores(distances).amax(0)
        best = found if best is None else torch.maximum(best, found)
        nearer = _within(distances, cutoff - 1.0 if iteration == 0 else cutoff + 1.0)
        if iteration > 0:
            nearer = nearer[(nearer != chosen).any(-1)]
        if not len(nearer):
            break
        chosen = nearer
    assert best is not None
    return best


def _superposed_distances(points: Tensor, target: Tensor, products: Tensor, chosen: Bool[Tensor, "S N"]) -> Float[Tensor, "S N"]:
    """Distances of all residues after the best superposition of the chosen ones."""
    share = chosen / chosen.sum(-1, keepdim=True, dtype=points.dtype)
    centre, target_centre = share @ points, share @ target
    covariance = (share @ products).unflatten(-1, (3, 3)) - target_centre[:, :, None] * centre[:, None, :]
    rotation = best_rotation(covariance)
    shift = target_centre - (rotation @ centre[..., None])[..., 0]
    squared = sum((points @ rotation[:, axis].T + shift[:, axis] - target[:, axis, None]).square() for axis in range(3))
    assert isinstance(squared, Tensor)
    return squared.T.sqrt()


def _within(distances: Float[Tensor, "S N"], cutoff: float) -> Bool[Tensor, "S N"]:
    """Residues nearer than the cutoff, which grows in steps of 0.5 Å for a start that has fewer than three."""
    third = distances.kthvalue(min(3, distances.shape[-1]), dim=-1, keepdim=True).values
    steps = ((third - cutoff) / 0.5).floor().add(1.0).clamp(min=0.0)
    return distances < cutoff + 0.5 * steps
