"""Bond lengths and angles: by hand and in ideal and real chains."""

import numpy as np
import pytest

from protfold.constants.atoms import ATOM37_INDEX
from protfold.constants.residues import RESIDUE_CODE
from protfold.metrics.bond_geometry import angle, bond_angle_deviations, bond_length_deviations
from tests.support.examples import at, example, moved

CHAIN = example("1orc_A")


def test_an_angle_by_hand() -> None:
    points = np.array([[2.0, 0.0, 0.0], [0.0, 0.0, 0.0], [-1.0, 1.0, 0.0]])
    assert angle(*points[:, None]) == pytest.approx(135.0)


def test_a_real_chain_is_as_engh_and_huber_say() -> None:
    """Refined against such values: deviations of one standard deviation or less, of every kind of bond about zero."""
    for found in (bond_length_deviations(CHAIN), bond_angle_deviations(CHAIN)):
        assert 0.1 < np.sqrt(np.square(found.z).mean()) < 1.5
        assert abs(found.z.mean()) < 0.5
        assert (np.abs(found.z) > 4.0).mean() < 0.02


def test_all_bonds_and_angles_of_a_residue_are_measured() -> None:
    """Two alanines, no OXT: 4 bonds and 4 angles each at N, CA, C, O, CB; between them one bond and three angles."""
    protein = CHAIN.select(np.array([20, 21]))
    protein.aatype[:] = RESIDUE_CODE["A"]
    protein.atom37_mask[:] = np.arange(37) < 5
    assert len(bond_length_deviations(protein).z) == 4 + 4 + 1
    assert len(bond_angle_deviations(protein).z) == 4 + 4 + 3
    protein.atom37_mask[0, ATOM37_INDEX["CB"]] = 0.0
    assert len(bond_length_deviations(protein).z) == 3 + 4 + 1
    assert len(bond_angle_deviations(protein).z) == 2 + 4 + 3


def test_a_stretched_bond_is_found_where_it_is() -> None:
    """CA-CB of residue 30 longer by 0.21 Å: ten standard deviations, and no other bond changes."""
    positions = CHAIN.atom37_positions.copy()
    row = int(np.flatnonzero(CHAIN.aatype == RESIDUE_CODE["A"])[0])
    ca, cb = positions[row, ATOM37_INDEX["CA"]], positions[row, ATOM37_INDEX["CB"]]
    positions[row, ATOM37_INDEX["CB"]] = cb + 0.21 * (cb - ca) / np.linalg.norm(cb - ca)
    before, after = bond_length_deviations(CHAIN), bond_length_deviations(at(CHAIN, positions))
    changed = np.flatnonzero(np.abs(after.z - before.z) > 0.05)
    assert before.residue[changed].tolist() == [row]
    assert (after.z - before.z)[changed][0] == pytest.approx(10.0, abs=0.05)


def test_motion_does_not_matter() -> None:
    for measure in (bond_length_deviations, bond_angle_deviations):
        np.testing.assert_allclose(measure(moved(CHAIN)).z, measure(CHAIN).z, atol=2e-3)


def test_chain_breaks_have_no_bond() -> None:
    whole, broken = (bond_length_deviations(CHAIN.select(rows)) for rows in (np.r_[:40], np.r_[:20, 30:50]))
    assert (whole.z > 20.0).sum() == (broken.z > 20.0).sum() == 0
