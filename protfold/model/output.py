"""What the folding network returns."""

from dataclasses import dataclass

from torch import Tensor

from protfold.model.structure_module import Structure
from protfold.typing import Float


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class FoldOutput:
    """Results of the last pass.

    Attributes:
        atom37_positions: Å, zeros where the residue has no such atom.
        atom37_mask: atoms each residue type has.
        plddt: predicted lDDT-CA, 0-100.
        plddt_logits: over 50 bins of 0-1.
        pae_logits: over 64 bins of 0.5 Å; None without the PAE head.
        pae: predicted aligned error, Å; row = aligned frame, column = scored residue; None without the PAE head.
        ptm: predicted TM-score over all real residues; None without the PAE head.
        distogram_logits: over 64 bins of pseudo-beta distance.
        masked_msa_logits: over 23 types, clustered rows only.
        experimentally_resolved_logits: over atom37.
        single, pair: final representations of the trunk.
        msa: final alignment representation, clustered rows only.
        structure: trajectory of the structure module, for the losses.
        num_recycles_used: passes done, less one.
    """

    atom37_positions: Float[Tensor, "*batch N_res 37 3"]
    atom37_mask: Float[Tensor, "*batch N_res 37"]
    plddt: Float[Tensor, "*batch N_res"]
    plddt_logits: Float[Tensor, "*batch N_res plddt_bins"]
    pae_logits: Float[Tensor, "*batch N_res N_res pae_bins"] | None
    pae: Float[Tensor, "*batch N_res N_res"] | None
    ptm: Float[Tensor, "*batch"] | None
    distogram_logits: Float[Tensor, "*batch N_res N_res distance_bins"]
    masked_msa_logits: Float[Tensor, "*batch N_seq N_res 23"]
    experimentally_resolved_logits: Float[Tensor, "*batch N_res 37"]
    single: Float[Tensor, "*batch N_res C_s"]
    pair: Float[Tensor, "*batch N_res N_res C_z"]
    msa: Float[Tensor, "*batch N_seq N_res C_m"]
    structure: Structure
    num_recycles_used: int
