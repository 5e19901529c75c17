import numpy as np
import pytest

from protfold.constants.residues import GAP, MASK, encode
from protfold.features import FeatureConfig
from protfold.features.masking import mask_msa
from protfold.features.msa import residue_profile
from tests.unit.features.made_inputs import random_msa


def _five_sigma(observed: float, expected: float, draws: int) -> bool:
    return abs(observed - expected) < 5 * np.sqrt(expected * (1 - expected) / draws)


def test_unmasked_positions_are_untouched():
    msa = random_msa(100, 50)
    changed, masked = mask_msa(msa.residues, residue_profile(msa), FeatureConfig(), np.random.default_rng(0))
    np.testing.assert_array_equal(changed[~masked], msa.residues[~masked])
    assert changed.dtype == msa.residues.dtype


def test_every_row_and_the_query_are_masked_at_the_stated_rate():
    msa = random_msa(10, 40_000)
    _, masked = mask_msa(msa.residues, residue_profile(msa), FeatureConfig(masked_fraction=0.15), np.random.default_rng(1))
    for row in masked:
        assert _five_sigma(row.mean(), 0.15, len(row))
    gaps = msa.residues == GAP
    assert _five_sigma(masked[gaps].mean(), 0.15, np.count_nonzero(gaps))


def test_each_kind_of_replacement_comes_at_its_rate():
    """Residues A in the row, a profile of W alone: what a position became tells how."""
    num_residues = 200_000
    residues = np.zeros((1, num_residues), np.int8)
    profile = np.zeros((num_residues, 22), np.float32)
    profile[:, encode("W")[0]] = 1.0
    config = FeatureConfig(masked_fraction=1.0, uniform_probability=0.2, profile_probability=0.15, same_probability=0.05)
    changed, _ = mask_msa(residues, profile, config, np.random.default_rng(2))
    frequencies = np.bincount(changed[0], minlength=23) / num_residues
    expected = np.full(23, 0.01)
    expected[encode("A")[0]] += 0.05
    expected[encode("W")[0]] += 0.15
    expected[20], expected[GAP], expected[MASK] = 0.0, 0.0, 0.6
    for code in range(23):
        assert _five_sigma(frequencies[code], expected[code], num_residues) or frequencies[code] == expected[code], code


def test_draws_follow_the_profile_of_their_own_column():
    profile = np.zeros((3, 22), np.float32)
    profile[0, 21] = 1.0
    profile[1, [3, 4]] = 0.25, 0.75
    profile[2, 0] = 1.0
    config = FeatureConfig(masked_fraction=1.0, uniform_probability=0.0, profile_probability=1.0, same_probability=0.0)
    changed, _ = mask_msa(np.full((40_000, 3), 7, np.int8), profile, config, np.random.default_rng(3))
    assert set(changed[:, 0]) == {21}
    assert set(changed[:, 1]) == {3, 4}
    assert set(changed[:, 2]) == {0}
    assert _five_sigma((changed[:, 1] == 3).mean(), 0.25, 40_000)


@pytest.mark.parametrize("share", ["same_probability", "uniform_probability"])
def test_one_kind_of_replacement_alone(share):
    msa = random_msa(20, 500)
    shares = dict.fromkeys(("uniform_probability", "profile_probability", "same_probability"), 0.0) | {share: 1.0}
    config = FeatureConfig(masked_fraction=1.0, **shares)
    changed, masked = mask_msa(msa.residues, residue_profile(msa), config, np.random.default_rng(4))
    assert masked.all()
    if share == "same_probability":
        np.testing.assert_array_equal(changed, msa.residues)
    else:
        assert set(changed.ravel()) == set(range(20))


def test_nothing_masked_changes_nothing():
    msa = random_msa(20, 500)
    changed, masked = mask_msa(msa.residues, residue_profile(msa), FeatureConfig(masked_fraction=0.0), np.random.default_rng(5))
    np.testing.assert_array_equal(changed, msa.residues)
    assert not masked.any()
