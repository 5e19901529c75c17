"""Where crops begin, and what is left of alignments."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protfold.constants.residues import GAP
from protfold.train.crops import columns, crop_residues, crop_start, thin_rows
from tests.unit.features.made_inputs import random_msa

LAST = 9
DRAWS = 40_000


def observed_starts(*, clamped: bool) -> np.ndarray:
    """Share of each start among crops of 20 residues of a chain of 29."""
    generator = np.random.default_rng(4)
    starts = [crop_start(20 + LAST, 20, generator, clamped=clamped) for _ in range(DRAWS)]
    return np.bincount(starts, minlength=LAST + 1) / DRAWS


def test_clamped_crops_begin_anywhere_alike() -> None:
    np.testing.assert_allclose(observed_starts(clamped=True), np.full(LAST + 1, 1 / (LAST + 1)), atol=0.006)


def test_unclamped_crops_favour_the_beginning() -> None:
    """With the last possible start r even on 0..n, P(s) is the sum of 1 / ((n + 1)(r + 1)) over r >= s."""
    steps = 1.0 / (LAST + 1) / np.arange(1, LAST + 2)
    np.testing.assert_allclose(observed_starts(clamped=False), np.cumsum(steps[::-1])[::-1], atol=0.006)


@pytest.mark.parametrize("clamped", [True, False])
@pytest.mark.parametrize("length", [1, 19, 20])
def test_short_chains_are_taken_whole(length: int, clamped: bool) -> None:
    generator = np.random.default_rng(0)
    assert {crop_start(length, 20, generator, clamped=clamped) for _ in range(20)} == {0}


def test_a_piece_keeps_the_rows_that_have_residues_there() -> None:
    msa = random_msa(6, 10)
    msa.residues[2, 3:7] = GAP
    msa.residues[4, 2:7] = GAP
    piece = columns(msa, slice(3, 7))
    kept = [0, 1, 3, 5]
    np.testing.assert_array_equal(piece.residues, msa.residues[kept, 3:7])
    np.testing.assert_array_equal(piece.deletions, msa.deletions[kept, 3:7])
    assert piece.descriptions == tuple(msa.descriptions[row] for row in kept)


def test_thinned_alignments_are_as_often_shallow_as_deep() -> None:
    """The logarithm of the depth is even from `min_rows` to all; the query stays, rows keep their order, each is as likely."""
    msa, generator = random_msa(256, 3), np.random.default_rng(1)
    thinned = [thin_rows(msa, 4, generator) for _ in range(2000)]
    depths = np.array([one.depth for one in thinned])
    assert (depths.min(), depths.max()) == (4, 256)
    for limit in (8, 16, 32, 64, 128):
        assert abs((depths < limit).mean() - np.log2(limit / 4) / 6) < 0.05
    rows = [[int(text.removeprefix("row ")) for text in one.descriptions] for one in thinned]
    assert all(row[0] == 0 and row == sorted(set(row)) for row in rows)
    counts = np.bincount(np.concatenate(rows), minlength=256)[1:]
    assert counts.min() > 0.7 * counts.mean()
    assert counts.max() < 1.3 * counts.mean()


def test_as_many_rows_as_there_are_thin_none() -> None:
    msa = random_msa(9, 3)
    np.testing.assert_array_equal(thin_rows(msa, 10_000, np.random.default_rng(0)).residues, msa.residues)
    assert thin_rows(random_msa(1, 3), 1, np.random.default_rng(0)).depth == 1


@given(length=st.integers(1, 60), crop_size=st.integers(1, 40), seed=st.integers(0, 99))
def test_a_split_crop_is_two_runs_in_order(length: int, crop_size: int, seed: int) -> None:
    """Of the size asked for, or the whole chain; the share says how often there are two."""
    generator = np.random.default_rng(seed)
    whole, split = (crop_residues(length, crop_size, generator, split_share=share) for share in (0.0, 1.0))
    for residues in (whole, split):
        assert len(residues) == min(length, crop_size)
        assert residues[0] >= 0
        assert residues[-1] < length
        assert (np.diff(residues) >= 1).all()
    assert (np.diff(whole) == 1).all()
    half = min(length, crop_size) // 2
    assert (np.diff(split[:half]) == 1).all()
    assert (np.diff(split[crop_size // 2 :]) == 1).all()


def test_split_crops_reach_across_the_chain() -> None:
    spans = [np.ptp(crop_residues(200, 20, np.random.default_rng(seed), split_share=0.5)) for seed in range(200)]
    assert 0.35 < np.mean(np.array(spans) == 19) < 0.65
    assert max(spans) > 150
