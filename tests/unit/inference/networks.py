"""A tiny parameter set and targets for it."""

from pathlib import Path

import numpy as np

from protfold.constants.residues import encode
from protfold.entities import Msa
from protfold.features import FeatureConfig
from protfold.weights import LoadedWeights
from tests.support.networks import tiny_network

SEQUENCE = "MKTAYIAKQRQISFVKSH"
FEATURES = FeatureConfig(max_msa_clusters=4, max_extra_msa=6, num_recycles=2, max_templates=0)


def tiny_weights(*, templates: bool = False, ptm: bool = True) -> LoadedWeights:
    """The same parameters each time."""
    return LoadedWeights(
        name="tiny",
        path=Path("tiny"),
        sha256="0" * 64,
        format="protfold",
        model=tiny_network(templates=templates, ptm=ptm),
        licence="",
        description="",
        feature_config=FEATURES,
    )


def random_msa(sequence: str = SEQUENCE, *, depth: int = 12) -> Msa:
    """The query and rows that differ from it in a third of the columns."""
    random = np.random.default_rng(1)
    query = encode(sequence)
    rows = np.repeat(query[None], depth, axis=0)
    changed = random.random(rows.shape) < 1 / 3
    changed[0] = False
    rows[changed] = random.integers(0, 20, changed.sum())
    return Msa(residues=rows, deletions=np.zeros(rows.shape, np.int32), descriptions=("",) * depth)
