"""One random sample of an alignment: what the network reads in one recycling pass."""

from typing import NamedTuple

import numpy as np

from protfold.constants.residues import NUM_MASKED_MSA_TYPES
from protfold.entities import Msa
from protfold.features.clusters import nearest_clusters, summarize_clusters
from protfold.features.config import FeatureConfig
from protfold.features.masking import mask_msa
from protfold.features.randomness import random_generator
from protfold.typing import Float, Int


class MsaSample(NamedTuple):
    """The sampled fields of `FoldFeatures` for one pass; see there."""

    msa_feat: Float[np.ndarray, "N_seq N_res 49"]
    msa_mask: Float[np.ndarray, "N_seq N_res"]
    bert_mask: Float[np.ndarray, "N_seq N_res"]
    true_msa: Int[np.ndarray, "N_seq N_res"]
    extra_msa: Int[np.ndarray, "N_extra N_res"]
    extra_msa_mask: Float[np.ndarray, "N_extra N_res"]
    extra_has_deletion: Float[np.ndarray, "N_extra N_res"]
    extra_deletion_value: Float[np.ndarray, "N_extra N_res"]


def sample_msa(
    msa: Msa, profile: Float[np.ndarray, "N_res 22"], config: FeatureConfig, *, seed: int, target: str, pass_index: int
) -> MsaSample:
    """Rows drawn, masked, clustered: Jumper et al. (2021) in the order of the published code.

    Row 0 is the query, the others are drawn without replacement; all rows outside the clusters count in the cluster profiles, and
    `config.max_extra_msa` of them become extra rows. With none left there is one extra row of zeros under a zero mask, which the
    network cannot tell from any number of them.

    Args:
        msa: merged alignment.
        profile: of all its rows.
        config: sizes and rates.
        seed, target, pass_index: make the random numbers.
    """
    rows = 1 + random_generator(seed, target, "alignment rows", pass_index).permutation(msa.depth - 1)
    rows = np.concatenate([[0], rows])
    inside, outside = rows[: config.num_clusters], rows[config.num_clusters :]
    true_msa, deletions = msa.residues[inside], msa.deletions[inside]
    masked_msa, masked = mask_msa(true_msa, profile, config, random_generator(seed, target, "alignment mask", pass_index))

    outside_msa, outside_deletions = msa.residues[outside], msa.deletions[outside]
    assignment = nearest_clusters(masked_msa, outside_msa)
    summary = summarize_clusters(masked_msa, deletions, outside_msa, outside_deletions, assignment)

    extra_msa, extra_deletions = outside_msa[: config.max_extra_msa], outside_deletions[: config.max_extra_msa]
    extra_msa_mask = np.ones(extra_msa.shape, dtype=np.float32)
    if len(extra_msa) == 0:
        extra_msa, extra_deletions, extra_msa_mask = (
            np.zeros((1, msa.num_residues), dtype=array.dtype) for array in (extra_msa, extra_deletions, extra_msa_mask)
        )
    return MsaSample(
        msa_feat=msa_feat(masked_msa, deletions, *summary),
        msa_mask=np.ones(true_msa.shape, dtype=np.float32),
        bert_mask=masked.astype(np.float32),
        true_msa=true_msa,
        extra_msa=extra_msa,
        extra_msa_mask=extra_msa_mask,
        extra_has_deletion=has_deletion(extra_deletions),
        extra_deletion_value=deletion_value(extra_deletions),
    )


def msa_feat(
    residues: Int[np.ndarray, "N_seq N_res"],
    deletions: Int[np.ndarray, "N_seq N_res"],
    cluster_profile: Float[np.ndarray, "N_seq N_res 23"],
    cluster_deletion_mean: Float[np.ndarray, "N_seq N_res"],
) -> Float[np.ndarray, "N_seq N_res 49"]:
    """One-hot 23, has_deletion, deletion_value, cluster profile 23, deletion_mean_value."""
    return np.concatenate(
        [
            np.eye(NUM_MASKED_MSA_TYPES, dtype=np.float32)[residues],
            has_deletion(deletions)[..., None],
            deletion_value(deletions)[..., None],
            cluster_profile,
            deletion_value(cluster_deletion_mean)[..., None],
        ],
        axis=-1,
    )


def has_deletion(deletions: np.ndarray) -> np.ndarray:
    """1 where residues were inserted before the column."""
    return (deletions > 0).astype(np.float32)


def deletion_value(deletions: np.ndarray) -> np.ndarray:
    """Number of inserted residues squeezed into 0-1: 2/pi atan(d / 3)."""
    return np.arctan(deletions.astype(np.float32) / 3.0) * np.float32(2.0 / np.pi)
