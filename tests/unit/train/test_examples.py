"""Random examples: who is drawn, what a crop holds, how batches are padded."""

import numpy as np
import pytest
import torch

from protfold.features import FeatureConfig, build_features
from protfold.train.examples import (
    ExampleConfig,
    ExampleSampler,
    batch_features,
    batch_targets,
    cluster_probabilities,
    fold_target,
)
from tests.support.chains import ideal_chain

CHAINS = [
    ideal_chain(20, name="a", cluster="one"),
    ideal_chain(12, name="b", cluster="one", seed=4),
    ideal_chain(16, name="c", cluster="two", depth=6, seed=8),
]


def sampler(seed: int = 0) -> ExampleSampler:
    return ExampleSampler(CHAINS, np.random.default_rng(seed))


def test_clusters_have_the_same_chance() -> None:
    np.testing.assert_allclose(cluster_probabilities(CHAINS), [0.25, 0.25, 0.5])


def test_the_target_is_the_piece_that_the_features_hold() -> None:
    """Residue types, numbers and atoms belong to one window of the chain."""
    features, target = sampler().draw(ExampleConfig(crop_size=8, batch_size=6, aligned_share=0.0))
    assert features.aatype.shape == (6, 8)
    assert torch.equal(features.aatype, target.aatype)
    assert torch.equal(features.residue_index, target.residue_index)
    for row in range(6):
        windows = [
            (chain, start) for chain in CHAINS for start in range(len(chain) - 7)
            if np.array_equal(chain.aatype[start : start + 8], target.aatype[row].numpy())
            and np.array_equal(chain.atom37_positions[start : start + 8], target.atom37_positions[row].numpy())
        ]  # fmt: skip
        assert len(windows) == 1
        chain, start = windows[0]
        assert torch.equal(target.residue_index[row], torch.from_numpy(chain.residue_index[start : start + 8]))


def test_only_aligned_steps_hold_more_than_the_query() -> None:
    alone, _ = sampler().draw(ExampleConfig(crop_size=8, batch_size=2, aligned_share=0.0))
    aligned, target = sampler().draw(ExampleConfig(crop_size=8, batch_size=2, aligned_share=1.0, max_msa_clusters=4))
    assert alone.msa_feat.shape[-3] == 1
    assert aligned.msa_feat.shape[-3] == 4
    observed = {tuple(row) for row in target.aatype.tolist()}
    assert observed <= {tuple(CHAINS[2].aatype[start : start + 8].tolist()) for start in range(9)}


def test_share_of_clamped_examples() -> None:
    config = ExampleConfig(crop_size=4, batch_size=64, aligned_share=0.0, clamped_share=0.25)
    drawn = sampler(1)
    clamped = torch.cat([drawn.draw(config)[1].clamp_fape for _ in range(6)])
    assert 0.18 < float(clamped.mean()) < 0.32
    assert set(clamped.tolist()) == {0.0, 1.0}


def test_recycles_are_drawn_up_to_the_limit() -> None:
    config = ExampleConfig(crop_size=4, batch_size=1, aligned_share=0.0, max_recycles=2)
    drawn = sampler(2)
    assert {drawn.draw(config)[0].num_passes for _ in range(30)} == {1, 2, 3}


def test_equal_generators_give_equal_batches() -> None:
    config = ExampleConfig(crop_size=8, batch_size=3, aligned_share=0.5)
    first, second, other = (sampler(seed).draw(config)[0] for seed in (3, 3, 4))
    assert torch.equal(first.msa_feat, second.msa_feat)
    assert torch.equal(first.residue_index, second.residue_index)
    assert first.aatype.shape != other.aatype.shape or not torch.equal(first.aatype, other.aatype)


@pytest.mark.parametrize("index", [0, 1])
def test_padding_lies_under_masks(index: int) -> None:
    """Every real value keeps its place, on both axes of the alignment."""
    config = FeatureConfig(max_msa_clusters=4, max_extra_msa=2, num_recycles=1, max_templates=0)
    chains = [CHAINS[1], CHAINS[2]]
    examples = [build_features(chain.msa or chain.query(), config=config) for chain in chains]
    batch = batch_features(examples)
    own, length = examples[index], len(chains[index])
    rows = own.msa_feat.shape[1]
    assert batch.msa_feat.shape == (2, 2, 4, 16, 49)
    assert torch.equal(batch.msa_feat[:, index, :rows, :length], own.msa_feat)
    assert torch.equal(batch.msa_mask[:, index, :rows, :length], own.msa_mask)
    assert float(batch.msa_mask[:, index].sum()) == float(own.msa_mask.sum())
    assert float(batch.seq_mask[index].sum()) == length
    target = batch_targets([fold_target(chain) for chain in chains])
    assert float(target.atom37_mask[index].sum()) == float(chains[index].atom37_mask.sum())
