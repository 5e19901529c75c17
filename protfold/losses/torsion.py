"""Torsion-angle loss."""

import torch
from torch import Tensor

from protfold.geometry.torsions import Torsions
from protfold.losses.averages import masked_mean
from protfold.typing import Float


def torsion_angle_loss(sin_cos: Float[Tensor, "layers *batch N_res 7 2"], target: Torsions) -> Float[Tensor, "*batch"]:
    """Squared distance on the unit circle from the true angle, or from its alternative where the side chain looks the same.

    Jumper et al. (2021) Suppl. Alg. 27 "torsionAngleLoss", first term; mean over layers and known angles, those of
    the backbone among them (the published code takes the side chain's alone).

    Args:
        sin_cos: unit pairs of each layer.
        target: true angles, their alternatives, and which are known.
    """
    squared = torch.minimum((sin_cos - target.sin_cos).square().sum(-1), (sin_cos - target.alternative_sin_cos).square().sum(-1))
    return masked_mean(squared, target.mask, (-1, -2)).mean(0)


def angle_norm_loss(
    unnormalized: Float[Tensor, "layers *batch N_res 7 2"], seq_mask: Float[Tensor, "*batch N_res"], *, eps: float = 1e-6
) -> Float[Tensor, "*batch"]:
    """Distance of the raw pairs from the unit circle, which keeps their normalisation stable.

    Jumper et al. (2021) Suppl. Alg. 27 "torsionAngleLoss", second term; mean over layers, residues and angles.
    """
    norm = unnormalized.square().sum(-1).add(eps).sqrt()
    return masked_mean((norm - 1.0).abs(), seq_mask[..., None], (-1, -2)).mean(0)
