"""Contacts by COCO's rule, and blocks of contacts as boxes."""

import numpy as np
import pytest

from protfold.metrics.contact_blocks import BLOCKS, MIN_CONTACTS, blocks_of_contacts, contact_blocks, elements
from protfold.metrics.contact_detection import CUTOFFS, SEPARATIONS, TOPS, ContactScores, ScoredContacts, contact_scores
from protfold.metrics.contacts import RANGES, contact_precision, contacts, pseudo_beta
from tests.support.examples import EXAMPLES, example


def chain(name: str = EXAMPLES[0], *, noise: float = 4.0, seed: int = 0) -> ScoredContacts:
    """A chain whose pairs are ranked by distance, blurred by `noise` Å."""
    protein = example(name)
    points, known = pseudo_beta(protein.aatype, protein.atom37_positions, protein.atom37_mask)
    distances = np.linalg.norm(points[:, None] - points[None], axis=-1).astype(np.float64)
    blur = np.random.default_rng(seed).normal(0.0, 1.0, distances.shape)
    return ScoredContacts(scores=-distances - noise * blur, points=points, known=known, residue_index=protein.residue_index)


def values(scores: ContactScores) -> np.ndarray:
    """All numbers in a row."""
    return np.concatenate([scores.average_precision, scores.precision.ravel(), scores.recall.ravel()])


def test_perfect_ranking() -> None:
    """All average precisions are 1; recall within the top grows with the top and ends at 1 where it reaches over all contacts."""
    for scores in contact_scores([chain(noise=0.0)]).values():
        assert scores.ap == scores.ap8 == pytest.approx(1.0)
        assert (np.diff(scores.recall, axis=1) >= 0.0).all()
        assert scores.ar_at("L/10") <= scores.ar_at("2L") <= 1.0


def test_precision_is_that_of_the_assessors() -> None:
    """Of symmetrised scores, in each range and at each top."""
    one = chain()
    symmetric = 0.5 * (one.scores + one.scores.T)
    found = contact_scores([one])
    for name, (least, largest) in SEPARATIONS.items():
        for top, (share, of) in TOPS.items():
            expected = contact_precision(
                symmetric, one.points, one.known, residue_index=one.residue_index, min_separation=least, max_separation=largest,
                num_predicted=len(one.known) * share // of,
            )  # fmt: skip
            assert found[name].precision_at(top) == pytest.approx(expected, abs=1e-15)
            assert 0.0 < expected < 1.0 or name != "all"


def test_by_hand() -> None:
    """Residues on a line, 1.2 Å apart: the rank of each pair is known, and one pair alone is scored wrongly."""
    points = np.zeros((10, 3))
    points[:, 0] = 1.2 * np.arange(10)  # |i - j| = 6 is 7.2 Å, 7 is 8.4 Å
    scores = -np.linalg.norm(points[:, None] - points[None], axis=-1)
    scores[0, 7] = scores[7, 0] = 9.0
    found = contact_scores([ScoredContacts(scores=scores, points=points, known=np.ones(10, dtype=bool))])["short"]
    assert found.ap8 == pytest.approx(0.8)  # wrong, then all four: 4/5 at every recall
    np.testing.assert_allclose(found.precision[CUTOFFS.index(8.0)], [0.0, 0.5, 0.8, 0.4, 0.4])
    np.testing.assert_allclose(found.recall[CUTOFFS.index(8.0)], [0.0, 0.25, 1.0, 1.0, 1.0])
    assert np.isnan(found.average_precision[:2]).all()  # nothing is nearer than 6 or 7 Å
    assert np.isnan(found.precision[:2]).all()


def test_each_pair_counts_once_and_order_alone() -> None:
    """Scores transposed, or mapped by a growing function when they are symmetric, give the same."""
    one = chain()
    same = ScoredContacts(scores=one.scores.T, points=one.points, known=one.known, residue_index=one.residue_index)
    symmetric = ScoredContacts(
        scores=np.exp(0.05 * (one.scores + one.scores.T)), points=one.points, known=one.known, residue_index=one.residue_index
    )
    for other in (same, symmetric):
        for name, scores in contact_scores([one]).items():
            np.testing.assert_array_equal(values(contact_scores([other])[name]), values(scores))


def test_several_chains() -> None:
    """The mean leaves out chains without such contacts; pooled, one chain twice is as once."""
    one, other = chain(), chain(EXAMPLES[1])
    alone = [contact_scores([each]) for each in (one, other)]
    for name, scores in contact_scores([one, other]).items():
        np.testing.assert_allclose(values(scores), np.nanmean([values(each[name]) for each in alone], axis=0))
    far = ScoredContacts(scores=one.scores, points=100.0 * one.points, known=one.known, residue_index=one.residue_index)
    np.testing.assert_array_equal(values(contact_scores([one, far])["long"]), values(contact_scores([one])["long"]))
    pooled = contact_scores([one, one], pooled=True)["long"]
    np.testing.assert_allclose(pooled.recall, contact_scores([one])["long"].recall)
    assert contact_scores([one, other], pooled=True)["long"].ap != pytest.approx(contact_scores([one, other])["long"].ap)


def test_ranges_partition_the_pairs() -> None:
    """Contacts of short, medium and long range are those of all."""
    one = chain(noise=0.0)
    separation = np.abs(one.residue_index[:, None] - one.residue_index[None])
    near = np.triu(contacts(one.points))
    counts = [(near & (separation >= low) & (separation <= (high or 10**6))).sum() for low, high in RANGES.values()]
    assert sum(counts) == (near & (separation >= 6)).sum()


def test_elements() -> None:
    """Runs end where the state changes or the chain breaks; short ones are none."""
    states, numbers = "HHHHHH-EEE-HHH-EEEE", np.arange(19)
    assert [(one.state, one.start, one.end) for one in elements(states, numbers)] == [("H", 0, 6), ("E", 7, 10), ("E", 15, 19)]
    numbers[2:] += 5
    assert [(one.state, one.start, one.end) for one in elements(states, numbers)] == [("H", 2, 6), ("E", 7, 10), ("E", 15, 19)]


def test_blocks_by_hand() -> None:
    """The least box around the contacts, its class, and none around too few."""
    found = elements("HHHHHH--EEEE--EEEE", np.arange(18))
    contact_map = np.zeros((18, 18), dtype=bool)
    for pair in [(9, 16), (10, 16), (8, 17), (2, 9), (2, 10), (0, 14), (1, 14), (0, 17)]:
        contact_map[pair] = contact_map[pair[::-1]] = True
    blocks = blocks_of_contacts(found, contact_map, np.arange(18))
    assert MIN_CONTACTS == 3
    assert blocks.boxes.tolist() == [[0, 14, 2, 18], [8, 16, 11, 18]]
    assert [BLOCKS[label] for label in blocks.labels] == ["EH", "EE"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_blocks_of_a_chain(name: str) -> None:
    """Above the diagonal, inside the map, at least one, with a contact in each border row and column."""
    protein = example(name)
    points, known = pseudo_beta(protein.aatype, protein.atom37_positions, protein.atom37_mask)
    near, blocks = contacts(points) & known[:, None] & known[None], contact_blocks(protein)
    assert len(blocks.boxes)
    for top, left, bottom, right in blocks.boxes.astype(int):
        assert 0 <= top < bottom <= left < right <= len(protein)
        block = near[top:bottom, left:right]
        assert block[0].any() and block[-1].any() and block[:, 0].any() and block[:, -1].any()  # noqa: PT018
