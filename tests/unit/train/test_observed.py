"""From a structure to a chain: chains apart, numbers, CB, unsure residues."""

from dataclasses import replace

import numpy as np
import pytest

from protfold.constants.atoms import ATOM37_INDEX, BACKBONE
from protfold.constants.residues import RESIDUE_CODE
from protfold.entities import Protein
from protfold.train.observed import add_ideal_cb, backbone_b_factors, bonded_residue_index, hide_unsure, separate_chains
from tests.support.examples import example
from tests.unit.io.samples import needs_samples
from tests.unit.metrics.chains import chain


def without_side_chains(protein: Protein) -> Protein:
    """N, CA, C and O alone."""
    positions, mask = np.zeros_like(protein.atom37_positions), np.zeros_like(protein.atom37_mask)
    positions[:, BACKBONE] = protein.atom37_positions[:, BACKBONE]
    mask[:, BACKBONE] = protein.atom37_mask[:, BACKBONE]
    return replace(protein, atom37_positions=positions, atom37_mask=mask)


@needs_samples
@pytest.mark.parametrize("index", [1, 2])
def test_ideal_cb_is_where_the_real_one_was(index: int) -> None:
    """Within 0.35 Å everywhere and 0.1 Å in the mean; glycine gets none."""
    protein = chain(index)
    positions, mask = add_ideal_cb(without_side_chains(protein))
    beta = ATOM37_INDEX["CB"]
    both = (mask[:, beta] > 0) & (protein.atom37_mask[:, beta] > 0)
    error = np.linalg.norm(positions[both, beta] - protein.atom37_positions[both, beta], axis=-1)
    assert error.max() < 0.35
    assert error.mean() < 0.1
    assert not mask[protein.aatype == RESIDUE_CODE["G"], beta].any()


@needs_samples
def test_observed_side_chains_are_not_touched() -> None:
    protein = chain(1)
    positions, mask = add_ideal_cb(protein)
    observed = protein.atom37_mask > 0
    np.testing.assert_allclose(positions[observed], protein.atom37_positions[observed], atol=1e-4)
    assert (mask[observed] == 1).all()


@needs_samples
def test_numbers_grow_by_one_but_over_breaks() -> None:
    """Ten residues taken out of the middle leave a step of eleven."""
    protein = chain(1).select(np.arange(80))
    np.testing.assert_array_equal(bonded_residue_index(protein), np.arange(80))
    kept = np.r_[0:40, 50:80]
    np.testing.assert_array_equal(bonded_residue_index(protein.select(kept)), kept)


@needs_samples
def test_chains_come_apart_with_their_names() -> None:
    protein = chain(1)
    both = replace(protein, chain_index=(np.arange(len(protein)) >= 30).astype(np.int32), chain_ids=("L", "H2"))
    parts = dict(separate_chains(both))
    assert list(parts) == ["L", "H2"]
    np.testing.assert_array_equal(parts["L"].aatype, protein.aatype[:30])
    np.testing.assert_array_equal(parts["H2"].atom37_positions, protein.atom37_positions[30:])


@needs_samples
def test_unsure_residues_lose_their_atoms_and_nothing_else() -> None:
    protein = chain(1)
    confident = np.arange(len(protein)) % 3 > 0
    predicted = replace(protein, b_factors=np.where(confident, 70.0, 69.9)[:, None] * protein.atom37_mask)
    hidden = hide_unsure(predicted, 70.0)
    np.testing.assert_array_equal(hidden.atom37_mask[confident], protein.atom37_mask[confident])
    np.testing.assert_array_equal(hidden.atom37_positions[confident], protein.atom37_positions[confident])
    assert not hidden.atom37_mask[~confident].any()
    assert not hidden.atom37_positions[~confident].any()
    np.testing.assert_array_equal(hidden.aatype, protein.aatype)


def test_b_factors_are_means_over_the_observed_backbone() -> None:
    """Of a residue without O over three atoms, 0 for one without a backbone; side chains do not count."""
    protein = example("1a8o_A")
    protein.atom37_mask[3, BACKBONE[3]] = 0.0
    protein.atom37_mask[5, BACKBONE] = 0.0
    found = backbone_b_factors(protein)
    np.testing.assert_allclose(found[0], protein.b_factors[0, BACKBONE].mean(), rtol=1e-6)
    np.testing.assert_allclose(found[3], protein.b_factors[3, BACKBONE[:3]].mean(), rtol=1e-6)
    assert found[5] == 0.0
    assert (np.delete(found, 5) > 0).all()


def test_equal_b_factors_tell_nothing() -> None:
    protein = example("1a8o_A")
    for value in (0.0, 20.0):
        assert not backbone_b_factors(replace(protein, b_factors=np.full_like(protein.b_factors, value))).any()
    assert len(backbone_b_factors(protein.select(np.arange(0)))) == 0
