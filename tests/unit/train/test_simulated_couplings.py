"""Simulated co-evolution scores: what they are drawn from, and who gets them."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from protfold.constants.atoms import ATOM37_INDEX
from protfold.entities import Msa
from protfold.features.couplings import coupling_scores
from protfold.train.chain import Chain
from protfold.train.chain_mixture import ChainMixture
from protfold.train.examples import ExampleConfig
from protfold.train.sampler import ExampleSampler
from protfold.train.simulated_couplings import SEPARATIONS, SimulatedCouplings, pair_classes

ALPHA, BETA = ATOM37_INDEX["CA"], ATOM37_INDEX["CB"]


def chain(name: str = "plain", num_residues: int = 30, msa: Msa | None = None) -> Chain:
    """Alanines on a circle of 30 residues, 3.8 Å apart."""
    turn = np.arange(num_residues) * 2 * np.pi / 30
    positions, mask = np.zeros((num_residues, 37, 3), dtype=np.float32), np.zeros((num_residues, 37), dtype=np.float32)
    positions[:, [ALPHA, BETA]] = (18.15 * np.stack([np.cos(turn), np.sin(turn), 0 * turn], axis=-1))[:, None]
    mask[:, [ALPHA, BETA]] = 1.0
    return Chain(
        id=name,
        split="train",
        cluster=name,
        resolution=2.0,
        aatype=np.zeros(num_residues, dtype=np.int64),
        residue_index=np.arange(num_residues),
        atom37_positions=positions,
        atom37_mask=mask,
        b_factors=np.zeros(num_residues, dtype=np.float32),
        msa=msa,
    )


def donor(name: str = "donor", seed: int = 0) -> Chain:
    """A chain of 24 residues with 300 random aligned rows, two columns of which are copies."""
    rows = np.random.default_rng(seed).integers(0, 20, (300, 24)).astype(np.int8)
    rows[:, 20] = rows[:, 4]
    rows[0] = 0
    return chain(name, 24, Msa(residues=rows, deletions=np.zeros(rows.shape, dtype=np.int32), descriptions=("",) * len(rows)))


PLAIN = chain()


def test_classes_by_hand() -> None:
    """Neighbours 3.8 Å apart, at the first separation; an unobserved residue is far from everything."""
    classes = pair_classes(PLAIN)
    assert np.array_equal(classes, classes.T)
    num_separations = len(SEPARATIONS) + 1
    assert (classes.diagonal(1) // num_separations == 0).all()
    assert (classes.diagonal(1) % num_separations == 0).all()
    assert (classes.diagonal(2) % num_separations == 1).all()
    assert (classes.diagonal(24) % num_separations == num_separations - 1).all()
    mask = PLAIN.atom37_mask.copy()
    mask[7] = 0.0
    far = pair_classes(replace(PLAIN, atom37_mask=mask))[7]
    assert (far // num_separations == 6).all()
    np.testing.assert_array_equal(pair_classes(PLAIN, slice(5, 12)), classes[5:12, 5:12])


def test_every_score_is_one_of_the_donor_for_such_a_pair() -> None:
    """Where the donor has enough of them; symmetric, zero on the diagonal, another map each time."""
    lender = donor()
    simulated, classes = SimulatedCouplings([lender]), pair_classes(PLAIN)
    real, own = coupling_scores(lender.msa), pair_classes(lender)
    maps = [simulated.simulate(classes, np.random.default_rng(seed)) for seed in range(2)]
    assert not np.array_equal(*maps)
    for scores in maps:
        np.testing.assert_array_equal(scores, scores.T)
        assert not scores.diagonal().any()
        for kind in np.unique(classes):
            pool = real[np.triu(own == kind, 1)]
            if len(pool) >= 3:
                assert np.isin(scores[np.triu(classes == kind, 1)], pool).all()


def test_a_map_has_one_donor() -> None:
    """Of two donors whose scores differ, a map mixes none."""
    donors = [donor("first", 1), donor("second", 2)]
    simulated, classes = SimulatedCouplings(donors), pair_classes(PLAIN)
    pools = [set(coupling_scores(one.msa).ravel().tolist()) for one in donors]
    origins = []
    for seed in range(20):
        values = set(simulated.simulate(classes, np.random.default_rng(seed))[np.triu_indices(30, 1)].tolist())
        origins.append([values <= pool for pool in pools])
    assert all(sum(origin) == 1 for origin in origins)
    assert len({tuple(origin) for origin in origins}) == 2


def test_shallow_alignments_lend_nothing() -> None:
    """No donor, no scores."""
    simulated = SimulatedCouplings([chain("shallow", 24, chain("shallow", 24).query()), PLAIN])
    assert not simulated.simulate(pair_classes(PLAIN), np.random.default_rng(0)).any()


@pytest.mark.parametrize("aligned", [True, False])
def test_examples_get_real_simulated_or_no_scores(aligned: bool) -> None:
    """Real ones, cropped, in a step with alignments; otherwise simulated ones with the share asked for; none unless asked."""
    lender = donor()
    sampler = ExampleSampler(ChainMixture([lender, PLAIN]), seed=0)
    config = ExampleConfig(crop_size=10, aligned_share=float(aligned), couplings=True, simulated_share=0.5, max_msa_clusters=2)
    examples = [sampler.example(step, 0, config) for step in range(60)]
    given = [one for one in examples if one.features.couplings.any()]
    if aligned:
        real = coupling_scores(lender.msa)
        for one in given:
            part = slice(one.start, one.start + 10)
            np.testing.assert_array_equal(one.features.couplings.numpy(), real[part, part])
        assert len(given) == 60
    else:
        assert 18 <= len(given) <= 42
    again = ExampleSampler(ChainMixture([lender, PLAIN]), seed=0).example(59, 0, config)
    assert torch.equal(again.features.couplings, examples[59].features.couplings)
    assert sampler.example(0, 0, ExampleConfig(crop_size=10)).features.couplings is None
