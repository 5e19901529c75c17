"""Random examples: the same whatever was drawn before, and drawn with the chances that the settings state."""

from collections import Counter
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import torch

from protfold.errors import InputError
from protfold.features import FoldFeatures
from protfold.train.chain_mixture import ChainMixture, chain_weights
from protfold.train.chain_store import ChainStore
from protfold.train.chain_table import ChainTable
from protfold.train.examples import ExampleConfig
from protfold.train.sampler import Example, ExampleSampler
from tests.support.chains import ideal_chain
from tests.support.fold_training import write_store

CHAINS = [
    ideal_chain(20, name="a", cluster="one"),
    ideal_chain(12, name="b", cluster="one", seed=4),
    ideal_chain(16, name="c", cluster="two", depth=6, seed=8),
]
ALIGNED = ideal_chain(8, name="deep", depth=200, seed=9)
CONFIG = ExampleConfig(crop_size=8, batch_size=6, aligned_share=0.5, max_msa_clusters=3, max_recycles=2, clamped_share=0.5)


def tensors(features: FoldFeatures) -> list[torch.Tensor]:
    values = [getattr(features, field.name) for field in fields(features)]
    return [value for value in values if isinstance(value, torch.Tensor)]


def assert_same(first: Example, second: Example) -> None:
    assert (first.chain_id, first.start) == (second.chain_id, second.start)
    for left, right in zip(tensors(first.features), tensors(second.features), strict=True):
        assert torch.equal(left, right)
    for field in fields(first.target):
        assert torch.equal(getattr(first.target, field.name), getattr(second.target, field.name))


def test_an_example_does_not_depend_on_what_was_drawn_before() -> None:
    """Neither in this sampler nor in another one, in any order."""
    forward = {
        (step, index): ExampleSampler(ChainMixture(CHAINS), seed=3).example(step, index, CONFIG)
        for step in range(4)
        for index in range(3)
    }
    sampler = ExampleSampler(ChainMixture(CHAINS), seed=3)
    for place, example in reversed(forward.items()):
        assert_same(example, sampler.example(*place, CONFIG))


PLACES = ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1))


def test_seed_step_and_index_all_decide_what_is_masked() -> None:
    """Of a chain that every example takes whole."""
    config = ExampleConfig(crop_size=20, aligned_share=0.0)
    examples = [ExampleSampler(ChainMixture(CHAINS[:1]), seed=seed).example(step, index, config) for seed, step, index in PLACES]
    assert len({tuple(one.features.msa_feat.flatten().tolist()) for one in examples}) == 4


def test_seed_step_and_index_all_decide_what_is_drawn() -> None:
    config = ExampleConfig(crop_size=4, aligned_share=0.0)
    drawn = set()
    for seed, step, index in PLACES:
        sampler = ExampleSampler(ChainMixture(CHAINS), seed=seed)
        examples = [sampler.example(step + 10 * more, index, config) for more in range(12)]
        drawn.add(tuple((one.chain_id, one.start) for one in examples))
    assert len(drawn) == 4


