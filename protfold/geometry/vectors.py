"""Lengths and directions of vectors in the last axis, and distances as a network reads them."""

import torch
from torch import Tensor

from protfold.typing import Float

LEAST_EXPONENT = -80.0
"""Smaller ones give denormal numbers, which are slow."""


def normalize(vector: Float[Tensor, "*shape C"], *, eps: float = 1e-8) -> Float[Tensor, "*shape C"]:
    """Unit vector `v / sqrt(v.v + eps)`; finite, with a finite gradient, at zero."""
    return vector * torch.rsqrt(vector.square().sum(-1, keepdim=True) + eps)


def pairwise_distances(
    points: Float[Tensor, "*#shape N 3"], others: Float[Tensor, "*#shape M 3"] | None = None, *, eps: float = 1e-10
) -> Float[Tensor, "*#shape N M"]:
    """`sqrt(d.d + eps)` between every point and every other point, or among the points themselves."""
    others = points if others is None else others
    return (points[..., :, None, :] - others[..., None, :, :]).square().sum(-1).add(eps).sqrt()


def radial_basis(distances: Float[Tensor, "*shape"], *, first: float, last: float, count: int) -> Float[Tensor, "*shape C"]:
    """Gaussians `exp(-((d - center) / width)^2)`, whose centers lie evenly from first to last; `width = (last - first) / count`."""
    centers = torch.linspace(first, last, count, dtype=distances.dtype, device=distances.device)
    width = (last - first) / count
    exponents = (distances[..., None] - centers).square_().mul_(-(width**-2))
    return exponents.clamp_(min=LEAST_EXPONENT).exp_()
