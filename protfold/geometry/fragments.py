"""A chain's local structure laid over points that say where its residues go. Å."""

import torch
import torch.nn.functional as F
from torch import Tensor

from protfold.geometry.rigid import Rigid
from protfold.geometry.superposition import superpose
from protfold.typing import Float

HALF_WIDTH = 4
"""Residues to either side of one that it is placed with."""


def place_fragments(
    chain: Rigid,
    atoms: Float[Tensor, "*batch N_res 3"],
    points: Float[Tensor, "*batch N_res 3"],
    mask: Float[Tensor, "*batch N_res"],
) -> Rigid:
    """The frames of a chain after each was moved with its neighbours onto points, or onto their mirror image if that fits better.

    Every residue and the four on either side of it are superposed as one rigid piece. Which image is taken is decided by the sum of
    square deviations of all pieces. Without gradients.

    Args:
        chain: backbone frames with local structure as it should be.
        atoms: one atom for each residue of the chain.
        points: where these atoms should be.
        mask: residues that are there.
    """
    with torch.no_grad():
        pieces, weights = _windows(atoms), _windows(mask[..., None])[..., 0] * mask[..., None]
        weights = torch.where(mask[..., None] > 0, weights, 1.0)
        images = torch.stack([points, points * points.new_tensor([1.0, 1.0, -1.0])])
        wanted = _windows(images)
        motions = superpose(pieces.expand_as(wanted), wanted, weights.expand(wanted.shape[:-1]))
        placed = Rigid(motions.rotation[..., None, :, :], motions.translation[..., None, :]).apply(pieces)
        deviation = ((placed - wanted).square().sum(-1) * weights).sum(-1) * mask
        mirrored = (deviation[1].sum(-1) < deviation[0].sum(-1))[..., None]
        motion = Rigid(
            torch.where(mirrored[..., None, None], motions.rotation[1], motions.rotation[0]),
            torch.where(mirrored[..., None], motions.translation[1], motions.translation[0]),
        )
        return motion.compose(chain)


def _windows(values: Float[Tensor, "*batch N_res C"]) -> Float[Tensor, "*batch N_res width C"]:
    """Each residue's values with those of its neighbours, zero beyond the ends."""
    padded = F.pad(values, (0, 0, HALF_WIDTH, HALF_WIDTH))
    return padded.unfold(-2, 2 * HALF_WIDTH + 1, 1).transpose(-1, -2)
