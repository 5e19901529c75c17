"""A differentiable lDDT of CA atoms. Å."""

import torch
from torch import Tensor

from protfold.typing import Float

CUTOFF = 15.0
THRESHOLDS = (0.5, 1.0, 2.0, 4.0)


def smooth_lddt_loss(
    ca: Float[Tensor, "*batch N_res 3"], target_ca: Float[Tensor, "*batch N_res 3"], mask: Float[Tensor, "*batch N_res"]
) -> Float[Tensor, "*batch"]:
    """One minus lDDT-CA with a sigmoid in place of each threshold; over pairs of different residues that are truly within 15 Å.

    Abramson et al. (2024) Suppl. Alg. 27 "SmoothLDDTLoss", for CA atoms alone.
    """
    true_distance = torch.cdist(target_ca, target_ca)
    error = (torch.cdist(ca, ca) - true_distance).abs()
    score = torch.stack([torch.sigmoid(threshold - error) for threshold in THRESHOLDS]).mean(0)
    others = 1.0 - torch.eye(ca.shape[-2], dtype=ca.dtype, device=ca.device)
    pairs = (true_distance < CUTOFF) * mask[..., :, None] * mask[..., None, :] * others
    return 1.0 - (score * pairs).sum((-1, -2)) / pairs.sum((-1, -2)).clamp(min=1.0)