def test_processes_share_a_step_and_lose_nothing() -> None:
    sampler = ExampleSampler(ChainMixture(CHAINS), seed=1)
    whole, _ = sampler.batch(7, CONFIG)
    parts = [sampler.batch(7, CONFIG, rank=rank, world_size=4)[0] for rank in range(4)]
    assert [len(part.aatype) for part in parts] == [2, 2, 1, 1]
    for index in range(CONFIG.batch_size):
        part = parts[index % 4]
        own = part.aatype[index // 4]
        assert torch.equal(whole.aatype[index, : len(own)], own)
    assert {part.num_passes for part in parts} == {whole.num_passes}


def test_a_store_gives_what_its_chains_in_memory_give(tmp_path: Path) -> None:
    """But for the precision of coordinates."""
    stored = ExampleSampler(ChainMixture(ChainStore(write_store(tmp_path, CHAINS))), seed=2)
    in_memory = ExampleSampler(ChainMixture(CHAINS), seed=2)
    for step in range(6):
        one, other = stored.example(step, 0, CONFIG), in_memory.example(step, 0, CONFIG)
        assert (one.chain_id, one.start) == (other.chain_id, other.start)
        assert torch.equal(one.features.msa_feat, other.features.msa_feat)
        pairs = [
            torch.cdist(example.target.atom37_positions[:, 1], example.target.atom37_positions[:, 1]) for example in (one, other)
        ]
        torch.testing.assert_close(*pairs, atol=0.02, rtol=0.0)


def test_the_target_is_the_piece_that_the_features_hold() -> None:
    """Residue types, numbers and atoms belong to one window of the chain."""
    sampler = ExampleSampler(ChainMixture(CHAINS), seed=0)
    for index in range(12):
        example = sampler.example(0, index, CONFIG)
        chain = next(chain for chain in CHAINS if chain.id == example.chain_id)
        window = slice(example.start, example.start + 8)
        for holder in (example.features, example.target):
            np.testing.assert_array_equal(holder.aatype, chain.aatype[window])
            np.testing.assert_array_equal(holder.residue_index, chain.residue_index[window])
        np.testing.assert_array_equal(example.target.atom37_positions, chain.atom37_positions[window])
        np.testing.assert_array_equal(example.target.atom37_mask, chain.atom37_mask[window])
        assert float(example.target.resolution) == 2.0
        assert example.features.templates is None


def test_clusters_have_the_same_chance() -> None:
    np.testing.assert_allclose(chain_weights(ChainTable.of(CHAINS)), [0.5, 0.5, 1.0])
    sampler = ExampleSampler(ChainMixture(CHAINS), seed=0)
    config = ExampleConfig(crop_size=1, aligned_share=0.0)
    counts = Counter(sampler.example(step, 0, config).chain_id for step in range(1200))
    np.testing.assert_allclose([counts[name] / 1200 for name in "abc"], [0.25, 0.25, 0.5], atol=0.05)


def test_clusters_have_the_same_chance_in_steps_with_alignments() -> None:
    """However many chains without one a cluster has."""
    crowded = [ideal_chain(9, name=f"alone {number}", cluster="one") for number in range(8)]
    chains = [*crowded, ideal_chain(9, name="x", cluster="one", depth=3), ideal_chain(9, name="y", cluster="two", depth=3)]
    sampler = ExampleSampler(ChainMixture(chains), seed=0)
    drawn = [sampler.example(0, index, ExampleConfig(crop_size=1, aligned_share=1.0)).chain_id for index in range(400)]
    assert set(drawn) == {"x", "y"}
    assert abs(drawn.count("x") / 400 - 0.5) < 0.08


def test_long_chains_can_be_favoured_as_published() -> None:
    """Twice as likely from 512 residues than up to 256, evenly between."""
    lengths = [40, 256, 384, 512, 900]
    table = ChainTable.from_columns(
        id=list("abcde"), split=["train"] * 5, cluster=list("abcdd"), resolution=[0.0] * 5, length=lengths, depth=[0] * 5,
        backbone_only=[False] * 5,
    )  # fmt: skip
    np.testing.assert_allclose(chain_weights(table, weigh_lengths=True), [0.5, 0.5, 0.75, 0.5, 0.5])


def test_only_steps_with_alignments_hold_more_than_the_query() -> None:
    """Their share is as set, and they take aligned chains alone."""
    sampler, config = (
        ExampleSampler(ChainMixture(CHAINS), seed=5),
        ExampleConfig(crop_size=8, aligned_share=0.3, min_rows=99, deleted_blocks=0),
    )
    aligned = [step for step in range(1000) if sampler.sees_alignment(step, config)]
    assert 0.25 < len(aligned) / 1000 < 0.35
    for step in aligned[:10]:
        example = sampler.example(step, 3, config)
        assert example.chain_id == "c"
        assert example.features.msa_feat.shape[-3] == 6
    alone = [sampler.example(step, 3, config) for step in range(60) if step not in aligned]
    assert {one.features.msa_feat.shape[-3] for one in alone} == {1}
    assert {one.chain_id for one in alone} == {"a", "b", "c"}


def test_without_any_alignment_every_step_sees_sequences() -> None:
    sampler = ExampleSampler(ChainMixture(CHAINS[:2]), seed=0)
    assert not any(sampler.sees_alignment(step, ExampleConfig(aligned_share=1.0)) for step in range(20))
    assert sampler.example(0, 0, ExampleConfig(aligned_share=1.0)).features.msa_feat.shape[-3] == 1


def rows_of(config: ExampleConfig, number: int) -> list[int]:
    """Rows, clusters and others, of examples of one alignment of 200 distinct rows."""
    sampler = ExampleSampler(ChainMixture([ALIGNED]), seed=0)
    examples = [sampler.example(step, 0, config).features for step in range(number)]
    return [int(one.msa_mask[0, :, 0].sum() + one.extra_msa_mask[0, :, 0].sum()) for one in examples]


def test_deleted_blocks_leave_the_published_share_of_rows() -> None:
    """Row r stays with the chance (1 - min(r + 1, 60) / 200)^5: five blocks of 60 rows that begin anywhere."""
    config = ExampleConfig(aligned_share=1.0, max_msa_clusters=8, max_extra_msa=1000, min_rows=1000)
    kept = (1.0 - np.minimum(np.arange(1, 200) + 1, 60) / 200) ** 5
    assert abs(np.mean(rows_of(config, 150)) - (1 + kept.sum())) < 5.0


def test_alignments_are_thinned_to_any_depth() -> None:
    """By default to as few as the query alone, and never below what is asked for."""
    config = ExampleConfig(aligned_share=1.0, max_msa_clusters=8, max_extra_msa=1000, deleted_blocks=0)
    depths = rows_of(config, 80)
    assert min(depths) <= 3
    assert max(depths) > 100
    floor = ExampleConfig(aligned_share=1.0, max_msa_clusters=8, max_extra_msa=1000, deleted_blocks=0, min_rows=150)
    assert min(rows_of(floor, 20)) >= 150


def test_recycles_are_drawn_for_the_step() -> None:
    sampler = ExampleSampler(ChainMixture(CHAINS), seed=2)
    drawn = [sampler.num_recycles(step, CONFIG) for step in range(900)]
    np.testing.assert_allclose(np.bincount(drawn) / 900, [1 / 3] * 3, atol=0.06)
    for step in range(4):
        assert {sampler.example(step, index, CONFIG).features.num_passes for index in range(4)} == {drawn[step] + 1}


def test_share_of_clamped_examples() -> None:
    config = ExampleConfig(crop_size=4, aligned_share=0.0, clamped_share=0.25)
    sampler = ExampleSampler(ChainMixture(CHAINS), seed=1)
    clamped = [float(sampler.example(0, index, config).target.clamp_fape) for index in range(400)]
    assert 0.18 < np.mean(clamped) < 0.32
    assert set(clamped) == {0.0, 1.0}


def test_sets_are_mixed_as_their_shares_say() -> None:
    """Steps with alignments take the sets that have some."""
    sampler = ExampleSampler(ChainMixture([(CHAINS[:2], 3.0), (CHAINS[2:], 1.0)]), seed=0)
    config = ExampleConfig(crop_size=2, aligned_share=0.0)
    from_second = [sampler.example(0, index, config).chain_id == "c" for index in range(600)]
    assert 0.2 < np.mean(from_second) < 0.3
    aligned = ExampleConfig(crop_size=2, aligned_share=1.0)
    assert {sampler.example(0, index, aligned).chain_id for index in range(20)} == {"c"}
    unused = ExampleSampler(ChainMixture([(CHAINS[:2], 1.0), (CHAINS[2:], 0.0)]), seed=0)
    assert not unused.sees_alignment(0, aligned)


@pytest.mark.parametrize("mixture", [[], [([], 1.0)], [(CHAINS, 0.0)], [(CHAINS, 2.0), (CHAINS, -1.0)]])
def test_mixtures_to_draw_nothing_from_are_refused(mixture: list) -> None:
    with pytest.raises(InputError, match="give chains, each set with a share"):
        ExampleSampler(ChainMixture(mixture), seed=0)
