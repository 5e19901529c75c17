"""Losses of the confidence heads: pLDDT and predicted aligned error. The structure they judge carries no gradient."""

from torch import Tensor

from protfold.geometry.rigid import Rigid
from protfold.losses.averages import cross_entropy, masked_mean
from protfold.losses.fape import aligned_distances
from protfold.metrics.confidence import pae_bin_centres
from protfold.metrics.lddt import lddt_per_point
from protfold.typing import Float


def plddt_loss(
    logits: Float[Tensor, "*batch N_res bins"],
    ca: Float[Tensor, "*batch N_res 3"],
    target_ca: Float[Tensor, "*batch N_res 3"],
    mask: Float[Tensor, "*batch N_res"],
) -> Float[Tensor, "*batch"]:
    """Cross-entropy of the bin of each residue's lDDT-CA.

    Jumper et al. (2021) Suppl. Alg. 29 "predictPerResidueLDDT_Ca"
    """
    num_bins = logits.shape[-1]
    score = lddt_per_point(ca.detach(), target_ca, mask)
    true_bins = (score * num_bins).long().clamp(max=num_bins - 1)
    return masked_mean(cross_entropy(logits, true_bins), mask, -1)


def pae_loss(
    logits: Float[Tensor, "*batch N_res N_res bins"], frames: Rigid, target_frames: Rigid, mask: Float[Tensor, "*batch N_res"]
) -> Float[Tensor, "*batch"]:
    """Cross-entropy of the bin of each pair's aligned error: row = aligned frame, column = scored CA.

    Jumper et al. (2021) Suppl. Sec. 1.9.7 "TM-score prediction". The first bin begins at zero and is as wide as the others, as the bin
    centres of `pae_from_logits` have it (the published loss puts every error one bin higher).

    Args:
        frames, target_frames: backbone frames, whose origins are the CA.
        mask: 1 where the true frame is known.
    """
    detached = Rigid(frames.rotation.detach(), frames.translation.detach())
    error = aligned_distances(detached, target_frames, detached.translation, target_frames.translation, eps=0.0)
    num_bins = logits.shape[-1]
    bin_width = 2.0 * pae_bin_centres(logits)[0]
    true_bins = (error / bin_width).clamp(max=num_bins - 1).long()
    return masked_mean(cross_entropy(logits, true_bins), mask[..., :, None] * mask[..., None, :], (-1, -2))
