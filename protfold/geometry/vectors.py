"""Lengths and directions of vectors in the last axis."""

import torch
from torch import Tensor

from protfold.typing import Float


def normalize(vector: Float[Tensor, "*shape C"], *, eps: float = 1e-8) -> Float[Tensor, "*shape C"]:
    """Unit vector `v / sqrt(v.v + eps)`; finite, with a finite gradient, at zero."""
    return vector * torch.rsqrt(vector.square().sum(-1, keepdim=True) + eps)


def pairwise_distances(
    points: Float[Tensor, "*#shape N 3"], others: Float[Tensor, "*#shape M 3"] | None = None, *, eps: float = 1e-10
) -> Float[Tensor, "*#shape N M"]:
    """`sqrt(d.d + eps)` between every point and every other point, or among the points themselves."""
    others = points if others is None else others
    return (points[..., :, None, :] - others[..., None, :, :]).square().sum(-1).add(eps).sqrt()
