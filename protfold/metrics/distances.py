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
