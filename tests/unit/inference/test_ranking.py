"""Laws of the ranking: best first, never by the order of arrival, complexes by interface only where all have one."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest

from protfold.entities import Protein
from protfold.inference import Prediction, rank, ranking_score


def prediction(
    plddt: float, *, ptm: float | None = None, iptm: float | None = None, weights: str = "w", seed: int = 0
) -> Prediction:
    """Two residues of that confidence on average."""
    protein = Protein(
        atom37_positions=np.zeros((2, 37, 3), np.float32),
        atom37_mask=np.zeros((2, 37), np.float32),
        aatype=np.zeros(2, np.int64),
        residue_index=np.arange(2),
        insertion_codes=np.full(2, " "),
        chain_index=np.zeros(2, np.int64),
        chain_ids=("A",),
        b_factors=np.zeros((2, 37), np.float32),
    )
    return Prediction(
        protein=protein,
        plddt=np.float32([plddt - 5, plddt + 5]),
        pae=None,
        ptm=ptm,
        iptm=iptm,
        distogram_probabilities=np.zeros((2, 2, 64), np.float32),
        weights=weights,
        seed=seed,
        num_recycles=0,
    )


def test_single_chain_by_mean_plddt() -> None:
    """PTM plays no part for one chain."""
    low, high = prediction(60, ptm=0.9), prediction(80, ptm=0.1)
    assert rank([low, high]) == [high, low]
    assert ranking_score(high) == pytest.approx(80)


def test_complex_by_interface() -> None:
    """0.8 ipTM + 0.2 pTM decides against pLDDT."""
    good, bad = prediction(60, ptm=0.5, iptm=0.8), prediction(90, ptm=0.9, iptm=0.6)
    assert ranking_score(good) == pytest.approx(0.74)
    assert rank([bad, good]) == [good, bad]


def test_scores_of_two_kinds_do_not_mix() -> None:
    """If one parameter set has no interface score, pLDDT ranks them all."""
    with_interface, without = prediction(80, ptm=0.9, iptm=0.9), prediction(70)
    assert rank([without, with_interface]) == [with_interface, without]


def test_ties_do_not_depend_on_arrival() -> None:
    """Equal scores go by parameter set, then seed."""
    equal = [replace(prediction(50), weights=weights, seed=seed) for weights in ("a", "b") for seed in (0, 1)]
    for order in permutations(equal):
        assert rank(order) == equal
