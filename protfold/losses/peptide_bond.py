"""Peptide bonds of the predicted chain: length and the two angles. Å."""

import torch
from torch import Tensor

from protfold.constants.residues import RESIDUE_CODE, UNKNOWN
from protfold.constants.stereochemistry import COS_C_N_CA, COS_CA_C_N, PEPTIDE_BOND, PROLINE_PEPTIDE_BOND
from protfold.geometry.vectors import normalize
from protfold.losses.averages import masked_mean
from protfold.typing import Float, Int

(LENGTH, LENGTH_DEVIATION), (PROLINE_LENGTH, PROLINE_LENGTH_DEVIATION) = PEPTIDE_BOND, PROLINE_PEPTIDE_BOND
(CA_C_N, CA_C_N_DEVIATION), (C_N_CA, C_N_CA_DEVIATION) = COS_CA_C_N, COS_C_N_CA
SHORT_BOND = 1e-2
"""Å²; bonds shorter than its root hardly have a direction, or else collapsed structures would get enormous gradients."""


def peptide_bond_loss(
    aatype: Int[Tensor, "*batch N_res"],
    residue_index: Int[Tensor, "*batch N_res"],
    seq_mask: Float[Tensor, "*batch N_res"],
    atom_positions: Float[Tensor, "*batch N_res atoms 3"],
    *,
    tolerance: float = 12.0,
) -> Float[Tensor, "*batch"]:
    """How far the bonds between neighbours are from ideal, beyond `tolerance` standard deviations; length and angles added.

    Jumper et al. (2021) Suppl. Sec. 1.9.11 "Structural violations", bond length and bond angle terms between residues, each a mean over
    bonds. Neighbours are bonded where residue numbers differ by one; unknown residues have no atoms and so no bonds. For the angle at C
    the published code reads the deviation of the bond length instead, and so allows 0.168 of cosine and not 0.373.

    Args:
        atom_positions: atom14 or atom37, both of which begin with N, CA, C.
    """
    n, ca, c = atom_positions[..., :3, :].unbind(-2)
    real = seq_mask * (aatype < UNKNOWN)
    bonded = (residue_index.diff(dim=-1) == 1) * real[..., 1:] * real[..., :-1]
    proline = aatype[..., 1:] == RESIDUE_CODE["P"]
    length, deviation = n.new_tensor(((LENGTH, LENGTH_DEVIATION), (PROLINE_LENGTH, PROLINE_LENGTH_DEVIATION)))[
        proline.long()
    ].unbind(-1)
    bond, into_residue, out_of_residue = (
        n[..., 1:, :] - c[..., :-1, :],
        ca[..., :-1, :] - c[..., :-1, :],
        ca[..., 1:, :] - n[..., 1:, :],
    )
    squared = bond.square().sum(-1)
    along = bond * squared.clamp(min=SHORT_BOND).rsqrt()[..., None]
    cos_ca_c_n = (along * normalize(into_residue)).sum(-1)
    cos_c_n_ca = -(along * normalize(out_of_residue)).sum(-1)
    excess = (
        _beyond(squared.add(1e-6).sqrt() - length, tolerance * deviation)
        + _beyond(cos_ca_c_n - CA_C_N, tolerance * CA_C_N_DEVIATION)
        + _beyond(cos_c_n_ca - C_N_CA, tolerance * C_N_CA_DEVIATION)
    )
    return masked_mean(excess, bonded, -1)


def _beyond(difference: Tensor, allowed: Tensor | float) -> Tensor:
    """What a difference of either sign exceeds the allowed amount by."""
    return torch.relu(difference.abs() - allowed)
