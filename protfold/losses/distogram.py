"""Distogram loss. Å."""

import torch
from torch import Tensor

from protfold.losses.averages import cross_entropy, masked_mean
from protfold.metrics.contacts import FIRST_BREAK, LAST_BREAK
from protfold.typing import Float


def distogram_loss(
    logits: Float[Tensor, "*batch N_res N_res bins"],
    pseudo_beta: Float[Tensor, "*batch N_res 3"],
    pseudo_beta_mask: Float[Tensor, "*batch N_res"],
) -> Float[Tensor, "*batch"]:
    """Cross-entropy of the true bin of each pair's CB distance (CA of glycine); first and last bin are open.

    Jumper et al. (2021) Suppl. Sec. 1.9.8 "Distogram prediction"
    """
    breaks = torch.linspace(FIRST_BREAK, LAST_BREAK, logits.shape[-1] - 1, device=logits.device)
    squared = (pseudo_beta[..., :, None, :] - pseudo_beta[..., None, :, :]).square().sum(-1)
    true_bins = torch.bucketize(squared, breaks.square())
    errors = cross_entropy(logits, true_bins)
    return masked_mean(errors, pseudo_beta_mask[..., :, None] * pseudo_beta_mask[..., None, :], (-1, -2))
