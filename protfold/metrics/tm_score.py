"""TM-score of two structures whose residues correspond one to one. Å; 0-1."""

import torch
from torch import Tensor

from protfold.geometry.rigid import Rigid, rotate
from protfold.geometry.superposition import superpose
from protfold.typing import Bool, Float

MAX_ITERATIONS = 20
SHORTEST_FRAGMENT = 4
NUM_FRAGMENT_LENGTHS = 6


def tm_score(
    points: Float[Tensor, "N 3"], target: Float[Tensor, "N 3"], *, normalization_length: int | None = None
) -> Float[Tensor, ""]:
    """The largest TM-score over the superpositions that the search of the TM-score program visits.

    Zhang and Skolnick (2004), doi 10.1002/prot.20264: superpositions start from every fragment of all residues, a half, a quarter, ...
    of them, and are refined on the residues they bring together. Like that program's, the result is a close lower bound of the maximum.

    Args:
        points, target: CA atoms of the same residues, at least 3.
        normalization_length: residues of the whole native where `target` holds only a part; those of `target` when None.
    """
    num_residues = len(target)
    length = num_residues if normalization_length is None else normalization_length
    scale = tm_distance_scale(length)
    cutoff = min(max(scale, 4.5), 8.0)
    best = torch.zeros((), dtype=points.dtype)
    for fragment in _fragment_lengths(num_residues):
        starts = torch.arange(num_residues - fragment + 1)[:, None]
        index = torch.arange(num_residues)
        chosen = (index >= starts) & (index < starts + fragment)
        best = torch.maximum(best, _refined_sums(points, target, chosen, scale, cutoff).amax() / length)
    return best


def tm_distance_scale(length: int) -> float:
    """The distance (Å) at which a residue counts half, which makes the score of unrelated structures independent of their length."""
    return max(0.5, 1.24 * max(length - 15, 0) ** (1.0 / 3.0) - 1.8)


def _fragment_lengths(num_residues: int) -> list[int]:
    """All residues, a half, a quarter, ... but no fewer than four (or all, in shorter chains)."""
    shortest = min(SHORTEST_FRAGMENT, num_residues)
    return sorted({max(num_residues // 2**power, shortest) for power in range(NUM_FRAGMENT_LENGTHS)}, reverse=True)


def _refined_sums(points: Tensor, target: Tensor, chosen: Bool[Tensor, "S N"], scale: float, cutoff: float) -> Float[Tensor, " S"]:
    """Best sum of residue scores that each start reaches while it is refined on the residues it brings within the cutoff."""
    moving, fixed = points.expand(len(chosen), -1, -1), target.expand(len(chosen), -1, -1)
    best = points.new_zeros(len(chosen))
    for iteration in range(MAX_ITERATIONS + 1):
        distances = _distances_after(superpose(moving, fixed, chosen.to(points.dtype)), moving, fixed)
        best = torch.maximum(best, (1.0 / (1.0 + (distances / scale).square())).sum(-1))
        nearer = _within(distances, cutoff - 1.0 if iteration == 0 else cutoff + 1.0)
        if bool((nearer == chosen).all()):
            break
        chosen = nearer
    return best


def _distances_after(motion: Rigid, moving: Float[Tensor, "S N 3"], fixed: Float[Tensor, "S N 3"]) -> Float[Tensor, "S N"]:
    moved = rotate(motion.rotation[:, None], moving) + motion.translation[:, None]
    return (moved - fixed).norm(dim=-1)


def _within(distances: Float[Tensor, "S N"], cutoff: float) -> Bool[Tensor, "S N"]:
    """Residues nearer than the cutoff, which grows in steps of 0.5 Å for a start that has fewer than three."""
    third = distances.kthvalue(min(3, distances.shape[-1]), dim=-1, keepdim=True).values
    steps = ((third - cutoff) / 0.5).floor().add(1.0).clamp(min=0.0)
    return distances < cutoff + 0.5 * steps
