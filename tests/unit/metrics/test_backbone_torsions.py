"""Backbone torsions: beside the network's own features, and where there are none."""

import numpy as np
import pytest
import torch

from protfold.geometry.torsions import measure_torsions
from protfold.metrics.backbone_torsions import backbone_torsions, dihedral
from tests.support.examples import example, mirrored


def test_a_right_angle_by_hand() -> None:
    """Seen along the axis, the far bond is turned clockwise from the near one by 90 degrees."""
    points = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 1.0]])
    assert dihedral(*points[:, None]) == pytest.approx(90.0)
    assert dihedral(*points[::-1, None]) == pytest.approx(90.0)


@pytest.mark.parametrize("name", ["1orc_A", "1gbt_A"])
def test_angles_of_the_network(name: str) -> None:
    """Omega and phi; psi, which is measured to N here and to O there, within 25 degrees."""
    protein = example(name)
    ours = backbone_torsions(protein)
    theirs = measure_torsions(*(torch.from_numpy(one) for one in (protein.aatype, protein.atom37_positions, protein.atom37_mask)))
    degrees = np.degrees(np.arctan2(*theirs.sin_cos[:, :3].double().numpy().transpose(2, 0, 1)))
    for index, (found, tolerance) in enumerate(((ours.omega, 0.01), (ours.phi, 0.01), (ours.psi, 25.0))):
        measured = np.isfinite(found)
        assert measured.sum() >= len(protein) - 4
        difference = (found - degrees[:, index] + 180.0) % 360.0 - 180.0
        assert np.abs(difference[measured]).max() < tolerance


def test_mirror_images_have_opposite_angles() -> None:
    protein = example("1orc_A")
    one, other = backbone_torsions(protein), backbone_torsions(mirrored(protein))
    np.testing.assert_allclose(one.phi, -other.phi, atol=1e-3)
    np.testing.assert_allclose(one.psi, -other.psi, atol=1e-3)


def test_no_angle_without_neighbour_or_atom() -> None:
    protein = example("1orc_A")
    protein.atom37_mask[10, 2] = 0.0
    found = backbone_torsions(protein.select(np.r_[:30, 40:60]))
    assert np.isnan([found.phi[0], found.omega[0], found.psi[-1]]).all()
    assert np.isnan([found.psi[10], found.phi[10], found.phi[11], found.omega[11]]).all()
    assert np.isnan([found.psi[29], found.phi[30]]).all()
    assert np.isfinite([found.phi[29], found.psi[30], found.phi[9]]).all()
