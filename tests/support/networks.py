"""Small networks with no parameter left at a trivial value, and features for them."""

import math

import torch

from protfold.features.fold_features import FoldFeatures, TemplateFeatures
from protfold.model import AlphaFold, AlphaFoldConfig, AttentionStackConfig, StructureModuleConfig, TemplateConfig


def fill_parameters(module: torch.nn.Module) -> None:
    """Deterministic values without a random generator: sines, scaled by fan-in; norms and gates stay near one."""
    for position, (name, parameter) in enumerate(module.named_parameters()):
        wave = torch.sin(torch.arange(parameter.numel(), dtype=torch.float64) * (1.0 + 0.37 * position)).reshape(parameter.shape)
        if parameter.ndim > 1:
            value = wave * math.sqrt(2.0 / parameter.shape[-1])
        else:
            value = (1.0 if name.endswith("norm.weight") else 0.0) + 0.3 * wave
        with torch.no_grad():
            parameter.copy_(value.to(parameter.dtype))


def tiny_config(*, templates: bool = True, ptm: bool = True) -> AlphaFoldConfig:
    """All parts of the network at the smallest sizes."""
    stack = {
        "num_msa_heads": 2,
        "num_pair_heads": 2,
        "c_pair_head": 4,
        "c_outer_product": 4,
        "c_triangle": 8,
        "transition_factor": 2,
    }
    return AlphaFoldConfig(
        c_m=16,
        c_z=12,
        c_s=24,
        c_e=8,
        evoformer=AttentionStackConfig(num_blocks=2, c_msa_head=8, **stack),
        extra_msa=AttentionStackConfig(num_blocks=1, c_msa_head=4, **stack),
        template=TemplateConfig(c_t=8, num_blocks=1, num_pair_heads=2, c_pair_head=4, c_triangle=8) if templates else None,
        structure=StructureModuleConfig(
            num_layers=3, num_heads=2, c_scalar=4, num_query_points=2, num_value_points=3, c_torsion=16, num_torsion_blocks=1
        ),
        c_plddt=16,
        num_pae_bins=64 if ptm else 0,
    )


def tiny_network(*, templates: bool = True, ptm: bool = True) -> AlphaFold:
    """A network in evaluation mode with `fill_parameters`."""
    model = AlphaFold(tiny_config(templates=templates, ptm=ptm)).eval()
    fill_parameters(model)
    return model


def random_features(
    *, num_residues: int = 9, num_rows: int = 5, num_extra: int = 4, num_passes: int = 2, templates: int = 2, seed: int = 0
) -> FoldFeatures:
    """Features with everything present; values need not come from an alignment."""
    generator = torch.Generator().manual_seed(seed)

    def uniform(*shape: int) -> torch.Tensor:
        return torch.rand(shape, generator=generator)

    def types(*shape: int) -> torch.Tensor:
        return torch.randint(0, 20, shape, generator=generator)

    sampled, extra = (num_passes, num_rows, num_residues), (num_passes, num_extra, num_residues)
    return FoldFeatures(
        aatype=types(num_residues),
        residue_index=torch.arange(num_residues),
        seq_mask=torch.ones(num_residues),
        target_feat=uniform(num_residues, 22),
        msa_feat=uniform(*sampled, 49),
        msa_mask=torch.ones(sampled),
        extra_msa=types(*extra),
        extra_has_deletion=uniform(*extra).round(),
        extra_deletion_value=uniform(*extra),
        extra_msa_mask=torch.ones(extra),
        bert_mask=torch.zeros(sampled),
        true_msa=types(*sampled),
        templates=_random_templates(templates, num_residues, types, uniform) if templates else None,
    )


def _random_templates(count, num_residues, types, uniform) -> TemplateFeatures:  # type: ignore[no-untyped-def]
    positions = 20.0 * uniform(count, num_residues, 37, 3)
    return TemplateFeatures(
        aatype=types(count, num_residues),
        atom37_positions=positions,
        atom37_mask=torch.ones(count, num_residues, 37),
        pseudo_beta=positions[..., 3, :],
        pseudo_beta_mask=torch.ones(count, num_residues),
        mask=torch.ones(count),
    )
