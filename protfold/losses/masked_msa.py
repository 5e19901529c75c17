"""Masked-alignment loss: the network must know what stood under the mask."""

from torch import Tensor

from protfold.losses.averages import cross_entropy, masked_mean
from protfold.typing import Float, Int


def masked_msa_loss(
    logits: Float[Tensor, "*batch N_seq N_res types"],
    true_msa: Int[Tensor, "*batch N_seq N_res"],
    bert_mask: Float[Tensor, "*batch N_seq N_res"],
) -> Float[Tensor, "*batch"]:
    """Cross-entropy of the true residue type over the positions that were masked; zero where none was.

    Jumper et al. (2021) Suppl. Sec. 1.9.9 "Masked MSA prediction"

    Args:
        logits: over the 20 residues, X, gap and the mask token.
        true_msa: types before masking.
        bert_mask: 1 where the alignment was masked, also where a draw put the true type back.
    """
    return masked_mean(cross_entropy(logits, true_msa), bert_mask, (-1, -2))
