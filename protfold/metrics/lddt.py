"""Local distance difference test: the share of true distances that a model keeps. Å; scores 0-1."""

import torch
from torch import Tensor

from protfold.geometry.vectors import pairwise_distances
from protfold.typing import Float, Int

CUTOFF = 15.0
THRESHOLDS = (0.5, 1.0, 2.0, 4.0)


def lddt(
    points: Float[Tensor, "*batch N 3"],
    target: Float[Tensor, "*batch N 3"],
    mask: Float[Tensor, "*batch N"],
    *,
    residue: Int[Tensor, "*batch N"] | None = None,
    cutoff: float = CUTOFF,
) -> Float[Tensor, "*batch"]:
    """Share of all true distances below `cutoff` that the model keeps, averaged over the four thresholds; zero if there are none.

    Mariani et al. (2013), doi 10.1093/bioinformatics/btt473, without its stereochemistry filter.

    Args:
        points, target: one atom a residue (lDDT-CA), or all atoms.
        mask: 1 where the true atom is known.
        residue: residue of each point; distances within one are left out. None takes every point as its own.
        cutoff: true distances below it count.
    """
    kept, considered = _distances_kept(points, target, mask, residue, cutoff)
    return kept.sum(-1) / considered.sum(-1).clamp(min=1.0)


def lddt_per_point(
    points: Float[Tensor, "*batch N 3"],
    target: Float[Tensor, "*batch N 3"],
    mask: Float[Tensor, "*batch N"],
    *,
    residue: Int[Tensor, "*batch N"] | None = None,
    cutoff: float = CUTOFF,
) -> Float[Tensor, "*batch N"]:
    """The same over the distances of each point; zero for one that is unknown or has no neighbour.

    Jumper et al. (2021) Suppl. Sec. 1.9.6 "Model confidence prediction (pLDDT)" takes it over CA atoms. Arguments as of `lddt`.
    """
    kept, considered = _distances_kept(points, target, mask, residue, cutoff)
    return kept / considered.clamp(min=1.0)


def _distances_kept(points: Tensor, target: Tensor, mask: Tensor, residue: Tensor | None, cutoff: float) -> tuple[Tensor, Tensor]:
    """For each point, how many true distances below the cutoff are kept (mean of the thresholds), and how many there are."""
    true_distances = pairwise_distances(target)
    if residue is None:
        residue = torch.arange(target.shape[-2], device=target.device)
    other = residue[..., :, None] != residue[..., None, :]
    considered = mask[..., :, None] * mask[..., None, :] * other * (true_distances < cutoff)
    difference = (pairwise_distances(points) - true_distances).abs()
    kept = torch.stack([difference < threshold for threshold in THRESHOLDS]).float().mean(0)
    return (kept * considered).sum(-1), considered.sum(-1)
