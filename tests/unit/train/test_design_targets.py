"""What the designer is told of a chain, beside the measures it comes from."""

from dataclasses import fields, replace

import numpy as np
import pytest
import torch

from protfold.constants.atoms import ATOM37_INDEX, BACKBONE
from protfold.constants.residues import RESIDUE_CODE
from protfold.losses.environment import STATES_3, STATES_8, EnvironmentTarget
from protfold.metrics.accessibility import accessible_surface
from protfold.metrics.secondary_structure import secondary_structure, three_states
from protfold.train import design_targets
from protfold.train.chain import Chain
from protfold.train.design_targets import DesignTargets, design_target
from protfold.train.observed import backbone_b_factors
from tests.support.examples import example

O_SLOT = 4


def chain(name: str = "1a8o_A", *, resolution: float = 1.7) -> Chain:
    protein = example(name)
    return Chain(
        id=name,
        split="train",
        cluster="c",
        resolution=resolution,
        aatype=protein.aatype.astype(np.int8),
        residue_index=np.arange(len(protein)),
        atom37_positions=protein.atom37_positions.copy(),
        atom37_mask=protein.atom37_mask.copy(),
        b_factors=backbone_b_factors(protein),
    )


def assert_same(one: EnvironmentTarget, other: EnvironmentTarget) -> None:
    for field in fields(one):
        torch.testing.assert_close(getattr(one, field.name), getattr(other, field.name))


def test_a_whole_chain() -> None:
    protein, found = example("1a8o_A"), design_target(chain())
    np.testing.assert_array_equal(found.aatype, protein.aatype)
    whole = found.accessibility_mask.numpy()
    assert whole.mean() > 0.9
    np.testing.assert_allclose(found.accessibility[whole], accessible_surface(protein)[whole], rtol=1e-5)
    states = secondary_structure(protein)
    assert "".join(STATES_8[state] for state in found.secondary_structure_8) == states
    assert "".join(STATES_3[state] for state in found.secondary_structure_3) == three_states(states)
    assert found.secondary_structure_mask.all()


def test_side_chain_torsions() -> None:
    """As many as the type has, those of symmetric ends marked; none of residues whose atoms are missing."""
    made = chain("1orc_A")
    found = design_target(made)
    expected = {"A": 0, "G": 0, "S": 1, "V": 1, "P": 2, "F": 2, "D": 2, "E": 3, "M": 3, "K": 4, "R": 4}
    observed = found.accessibility_mask
    for letter, count in expected.items():
        own = (found.aatype == RESIDUE_CODE[letter]) & observed
        assert (found.chi_mask[own].sum(-1) == count).all(), letter
    periodic = {("D", 1), ("E", 2), ("F", 1), ("Y", 1)}
    marked = {("ARNDCQEGHILKMFPSTWYV"[int(found.aatype[row])], chi) for row, chi in found.chi_periodic.nonzero().tolist()}
    assert marked <= periodic
    assert marked
    valine = found.chi[(found.aatype == RESIDUE_CODE["V"]) & observed, 0].rad2deg()
    rotamers = torch.tensor([-60.0, 60.0, 180.0])
    assert ((valine[:, None] - rotamers + 180.0) % 360.0 - 180.0).abs().amin(-1).max() < 30.0
    assert not found.chi[~found.chi_mask].any()


def test_a_piece_is_the_piece_of_the_whole() -> None:
    """Surface, secondary structure and B-factors are those of the whole chain."""
    made = chain()
    whole, piece = design_target(made), design_target(made, slice(20, 45))
    assert_same(piece, whole.map(lambda one: one[20:45]))


def test_a_residue_without_its_backbone_teaches_nothing() -> None:
    made = chain()
    made.atom37_mask[7, O_SLOT] = 0.0
    found = design_target(made)
    assert found.aatype[7] == 20
    for mask in (found.chi_mask, found.accessibility_mask, found.secondary_structure_mask, found.b_factor_mask):
        assert not mask[7].any()
        assert mask[8:12].any()


def test_missing_side_chain_atoms_hide_the_surface_and_their_torsions() -> None:
    made = chain()
    row = int(np.flatnonzero((made.aatype == RESIDUE_CODE["L"]) & (made.atom37_mask.sum(-1) == 8))[0])
    made.atom37_mask[row, 12] = 0.0
    found = design_target(made)
    assert found.aatype[row] == RESIDUE_CODE["L"]
    assert not found.accessibility_mask[row]
    bare = chain()
    bare.atom37_mask[:, np.delete(np.arange(37), [*BACKBONE, ATOM37_INDEX["CB"]])] = 0.0
    found = design_target(bare)
    assert not found.accessibility_mask.any()
    assert not found.chi_mask.any()
    assert found.secondary_structure_mask.all()


def test_b_factors_are_told_within_the_chain() -> None:
    """The same for a crystal whose B-factors are all twice as high and 10 more; ABACUS-R's form keeps its numbers."""
    made = chain()
    found = design_target(made)
    assert found.b_factor_mask.all()
    assert found.b_factor.mean() == pytest.approx(0.0, abs=1e-5)
    assert found.b_factor.std(correction=0) == pytest.approx(1.0, abs=1e-5)
    hotter = design_target(replace(made, b_factors=2.0 * made.b_factors + 10.0))
    torch.testing.assert_close(hotter.b_factor, found.b_factor, rtol=0.0, atol=1e-4)
    published = DesignTargets(published_b_factors=True)(made).b_factor
    np.testing.assert_allclose(published, (4.0 * made.b_factors - 114.900829) / 74.134204, atol=1e-5)


@pytest.mark.parametrize("case", ["no resolution", "no B-factors", "all the same", "one residue"])
def test_unknown_b_factors(case: str) -> None:
    made = chain(resolution=0.0 if case == "no resolution" else 2.0)
    if case != "no resolution":
        made = replace(made, b_factors=np.full_like(made.b_factors, 25.0 if case == "all the same" else 0.0))
    if case == "one residue":
        made.b_factors[4] = 31.0
    found = design_target(made)
    assert not found.b_factor_mask.any()
    assert not found.b_factor.any()


def test_what_takes_long_is_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A chain that was read again is known; one of the same name that differs is not."""
    calls = []
    monkeypatch.setattr(design_targets, "accessible_surface", lambda one: calls.append(one) or accessible_surface(one))
    targets = DesignTargets()
    first, again = targets(chain(), slice(0, 30)), targets(chain(), slice(0, 30))
    assert_same(first, again)
    assert len(calls) == 1
    other = chain()
    other.atom37_positions[:20] += 5.0
    assert not torch.equal(targets(other, slice(0, 30)).accessibility, first.accessibility)
    assert len(calls) == 2
