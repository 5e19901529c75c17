"""The network of the shipped `mini` weights."""

from protfold.model import AlphaFoldConfig, AttentionStackConfig, StructureModuleConfig

MINI = AlphaFoldConfig(
    c_m=128,
    c_z=64,
    c_s=128,
    c_e=32,
    num_coupling_bins=9,
    evoformer=AttentionStackConfig(
        num_blocks=6,
        num_msa_heads=8,
        c_msa_head=16,
        num_pair_heads=0,
        c_outer_product=16,
        c_triangle=64,
        transition_factor=2,
    ),
    extra_msa=AttentionStackConfig(num_blocks=0),
    template=None,
    structure=StructureModuleConfig(start="distances", num_layers=4, num_heads=8, num_transition_layers=2, c_torsion=64),
    c_plddt=64,
)
"""2.3 million parameters, without triangle attention, which would take most of the time; it reads co-evolution scores."""
