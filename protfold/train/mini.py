"""The network and the schedule that the shipped `mini` weights were made with."""

from dataclasses import replace

from protfold.losses.total import FoldLossConfig
from protfold.model import AlphaFoldConfig, AttentionStackConfig, StructureModuleConfig
from protfold.train.examples import ExampleConfig
from protfold.train.fit import FitConfig, Stage

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
    structure=StructureModuleConfig(num_layers=4, num_heads=8, num_transition_layers=2, c_torsion=64),
    c_plddt=64,
)
"""A million parameters; little in the pair representation, whose cost grows with the square of the length."""


def mini_fit(minutes: float, *, seed: int = 0) -> FitConfig:
    """Short crops first, on which a chain unfolds from its start in one point; then longer ones, whose bonds count more and more."""
    fape = FoldLossConfig(backbone_fape=2.0, all_atom_fape=2.0, bond_tolerance=2.0)
    geometry = replace(fape, distogram=0.0, plddt=0.0, pae=0.0)
    longest = ExampleConfig(crop_size=64, batch_size=4, max_recycles=1)
    return FitConfig(
        minutes=minutes,
        stages=(
            Stage(
                until=0.12, examples=ExampleConfig(crop_size=16, batch_size=16, clamped_share=0.0, aligned_share=0.0), loss=geometry
            ),
            Stage(
                until=0.4,
                examples=ExampleConfig(crop_size=32, batch_size=8, clamped_share=0.5),
                loss=replace(fape, peptide_bond=0.05),
            ),
            Stage(until=0.8, examples=longest, loss=replace(fape, peptide_bond=0.1)),
            Stage(until=1.0, examples=longest, loss=replace(fape, peptide_bond=0.3)),
        ),
        peak_rate=1.5e-3,
        warmup_steps=10,
        average_decay=0.998,
        dropout=False,
        seed=seed,
    )
