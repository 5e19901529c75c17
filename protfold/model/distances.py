"""What a distogram says of the distance of two residues. Å."""

import torch
from torch import Tensor

from protfold.metrics.contacts import FIRST_BREAK, LAST_BREAK
from protfold.typing import Float

BEYOND = 24.0
"""The distance that the open last bin stands for."""
FAR_WEIGHT = 0.05
"""How much a pair counts that is more likely than not in the last bin."""


def distogram_distances(
    logits: Float[Tensor, "*batch N N bins"],
) -> tuple[Float[Tensor, "*batch N N"], Float[Tensor, "*batch N N"]]:
    """Expected distances, zero on the diagonal, and weights: one over one more than the variance, little for pairs that are far."""
    probabilities = torch.softmax(logits.float(), dim=-1)
    width = (LAST_BREAK - FIRST_BREAK) / (logits.shape[-1] - 2)
    centres = FIRST_BREAK + width * (torch.arange(logits.shape[-1], device=logits.device) - 0.5)
    centres[-1] = BEYOND
    distances = probabilities @ centres
    variances = probabilities @ centres.square() - distances.square()
    weights = torch.where(probabilities[..., -1] < 0.5, 1.0, FAR_WEIGHT) / (1.0 + variances.clamp(min=0.0))
    others = 1.0 - torch.eye(logits.shape[-2], device=logits.device)
    return distances * others, weights * others
