"""Points in space from uncertain distances between them. Å."""

import torch
from torch import Tensor

from protfold.geometry.precision import in_float64
from protfold.typing import Float

NUM_ITERATIONS = 40
SMALLEST = 1e-2
"""Å; points nearer than this count as so far apart, which keeps their direction defined."""


def embed_distances(
    distances: Float[Tensor, "*batch N N"],
    weights: Float[Tensor, "*batch N N"],
    mask: Float[Tensor, "*batch N"],
) -> Float[Tensor, "*batch N 3"]:
    """Points whose weighted stress is small, about their centre; which of the two mirror images is left to chance.

    Classical scaling (Torgerson 1952, doi 10.1007/BF02288916), improved by majorization of the stress (de Leeuw 1977; the iteration is
    the Guttman transform). In float64 whatever the type of the arguments; without gradients.

    Args:
        distances: symmetric, zero on the diagonal.
        weights: symmetric and not negative.
        mask: 1 for points, 0 for padding, which comes out as zero.
    """
    with torch.no_grad():
        here = in_float64(mask)
        wanted, share = in_float64(distances), in_float64(weights) * here[..., :, None] * here[..., None, :]
        points = _classical_scaling(wanted, here)
        inverse = _inverse_of_laplacian(share, here)
        for _ in range(NUM_ITERATIONS):
            apart = torch.cdist(points, points, compute_mode="donot_use_mm_for_euclid_dist").clamp(min=SMALLEST)
            ratio = share * wanted / apart
            points = inverse @ (ratio.sum(-1)[..., None] * points - ratio @ points)
        return points.to(distances)


def _classical_scaling(distances: Float[Tensor, "*batch N N"], mask: Float[Tensor, "*batch N"]) -> Float[Tensor, "*batch N 3"]:
    """The three main axes of the points' inner products about their centre."""
    share = mask / mask.sum(-1, keepdim=True).clamp(min=1.0)
    squares = distances.square()
    of_rows = (squares * share[..., None, :]).sum(-1)
    of_all = (of_rows * share).sum(-1)[..., None, None]
    products = -0.5 * (squares - of_rows[..., :, None] - of_rows[..., None, :] + of_all)
    values, vectors = torch.linalg.eigh(products * mask[..., :, None] * mask[..., None, :])
    return vectors[..., -3:] * values[..., None, -3:].clamp(min=0.0).sqrt()


def _inverse_of_laplacian(weights: Float[Tensor, "*batch N N"], mask: Float[Tensor, "*batch N"]) -> Float[Tensor, "*batch N N"]:
    """Of the stress's quadratic form, over points about their centre; made invertible by what is constant over all, and for padding."""
    weights = weights - torch.diag_embed(weights.diagonal(dim1=-2, dim2=-1))
    laplacian = torch.diag_embed(weights.sum(-1) + (1.0 - mask)) - weights
    return torch.linalg.inv(laplacian + mask[..., :, None] * mask[..., None, :] / mask.sum(-1)[..., None, None].clamp(min=1.0))
