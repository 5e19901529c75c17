"""All-atom lDDT with a search tree: beside the dense form, names exchanged one residue at a time, and its laws."""

import numpy as np
import pytest
import torch

from protfold.constants.atoms import ATOM37_INDEX
from protfold.constants.residues import RESIDUE_NAMES
from protfold.entities import Protein
from protfold.metrics.all_atom_lddt import INTERCHANGEABLE_ATOMS, LddtScores, structure_lddt
from protfold.metrics.lddt import lddt, lddt_per_point
from tests.support.examples import at, example, mirrored, moved, warped

CHAIN = example("1a8o_A")


def scores(model: Protein, reference: Protein) -> LddtScores:
    return structure_lddt(
        reference.aatype, model.atom37_positions, model.atom37_mask, reference.atom37_positions, reference.atom37_mask
    )


def exchanged(protein: Protein, residues: np.ndarray) -> Protein:
    """The names of the atoms that may be confused, exchanged in some residues."""
    positions = protein.atom37_positions.copy()
    for row in residues:
        for pair in INTERCHANGEABLE_ATOMS.get(RESIDUE_NAMES[protein.aatype[row]], ()):
            first, second = (ATOM37_INDEX[atom] for atom in pair)
            positions[row, [first, second]] = positions[row, [second, first]]
    return at(protein, positions)


def test_backbone_and_beta_atoms_score_as_in_the_dense_form() -> None:
    """No name is ambiguous there, so that both must agree."""
    reference = at(CHAIN, CHAIN.atom37_positions)
    reference.atom37_mask[:, 5:] = 0.0
    rows, slots = np.nonzero(reference.atom37_mask)
    model = warped(reference, 4.0)
    points, target = (torch.from_numpy(one.atom37_positions[rows, slots]) for one in (model, reference))
    expected = lddt(points, target, torch.ones(len(rows)), residue=torch.from_numpy(rows))
    assert scores(model, reference).whole == pytest.approx(float(expected), abs=1e-6)


def test_alpha_atoms_alone_give_the_scores_of_residues() -> None:
    model, mask = warped(CHAIN, 4.0), CHAIN.atom37_mask * (np.arange(37) == ATOM37_INDEX["CA"])
    found = structure_lddt(CHAIN.aatype, model.atom37_positions, CHAIN.atom37_mask, CHAIN.atom37_positions, mask)
    points, target = (torch.from_numpy(one.atom37_positions[:, 1]) for one in (model, CHAIN))
    expected = lddt_per_point(points, target, torch.ones(len(CHAIN)))
    np.testing.assert_allclose(found.per_residue, expected.numpy(), atol=1e-6)


def test_exchanged_names_cost_nothing_and_other_atoms_do() -> None:
    model = warped(CHAIN, 0.3)
    plain = scores(model, CHAIN).whole
    assert plain > 0.99
    every = np.arange(len(CHAIN))
    assert scores(exchanged(model, every), CHAIN).whole == pytest.approx(plain, abs=1e-9)
    assert scores(exchanged(model, every[::3]), CHAIN).whole == pytest.approx(plain, abs=1e-9)
    positions = model.atom37_positions.copy()
    asn = CHAIN.aatype == RESIDUE_NAMES.index("ASN")
    pair = [ATOM37_INDEX["OD1"], ATOM37_INDEX["ND2"]]
    positions[np.flatnonzero(asn)[:, None], pair] = positions[np.flatnonzero(asn)[:, None], pair[::-1]]
    assert asn.any()
    assert scores(at(model, positions), CHAIN).whole < plain - 1e-4


def test_motion_does_not_matter_and_lddt_cannot_tell_the_hand() -> None:
    assert scores(moved(CHAIN), CHAIN).whole == 1.0
    assert scores(mirrored(CHAIN), CHAIN).whole == 1.0


def test_more_damage_scores_less() -> None:
    found = [scores(warped(CHAIN, amplitude), CHAIN).whole for amplitude in (0.0, 1.0, 2.0, 4.0, 8.0)]
    assert found == sorted(found, reverse=True)
    assert found[0] == 1.0
    assert found[-1] < 0.6


def test_atoms_that_the_model_lacks_are_lost_and_others_of_it_do_not_count() -> None:
    """Half of the model: the distances within the half remain."""
    model = at(CHAIN, CHAIN.atom37_positions)
    model.atom37_mask[35:] = 0.0
    forward, backward = scores(model, CHAIN), scores(CHAIN, model)
    assert 0.3 < forward.whole < 0.5
    assert backward.whole == 1.0
    assert np.isnan(backward.per_residue[35:]).all()
    assert (forward.per_residue[35:] == 0.0).all()


def test_no_distance_is_no_number() -> None:
    assert np.isnan(scores(CHAIN.select(np.array([0])), CHAIN.select(np.array([0]))).whole)
