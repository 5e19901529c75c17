"""Differences of distance maps. Å."""

import torch
from torch import Tensor

from protfold.geometry.vectors import pairwise_distances
from protfold.typing import Float


def distance_map_rms_difference(
    first: Float[Tensor, "*batch N_res 3"], second: Float[Tensor, "*batch N_res 3"], mask: Float[Tensor, "*batch N_res"]
) -> Float[Tensor, "*batch"]:
    """Root mean square difference (Å) of two distance maps over real pairs; zero for a model that no longer changes.

    The convergence measure of AlphaFold-Multimer's recycling.
    """
    squared = (pairwise_distances(first) - pairwise_distances(second)).square()
    pair_mask = mask[..., :, None] * mask[..., None, :]
    return torch.sqrt((squared * pair_mask).sum((-1, -2)) / pair_mask.sum((-1, -2)).clamp(min=1.0) + 1e-8)


def drmsd(points: Float[Tensor, "N 3"], target: Float[Tensor, "N 3"]) -> float:
    """Root mean square difference (Å) of the distances between all pairs of different points; NaN for fewer than two.

    Levitt (1976), doi 10.1016/0022-2836(76)90004-8. No superposition is needed, and a mirror image has no deviation.
    """
    return _mean_over_pairs(points, target, power=2) ** 0.5


def distance_map_error(points: Float[Tensor, "N 3"], target: Float[Tensor, "N 3"]) -> float:
    """Mean absolute difference (Å) of the distances between all pairs of different points; NaN for fewer than two."""
    return _mean_over_pairs(points, target, power=1)


def _mean_over_pairs(points: Tensor, target: Tensor, power: int, *, rows: int = 512) -> float:
    """Mean of |difference of distances| ** power, a block of rows at a time, so that memory grows with N only."""
    total = 0.0
    for own, true in zip(points.double().split(rows), target.double().split(rows), strict=True):
        difference = pairwise_distances(own, points.double(), eps=0.0) - pairwise_distances(true, target.double(), eps=0.0)
        total += float(difference.abs().pow(power).sum())
    pairs = len(points) * (len(points) - 1)
    return total / pairs if pairs else float("nan")
