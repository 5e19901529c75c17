"""Pair channels of alignments whose dependences are known, and beside slow sums in double precision."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from protfold.entities import Msa
from protfold.features.coevolution import (
    Coevolution,
    CoevolutionConfig,
    coevolution,
    covariance_and_information,
    inverse_covariance,
)
from protfold.features.couplings import MIN_EFFECTIVE, coupling_scores, effective_weights
from protfold.features.pseudo_likelihood import COUPLING_PENALTY, FIELD_PENALTY, pseudo_likelihood_couplings
from protfold.vision import PairMapEncoder

STRONG = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)]
"""A chain of columns, each a copy of the one before in most rows."""
WEAK = [(6, 7), (8, 9), (10, 11)]
N_RES = 12
EVERYTHING = CoevolutionConfig(inverse_covariance=True)


def alignment(residues: np.ndarray) -> Msa:
    """These rows without names and deletions."""
    return Msa(
        residues=residues.astype(np.int8), deletions=np.zeros(residues.shape, dtype=np.int32), descriptions=("",) * len(residues)
    )


def coupled_rows(num_rows: int = 1000, seed: int = 0) -> np.ndarray:
    """Columns of four types coupled as in `STRONG` and `WEAK` alone: a Potts model on a forest."""
    generator = np.random.default_rng(seed)
    rows = generator.integers(0, 4, (num_rows, N_RES))
    for pairs, share in ((STRONG, 0.9), (WEAK, 0.25)):
        for source, copy in pairs:
            rows[:, copy] = np.where(generator.random(num_rows) < share, rows[:, source], rows[:, copy])
    return rows


def gapped_rows(num_rows: int = 80, num_residues: int = 5, seed: int = 0) -> np.ndarray:
    """Random rows with unknown residues and gaps."""
    return np.random.default_rng(seed).choice([0, 3, 7, 19, 20, 21], (num_rows, num_residues), p=[0.3, 0.2, 0.2, 0.1, 0.05, 0.15])


def best_pairs(scores: torch.Tensor, number: int) -> set[tuple[int, int]]:
    """The highest-scored ones."""
    first, second = np.triu_indices(N_RES, 1)
    order = np.argsort(-scores.numpy()[first, second])[:number]
    return set(zip(first[order].tolist(), second[order].tolist(), strict=True))


@pytest.fixture(scope="module")
def coupled() -> Coevolution:
    """All channels of the coupled columns."""
    return coevolution(alignment(coupled_rows()), EVERYTHING)


def assert_same(one: Coevolution, other: Coevolution, tolerance: float = 2e-3) -> None:
    """All channels."""
    torch.testing.assert_close(one.as_map(), other.as_map(), rtol=tolerance, atol=tolerance)


def test_couplings_are_told_from_their_consequences(coupled: Coevolution) -> None:
    """Mean field and pseudo-likelihood find every coupled pair, the weak ones before those that depend through others alone."""
    planted = {*STRONG, *WEAK}
    for name in ("mean_field", "pseudo_likelihood"):
        assert best_pairs(coupled.scores[name], len(planted)) == planted, name
    for name in ("mutual_information", "covariance"):
        assert best_pairs(coupled.scores[name], len(planted)) >= set(STRONG), name
        assert len(best_pairs(coupled.scores[name], len(planted)) & planted) < len(planted), name


def test_scores_are_symmetric_and_scaled(coupled: Coevolution) -> None:
    """Zero on the diagonal and one standard deviation off it; the mean field is that of `couplings`."""
    off_diagonal = ~torch.eye(N_RES, dtype=torch.bool)
    for scores in coupled.scores.values():
        torch.testing.assert_close(scores, scores.T, rtol=0.0, atol=0.0)
        assert not scores.diagonal().any()
        assert scores[off_diagonal].std(correction=0).item() == pytest.approx(1.0, abs=1e-4)
    np.testing.assert_array_equal(coupled.scores["mean_field"], coupling_scores(alignment(coupled_rows())))


def test_order_and_copies_of_rows_say_nothing(coupled: Coevolution) -> None:
    """Rows may be shuffled, and all may come twice."""
    rows = coupled_rows()
    assert_same(coevolution(alignment(np.random.default_rng(1).permutation(rows)), EVERYTHING), coupled)
    twice = coevolution(alignment(np.concatenate([rows, rows])), EVERYTHING)
    assert twice.num_effective == pytest.approx(coupled.num_effective)
    for name, scores in coupled.scores.items():
        torch.testing.assert_close(twice.scores[name], scores, rtol=2e-3, atol=2e-3)


def test_columns_may_be_permuted(coupled: Coevolution) -> None:
    """Every channel follows them."""
    order = np.random.default_rng(2).permutation(N_RES)
    permuted = coevolution(alignment(coupled_rows()[:, order]), EVERYTHING).as_map()
    torch.testing.assert_close(permuted, coupled.as_map()[:, order][:, :, order], rtol=5e-3, atol=5e-3)


@pytest.mark.parametrize("directed", [False, True])
def test_channels(coupled: Coevolution, directed: bool) -> None:
    """As many as there are names; symmetric, or with the two residues exchanged where transposed."""
    one = replace(coupled, config=replace(EVERYTHING, directed=directed))
    channels, names = one.as_map(), one.config.channel_names
    assert channels.shape == (len(names), N_RES, N_RES)
    assert (channels.dtype, len(set(names))) == (torch.float32, len(names))
    assert names[:4] == ("covariance", "mutual_information", "mean_field", "pseudo_likelihood")
    twins = {name: name for name in names}
    if directed:
        twins |= {name: name.replace("first", "second") for name in names if name.endswith("first")}
        twins |= {name: name.replace("second", "first") for name in names if name.endswith("second")}
        twins |= {name: name[:-2] + name[-1] + name[-2] for name in names if name.startswith("inverse")}
    swapped = channels[[names.index(twins[name]) for name in names]].transpose(1, 2)
    torch.testing.assert_close(channels, swapped, rtol=1e-4, atol=1e-4)
    assert all(
        channel.any() for channel, name in zip(channels, names, strict=True) if not any(c in name for c in "CQEGHILKMFPSTWYV-")
    )


def test_profile_reaches_both_sides(coupled: Coevolution) -> None:
    """Shares and entropy of row i at (i, j) first, those of column j second; mean and difference say the same of the unordered pair."""
    names = CoevolutionConfig(directed=True).channel_names
    directed = replace(coupled, config=CoevolutionConfig(directed=True), inverse_covariance=None).as_map()
    share = torch.from_numpy((coupled_rows() == 1).astype(np.float32))  # R
    weights = torch.from_numpy(effective_weights(coupled_rows())).float()
    frequencies = (share * weights[:, None]).sum(0) / weights.sum()
    torch.testing.assert_close(directed[names.index("profile R, first")], frequencies[:, None].expand(-1, N_RES))
    torch.testing.assert_close(directed[names.index("profile R, second")], frequencies[None].expand(N_RES, -1))
    assert directed[names.index("entropy, first")].mean().item() == pytest.approx(math.log(4) / math.log(21), abs=0.01)
    symmetric, own = (
        replace(coupled, config=CoevolutionConfig(), inverse_covariance=None).as_map(),
        CoevolutionConfig().channel_names,
    )
    torch.testing.assert_close(symmetric[own.index("profile R, mean")], 0.5 * (frequencies[:, None] + frequencies))
    torch.testing.assert_close(symmetric[own.index("profile R, difference")], (frequencies[:, None] - frequencies).abs())


def test_information_of_two_columns() -> None:
    """Four types, 10 rows for each equal pair and 2 for each other: the sum in closed form; the covariance likewise."""
    pairs = [pair for a in range(4) for b in range(4) for pair in [(a, b)] * (10 if a == b else 2)]
    norms, information = covariance_and_information(np.array(pairs), np.ones(len(pairs)))
    shares = np.array([10 / 64] * 4 + [2 / 64] * 12)
    assert information[0, 1] == pytest.approx((shares * np.log(16 * shares)).sum(), abs=1e-6)
    assert information[0, 0] == pytest.approx(math.log(4), abs=1e-6)
    assert norms[0, 1] == pytest.approx(np.sqrt(((shares - 1 / 16) ** 2).sum()), abs=1e-6)


def test_sums_in_double_precision() -> None:
    """Covariance and information with weights, gaps and unknown residues, pair by pair."""
    rows = gapped_rows()
    weights = np.random.default_rng(1).uniform(0.2, 1.0, len(rows))
    share = weights / weights.sum()
    norms, information = covariance_and_information(rows, weights)
    for i in range(rows.shape[1]):
        for j in range(rows.shape[1]):
            joint = np.array([[share[(rows[:, i] == a) & (rows[:, j] == b)].sum() for b in range(20)] for a in range(20)])
            single = [np.array([share[rows[:, k] == a].sum() for a in range(20)]) for k in (i, j)]
            assert norms[i, j] == pytest.approx(np.linalg.norm(joint - np.outer(*single)), abs=1e-6)
            both = joint / joint.sum()
            independent = np.outer(both.sum(1), both.sum(0))
            there = both > 0
            assert information[i, j] == pytest.approx((both[there] * np.log(both[there] / independent[there])).sum(), abs=1e-5)


def test_inverse_covariance_in_double_precision() -> None:
    """As numpy inverts it."""
    rows = gapped_rows()
    weights = np.random.default_rng(1).uniform(0.2, 1.0, len(rows))
    types = np.eye(21)[np.minimum(rows, 20)].reshape(len(rows), -1)
    freedom = weights.sum() - np.sqrt(weights.mean())
    centred = types - weights @ types / freedom
    covariance = (centred * weights[:, None]).T @ centred / freedom
    inverse = np.linalg.inv(covariance + np.eye(len(covariance)) * 4.5 / np.sqrt(weights.sum()))
    expected = inverse.reshape(5, 21, 5, 21).transpose(0, 2, 1, 3)
    np.testing.assert_allclose(inverse_covariance(rows, weights), expected, rtol=1e-4, atol=1e-4)


def test_pseudo_likelihood_in_double_precision() -> None:
    """The same least value as by scipy, with probabilities written out and differentiated by torch."""
    rows = np.minimum(gapped_rows(60, 3), 20)
    weights = np.random.default_rng(1).uniform(0.2, 1.0, len(rows))
    pairs = [(0, 1), (0, 2), (1, 2)]
    codes, share = torch.from_numpy(rows), torch.from_numpy(weights)
    counts = torch.from_numpy(np.array([[weights[rows[:, i] == a].sum() for a in range(21)] for i in range(3)]))
    independent = ((counts + 1.0) / (weights.sum() + 21.0)).log()

    def value_and_gradient(flat: np.ndarray) -> tuple[float, np.ndarray]:
        free = torch.from_numpy(flat).requires_grad_()
        fields, blocks = free[:63].view(3, 21), free[63:].view(3, 21, 21)
        total = FIELD_PENALTY * (fields - independent).square().sum() + COUPLING_PENALTY * 2 * blocks.square().sum()
        for i in range(3):
            odds = fields[i]
            for (first, second), block in zip(pairs, blocks, strict=True):
                if i == first:
                    odds = odds + block[:, codes[:, second]].T
                elif i == second:
                    odds = odds + block[codes[:, first]]
            total = total - (odds.log_softmax(-1)[torch.arange(len(codes)), codes[:, i]] * share).sum()
        total.backward()
        return total.item(), free.grad.numpy()

    best = minimize(
        value_and_gradient,
        np.zeros(63 + 3 * 441),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": 3000, "ftol": 1e-14, "gtol": 1e-8},
    )
    found = pseudo_likelihood_couplings(rows, weights, num_iterations=500, least_gain=0.0, dtype=torch.float64)
    for (i, j), block in zip(pairs, best.x[63:].reshape(3, 21, 21), strict=True):
        np.testing.assert_allclose(found[i, :, j], block, atol=2e-4)
        torch.testing.assert_close(found[i, :, j], found[j, :, i].T)
        assert np.abs(block).max() > 0.1
    assert not any(found[i, :, i].any() for i in range(3))


def test_encoder_reads_them(coupled: Coevolution) -> None:
    """A symmetric encoder of channels that are not directed gives a symmetric representation."""
    torch.manual_seed(0)
    channels = coupled.as_map()[None]
    encoder = PairMapEncoder(backbone="dilated_resnet", c_z=4, in_channels=channels.shape[1], hidden=8, depth=1).eval()
    torch.nn.init.normal_(encoder.output.weight)
    pair = encoder(channels)
    torch.testing.assert_close(pair, pair.transpose(1, 2), rtol=1e-4, atol=1e-4)
    assert pair.abs().max() > 0.1


def test_nothing_is_said_of_too_few() -> None:
    """Zeros for pairs, and a profile of what is there."""
    rows = coupled_rows()
    for few in (rows[:1], np.repeat(rows[:1], 500, axis=0), rows[: int(MIN_EFFECTIVE) - 1]):
        one = coevolution(alignment(few), EVERYTHING)
        assert not any(scores.any() for scores in one.scores.values())
        assert not one.inverse_covariance.any()
        torch.testing.assert_close(one.profile.sum(1), torch.ones(N_RES))
        assert one.as_map().shape == (len(EVERYTHING.channel_names), N_RES, N_RES)
    assert coevolution(alignment(rows[:1])).entropy.abs().max() == 0.0


def test_what_is_not_wanted_is_not_there() -> None:
    """Without the slow couplings, one channel less and all others alike."""
    without = coevolution(alignment(coupled_rows(300)), CoevolutionConfig(pseudo_likelihood=False))
    assert without.config.channel_names[:4] == ("covariance", "mutual_information", "mean_field", "profile A, mean")
    assert without.inverse_covariance is None
    complete = coevolution(alignment(coupled_rows(300)))
    torch.testing.assert_close(without.as_map(), torch.cat([complete.as_map()[:3], complete.as_map()[4:]]))
