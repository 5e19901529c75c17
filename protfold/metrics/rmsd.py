"""Root mean square deviations after superposition. Å."""

import math

import torch
from torch import Tensor

from protfold.geometry.superposition import superpose
from protfold.typing import Float

COVERAGE = 0.95
ROUNDS = 5


def rmsd(
    points: Float[Tensor, "*batch N 3"], target: Float[Tensor, "*batch N 3"], mask: Float[Tensor, "*batch N"] | None = None
) -> Float[Tensor, "*batch"]:
    """Root mean square deviation (Å) after the superposition that makes it least; of CA, backbone or all atoms, as given.

    Kabsch (1976), doi 10.1107/S0567739476001873

    Args:
        points, target: the same atoms of both.
        mask: 1 where both are known, at least once; None for everywhere.
    """
    weights = torch.ones_like(points[..., 0]) if mask is None else mask
    squared = (superpose_onto(points, target, weights) - target).square().sum(-1)
    return ((squared * weights).sum(-1) / weights.sum(-1)).sqrt()


def rmsd_95(points: Float[Tensor, "N 3"], target: Float[Tensor, "N 3"]) -> Float[Tensor, ""]:
    """CA deviation (Å) at 95 % coverage, which forgives a few residues.

    Jumper et al. (2021) Methods "Metrics": five times the chosen atoms, at first all, are superposed, and the 95 % that then lie nearest
    are chosen; the deviation is that of the last choice. Where 95 % is no whole number the next higher is taken.
    """
    kept = math.ceil(COVERAGE * len(points))
    chosen = torch.ones_like(points[:, 0])
    for _ in range(ROUNDS):
        squared = (superpose_onto(points, target, chosen) - target).square().sum(-1)
        nearest = squared.argsort(stable=True)[:kept]
        chosen = torch.zeros_like(chosen).scatter_(0, nearest, 1.0)
    return squared[nearest].mean().sqrt()


def superpose_onto(
    points: Float[Tensor, "*batch N 3"], target: Float[Tensor, "*batch N 3"], weights: Float[Tensor, "*batch N"]
) -> Float[Tensor, "*batch N 3"]:
    """All points after the motion that brings those of weight best onto the target."""
    motion = superpose(points, target, weights)
    return motion[..., None].apply(points)
