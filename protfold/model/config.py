"""Architecture of the folding network: what is saved with its weights."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True, slots=True)
class AttentionStackConfig:
    """Sizes shared by the Evoformer and the extra-MSA stack.

    Attributes:
        num_blocks: blocks in the stack, each with its own weights.
        num_msa_heads, c_msa_head: heads of row and column attention and channels of each.
        num_pair_heads, c_pair_head: heads of triangle attention and channels of each; without heads there is none, which saves most of the
            time of a small network.
        c_outer_product: channels of the two factors of the outer product mean.
        c_triangle: hidden channels of triangle multiplication.
        transition_factor: widening of the transitions.
    """

    num_blocks: int
    num_msa_heads: int = 8
    c_msa_head: int = 32
    num_pair_heads: int = 4
    c_pair_head: int = 32
    c_outer_product: int = 32
    c_triangle: int = 128
    transition_factor: int = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class TemplateConfig:
    """Template embedding: Jumper et al. (2021) Suppl. Alg. 16 "TemplatePairStack" and 17 "TemplatePointwiseAttention"."""

    c_t: int = 64
    num_blocks: int = 2
    num_pair_heads: int = 4
    c_pair_head: int = 16
    c_triangle: int = 64
    transition_factor: int = 2
    num_pointwise_heads: int = 4
    c_pointwise_head: int = 16


@dataclass(frozen=True, kw_only=True, slots=True)
class StructureModuleConfig:
    """Jumper et al. (2021) Suppl. Alg. 20 "StructureModule".

    Attributes:
        start: where residues begin. `origin`: all in one place, as published. `chain`: as a chain with ideal bonds, laid out by backbone
            torsions that are read from the single representation. `distances`: as pieces of that chain, placed where the distances of
            the distogram head want them; a small network then begins with local structure and a fold.
    """

    start: Literal["origin", "chain", "distances"] = "origin"
    num_layers: int = 8
    num_heads: int = 12
    c_scalar: int = 16
    num_query_points: int = 4
    num_value_points: int = 8
    num_transition_layers: int = 3
    c_torsion: int = 128
    num_torsion_blocks: int = 2
    position_scale: float = 10.0


@dataclass(frozen=True, kw_only=True, slots=True)
class AlphaFoldConfig:
    """Every size of the folding network. Defaults are the widths of AlphaFold 2's published monomer networks.

    Attributes:
        c_m, c_z, c_s, c_e: channels of the alignment, pair, single and extra-alignment representations.
        c_target: width of `target_feat`.
        max_relative_position: residue offsets are clipped to +- this value.
        num_coupling_bins: soft bins of the co-evolution scores that are added to the pair representation; 0 for a network without them.
        template: None for a network without template parameters.
        num_pae_bins: 0 for a network without the PAE (ptm) head.
        c_plddt: hidden channels of the pLDDT head.
    """

    c_m: int = 256
    c_z: int = 128
    c_s: int = 384
    c_e: int = 64
    c_target: int = 22
    max_relative_position: int = 32
    num_coupling_bins: int = 0
    evoformer: AttentionStackConfig = AttentionStackConfig(num_blocks=48)
    extra_msa: AttentionStackConfig = AttentionStackConfig(num_blocks=4, c_msa_head=8)
    template: TemplateConfig | None = TemplateConfig()
    structure: StructureModuleConfig = StructureModuleConfig()
    c_plddt: int = 128
    num_plddt_bins: int = 50
    num_distogram_bins: int = 64
    num_pae_bins: int = 64
