"""Least-squares superposition of two point sets. Å."""

import torch
from torch import Tensor

from protfold.geometry.precision import in_float64
from protfold.geometry.rigid import Rigid
from protfold.typing import Float


def superpose(moving: Float[Tensor, "*batch N 3"], fixed: Float[Tensor, "*batch N 3"], weights: Float[Tensor, "*batch N"]) -> Rigid:
    """The proper rigid motion that brings `moving` onto `fixed` with the least weighted square distance.

    Kabsch (1976), doi 10.1107/S0567739476001873. Weights are non-negative and not all zero.
    """
    share = (weights / weights.sum(-1, keepdim=True))[..., None]
    moving_centre, fixed_centre = (moving * share).sum(-2), (fixed * share).sum(-2)
    covariance = (share * (fixed - fixed_centre[..., None, :])).transpose(-1, -2) @ (moving - moving_centre[..., None, :])
    rotation = best_rotation(in_float64(covariance)).to(moving)
    return Rigid(rotation, fixed_centre - (rotation @ moving_centre[..., None])[..., 0])


def best_rotation(covariance: Float[Tensor, "*batch 3 3"]) -> Float[Tensor, "*batch 3 3"]:
    """The proper rotation that turns centred points best onto others; `covariance` is the mean of (fixed row) x (moving column)."""
    left, _, right = torch.linalg.svd(covariance)
    handedness = torch.ones_like(left[..., 0])
    handedness[..., 2] = torch.sign(torch.linalg.det(left @ right))
    return left * handedness[..., None, :] @ right
