"""The assembled folding network."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from protfold.constants.residues import NUM_MASKED_MSA_TYPES
from protfold.features.fold_features import FoldFeatures
from protfold.geometry.atom_frames import atom14_to_atom37, pseudo_beta
from protfold.geometry.precision import at_least_float32
from protfold.metrics.confidence import pae_from_logits, plddt_from_logits, ptm_from_logits
from protfold.metrics.distances import distance_map_rms_difference
from protfold.model.config import AlphaFoldConfig
from protfold.model.embedders import CouplingEmbedder, ExtraMsaEmbedder, InputEmbedder, RecyclingEmbedder
from protfold.model.evoformer import EvoformerStack
from protfold.model.execution import add_update
from protfold.model.heads import DistogramHead, PerResidueLddtHead
from protfold.model.initialize import final_linear, linear
from protfold.model.output import FoldOutput
from protfold.model.structure_module import Structure, StructureModule
from protfold.model.template_embedder import TemplateEmbedder
from protfold.typing import Float


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Recycled:
    """What one pass hands to the next."""

    first_row: Float[Tensor, "*batch N_res C_m"]
    pair: Float[Tensor, "*batch N_res N_res C_z"]
    pseudo_beta: Float[Tensor, "*batch N_res 3"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Trunk:
    """Final representations of one pass."""

    msa: Float[Tensor, "*batch N_seq N_res C_m"]
    pair: Float[Tensor, "*batch N_res N_res C_z"]
    single: Float[Tensor, "*batch N_res C_s"]


class AlphaFold(nn.Module):
    """AlphaFold 2's monomer network.

    Jumper et al. (2021) Suppl. Alg. 2 "Inference"; recycling: Alg. 30 "RecyclingInference" and 31 "RecyclingTraining".

    Args:
        config: architecture.
        pair_encoder: an optional module giving an additive term [*batch, N_res, N_res, c_z] of the initial pair representation from
            the features of a pass.
    """

    def __init__(self, config: AlphaFoldConfig, *, pair_encoder: nn.Module | None = None) -> None:
        super().__init__()
        self.config = config
        c_m, c_z, c_s, c_e = config.c_m, config.c_z, config.c_s, config.c_e
        self.input_embedder = InputEmbedder(
            c_target=config.c_target, c_m=c_m, c_z=c_z, max_relative_position=config.max_relative_position
        )
        self.coupling_embedder = CouplingEmbedder(c_z=c_z, num_bins=config.num_coupling_bins) if config.num_coupling_bins else None
        self.recycling_embedder = RecyclingEmbedder(c_m=c_m, c_z=c_z)
        self.template_embedder = None if config.template is None else TemplateEmbedder(c_m=c_m, c_z=c_z, config=config.template)
        self.pair_encoder = pair_encoder
        self.extra_msa_embedder = ExtraMsaEmbedder(c_e=c_e)
        self.extra_msa_stack = EvoformerStack(c_m=c_e, c_z=c_z, config=config.extra_msa, column_attention="global")
        self.evoformer = EvoformerStack(c_m=c_m, c_z=c_z, config=config.evoformer, column_attention="full")
        self.single = linear(c_m, c_s)
        self.structure_module = StructureModule(c_s=c_s, c_z=c_z, config=config.structure)
        self.plddt_head = PerResidueLddtHead(c_s=c_s, c_hidden=config.c_plddt, num_bins=config.num_plddt_bins)
        self.distogram_head = DistogramHead(c_z=c_z, num_bins=config.num_distogram_bins)
        self.masked_msa_head = final_linear(c_m, NUM_MASKED_MSA_TYPES)
        self.experimentally_resolved_head = final_linear(c_s, 37)
        self.pae_head = final_linear(c_z, config.num_pae_bins) if config.num_pae_bins else None

    @property
    def trunk_dtype(self) -> torch.dtype:
        """Floating type of the trunk's parameters; the structure module and the heads always compute in float32."""
        return self.single.weight.dtype

    def set_trunk_dtype(self, dtype: torch.dtype) -> None:
        """Converts embedders, stacks and templates, in place, to float32 or bfloat16."""
        for part in (
            self.input_embedder,
            self.coupling_embedder,
            self.recycling_embedder,
            self.template_embedder,
            self.extra_msa_embedder,
            self.extra_msa_stack,
            self.evoformer,
            self.single,
        ):
            if part is not None:
                part.to(dtype)

    def forward(self, features: FoldFeatures, num_recycles: int | None = None, *, recycle_tolerance: float = 0.0) -> FoldOutput:
        """Predicts the structure.

        Args:
            features: a sample of the alignment for each pass; passes beyond the last sample reuse it.
            num_recycles: passes after the first; None takes one pass for each sample held.
            recycle_tolerance: stop once the CA distance map changes by no more than this (Å, r.m.s.) between passes; 0 never stops.

        Only the last pass carries gradients.
        """
        num_recycles = features.num_passes - 1 if num_recycles is None else num_recycles
        previous, used, atoms = self._first_recycled(features), 0, None
        for used in range(num_recycles + 1):
            last = used == num_recycles
            with torch.set_grad_enabled(torch.is_grad_enabled() and last):
                trunk = self._trunk(features, features.pass_index(used), previous)
                structure = self._structure(features, trunk)
            positions, _ = self._atoms(features, structure)
            converged = atoms is not None and self._converged(features, atoms, positions, recycle_tolerance)
            if last or converged:
                break
            atoms = positions
            first_row = trunk.msa[..., 0, :, :].clone()  # not a view, which would keep the whole alignment through the next pass
            previous = Recycled(first_row=first_row, pair=trunk.pair, pseudo_beta=pseudo_beta(features.aatype, positions))
            del trunk, structure
        return self._output(features, trunk, structure, used)

    def _first_recycled(self, features: FoldFeatures) -> Recycled:
        zeros = features.target_feat.new_zeros
        shape = tuple(features.aatype.shape)
        return Recycled(
            first_row=zeros(*shape, self.config.c_m, dtype=self.trunk_dtype),
            pair=zeros(*shape, shape[-1], self.config.c_z, dtype=self.trunk_dtype),
            pseudo_beta=zeros(*shape, 3),
        )

    @staticmethod
    def _converged(features: FoldFeatures, before: Tensor, after: Tensor, tolerance: float) -> bool:
        if tolerance <= 0.0:
            return False
        change = distance_map_rms_difference(before[..., 1, :], after[..., 1, :], features.seq_mask)
        return bool((change <= tolerance).all())

    def _trunk(self, features: FoldFeatures, index: int, previous: Recycled) -> Trunk:
        """Embedders, extra-alignment stack and Evoformer of one pass."""
        dtype = self.trunk_dtype
        msa, pair = self.input_embedder(features.target_feat.to(dtype), features.residue_index, features.msa_feat[index].to(dtype))
        first_row, recycled_pair = self.recycling_embedder(
            previous.first_row.to(dtype), previous.pair.to(dtype), previous.pseudo_beta
        )
        msa[..., 0, :, :] += first_row
        pair = add_update(pair, recycled_pair)
        del recycled_pair
        pair_mask = _none_if_full(features.seq_mask[..., :, None] * features.seq_mask[..., None, :], dtype)
        if self.coupling_embedder is not None and features.couplings is not None:
            pair = add_update(pair, self.coupling_embedder(features.couplings))
        if self.pair_encoder is not None:
            pair = add_update(pair, self.pair_encoder(features, index).to(dtype))
        msa_mask = features.msa_mask[index]
        num_rows = msa.shape[-3]
        if self.template_embedder is not None and features.templates is not None:
            pair = pair + self.template_embedder(features.templates, pair, pair_mask)
            rows, rows_mask = self.template_embedder.torsion_rows(features.templates, dtype)
            msa, msa_mask = torch.cat([msa, rows], dim=-3), torch.cat([msa_mask, rows_mask], dim=-2)

        extra_msa = self.extra_msa_embedder(
            features.extra_msa[index],
            features.extra_has_deletion[index].to(dtype),
            features.extra_deletion_value[index].to(dtype),
        )
        extra_mask = _none_if_full(features.extra_msa_mask[index], dtype)
        _, pair = self.extra_msa_stack(extra_msa, pair, extra_mask, pair_mask)
        del extra_msa
        msa, pair = self.evoformer(msa, pair, _none_if_full(msa_mask, dtype), pair_mask)
        single = self.single(msa[..., 0, :, :])
        msa = msa[..., :num_rows, :, :]
        return Trunk(msa=at_least_float32(msa), pair=at_least_float32(pair), single=at_least_float32(single))

    def _structure(self, features: FoldFeatures, trunk: Trunk) -> Structure:
        distogram_logits = None
        if self.config.structure.start == "distances":
            with torch.no_grad():
                distogram_logits = self.distogram_head(trunk.pair)
        structure: Structure = self.structure_module(trunk.single, trunk.pair, features.aatype, features.seq_mask, distogram_logits)
        return structure

    @staticmethod
    def _atoms(features: FoldFeatures, structure: Structure) -> tuple[Tensor, Tensor]:
        """Positions and mask of the last layer's atoms, both zero in padding."""
        positions, mask = atom14_to_atom37(structure.atom14_positions[-1], features.aatype)
        return positions * features.seq_mask[..., None, None], mask * features.seq_mask[..., None]

    def _output(self, features: FoldFeatures, trunk: Trunk, structure: Structure, num_recycles_used: int) -> FoldOutput:
        positions, mask = self._atoms(features, structure)
        plddt_logits = self.plddt_head(structure.single)
        pae_logits = None if self.pae_head is None else self.pae_head(trunk.pair)
        return FoldOutput(
            atom37_positions=positions,
            atom37_mask=mask,
            plddt=plddt_from_logits(plddt_logits),
            plddt_logits=plddt_logits,
            pae_logits=pae_logits,
            pae=None if pae_logits is None else pae_from_logits(pae_logits),
            ptm=None if pae_logits is None else ptm_from_logits(pae_logits, features.seq_mask),
            distogram_logits=self.distogram_head(trunk.pair),
            masked_msa_logits=self.masked_msa_head(trunk.msa),
            experimentally_resolved_logits=self.experimentally_resolved_head(trunk.single),
            single=trunk.single,
            pair=trunk.pair,
            msa=trunk.msa,
            structure=structure,
            num_recycles_used=num_recycles_used,
        )


def _none_if_full(mask: Tensor, dtype: torch.dtype) -> Tensor | None:
    return None if bool((mask > 0).all()) else mask.to(dtype)
