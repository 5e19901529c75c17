from dataclasses import replace

import numpy as np
import pytest

from protfold.constants.residues import GAP
from protfold.features import FeatureConfig
from protfold.features.msa import merge_msas, residue_profile
from protfold.features.msa_sample import MsaSample, deletion_value, has_deletion, msa_feat, sample_msa
from tests.unit.features.made_inputs import random_msa

CONFIG = FeatureConfig(max_msa_clusters=12, max_extra_msa=20)
MSA = merge_msas([random_msa(60, 33)])
PROFILE = residue_profile(MSA)


def _sample(config: FeatureConfig = CONFIG, *, seed: int = 0, target: str = "T", pass_index: int = 0) -> MsaSample:
    return sample_msa(MSA, PROFILE, config, seed=seed, target=target, pass_index=pass_index)


def _rows(residues: np.ndarray) -> list[int]:
    """Which rows of the alignment these are; its rows are unique."""
    positions = {row.tobytes(): index for index, row in enumerate(MSA.residues)}
    return [positions[row.tobytes()] for row in residues]


@pytest.mark.parametrize("pass_index", range(4))
def test_query_first_and_every_row_at_most_once(pass_index):
    sample = _sample(pass_index=pass_index)
    inside, outside = _rows(sample.true_msa), _rows(sample.extra_msa)
    assert inside[0] == 0
    assert (len(inside), len(outside)) == (12, 20)
    assert len({*inside, *outside}) == 32


def test_every_row_has_the_same_chance_of_being_a_centre():
    draws, chance = 150, 29 / 59
    counts = np.zeros(MSA.depth)
    for pass_index in range(draws):
        counts[_rows(_sample(replace(CONFIG, max_msa_clusters=30), pass_index=pass_index).true_msa)] += 1
    assert counts[0] == draws
    assert np.abs(counts[1:] - draws * chance).max() < 5 * np.sqrt(draws * chance * (1 - chance))


def test_rows_bring_their_own_deletions():
    sample = _sample()
    np.testing.assert_array_equal(sample.msa_feat[..., 23], has_deletion(MSA.deletions[_rows(sample.true_msa)]))
    np.testing.assert_array_equal(sample.extra_deletion_value, deletion_value(MSA.deletions[_rows(sample.extra_msa)]))
    np.testing.assert_array_equal(sample.extra_has_deletion, sample.extra_deletion_value > 0)


def test_features_differ_from_the_truth_only_where_masked():
    sample = _sample()
    shown = sample.msa_feat[..., :23].argmax(-1)
    np.testing.assert_array_equal(shown[sample.bert_mask == 0], sample.true_msa[sample.bert_mask == 0])
    assert 0 < sample.bert_mask.mean() < 0.3


def test_cluster_profiles_hold_all_rows_also_those_cropped_from_the_extra_rows():
    whole = _sample(replace(CONFIG, max_extra_msa=1000))
    cropped = _sample()
    np.testing.assert_array_equal(whole.msa_feat, cropped.msa_feat)
    np.testing.assert_array_equal(whole.extra_msa[:20], cropped.extra_msa)
    assert len(whole.extra_msa) == 60 - 12


def test_nothing_masked_and_all_rows_inside_give_each_row_its_own_profile():
    sample = _sample(replace(CONFIG, masked_fraction=0.0, max_msa_clusters=60))
    np.testing.assert_array_equal(sample.msa_feat[..., :23], np.eye(23)[sample.true_msa])
    np.testing.assert_allclose(sample.msa_feat[..., 25:48], sample.msa_feat[..., :23], atol=2e-6)
    np.testing.assert_allclose(sample.msa_feat[..., 48], sample.msa_feat[..., 24], rtol=2e-6)


@pytest.mark.parametrize("no_extra", [{"max_msa_clusters": 60}, {"max_extra_msa": 0}])
def test_without_extra_rows_one_empty_row_under_a_zero_mask_stays(no_extra):
    sample = _sample(replace(CONFIG, **no_extra))
    for array in (sample.extra_msa, sample.extra_msa_mask, sample.extra_has_deletion, sample.extra_deletion_value):
        assert array.shape == (1, 33)
        assert not array.any()


def test_query_alone():
    query = random_msa(1, 33)
    sample = sample_msa(query, residue_profile(query), CONFIG, seed=0, target="", pass_index=0)
    assert sample.msa_feat.shape == (1, 33, 49)
    np.testing.assert_array_equal(sample.true_msa, query.residues)
    assert not sample.extra_msa_mask.any()


@pytest.mark.parametrize("other", [{"seed": 1}, {"target": "U"}, {"pass_index": 1}])
def test_seed_target_and_pass_draw_other_rows_and_masks(other):
    assert not np.array_equal(_sample().true_msa, _sample(**other).true_msa)
    assert not np.array_equal(_sample().bert_mask, _sample(**other).bert_mask)


def test_deletion_values():
    deletions = np.array([[0, 1, 3, 100]])
    np.testing.assert_array_equal(has_deletion(deletions), [[0, 1, 1, 1]])
    np.testing.assert_allclose(deletion_value(deletions), [[0.0, 2 / np.pi * np.arctan(1 / 3), 0.5, 0.98090623]], rtol=1e-6)


def test_channel_order():
    residues = np.array([[GAP, 22]], np.int8)
    profile = np.arange(46, dtype=np.float32).reshape(1, 2, 23)
    feature = msa_feat(residues, np.array([[0, 3]]), profile, np.array([[3.0, 0.0]], np.float32))
    np.testing.assert_array_equal(feature[..., :23], np.eye(23)[residues])
    np.testing.assert_allclose(feature[..., 23:25], [[[0, 0], [1, 0.5]]])
    np.testing.assert_array_equal(feature[..., 25:48], profile)
    np.testing.assert_allclose(feature[..., 48], [[0.5, 0.0]])
