"""Contacts: which bins count, which pairs are ranked."""

import math

import numpy as np
import pytest

from protfold.metrics.contacts import RANGES, contact_agreement, contact_precision, contact_probabilities, contacts

HAIRPIN = np.array([[4.0 * index, 0.0, 0.0] for index in range(20)] + [[4.0 * index, 5.0, 0.0] for index in reversed(range(20))])
"""Two strands of twenty residues; the partners i and 39 - i lie 5 Å apart, and their neighbours 6.4 Å."""
EVERY = np.ones(40, dtype=bool)


def test_contact_probabilities_against_the_bins() -> None:
    """All mass in one bin: the bins up to an upper edge of 8 Å count wholly, the others not."""
    edges = np.linspace(2.3125, 21.6875, 63)
    probabilities = contact_probabilities(np.eye(64, dtype=np.float32)[None])[0]
    assert probabilities.tolist() == [1.0 if index < 63 and edges[index] <= 8 else 0.0 for index in range(64)]
    assert probabilities.sum() == 19


def test_true_contacts_rank_perfectly_and_their_reverse_not_at_all() -> None:
    true = contacts(HAIRPIN).astype(float)
    assert contact_precision(true, HAIRPIN, EVERY) == 1.0
    assert contact_precision(-true, HAIRPIN, EVERY) == 0.0


@pytest.mark.parametrize("seed", range(4))
def test_precision_by_an_independent_count(seed: int) -> None:
    """Random scores: every pair listed, sorted, counted by hand."""
    generator = np.random.default_rng(seed)
    scores, known = generator.random((40, 40)), generator.random(40) > 0.4
    pairs = [(-scores[i, j], i, j) for i in range(40) for j in range(i + 6, 40) if known[i] and known[j]]
    hits = [math.dist(HAIRPIN[i], HAIRPIN[j]) < 8.0 for _, i, j in sorted(pairs)[:60]]
    found = contact_precision(scores, HAIRPIN, known, num_predicted=60, min_separation=6)
    assert found == pytest.approx(sum(hits) / 60)


@pytest.mark.parametrize(("separation", "expected"), [(24, 1.0), (25, 0.0)])
def test_pairs_nearer_in_the_sequence_do_not_count(separation: int, expected: float) -> None:
    """One pair, 24 residues apart, is scored above all others."""
    scores = np.zeros((40, 40))
    scores[8, 32] = 1.0
    assert contact_precision(scores, HAIRPIN, EVERY, num_predicted=1, min_separation=separation) == expected


def test_residue_numbers_tell_the_separation() -> None:
    """With ten residues missing between the strands, the pair nearest the turn is of long range too."""
    scores = np.zeros((40, 40))
    scores[13, 26] = 1.0
    number = np.arange(40) + 11 * (np.arange(40) >= 20)
    assert contact_precision(scores, HAIRPIN, EVERY, num_predicted=1) != 1.0
    assert contact_precision(scores, HAIRPIN, EVERY, num_predicted=1, residue_index=number) == 1.0


def test_nothing_to_find_is_no_number() -> None:
    """A straight chain has no contact of long range, and of unknown residues nothing is known."""
    straight = np.arange(40)[:, None] * np.array([[3.8, 0.0, 0.0]])
    assert math.isnan(contact_precision(np.ones((40, 40)), straight, EVERY))
    assert math.isnan(contact_precision(np.ones((40, 40)), HAIRPIN, ~EVERY))


@pytest.mark.parametrize(("largest", "expected"), [(11, 1.0), (10, 0.0)])
def test_pairs_farther_apart_in_the_sequence_do_not_count(largest: int, expected: float) -> None:
    """The true contact of residues 14 and 25, eleven apart, stands above a pair that is none, seven apart."""
    scores = np.zeros((40, 40))
    scores[14, 25], scores[2, 9] = 2.0, 1.0
    found = contact_precision(scores, HAIRPIN, EVERY, num_predicted=1, min_separation=6, max_separation=largest)
    assert found == expected


def test_agreement_by_an_independent_count() -> None:
    """A hairpin whose second strand slips by one: every pair listed and counted by hand, range by range."""
    model = HAIRPIN.copy()
    model[20:, 0] += 4.0
    number, chain = np.arange(40), np.zeros(40, dtype=int)
    found = contact_agreement(model, HAIRPIN, number, chain)
    for name, (least, largest) in RANGES.items():
        pairs = [(i, j) for i in range(40) for j in range(i + least, min(40, i + (largest or 40) + 1))]
        own = {pair for pair in pairs if math.dist(*model[list(pair)]) < 8.0}
        true = {pair for pair in pairs if math.dist(*HAIRPIN[list(pair)]) < 8.0}
        assert found[name].precision == pytest.approx(len(own & true) / len(own))
        assert found[name].recall == pytest.approx(len(own & true) / len(true))
        assert found[name].num_reference == len(true)
    assert found["between chains"].num_reference == 0


def test_contacts_between_chains() -> None:
    """The strands as two chains: all their contacts are between chains, whatever the numbers."""
    number, chain = np.tile(np.arange(20), 2), np.repeat([0, 1], 20)
    found = contact_agreement(HAIRPIN, HAIRPIN, number, chain)
    assert found["between chains"].num_reference == int(contacts(HAIRPIN)[:20, 20:].sum())
    assert (found["between chains"].precision, found["between chains"].recall) == (1.0, 1.0)
    assert math.isnan(found["long"].recall)
