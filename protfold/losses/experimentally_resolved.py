"""Loss of the head that tells which atoms an experiment resolves."""

import torch.nn.functional as F
from torch import Tensor

from protfold.constants.atoms import ATOM37_MASK
from protfold.geometry.atom_frames import constant
from protfold.geometry.precision import at_least_float32
from protfold.losses.averages import masked_mean
from protfold.typing import Float, Int


def experimentally_resolved_loss(
    logits: Float[Tensor, "*batch N_res 37"],
    aatype: Int[Tensor, "*batch N_res"],
    seq_mask: Float[Tensor, "*batch N_res"],
    atom37_mask: Float[Tensor, "*batch N_res 37"],
) -> Float[Tensor, "*batch"]:
    """Binary cross-entropy of whether an atom was observed, over the atoms that the residue types have.

    Jumper et al. (2021) Suppl. Sec. 1.9.10 "“Experimentally resolved” prediction". Terminal OXT is not asked for.
    """
    logits = at_least_float32(logits)
    errors = F.binary_cross_entropy_with_logits(logits, atom37_mask.to(logits.dtype), reduction="none")
    exists = constant(ATOM37_MASK, logits)[aatype] * seq_mask[..., None]
    return masked_mean(errors, exists, (-1, -2))
