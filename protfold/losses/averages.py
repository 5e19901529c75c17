"""Cross-entropy, and means over what was observed."""

import torch.nn.functional as F
from torch import Tensor

from protfold.geometry.precision import at_least_float32
from protfold.typing import Float, Int


def masked_mean(
    values: Float[Tensor, "*#shape"], mask: Float[Tensor, "*#shape"], dim: int | tuple[int, ...], *, eps: float = 1e-8
) -> Float[Tensor, "*result"]:
    """Mean over the axes `dim` of the values whose mask is 1; zero where none is."""
    return (values * mask).sum(dim) / (mask.expand_as(values).sum(dim) + eps)


def cross_entropy(logits: Float[Tensor, "*shape bins"], true_bins: Int[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Negative log-probability of the true bin, in float32 or better, over any leading axes."""
    errors = F.cross_entropy(at_least_float32(logits).flatten(0, -2), true_bins.flatten(), reduction="none")
    return errors.unflatten(0, true_bins.shape)
