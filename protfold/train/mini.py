"""The network of the shipped `mini` weights."""

from protfold.model import AlphaFoldConfig, AttentionStackConfig, StructureModuleConfig

MINI = AlphaFoldConfig(
    c_m=128,
    c_z=32,
    c_s=128,
    c_e=32,
    evoformer=AttentionStackConfig(
        num_blocks=3,
        num_msa_heads=8,
        c_msa_head=16,
        num_pair_heads=4,
        c_pair_head=8,
        c_outer_product=16,
        c_triangle=32,
        transition_factor=2,
    ),
    extra_msa=AttentionStackConfig(num_blocks=0),
    template=None,
    structure=StructureModuleConfig(start="chain", num_layers=4, num_heads=8, num_transition_layers=2, c_torsion=64),
    c_plddt=64,
)
"""A million parameters; little in the pair representation, whose cost grows with the square of the length."""
