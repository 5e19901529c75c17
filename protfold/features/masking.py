"""The masked-alignment task: positions of the clusters are hidden or replaced, also at inference."""

import numpy as np

from protfold.constants.residues import MASK
from protfold.features.config import FeatureConfig
from protfold.typing import Bool, Float, Int


def mask_msa(
    residues: Int[np.ndarray, "N_seq N_res"],
    profile: Float[np.ndarray, "N_res 22"],
    config: FeatureConfig,
    generator: np.random.Generator,
) -> tuple[Int[np.ndarray, "N_seq N_res"], Bool[np.ndarray, "N_seq N_res"]]:
    """The masked-alignment task of Jumper et al. (2021): the changed rows, and where they were masked.

    Every position has the same chance, the query's and gaps included. A masked position becomes one of the twenty residues at
    random, a draw from its column's profile, itself, or the mask token, with the probabilities of `config`.
    """
    masked = generator.random(residues.shape) < config.masked_fraction
    rows, columns = np.nonzero(masked)
    kind_edges = np.cumsum([config.uniform_probability, config.profile_probability, config.same_probability])
    kinds = np.searchsorted(kind_edges, generator.random(len(rows)), side="right")
    uniform, from_profile, same = kinds == 0, kinds == 1, kinds == 2

    replacements = np.full(len(rows), MASK, dtype=residues.dtype)
    replacements[uniform] = generator.integers(20, size=np.count_nonzero(uniform))
    replacements[from_profile] = _draw(profile[columns[from_profile]], generator)
    replacements[same] = residues[rows, columns][same]
    changed = residues.copy()
    changed[rows, columns] = replacements
    return changed, masked


def _draw(probabilities: Float[np.ndarray, "N_draws N_types"], generator: np.random.Generator) -> Int[np.ndarray, " N_draws"]:
    """One type from each row of probabilities, which need not sum to 1 exactly."""
    cumulative = np.cumsum(probabilities, axis=-1, dtype=np.float64)
    thresholds = generator.random(len(probabilities)) * cumulative[:, -1]
    return np.count_nonzero(thresholds[:, None] >= cumulative, axis=-1)
