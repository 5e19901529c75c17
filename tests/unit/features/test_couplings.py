"""Co-evolution scores on alignments whose couplings are known."""

import numpy as np
import pytest

from protfold.entities import Msa
from protfold.features import FeatureConfig, build_features
from protfold.features.couplings import MIN_EFFECTIVE, coupling_scores, effective_weights

N_RES = 12


def alignment(residues: np.ndarray) -> Msa:
    """These rows without names and deletions."""
    return Msa(
        residues=residues.astype(np.int8), deletions=np.zeros(residues.shape, dtype=np.int32), descriptions=("",) * len(residues)
    )


def random_rows(num_rows: int = 600, seed: int = 0) -> np.ndarray:
    """Independent columns of four types each."""
    return np.random.default_rng(seed).integers(0, 4, (num_rows, N_RES))


def test_weights_by_hand() -> None:
    """Three rows that are one family of 90 % identity and one stranger: 1/3 each and 1."""
    rows = np.zeros((4, 10), dtype=np.int8)
    rows[1, 0], rows[2, 9], rows[3] = 1, 2, 7
    assert effective_weights(rows).tolist() == pytest.approx([1 / 3, 1 / 3, 1 / 3, 1.0])


def test_a_chain_of_dependence() -> None:
    """Column 5 copies column 2, and 9 copies 5: the direct pairs score high, the indirect pair 2-9 and all others do not."""
    rows, generator = random_rows(), np.random.default_rng(1)
    for source, copy in ((2, 5), (5, 9)):
        rows[:, copy] = np.where(generator.random(len(rows)) < 0.8, rows[:, source], rows[:, copy])
    scores = coupling_scores(alignment(rows))
    np.testing.assert_array_equal(scores, scores.T)
    assert not scores.diagonal().any()
    pairs = sorted(((scores[i, j], (i, j)) for i in range(N_RES) for j in range(i)), reverse=True)
    assert {pair for _, pair in pairs[:2]} == {(5, 2), (9, 5)}
    correlation = np.mean(rows[:, 2] == rows[:, 9])
    assert correlation > 0.6  # the indirect pair agrees often, and yet is not coupled
    assert scores[9, 2] < 0.3 * scores[5, 2]


def test_columns_may_be_permuted_and_letters_renamed() -> None:
    """Scores follow the columns, and do not depend on what the types are called."""
    rows = random_rows()
    rows[:, 5] = rows[:, 2]
    scores, order = coupling_scores(alignment(rows)), np.random.default_rng(2).permutation(N_RES)
    np.testing.assert_allclose(coupling_scores(alignment(rows[:, order])), scores[np.ix_(order, order)], atol=2e-3)
    np.testing.assert_allclose(coupling_scores(alignment(19 - rows)), scores, atol=2e-3)


def test_precision_matrix_of_float64() -> None:
    """The norms before correction and scaling are those of a plain inverse in double precision."""
    rows = random_rows(300)
    rows[:, 7] = rows[:, 1]
    weights = effective_weights(rows)
    one_hot = np.eye(21)[rows][..., :20].reshape(len(rows), -1)
    share = 0.5 * weights / weights.sum()
    mean = share @ one_hot + 0.5 / 21
    joint = one_hot.T @ (share[:, None] * one_hot) + 0.5 / 441
    for residue in range(N_RES):
        own = slice(20 * residue, 20 * residue + 20)
        joint[own, own] = np.diag(mean[own])
    inverse = np.linalg.inv(joint - np.outer(mean, mean))
    norms = np.zeros((N_RES, N_RES))
    for i in range(N_RES):
        for j in range(N_RES):
            if i != j:
                block = np.zeros((21, 21))
                block[:20, :20] = inverse[20 * i : 20 * i + 20, 20 * j : 20 * j + 20]
                block = block - block.mean(0) - block.mean(1)[:, None] + block.mean()
                norms[i, j] = np.sqrt((block[:20, :20] ** 2).sum())
    corrected = norms - norms.sum(0) * norms.sum(1)[:, None] / norms.sum()
    expected = corrected / corrected[~np.eye(N_RES, dtype=bool)].std()
    np.fill_diagonal(expected, 0.0)
    np.testing.assert_allclose(coupling_scores(alignment(rows)), expected, atol=1e-3)


def test_nothing_is_said_of_too_few() -> None:
    """One row, copies of one, and nine strangers give zeros; rows of gaps do not count."""
    rows = random_rows()
    for few in (rows[:1], np.repeat(rows[:1], 500, axis=0), rows[: int(MIN_EFFECTIVE) - 1]):
        assert not coupling_scores(alignment(few)).any()
    gaps = np.full((500, N_RES), 21)
    gaps[:, 0] = np.arange(500) % 20
    assert not coupling_scores(alignment(np.concatenate([rows[:1], gaps]))).any()
    np.testing.assert_array_equal(coupling_scores(alignment(np.concatenate([rows, gaps]))), coupling_scores(alignment(rows)))


def test_only_networks_that_read_them_get_them() -> None:
    """By the configuration."""
    msa = alignment(random_rows())
    config = FeatureConfig(max_msa_clusters=4, max_extra_msa=4, num_recycles=0, max_templates=0)
    assert build_features(msa, config=config).couplings is None
    with_scores = FeatureConfig(max_msa_clusters=4, max_extra_msa=4, num_recycles=0, max_templates=0, couplings=True)
    np.testing.assert_array_equal(build_features(msa, config=with_scores).couplings.numpy(), coupling_scores(msa))
