import numpy as np
import pytest

from protfold.constants.residues import GAP, MASK
from protfold.features.clusters import nearest_clusters, summarize_clusters


@pytest.fixture
def rows():
    """Centres, rows, and deletions of each, with many gaps and masks."""
    generator = np.random.default_rng(0)
    centers = generator.choice([0, 1, 2, 20, GAP, MASK], size=(7, 40)).astype(np.int8)
    others = generator.choice([0, 1, 2, 20, GAP], size=(60, 40)).astype(np.int8)
    return centers, others, generator.integers(4, size=(7, 40)), generator.integers(4, size=(60, 40))


def test_nearest_centre_agrees_in_most_columns(rows):
    centers, others, _, _ = rows
    agreement = [[sum(a == b and a < GAP for a, b in zip(row, center, strict=True)) for center in centers] for row in others]
    np.testing.assert_array_equal(nearest_clusters(centers, others), np.argmax(agreement, axis=1))


def test_equal_gaps_are_no_agreement_and_ties_go_to_the_first():
    centers = np.array([[0, 1, 2], [GAP, GAP, 2], [MASK, 1, GAP]], np.int8)
    others = np.array([[GAP, GAP, 2], [GAP, 1, GAP], [GAP, GAP, GAP], [0, 1, 2]], np.int8)
    np.testing.assert_array_equal(nearest_clusters(centers, others), [0, 0, 0, 0])
    np.testing.assert_array_equal(nearest_clusters(centers[1:], others), [0, 1, 0, 0])


def test_summaries_are_means_over_members_and_centre(rows):
    centers, others, center_deletions, deletions = rows
    assignment = np.random.default_rng(1).integers(6, size=len(others))  # the last cluster has its centre alone
    profile, deletion_mean = summarize_clusters(centers, center_deletions, others, deletions, assignment)
    for cluster in range(len(centers)):
        members = np.concatenate([centers[cluster : cluster + 1], others[assignment == cluster]])
        inserted = np.concatenate([center_deletions[cluster : cluster + 1], deletions[assignment == cluster]])
        np.testing.assert_allclose(profile[cluster], np.eye(23)[members].mean(axis=0), atol=2e-6)
        np.testing.assert_allclose(deletion_mean[cluster], inserted.mean(axis=0), rtol=2e-6)


def test_more_centres_than_are_compared_at_once():
    generator = np.random.default_rng(2)
    centers, others = generator.integers(22, size=(300, 9)).astype(np.int8), generator.integers(22, size=(50, 9)).astype(np.int8)
    agreement = ((others[:, None] == centers) & (others[:, None] < GAP)).sum(axis=-1)
    np.testing.assert_array_equal(nearest_clusters(centers, others), agreement.argmax(axis=1))


def test_no_other_rows(rows):
    centers, _, center_deletions, _ = rows
    nothing = np.zeros((0, 40), np.int8)
    assignment = nearest_clusters(centers, nothing)
    assert assignment.shape == (0,)
    profile, deletion_mean = summarize_clusters(centers, center_deletions, nothing, nothing, assignment)
    np.testing.assert_allclose(profile, np.eye(23)[centers], atol=2e-6)
    np.testing.assert_allclose(deletion_mean, center_deletions, rtol=2e-6)


def test_counts_stay_exact_for_long_chains():
    """One column in 4000 decides."""
    centers = np.zeros((2, 4000), np.int8)
    centers[0, 17] = 1
    np.testing.assert_array_equal(nearest_clusters(centers, np.zeros((1, 4000), np.int8)), [1])
