"""Settings of examples, and how batches are padded."""

from typing import Any

import pytest
import torch

from protfold.errors import InputError
from protfold.features import FeatureConfig, build_features
from protfold.train.examples import ExampleConfig, batch_features, batch_targets, fold_target
from tests.support.chains import ideal_chain

CHAINS = [ideal_chain(12, name="b", seed=4), ideal_chain(16, name="c", depth=6, seed=8)]


@pytest.mark.parametrize("index", [0, 1])
def test_padding_lies_under_masks(index: int) -> None:
    """Every real value keeps its place, on both axes of the alignment."""
    config = FeatureConfig(max_msa_clusters=4, max_extra_msa=2, num_recycles=1, max_templates=0)
    examples = [build_features(chain.msa or chain.query(), config=config) for chain in CHAINS]
    batch = batch_features(examples)
    own, length = examples[index], len(CHAINS[index])
    rows = own.msa_feat.shape[1]
    assert batch.msa_feat.shape == (2, 2, 4, 16, 49)
    assert torch.equal(batch.msa_feat[:, index, :rows, :length], own.msa_feat)
    assert torch.equal(batch.msa_mask[:, index, :rows, :length], own.msa_mask)
    assert float(batch.msa_mask[:, index].sum()) == float(own.msa_mask.sum())
    assert float(batch.seq_mask[index].sum()) == length
    target = batch_targets([fold_target(chain) for chain in CHAINS])
    assert float(target.atom37_mask[index].sum()) == float(CHAINS[index].atom37_mask.sum())


def test_the_settings_of_features_are_those_of_the_stage() -> None:
    features = ExampleConfig(max_msa_clusters=5, max_extra_msa=7, masked_fraction=0.3, max_recycles=3).features(2)
    assert (features.num_clusters, features.max_extra_msa, features.masked_fraction) == (5, 7, 0.3)
    assert (features.num_recycles, features.max_templates) == (2, 0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"crop_size": 0}, {"batch_size": 0}, {"min_rows": 0}, {"deleted_blocks": -1}, {"max_recycles": -1}, {"aligned_share": 1.5},
        {"clamped_share": -0.1}, {"max_msa_clusters": 0}, {"masked_fraction": 2.0},
    ],
)  # fmt: skip
def test_senseless_settings_are_refused(wrong: dict[str, Any]) -> None:
    name, value = next(iter(wrong.items()))
    with pytest.raises(InputError, match=f"{name} = {value}"):
        ExampleConfig(**wrong)
