"""Confidence measures from logits: pLDDT, PAE, pTM, ipTM."""

import torch
from torch import Tensor

from protfold.geometry.precision import at_least_float32
from protfold.typing import Float, Int

MAX_PAE_BREAK = 31.0


def plddt_from_logits(logits: Float[Tensor, "*batch bins"]) -> Float[Tensor, "*batch"]:
    """Expected lDDT-CA, 0-100, over equal bins of 0-1.

    Jumper et al. (2021) Suppl. Sec. 1.9.6 "Model confidence prediction (pLDDT)"
    """
    probabilities = torch.softmax(at_least_float32(logits), dim=-1)
    return 100.0 * (probabilities @ _bin_centres(probabilities, 1.0 / logits.shape[-1]))


def pae_from_logits(logits: Float[Tensor, "*batch N_res N_res bins"]) -> Float[Tensor, "*batch N_res N_res"]:
    """Expected aligned error (Å): row = aligned residue frame, column = scored residue.

    Breaks between bins run evenly from 0 to 31 Å; the last bin is open. Jumper et al. (2021) Suppl. Sec. 1.9.7 "TM-score prediction"
    """
    probabilities = torch.softmax(at_least_float32(logits), dim=-1)
    return probabilities @ pae_bin_centres(probabilities)


def pae_bin_centres(probabilities: Float[Tensor, "*batch bins"]) -> Float[Tensor, " bins"]:
    """Centres (Å) of the aligned-error bins."""
    return _bin_centres(probabilities, MAX_PAE_BREAK / (probabilities.shape[-1] - 2))


def ptm_from_logits(
    logits: Float[Tensor, "*batch N_res N_res bins"],
    mask: Float[Tensor, "*batch N_res"],
    chain_index: Int[Tensor, "*batch N_res"] | None = None,
) -> Float[Tensor, "*batch"]:
    """Predicted TM-score over the real residues; with `chain_index`, only pairs of different chains count (ipTM).

    Jumper et al. (2021) Suppl. Sec. 1.9.7 "TM-score prediction"; Evans et al. (2022), doi 10.1101/2021.10.04.463034, for ipTM.
    """
    probabilities = torch.softmax(at_least_float32(logits), dim=-1)
    num_residues = mask.sum(-1).clamp(min=19.0)
    d0 = 1.24 * (num_residues - 15.0) ** (1.0 / 3.0) - 1.8
    scores = 1.0 / (1.0 + (pae_bin_centres(probabilities) / d0[..., None]).square())
    expected = (probabilities @ scores[..., None, :, None])[..., 0]
    pair_mask = mask[..., :, None] * mask[..., None, :]
    if chain_index is not None:
        pair_mask = pair_mask * (chain_index[..., :, None] != chain_index[..., None, :])
    weights = pair_mask / (pair_mask.sum(-1, keepdim=True) + 1e-8)
    return (expected * weights).sum(-1).amax(-1)


def _bin_centres(probabilities: Tensor, width: float) -> Tensor:
    bins = torch.arange(probabilities.shape[-1], device=probabilities.device, dtype=probabilities.dtype)
    return (bins + 0.5) * width
