"""From alignments and templates to what the folding network reads: the one door from NumPy to torch."""

from collections.abc import Sequence

import numpy as np
import torch

from protfold.entities import Msa, Template
from protfold.features.coevolution import coevolution
from protfold.features.config import FeatureConfig
from protfold.features.couplings import coupling_scores
from protfold.features.fold_features import FoldFeatures
from protfold.features.msa import merge_msas, residue_profile
from protfold.features.msa_sample import MsaSample, sample_msa
from protfold.features.targets import checked_chain_lengths, residue_index, target_feat
from protfold.features.templates import template_features


def build_features(
    msas: Msa | Sequence[Msa],
    templates: Sequence[Template] | None = None,
    config: FeatureConfig = FeatureConfig(),  # noqa: B008
    seed: int = 0,
    *,
    target: str = "",
    chain_lengths: Sequence[int] | None = None,
) -> FoldFeatures:
    """The featurisation of Jumper et al. (2021) Suppl. 1.2 for one target, one ensemble member, in the order of the published code.

    Arrays are as large as the input asks, not padded to the preset's size: padding lies under masks and changes nothing.

    Args:
        msas: alignments in the order they are joined (published: UniRef90, BFD or small BFD, MGnify), each with the query as row 0.
        templates: laid over the query.
        config: sizes and rates.
        seed: of the run; each pass of each target draws its own numbers from it.
        target: identifier of the target; equal seed and identifier give equal features.
        chain_lengths: residues of each chain of a complex, joined in the alignment's columns; None for a single chain.

    Raises:
        InputError: alignments, templates and chain lengths do not belong to one query.
    """
    msa = merge_msas([msas] if isinstance(msas, Msa) else msas)
    aatype, num_residues = msa.residues[0], msa.num_residues
    profile = residue_profile(msa)
    passes = [
        sample_msa(msa, profile, config, seed=seed, target=target, pass_index=index) for index in range(config.num_recycles + 1)
    ]
    return FoldFeatures(
        aatype=torch.from_numpy(aatype.astype(np.int64)),
        residue_index=torch.from_numpy(residue_index(checked_chain_lengths(chain_lengths, num_residues))),
        seq_mask=torch.ones(num_residues),
        target_feat=torch.from_numpy(target_feat(aatype)),
        templates=template_features(templates or (), config.max_templates, num_residues),
        couplings=torch.from_numpy(coupling_scores(msa)) if config.couplings else None,
        coevolution=coevolution(msa, config.coevolution).as_map() if config.coevolution else None,
        **_stack(passes),
    )


def _stack(passes: list[MsaSample]) -> dict[str, torch.Tensor]:
    """Each field with a leading axis of passes; residue codes as torch's index type."""
    tensors = {name: torch.from_numpy(np.stack([getattr(sample, name) for sample in passes])) for name in MsaSample._fields}
    return {name: tensor if tensor.is_floating_point() else tensor.long() for name, tensor in tensors.items()}
