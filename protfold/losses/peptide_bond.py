"""Peptide bonds of the predicted chain: length and the two angles. Å."""

import torch
from torch import Tensor

from protfold.constants.atoms import ATOM37_INDEX
from protfold.constants.residues import RESIDUE_CODE
from protfold.geometry.vectors import normalize
from protfold.losses.averages import masked_mean
from protfold.typing import Float, Int

LENGTH, LENGTH_DEVIATION = 1.329, 0.014
PROLINE_LENGTH, PROLINE_LENGTH_DEVIATION = 1.341, 0.016
"""C-N bond, Å; Engh and Huber (1991), doi 10.1107/S0108767391001071."""
COS_CA_C_N, COS_CA_C_N_DEVIATION = -0.4473, 0.0311
COS_C_N_CA, COS_C_N_CA_DEVIATION = -0.5203, 0.0353
"""Cosines of the angles about 116.6 and 121.4 degrees, as the published code has them."""
SHORT_BOND = 1e-2
"""Å²; bonds shorter than its root hardly have a direction, or else collapsed structures would get enormous gradients."""


def peptide_bond_loss(
    aatype: Int[Tensor, "*batch N_res"],
    residue_index: Int[Tensor, "*batch N_res"],
    seq_mask: Float[Tensor, "*batch N_res"],
    atom37_positions: Float[Tensor, "*batch N_res 37 3"],
    *,
    tolerance: float = 12.0,
) -> Float[Tensor, "*batch"]:
    """How far the bonds between neighbours are from ideal, beyond `tolerance` standard deviations; length and angles added.

    Jumper et al. (2021) Suppl. Sec. 1.9.11 "Structural violations", bond length and bond angle terms between residues, each a mean over
    bonds. Neighbours are bonded where residue numbers differ by one.
    """
    n, ca, c = (atom37_positions[..., ATOM37_INDEX[name], :] for name in ("N", "CA", "C"))
    bonded = (residue_index.diff(dim=-1) == 1) * seq_mask[..., 1:] * seq_mask[..., :-1]
    proline = (aatype[..., 1:] == RESIDUE_CODE["P"]).float()
    length = torch.lerp(torch.full_like(proline, LENGTH), torch.full_like(proline, PROLINE_LENGTH), proline)
    deviation = torch.lerp(torch.full_like(proline, LENGTH_DEVIATION), torch.full_like(proline, PROLINE_LENGTH_DEVIATION), proline)
    bond, into_residue, out_of_residue = (
        n[..., 1:, :] - c[..., :-1, :],
        ca[..., :-1, :] - c[..., :-1, :],
        ca[..., 1:, :] - n[..., 1:, :],
    )
    found_length = bond.square().sum(-1).add(1e-6).sqrt()
    along = normalize(bond, eps=SHORT_BOND)
    cos_ca_c_n = (along * normalize(into_residue)).sum(-1)
    cos_c_n_ca = -(along * normalize(out_of_residue)).sum(-1)
    excess = (
        _beyond(found_length - length, tolerance * deviation)
        + _beyond(cos_ca_c_n - COS_CA_C_N, tolerance * COS_CA_C_N_DEVIATION)
        + _beyond(cos_c_n_ca - COS_C_N_CA, tolerance * COS_C_N_CA_DEVIATION)
    )
    return masked_mean(excess, bonded, -1)


def _beyond(difference: Tensor, allowed: Tensor | float) -> Tensor:
    """What a difference of either sign exceeds the allowed amount by."""
    return torch.relu(difference.abs() - allowed)
